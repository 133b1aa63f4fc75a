"""Do the rows of settlement files become the same neutral rows as those of any other processor?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from assets.psp import (
    SETTLEMENT_BALANCE,
    SETTLEMENT_BALANCE_ENTRIES,
    SETTLEMENT_CHARGES,
    SETTLEMENT_DISPUTES,
    SETTLEMENT_FEES,
    SETTLEMENT_PAYOUTS,
    SETTLEMENT_REFUNDS,
)
from tests.assets.derivations import derived

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
