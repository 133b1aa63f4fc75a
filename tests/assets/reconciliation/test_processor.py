"""Does every charge, refund, movement, payout and balance find its other side, and only its own?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.capture import day_window
from assets.reconciliation.payments import PAYMENTS
from assets.reconciliation.processor import BALANCE_ENTRIES, BALANCES, CHARGES, PAYOUTS, REFUNDS, SUMMARIES
from tests.assets.derivations import derived

DAY = date(2026, 3, 10)
START, END = day_window(DAY)
AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
LATER = datetime(2026, 3, 12, 0, 30, tzinfo=UTC)
"""When the day after was read: all of the day is older than a day by then."""
SOON = datetime(2026, 3, 11, 0, 30, tzinfo=UTC)
BOUNDS = {"day": DAY, "day_start": START, "day_end": END}


def payment(ref: str | None = "ch_1", kind: str = "capture", **other: Any) -> dict[str, Any]:
    """Return a payment of the shop."""
    return {
        "payment_id": f"{ref}-{kind}",
        "order_id": "o1",
        "processor": "stripe",
        "processor_ref": ref,
        "kind": kind,
        "status": "succeeded",
        "amount_minor": 1000,
        "currency": "EUR",
        "attempted_at": AT,
        "livemode": True,
        "tender_seq": 1,
        **other,
    }


def charge(ref: str = "ch_1", **other: Any) -> dict[str, Any]:
    """Return a captured charge."""
    return {
        "id": ref,
        "processor": "stripe",
        "amount_minor": 1000,
        "captured_minor": 1000,
        "refunded_minor": 0,
        "currency": "EUR",
        "amount_exact": True,
        "amount_counted": 1000,
        "status": "captured",
        "created_at": AT,
        "livemode": True,
        "attempts_listed": True,
        **other,
    }


def matched(read_at: datetime = LATER, **rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return (reference, match status, break type) of every charge."""
    seen = [("shop_payment", "main", DAY), ("psp_charge", "stripe-live", DAY)]
    found = derived(CHARGES, "main", BOUNDS, read=seen, read_at=read_at, **rows)
    return [(row["processor_ref"], row["match_status"], row["break_type"]) for row in found]


def test_what_stands_on_both_sides_alike_is_matched() -> None:
    """An authorisation and its capture are one attempt."""
    both = [payment(kind="auth"), payment(attempted_at=AT + timedelta(minutes=5))]
    assert [("ch_1", "EXACT", None)] == matched(shop_payment=both, psp_charge=[charge()])


def test_what_stands_on_one_side_only_is_a_break() -> None:
    """Left is the shop."""
    found = matched(shop_payment=[payment("ch_2")], psp_charge=[charge("ch_1")])
    assert [("ch_1", None, "MISSING_LEFT"), ("ch_2", None, "MISSING_RIGHT")] == found


def test_until_the_cut_off_it_is_only_young() -> None:
    """What is not a day old when the newest evidence was read may still find its other side."""
    found = matched(SOON, shop_payment=[payment("ch_2")], psp_charge=[charge("ch_1")])
    assert [("ch_1", "TIMING", None), ("ch_2", "TIMING", None)] == found


def test_a_day_to_the_second_is_old_enough() -> None:
    """The boundary itself: 24 hours are a break, a second less is timing."""
    read_at = AT + timedelta(hours=24)
    assert [("ch_1", None, "MISSING_LEFT")] == matched(read_at, psp_charge=[charge()])
    assert [("ch_1", "TIMING", None)] == matched(read_at - timedelta(seconds=1), psp_charge=[charge()])


def test_sides_that_differ_are_a_break_of_their_kind() -> None:
    """By one minor unit, by currency, by outcome, by mode."""
    found = matched(
        shop_payment=[payment(ref) for ref in ("a", "b", "c", "d")],
        psp_charge=[
            charge("a", captured_minor=999),
            charge("b", currency="USD"),
            charge("c", status="voided"),
            charge("d", livemode=False),
        ],
    )
    assert [
        ("a", None, "AMOUNT"),
        ("b", None, "CURRENCY"),
        ("c", None, "STATUS"),
        ("d", None, "STATUS"),
    ] == found


def test_each_is_judged_on_one_day_only() -> None:
    """The day the processor made the charge, else the day the shop first tried."""
    before, after = AT - timedelta(days=1), AT + timedelta(days=1)
    found = matched(
        shop_payment=[payment("old"), payment("tried", kind="capture")],
        shop_earlier_payment=[payment("tried", kind="auth", attempted_at=before)],
        shop_payment_after=[payment("new", attempted_at=after)],
        psp_charge=[charge("new", created_at=END - timedelta(seconds=1))],
        psp_charge_before=[charge("old", created_at=START - timedelta(seconds=1), day=before.date())],
    )
    assert [("new", "EXACT", None)] == found


def test_one_reference_of_two_orders_is_never_matched() -> None:
    """Nobody can tell which of them it belongs to."""
    twice = [payment(), payment(payment_id="other", order_id="o2")]
    assert [("ch_1", None, "DUPLICATE")] == matched(shop_payment=twice, psp_charge=[charge()])


def test_a_source_that_lists_what_moved_money_says_nothing_of_failures() -> None:
    """But a capture must stand there."""
    found = matched(
        shop_payment=[payment("a", status="failed"), payment("b"), payment("c")],
        psp_charge=[charge("c", attempts_listed=False)],
    )
    assert [("a", None, None), ("b", None, "MISSING_RIGHT"), ("c", "EXACT", None)] == found


@pytest.mark.parametrize("known", [[], [charge("other", attempts_listed=False, day=DAY - timedelta(days=1))]])
def test_what_only_moved_money_is_judged_on_the_day_it_was_captured(known: list[dict[str, Any]]) -> None:
    """The file of the next day need not have been read; on that day a capture not there is a break."""
    tried = payment("a", "auth", attempted_at=END - timedelta(minutes=5))
    captured = payment("a", attempted_at=END + timedelta(minutes=5))
    shared = {"shop_payment": [tried], "psp_charge_before": known}
    the_day_before = payment("b", "auth", attempted_at=START - timedelta(minutes=5))

    assert [] == matched(**shared, shop_payment_after=[captured])
    assert [("b", None, "MISSING_RIGHT")] == matched(
        shop_payment=[payment("b", attempted_at=START + timedelta(minutes=5))],
        shop_earlier_payment=[the_day_before],
        psp_charge_before=known,
    )


SHOP = [payment(ref, amount_minor=amount) for ref, amount in (("a", 1000), ("b", 999), ("c", 1000), ("d", 5))]
MADE = [charge(ref) for ref in ("a", "b", "c", "e")]


@settings(max_examples=15, deadline=None)
@given(st.integers(min_value=0))
def test_matching_does_not_depend_on_the_order_of_rows(seed: int) -> None:
    """Whatever order the sides come in, and in whatever batches."""
    shop, made = list(SHOP), list(MADE)
    Random(seed).shuffle(shop)  # noqa: S311 - not for secrets
    Random(seed + 1).shuffle(made)  # noqa: S311 - likewise
    assert [
        ("a", "EXACT", None),
        ("b", None, "AMOUNT"),
        ("c", "EXACT", None),
        ("d", None, "MISSING_RIGHT"),
        ("e", None, "MISSING_LEFT"),
    ] == matched(shop_payment=shop, psp_charge=made)


def refunds(**rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return (key, released, match status, break type) of every refund."""
    found = derived(REFUNDS, "main", BOUNDS, read=[("shop_refund", "main", DAY)], read_at=LATER, **rows)
    return [(row["match_key"], row["released"], row["match_status"], row["break_type"]) for row in found]


def test_a_refund_is_matched_by_its_reference() -> None:
    """One that failed there, one that only one side knows, and one that moved no money at a processor."""
    given_back = {
        "order_id": "o1",
        "currency": "EUR",
        "amount_minor": 500,
        "created_at": AT,
        "status": "succeeded",
    }
    made = {
        "processor": "stripe",
        "charge": "ch_1",
        "currency": "EUR",
        "amount_minor": 500,
        "amount_exact": True,
        "created_at": AT,
        "status": "succeeded",
        "released": False,
    }
    found = refunds(
        shop_refund=[
            {**given_back, "refund_id": "1", "processor_ref": "a"},
            {**given_back, "refund_id": "2", "processor_ref": "b"},
            {**given_back, "refund_id": "3", "processor_ref": "c"},
            {**given_back, "refund_id": "4"},
        ],
        psp_refund=[
            {**made, "id": "a"},
            {**made, "id": "b", "status": "failed"},
            {**made, "id": "d"},
            {**made, "id": "e", "released": True},
        ],
        shop_payment=[payment("ch_1", kind="void")],
    )
    assert [
        ("a", False, "EXACT", None),
        ("b", False, None, "STATUS"),
        ("c", False, None, "MISSING_RIGHT"),
        ("d", False, None, "MISSING_LEFT"),
        ("e", True, None, None),
        ("refund 4", False, None, "MISSING_RIGHT"),
    ] == found


CURRENCIES = [
    {"currency": "JPY", "minor_digits": 0, "processor_multiple": 1},
    {"currency": "KWD", "minor_digits": 3, "processor_multiple": 10},
    {"currency": "USD", "minor_digits": 2, "processor_multiple": 1},
]
SCHEDULE = [
    {
        "processor": "stripe",
        "currency": "USD",
        "kind": "charge",
        "rate_e9": 29_000_000,
        "fixed_minor": 30,
        "valid_from": date(2025, 1, 1),
    }
]


def entry(name: str, amount: int, **other: Any) -> dict[str, Any]:
    """Return a movement of the balance, of a charge of the same name."""
    return {
        "id": f"txn_{name}",
        "processor": "stripe",
        "type": "charge",
        "type_given": "charge",
        "source": name,
        "amount_minor": amount,
        "fee_minor": 0,
        "net_minor": amount,
        "currency": "USD",
        "amount_exact": True,
        "created_at": AT,
        **other,
    }


def entries(**rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what is stated of movements and their causes, by subject."""
    found = derived(
        BALANCE_ENTRIES,
        "stripe-live",
        BOUNDS,
        read=[("psp_balance_entry", "stripe-live", DAY)],
        read_at=LATER,
        register_currency=CURRENCIES,
        register_fee_schedule=SCHEDULE,
        **rows,
    )
    return {row["subject_key"]: row for row in found}


def test_what_was_paid_is_converted_by_the_stated_rate() -> None:
    """Half a minor unit rounds up; a refund is the opposite of a payment; KWD has three digits, JPY none."""
    found = entries(
        psp_balance_entry=[
            entry("yen", 672, exchange_rate="0.6715"),
            entry("dinar", 16662, exchange_rate="3.2544"),
            entry("back", -672, type="refund", exchange_rate="0.6715"),
            entry("dollar", 1000),
        ],
        psp_charge=[
            charge("yen", currency="JPY", captured_minor=1001),
            charge("dinar", currency="KWD", captured_minor=5120),
            charge("dollar", currency="USD"),
        ],
        psp_refund=[{"id": "back", "currency": "JPY", "amount_minor": 1001, "released": False}],
    )
    assert {
        "stripe:entry:txn_yen": (True, 672, 0),
        "stripe:entry:txn_dinar": (True, 16663, -1),
        "stripe:entry:txn_back": (True, -672, 0),
        "stripe:entry:txn_dollar": (False, 1000, 0),
    } == {
        key: (row["converted"], row["expected_settled_minor"], row["settled_difference_minor"])
        for key, row in found.items()
        if row["kind"] == "entry"
    }


def test_what_was_paid_in_a_currency_of_no_register_converts_to_nothing_known() -> None:
    """How many digits its minor unit has is not known, so that no rate says what it makes."""
    found = entries(
        psp_balance_entry=[entry("ch_9", 672, exchange_rate="0.6715")],
        shop_payment=[payment("ch_9", currency="XTS")],
    )
    assert [(True, None, None)] == [
        (row["converted"], row["expected_settled_minor"], row["settled_difference_minor"])
        for row in found.values()
        if row["kind"] == "entry"
    ]


def test_a_charge_made_days_before_is_known_from_the_capture() -> None:
    """The shop's own capture says what was paid, where the charge is of a day that is not read."""
    found = entries(
        psp_balance_entry=[entry("ch_9", 1000), entry("ch_8", 1000)],
        shop_payment=[payment("ch_9", currency="USD")],
    )
    assert [(None, None), (1000, 0)] == [
        (row["expected_settled_minor"], row["settled_difference_minor"]) for row in found.values()
    ]


def test_a_fee_is_what_the_schedule_says() -> None:
    """2.9 % and 30 of 1,000 are 59; a kind without a line should cost nothing."""
    found = entries(
        psp_balance_entry=[
            entry("a", 1000, fee_minor=59, net_minor=941),
            entry("b", 1000, fee_minor=60, net_minor=941, type="dispute"),
        ],
        psp_fee=[{"balance_entry": "txn_a", "seq": 1, "amount_minor": 59}],
    )
    assert {
        "stripe:entry:txn_a": (59, 0, 941, 59),
        "stripe:entry:txn_b": (0, 60, 940, 0),
    } == {
        key: (
            row["expected_fee_minor"],
            row["fee_difference_minor"],
            row["expected_net_minor"],
            row["fees_listed_minor"],
        )
        for key, row in found.items()
    }


def test_every_cause_has_moved_the_balance() -> None:
    """A captured charge without a movement is a break; an authorisation and an inquiry move nothing."""
    refund = {
        "currency": "USD",
        "amount_minor": 1,
        "amount_exact": True,
        "created_at": AT,
        "processor": "stripe",
    }
    dispute = {**refund, "charge": "c"}
    found = entries(
        psp_balance_entry=[entry("dp_1", -1, type="dispute")],
        psp_charge=[charge("a"), charge("b", balance_entry="txn_b"), charge("c", status="authorised")],
        psp_refund=[{**refund, "id": "re_1", "released": True, "status": "succeeded"}],
        psp_dispute=[
            {**dispute, "id": "dp_1", "status": "open"},
            {**dispute, "id": "dp_2", "status": "inquiry"},
        ],
    )
    assert {
        "stripe:charge:a": (False, None, "MISSING_RIGHT"),
        "stripe:charge:b": (True, "EXACT", None),
        "stripe:dispute:dp_1": (True, "EXACT", None),
    } == {
        key: (row["has_entry"], row["match_status"], row["break_type"])
        for key, row in found.items()
        if row["kind"] != "entry"
    }


def payout(arrives: date, **other: Any) -> dict[str, Any]:
    """Return a payout."""
    return {
        "id": "po",
        "processor": "stripe",
        "amount_minor": 500,
        "currency": "EUR",
        "amount_exact": True,
        "automatic": True,
        "status": "paid",
        "created_at": AT,
        "arrival_date": arrives,
        "trace_id": "T",
        **other,
    }


def deposit(name: str = "B1", **other: Any) -> dict[str, Any]:
    """Return a deposit of that payout."""
    return {
        "deposit_id": name,
        "value_date": date(2026, 3, 10),
        "amount_minor": 500,
        "currency": "EUR",
        "reference": "T",
        **other,
    }


def paid(arrives: date, *deposits: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return (last day, match status, break type) of a payout."""
    (found,) = derived(
        PAYOUTS,
        "stripe-live",
        {"day": DAY, "deposit_business_days": 3},
        psp_payout=[payout(arrives)],
        register_bank_deposit=deposits,
    )
    return found["deposit_due"], found["match_status"], found["break_type"]


def test_a_payout_has_three_days_of_business_to_arrive() -> None:
    """From Thursday over the weekend to Tuesday; on that day it is a break, the day before it is young."""
    assert (date(2026, 3, 10), None, "MISSING_RIGHT") == paid(date(2026, 3, 5))
    assert (date(2026, 3, 11), "TIMING", None) == paid(date(2026, 3, 6))
    assert (date(2026, 3, 11), "TIMING", None) == paid(date(2026, 3, 8))


def test_a_deposit_is_matched_by_reference_currency_and_days() -> None:
    """One minor unit is a break; of two none is taken; one that came too late did not come."""
    thursday = date(2026, 3, 5)
    due = date(2026, 3, 10)
    assert (due, "EXACT", None) == paid(thursday, deposit())
    assert (due, None, "AMOUNT") == paid(thursday, deposit(amount_minor=499))
    assert (due, None, "DUPLICATE") == paid(thursday, deposit(), deposit("B2"))
    assert (due, None, "MISSING_RIGHT") == paid(thursday, deposit(value_date=date(2026, 3, 11)))
    assert (due, None, "MISSING_RIGHT") == paid(thursday, deposit(currency="USD"))


def balance(
    closing: int, moved: Sequence[Mapping[str, Any]], days: Sequence[int] = (9, 10)
) -> tuple[Any, ...]:
    """Return (moved, difference, unexplained, match status) of a balance of noon; 100 the noon before."""
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    (found,) = derived(
        BALANCES,
        "stripe-live",
        {"day": DAY},
        read=[("psp_balance_entry", "stripe-live", date(2026, 3, n)) for n in days],
        psp_balance=[{"processor": "stripe", "currency": "EUR", "as_of": noon, "total_minor": closing}],
        psp_balance_before=[
            {"processor": "stripe", "currency": "EUR", "as_of": noon - timedelta(days=1), "total_minor": 100}
        ],
        psp_balance_entry=[{"processor": "stripe", "currency": "EUR", **row} for row in moved],
    )
    return tuple(
        found[name] for name in ("moved_minor", "difference_minor", "unexplained_minor", "match_status")
    )


def test_a_balance_follows_from_the_one_before() -> None:
    """What moved at the instant of the first reading was in it, at that of the second too."""
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    moved = [{"created_at": AT, "net_minor": 40}, {"created_at": noon + timedelta(hours=1), "net_minor": 7}]
    assert (40, 0, 0, "EXACT") == balance(140, moved)
    assert (40, 1, 1, None) == balance(141, moved)


def test_what_moved_within_a_minute_of_reading_may_be_on_either_side() -> None:
    """It explains a difference as large as itself, and no larger."""
    edge = [{"created_at": datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC), "net_minor": 40}]
    assert (0, 40, 0, "TIMING") == balance(140, edge)
    assert (0, 41, 1, None) == balance(141, edge)


def test_what_moved_within_a_minute_of_reading_hides_no_other_difference() -> None:
    """A reading holds what moved until an instant: part of it or the later one alone explains nothing."""
    edge = [
        {"created_at": datetime(2026, 3, 10, 11, 59, 40, tzinfo=UTC), "net_minor": 40},
        {"created_at": datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC), "net_minor": -15},
    ]
    assert (40, 0, 0, "EXACT") == balance(140, edge)
    assert (40, -40, 0, "TIMING") == balance(100, edge)
    assert (40, -15, 0, "TIMING") == balance(125, edge)
    assert (40, -10, 5, None) == balance(130, edge)
    assert (40, -55, 15, None) == balance(85, edge)


def test_without_a_day_of_movements_nothing_can_be_expected() -> None:
    """A day that was not collected is no day without movements."""
    assert (None, None, None, None) == balance(140, [{"created_at": AT, "net_minor": 40}], days=[10])


def order(**other: Any) -> dict[str, Any]:
    """Return an order."""
    return {
        "order_id": "o1",
        "order_number": 1,
        "placed_at": AT,
        "is_test": False,
        "status": "open",
        "financial_status": "paid",
        "currency": "EUR",
        "total_minor": 1500,
        "giftcard_minor": 300,
        "store_credit_minor": 200,
        **other,
    }


def due(*payments: Mapping[str, Any], **rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is stated of one order and its payments."""
    (found,) = derived(
        PAYMENTS,
        "main",
        {"day": DAY},
        shop_payment=payments,
        register_currency=[{"currency": "EUR", "minor_digits": 2, "processor_multiple": 10}],
        **{"shop_order": [order()], **rows},
    )
    return found


def test_what_is_due_is_the_total_less_cards_and_credit() -> None:
    """Captures count, authorisations, voids and failures do not; those of the next day do."""
    found = due(
        payment(kind="auth"),
        payment(amount_minor=600),
        payment("x", status="failed"),
        shop_payment_after=[payment("ch_2", amount_minor=400, tender_seq=2)],
    )
    assert (1000, 1000, 0, 2, 0) == (
        found["due_minor"],
        found["captured_minor"],
        found["difference_minor"],
        found["capture_count"],
        found["duplicate_captures"],
    )


def test_a_tender_captured_twice_is_a_duplicate() -> None:
    """Two tenders of one amount are none; one key that led to two references is, whatever the tenders."""
    assert 1 == due(payment("a"), payment("b"))["duplicate_captures"]
    assert 0 == due(payment("a"), payment("b", tender_seq=2))["duplicate_captures"]
    assert (
        1
        == due(payment("a", idempotency_key="k"), payment("b", tender_seq=2, idempotency_key="k"))[
            "duplicate_captures"
        ]
    )


def test_currency_multiple_and_mode_are_counted() -> None:
    """Each by payment; a currency that is in no register makes the multiple unknown."""
    found = due(payment("a", amount_minor=995), payment("b", livemode=False, tender_seq=2))
    assert (0, 1, 1) == (
        found["other_currency_payments"],
        found["off_multiple_payments"],
        found["wrong_mode_payments"],
    )
    assert (1, None) == tuple(
        due(payment("a", currency="USD"))[name]
        for name in ("other_currency_payments", "off_multiple_payments")
    )


def test_an_earlier_order_is_judged_again_when_something_is_paid_for_it() -> None:
    """With all that was paid before."""
    found = due(
        payment("b", amount_minor=400, tender_seq=2),
        shop_order=[],
        shop_earlier_order=[order()],
        shop_earlier_payment=[payment("a", amount_minor=600)],
    )
    assert (False, 1000, 0) == (found["placed_on_day"], found["captured_minor"], found["difference_minor"])


def test_attempts_are_counted_by_reference() -> None:
    """An authorisation and its capture are one; it failed if all of it did."""
    found = derived(
        SUMMARIES,
        "main",
        shop_payment=[
            payment("a", kind="auth"),
            payment("a"),
            payment("b", kind="auth", status="failed"),
            payment("a", kind="void"),
        ],
    )
    assert [{"processor": "stripe", "attempts": 2, "failed": 1}] == found
