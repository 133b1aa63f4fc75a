"""Is all of a company's trade right where nothing is planted? Reckoned apart from the sandbox's own way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from sandbox.books import kept
from sandbox.faults import Faults
from sandbox.org import PERIOD_END, PERIOD_START
from sandbox.part import instant
from sandbox.process import SEED
from sandbox.processor import Processor
from sandbox.returns import tax_of
from sandbox.trade import FIRST_DAY, Trade

END = instant(PERIOD_START + timedelta(days=16))
Row = dict[str, Any]


class Held:
    """All that a company's database holds at an instant, with the changes of orders made."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.seed, self.faults = seed, faults
        self.rows, changed = Trade(seed, faults).until(END)
        self.orders = {row["order_id"]: dict(row) for row in self.rows["orders"]}
        for change in changed:
            order = self.orders[change["order_id"]]
            order.update({k: v for k, v in change.items() if k in order and v is not None})
        self.lines = self.by("order_lines", "order_id")
        self.payments = self.by("payments", "order_id")

    def by(self, table: str, key: str) -> Mapping[str, list[Row]]:
        """Return the rows of a table by what they belong to."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows[table]:
            found[row[key]].append(row)
        return found

    def captured(self, order_id: str) -> list[Row]:
        """Return an order's captures."""
        return [p for p in self.payments[order_id] if p["kind"] == "capture"]


@pytest.fixture(scope="module", params=[SEED, 3])
def held(request: pytest.FixtureRequest) -> Held:
    """Return what two companies hold in which nothing is planted."""
    return Held(request.param, Faults())


def test_shipping_costs_what_was_quoted_or_its_override_was_approved(held: Held) -> None:
    """Every order has one quote, from before it was placed."""
    quotes = held.by("shipping_quotes", "order_id")
    waived = 0
    for order in held.orders.values():
        (quote,) = quotes[order["order_id"]]
        assert quote["quoted_at"] <= order["placed_at"]
        if quote["override_approver"]:
            waived += 1
        else:
            assert quote["amount_minor"] == order["shipping_minor"], order["order_id"]
    assert 10 < waived < 200


def test_numbers_have_no_gap_but_those_voided(held: Held) -> None:
    """Over midnight too, in the order of placing."""
    used = [order["order_number"] for order in sorted(held.orders.values(), key=lambda o: o["placed_at"])]
    void = [row["order_number"] for row in held.rows["number_voids"]]

    assert used == sorted(used)
    assert void
    assert list(range(min(used), max(used) + 1)) == sorted(used + void)


def test_every_discount_has_its_promotion_or_a_second_person(held: Held) -> None:
    """What somebody gave is a recorded correction with a ticket, and the audit trail has it."""
    promotions = {row["promotion_id"] for row in kept(held.seed, held.faults, END.date())["promotion"]}
    corrections = {row["entity_id"]: row for row in held.rows["manual_adjustments"]}
    trail = {row["entity_id"] for row in held.rows["audit_events"]}
    by_hand = [row for row in held.rows["discounts"] if row["kind"] == "manual"]

    assert {row["promotion_id"] for row in held.rows["discounts"]} == {*promotions, None}
    assert len(by_hand) > 10
    assert {row["order_id"] for row in by_hand} == trail
    for row in by_hand:
        assert None not in (row["actor"], row["approver"])
        assert row["actor"] != row["approver"]
        assert -row["amount_minor"] == corrections[row["order_id"]]["amount_minor"]


def test_corrections_are_approved_before_and_within_the_limit(held: Held) -> None:
    """By somebody else, with a ticket."""
    limits = {
        (row["actor"], row["entity"], row["currency"]): row["limit_minor"]
        for row in kept(held.seed, held.faults, END.date())["approval_limit"]
    }
    assert {"order", "dispute"} == {row["entity"] for row in held.rows["manual_adjustments"]}
    for row in held.rows["manual_adjustments"]:
        assert row["ticket_key"]
        assert row["approver"] != row["actor"]
        assert row["approved_at"] < row["applied_at"]
        assert abs(row["amount_minor"]) <= limits[row["actor"], row["entity"], row["currency"]]


def test_what_is_due_is_captured_once(held: Held) -> None:
    """Less what a gift card paid; nothing of what was voided."""
    for order in held.orders.values():
        if order["status"] == "draft" or END - order["placed_at"] < timedelta(hours=4):
            continue
        captured = held.captured(order["order_id"])
        if any(p["kind"] == "void" for p in held.payments[order["order_id"]]):
            assert [] == captured
            assert "cancelled" == order["status"]
        else:
            assert [order["total_minor"] - order["giftcard_minor"]] == [p["amount_minor"] for p in captured]


def test_gift_cards_are_a_chain_that_ends_at_nothing(held: Held) -> None:
    """Issued when paid for, redeemed by orders that say so, in their currency."""
    spent: Counter[str] = Counter()
    for entries in held.by("giftcard_ledger", "gc_id").values():
        balance = 0
        for n, row in enumerate(sorted(entries, key=lambda row: row["seq"]), 1):
            balance += row["amount_minor"]
            assert (n, balance) == (row["seq"], row["balance_after_minor"])
            order = held.orders[row["order_id"]]
            assert order["currency"] == row["currency"]
            if row["kind"] == "redeem":
                spent[row["order_id"]] -= row["amount_minor"]
            else:
                assert any(line["is_gift_card"] for line in held.lines[row["order_id"]])
        assert balance >= 0
    assert dict(spent) == {
        o["order_id"]: o["giftcard_minor"] for o in held.orders.values() if o["giftcard_minor"]
    }
    assert {0, 1500, 2500} == {row["balance_after_minor"] for row in held.rows["giftcard_ledger"]}


def test_every_refund_of_the_processor_is_the_shops(held: Held) -> None:
    """Of either: id, order, amount, currency and instant; a voided authorisation is none."""
    processors = [Processor(held.seed, held.faults, name) for name in ("stripe", "paypal")]
    expected, day = set(), FIRST_DAY
    while day <= END.date():
        expected |= {
            (p.refund.id, p.order_id, p.refund.amount, p.currency, p.refund.at)
            for processor in processors
            for p in processor.payments(day)
            if p.refund and not p.refund.released and p.refund.at <= END
        }
        day += timedelta(days=1)
    assert len(expected) > 40
    assert expected == {
        (r["processor_ref"], r["order_id"], r["amount_minor"], r["currency"], r["created_at"])
        for r in held.rows["refunds"]
    }


def test_refunds_give_back_lines_and_their_tax(held: Held) -> None:
    """Lines sum to the refund; each line's tax is its share, rounded half up; a whole line leaves none."""
    taxes = {tax["line_id"]: tax["tax_minor"] for tax in held.rows["order_tax_lines"]}
    lines = {line["line_id"]: line for line in held.rows["order_lines"]}
    given = held.by("refund_lines", "refund_id")
    whole = 0
    for refund in held.rows["refunds"]:
        order, parts = held.orders[refund["order_id"]], given[refund["refund_id"]]
        assert refund["amount_minor"] == sum(part["amount_minor"] for part in parts)
        assert refund["tax_minor"] == sum(part["tax_minor"] for part in parts)
        assert refund["actor"] != refund["approver"]
        for part in (one for one in parts if one["target_kind"] == "line"):
            line = lines[part["line_id"]]
            tax = taxes.get(part["line_id"], 0)
            price = line["ext_minor"] - line["line_discount_minor"] - line["alloc_discount_minor"]
            price += 0 if order["price_includes_tax"] else tax
            assert 0 <= part["amount_minor"] <= price
            if part["qty_e4"]:
                whole += 1
                assert (line["qty_e4"], price, tax) == (
                    part["qty_e4"],
                    part["amount_minor"],
                    part["tax_minor"],
                )
            else:
                assert abs(part["tax_minor"] - Fraction(tax * part["amount_minor"], price)) <= Fraction(1, 2)
    assert whole > 20


def test_what_is_cancelled_after_it_was_paid_is_given_back_within_a_day(held: Held) -> None:
    """Whole; and some are."""
    refunds = held.by("refunds", "order_id")
    paid = [o for o in held.orders.values() if o["cancelled_at"] and held.captured(o["order_id"])]
    paid = [o for o in paid if END - o["cancelled_at"] > timedelta(hours=24)]

    assert len(paid) > 10
    for order in paid:
        (refund,) = refunds[order["order_id"]]
        assert refund["amount_minor"] == order["total_minor"]
        assert refund["created_at"] - order["cancelled_at"] < timedelta(hours=24)
        assert ("refunded", "cancelled") == (order["financial_status"], refund["reason"])


def test_every_dispute_is_booked(held: Held) -> None:
    """Within a day, by a correction that names it."""
    processor, day = Processor(held.seed, held.faults), FIRST_DAY
    expected = {}
    while day <= END.date():
        for payment in processor.payments(day):
            if payment.dispute and payment.dispute.at <= END - timedelta(days=1):
                expected[payment.dispute.id] = -payment.amount
        day += timedelta(days=1)
    booked = {
        r["entity_id"]: r["amount_minor"] for r in held.rows["manual_adjustments"] if r["entity"] == "dispute"
    }

    assert len(expected) > 2
    assert expected == {name: booked[name] for name in expected}


def test_parcels_leave_after_payment_and_as_promised(held: Held) -> None:
    """Once a line, as much as was ordered, and never of what was cancelled."""
    parcels = {row["fulfilment_id"]: row for row in held.rows["fulfilments"]}
    lines = {line["line_id"]: line for line in held.rows["order_lines"]}
    shipped: Counter[str] = Counter()
    for parcel in parcels.values():
        (capture,) = held.captured(parcel["order_id"])
        assert capture["attempted_at"] < parcel["shipped_at"] <= parcel["promised_at"]
        assert "fulfilled" == held.orders[parcel["order_id"]]["status"]
    for row in held.rows["fulfilment_lines"]:
        shipped[row["line_id"]] += row["qty_e4"]
        assert lines[row["line_id"]]["order_id"] == parcels[row["fulfilment_id"]]["order_id"]
    assert all(lines[line_id]["qty_e4"] == quantity for line_id, quantity in shipped.items())


def test_stock_is_what_it_was_and_what_moved(held: Held) -> None:
    """Per article and place, day by day; nothing is negative, and transfers arrive."""
    levels: dict[datetime, dict[tuple[str, str], Row]] = defaultdict(dict)
    for row in held.rows["inventory_levels"]:
        levels[row["as_of"]][row["sku"], row["location"]] = row
        assert row["available"] == row["on_hand"] - row["allocated"] >= 0
    moved: dict[datetime, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in held.rows["inventory_movements"]:
        end = instant(row["occurred_at"].astimezone(UTC).date() + timedelta(days=1))
        sign = -1 if row["kind"] in ("ship", "transfer_out") else 1
        moved[end][row["sku"], row["location"]] += sign * row["qty"]
    midnights = sorted(levels)
    for before, after in pairwise(midnights):
        assert {cell: row["on_hand"] + moved[after][cell] for cell, row in levels[before].items()} == {
            cell: row["on_hand"] for cell, row in levels[after].items()
        }
    kinds = Counter(row["kind"] for row in held.rows["inventory_movements"])
    assert {"receipt", "ship", "return", "transfer_out", "transfer_in", "adjust"} == set(kinds)
    assert 2 == kinds["transfer_out"] - kinds["transfer_in"]
    assert all(
        row["approver"] != row["actor"] and row["ticket_key"]
        for row in held.rows["inventory_movements"]
        if row["kind"] == "adjust"
    )


def test_everything_is_recorded_within_minutes(held: Held) -> None:
    """Of every row that says when it was."""
    for table, at in (
        ("orders", "placed_at"),
        ("payments", "attempted_at"),
        ("refunds", "created_at"),
        ("fulfilments", "shipped_at"),
        ("inventory_movements", "occurred_at"),
    ):
        lags = [row["recorded_at"] - row[at] for row in held.rows[table]]
        assert timedelta(0) <= min(lags)
        assert max(lags) <= timedelta(minutes=10)


def test_the_tax_engine_reports_what_the_lines_say(held: Held) -> None:
    """Of each day and jurisdiction: orders that count, less refunds of that day."""
    day = END.date() - timedelta(days=3)
    expected: Counter[str] = Counter()
    placed_in = {tax["order_id"]: tax["jurisdiction"] for tax in held.rows["order_tax_lines"]}

    def counts(order: Row) -> bool:
        return not order["is_test"] and order["status"] != "draft" and order["cancelled_at"] is None

    for tax in held.rows["order_tax_lines"]:
        order = held.orders[tax["order_id"]]
        if order["placed_at"].date() == day and counts(order):
            expected[tax["jurisdiction"]] += tax["tax_minor"]
    for refund in held.rows["refunds"]:
        if refund["created_at"].date() == day and counts(held.orders[refund["order_id"]]):
            expected[placed_in[refund["order_id"]]] -= refund["tax_minor"]
    reported = {name: tax for name, (_, tax) in tax_of(held.seed, held.faults, day).items()}

    assert {**dict.fromkeys(reported, 0), **expected} == reported
    assert 5 == len(reported)


def test_the_registers_of_the_last_day_hold_what_was_filed(faults: Faults) -> None:
    """In time, and the engine's fortnight."""
    rows = list(kept(SEED, faults, PERIOD_END)["tax_return"])
    filed = [row for row in rows if row["source"] == "filed"]

    assert {"DE", "GB", "JP", "US-NY"} == {row["jurisdiction"] for row in filed}
    assert all(row["filed_on"] <= row["due_on"] for row in filed)
    assert 14 * 5 == len(rows) - len(filed)
