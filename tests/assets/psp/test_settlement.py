"""Do the rows of settlement files become the same neutral rows as those of any other processor?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from assets.psp import (
    BALANCE,
    SETTLEMENT_BALANCE,
    SETTLEMENT_BALANCE_ENTRIES,
    SETTLEMENT_CHARGES,
    SETTLEMENT_DISPUTES,
    SETTLEMENT_FEES,
    SETTLEMENT_PAYOUTS,
    SETTLEMENT_REFUNDS,
)
from assets.reconciliation.processor import BALANCES
from assets.settlement.assets import BALANCE as SETTLED_BALANCE
from tests.assets.derivations import derived
from warehouse.dataset import Kind
from warehouse.period import closes_at

AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
END = datetime(2026, 3, 11, tzinfo=UTC)
CURRENCIES = [{"currency": "USD", "minor_digits": 2, "processor_multiple": 1}]


def row(name: str, kind: str, amount: int, **other: Any) -> dict[str, Any]:
    """Return a row of a settlement file."""
    return {
        "entry_id": name,
        "processor": "paypal",
        "kind": kind,
        "type_given": "T0006",
        "reference": name,
        "amount_minor": amount,
        "currency": "USD",
        "occurred_at": AT,
        **other,
    }


ROWS = [
    row("a", "charge", 1000, fee_minor=64, order_ref="o1", payout_ref="4"),
    row("b", "refund", -500, original="a", payout_ref="4"),
    row("c", "dispute", -200, original="a"),
    row("d", "dispute", 200, original="a"),
    row("e", "payout", -436, payout_ref="4"),
    row("f", "payout", -7, trace_id="T"),
]


def test_a_payment_is_a_captured_charge_and_its_own_movement() -> None:
    """The file lists what moved money and nothing else."""
    (found,) = derived(SETTLEMENT_CHARGES, "main", settlement_row=ROWS, register_currency=CURRENCIES)
    assert ("a", "captured", 1000, "o1", "a", True, False) == tuple(
        found[name]
        for name in (
            "id",
            "status",
            "captured_minor",
            "order_ref",
            "balance_entry",
            "amount_exact",
            "attempts_listed",
        )
    )


def test_what_goes_back_is_a_refund_or_a_dispute_of_its_amount() -> None:
    """What comes back after a dispute is none."""
    refunds = derived(SETTLEMENT_REFUNDS, "main", settlement_row=ROWS, register_currency=CURRENCIES)
    disputes = derived(SETTLEMENT_DISPUTES, "main", settlement_row=ROWS, register_currency=CURRENCIES)
    assert [("b", "a", 500)] == [(one["id"], one["charge"], one["amount_minor"]) for one in refunds]
    assert [("c", "a", 200)] == [(one["id"], one["charge"], one["amount_minor"]) for one in disputes]


def test_every_row_moved_the_balance_by_its_amount_less_its_fee() -> None:
    """A row without a fee has none, and lists none."""
    found = derived(SETTLEMENT_BALANCE_ENTRIES, "main", settlement_row=ROWS, register_currency=CURRENCIES)
    fees = derived(SETTLEMENT_FEES, "main", settlement_row=ROWS)
    assert [936, -500, -200, 200, -436, -7] == [one["net_minor"] for one in found]
    assert [("a", 64)] == [(one["balance_entry"], one["amount_minor"]) for one in fees]


def test_a_payout_comes_to_the_rows_that_name_it() -> None:
    """Of one that none names nothing is known."""
    found = derived(SETTLEMENT_PAYOUTS, "main", settlement_row=ROWS, register_currency=CURRENCIES)
    assert [("e", True, 436, 2, 436, "e"), ("f", False, 7, None, None, "T")] == [
        tuple(
            one[name]
            for name in (
                "id",
                "automatic",
                "amount_minor",
                "contents_count",
                "contents_net_minor",
                "trace_id",
            )
        )
        for one in found
    ]


def test_a_balance_is_the_one_at_the_end_of_the_day() -> None:
    """The last instant of the day, so that it follows from all that moved on it."""
    (found,) = derived(
        SETTLEMENT_BALANCE,
        "main",
        {"day_end": END},
        settlement_balance=[
            {"currency": "USD", "processor": "paypal", "opening_minor": 1, "closing_minor": 437}
        ],
        register_currency=CURRENCIES,
    )
    assert (437, END.replace(day=10, hour=23, minute=59, second=59, microsecond=999999)) == (
        found["total_minor"],
        found["as_of"],
    )


def test_a_balance_follows_from_the_day_before_and_all_that_the_files_list() -> None:
    """The last second of the day before was in its balance, and both seconds around this day's ends count."""
    before = END.replace(day=9, hour=23, minute=59, second=59, microsecond=999999)
    shared = {"processor": "paypal", "currency": "USD"}

    def entry(name: str, day: int, at: datetime, net: int) -> dict[str, Any]:
        return {**shared, "id": name, "day": date(2026, 3, day), "created_at": at, "net_minor": net}

    read = [("psp_balance_entry", "settlement-main", date(2026, 3, day)) for day in (9, 10)]
    (found,) = derived(
        BALANCES,
        "settlement-main",
        {"day": date(2026, 3, 10)},
        read,
        psp_balance=[{**shared, "as_of": before + timedelta(days=1), "total_minor": 1700}],
        psp_balance_before=[{**shared, "as_of": before, "total_minor": 1000}],
        psp_balance_entry=[
            entry("b", 10, END - timedelta(days=1), 400),
            entry("c", 10, END - timedelta(seconds=1), 300),
        ],
        psp_balance_entry_before=[entry("a", 9, END - timedelta(days=1, seconds=1), 900)],
    )
    assert ("EXACT", 700, 1700) == (found["match_status"], found["moved_minor"], found["expected_minor"])


def test_a_balance_may_come_as_late_as_the_file_that_states_it() -> None:
    """It is a state to whoever reads it, and yet its day stays open as long as that of events."""
    assert (Kind.STATE, False) == (BALANCE.follows, SETTLED_BALANCE.accumulates)
    assert [END + timedelta(days=1)] * 2 == [
        closes_at(dataset.kind, date(2026, 3, 10)) for dataset in (SETTLED_BALANCE, BALANCE)
    ]
