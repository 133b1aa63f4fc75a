"""Are the settlement reports of the company's PayPal account whole, and what the shop's own payments say?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from assets.settlement.assets import TARGET
from assets.settlement.client import Settled, SettlementClient
from sandbox import bank
from sandbox.faults import Faults
from sandbox.orders import day_of_orders
from sandbox.org import PERIOD_START
from sandbox.part import instant
from sandbox.paypal import FEE_FIXED, PaypalPart
from sandbox.process import SEED
from sandbox.refunds import aftermath

DAYS = [PERIOD_START + timedelta(days=n) for n in range(14)]
AFTER = instant(DAYS[-1] + timedelta(days=1), 12)


@pytest.fixture(scope="module")
def settled() -> Iterator[dict[date, Settled]]:
    """Return what the reports of a fortnight come to, of a company in which nothing is planted."""
    part = PaypalPart(SEED, Faults(), AFTER)
    folder = Path(part.start()["folder"])
    client = SettlementClient("paypal", "paypal", folder, "paypal", "STL-{day}.*.CSV")
    yield {day: client.of_day(day, TARGET) for day in DAYS}
    part.stop()
    part.stop()
    assert not folder.exists()


def test_every_payment_and_refund_of_the_shop_is_in_the_report_of_its_day(
    settled: dict[date, Settled],
) -> None:
    """Reference, order, amount, currency and instant; no test of the payment page, and nothing voided."""
    expected = set()
    for n in range(-3, len(DAYS)):
        placed = PERIOD_START + timedelta(days=n)
        rows = day_of_orders(SEED, Faults(), placed)
        mine = [p for p in rows["payments"] if p["processor"] == "paypal" and p["livemode"]]
        expected |= {
            (p["processor_ref"], p["order_id"], p["amount_minor"], p["currency"], p["attempted_at"])
            for p in mine
            if p["kind"] == "capture"
        }
        of_paypal = {p["order_id"] for p in mine}
        expected |= {
            (r["processor_ref"], r["order_id"], -r["amount_minor"], r["currency"], r["created_at"])
            for r in aftermath(SEED, Faults(), placed)["refunds"]
            if r["order_id"] in of_paypal
        }
    begin, end = instant(DAYS[0]), instant(DAYS[-1] + timedelta(days=1))
    found = [row for one in settled.values() for row in one.rows if row["kind"] in {"charge", "refund"}]

    assert {row for row in expected if begin <= row[-1] < end} == {
        (row["reference"], row["order_ref"], row["amount_minor"], row["currency"], row["occurred_at"])
        for row in found
    }
    assert len(found) == len({row["entry_id"] for row in found}) > 14 * 20
    assert Counter(row["kind"] for row in found)["refund"] > 3


def test_every_fee_is_what_was_agreed(settled: dict[date, Settled]) -> None:
    """3.49 % and 49 minor units of a payment, rounded half up; nothing of what goes back or out."""
    for one in settled.values():
        for row in one.rows:
            fee = Fraction(row["amount_minor"] * 349, 10_000) + Fraction(1, 2) + FEE_FIXED
            assert row["fee_minor"] == (int(fee) if row["kind"] == "charge" else 0)


def test_every_report_begins_where_the_one_before_ended(settled: dict[date, Settled]) -> None:
    """What was held in the morning is paid out; what is left is what moved since."""
    held = {balance.currency: int(balance.opening) for balance in settled[DAYS[0]].balances}
    assert {"EUR", "GBP", "USD"} == set(held)
    for one in settled.values():
        assert held == {balance.currency: int(balance.opening) for balance in one.balances}
        for row in one.rows:
            held[row["currency"]] += row["amount_minor"] - row["fee_minor"]
        assert held == {balance.currency: int(balance.closing) for balance in one.balances}


def test_the_bank_has_every_payout_by_its_reference(settled: dict[date, Settled]) -> None:
    """The next day of business, whole."""
    booked = {
        row["reference"]: (row["currency"], row["amount_minor"], row["value_date"])
        for row in bank.deposits(SEED, Faults(), AFTER.date() + timedelta(days=3))
    }
    payouts = [(day, row) for day, one in settled.items() for row in one.rows if row["kind"] == "payout"]

    assert len(payouts) > 30
    for day, row in payouts:
        due = bank.business_day(day + timedelta(days=1))
        assert (row["currency"], -row["amount_minor"], due) == booked[row["trace_id"]]
