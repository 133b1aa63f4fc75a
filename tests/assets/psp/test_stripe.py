"""Do Stripe's objects become the neutral rows, and its smallest units minor units, exactly or not at all?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from assets.psp import (
    STRIPE_BALANCE,
    STRIPE_BALANCE_ENTRIES,
    STRIPE_CHARGES,
    STRIPE_FEES,
    STRIPE_PAYOUTS,
    STRIPE_REFUNDS,
)
from tests.assets.derivations import derived

AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
CURRENCIES = [
    {"currency": "EUR", "minor_digits": 2, "processor_multiple": 1},
    {"currency": "ISK", "minor_digits": 0, "processor_multiple": 1, "processor_minor_digits": 2},
    {"currency": "KWD", "minor_digits": 3, "processor_multiple": 10},
    {"currency": "MGA", "minor_digits": 2, "processor_multiple": 1, "processor_minor_digits": 1},
]


def charge(**other: Any) -> dict[str, Any]:
    """Return a captured charge."""
    return {
        "charge_id": "ch_1",
        "created_at": AT,
        "amount_minor": 1000,
        "amount_captured_minor": 1000,
        "amount_refunded_minor": 0,
        "currency": "eur",
        "status": "succeeded",
        "captured": True,
        "livemode": True,
        **other,
    }


def charges(*given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what some charges become."""
    return derived(STRIPE_CHARGES, "live", stripe_charge=given, register_currency=CURRENCIES)


def test_amounts_become_minor_units_by_iso_4217() -> None:
    """A processor's hundredth of a currency without any is dropped where it is none, and never rounded."""
    found = charges(
        charge(charge_id="a"),
        charge(charge_id="b", currency="isk", amount_minor=500_00, amount_captured_minor=500_00),
        charge(charge_id="c", currency="isk", amount_minor=500_01, amount_captured_minor=500_01),
        charge(charge_id="d", currency="kwd", amount_minor=5120, amount_captured_minor=5120),
        charge(charge_id="e", currency="mga", amount_minor=7, amount_captured_minor=7),
        charge(charge_id="f", currency="xxx"),
    )
    assert [
        ("a", "EUR", 1000, 1000, True, 1000),
        ("b", "ISK", 500, 500, True, 50_000),
        ("c", "ISK", None, None, False, 50_001),
        ("d", "KWD", 5120, 5120, True, 5120),
        ("e", "MGA", 70, 70, True, 7),
        ("f", "XXX", None, None, None, 1000),
    ] == [
        (
            row["id"],
            row["currency"],
            row["amount_minor"],
            row["captured_minor"],
            row["amount_exact"],
            row["amount_counted"],
        )
        for row in found
    ]


def test_a_charge_is_captured_authorised_voided_or_failed() -> None:
    """An authorisation that was released shows as refunded without ever having been captured."""
    found = charges(
        charge(charge_id="a"),
        charge(charge_id="b", captured=False, amount_captured_minor=0),
        charge(charge_id="c", captured=False, amount_captured_minor=0, amount_refunded_minor=1000),
        charge(charge_id="d", captured=False, status="failed", failure_code="card_declined"),
        charge(charge_id="e", captured=False, status="pending"),
    )
    assert ["captured", "authorised", "voided", "failed", "pending"] == [row["status"] for row in found]


def test_a_refund_without_a_movement_released_an_authorisation() -> None:
    """One that failed moved nothing either, and released nothing."""
    refund = {"charge": "ch_1", "amount_minor": 1000, "currency": "eur", "created_at": AT}
    found = derived(
        STRIPE_REFUNDS,
        "live",
        stripe_refund=[
            {**refund, "refund_id": "a", "status": "succeeded", "balance_transaction": "txn_1"},
            {**refund, "refund_id": "b", "status": "succeeded"},
            {**refund, "refund_id": "c", "status": "failed"},
        ],
        register_currency=CURRENCIES,
    )
    assert [False, True, False] == [row["released"] for row in found]


def test_fees_are_listed_one_by_one() -> None:
    """A movement without fees lists none."""
    listed = '[{"type":"stripe_fee","amount":30,"currency":"eur"},{"type":"tax","amount":6,"currency":"eur"}]'
    found = derived(
        STRIPE_FEES,
        "live",
        stripe_balance_transaction=[
            {"balance_transaction_id": "a", "fee_details": listed},
            {"balance_transaction_id": "b", "fee_details": "[]"},
            {"balance_transaction_id": "c", "fee_details": None},
        ],
        register_currency=CURRENCIES,
    )
    assert [("a", 1, "stripe_fee", 30), ("a", 2, "tax", 6)] == [
        (row["balance_entry"], row["seq"], row["kind"], row["amount_minor"]) for row in found
    ]


def test_a_movement_keeps_its_rate_as_written() -> None:
    """No float stands for it on the way."""
    (found,) = derived(
        STRIPE_BALANCE_ENTRIES,
        "live",
        stripe_balance_transaction=[
            {
                "balance_transaction_id": "a",
                "created_at": AT,
                "type": "adjustment",
                "reporting_category": "risk_reserved_funds",
                "amount_minor": -5,
                "fee_minor": 0,
                "net_minor": -5,
                "currency": "eur",
                "available_on": AT,
                "exchange_rate": "0.671",
            }
        ],
        register_currency=CURRENCIES,
    )
    assert ("other", "risk_reserved_funds", -5, "0.671") == (
        found["type"],
        found["type_given"],
        found["net_minor"],
        found["exchange_rate"],
    )


def test_a_payout_comes_to_its_movements_without_its_own() -> None:
    """Of a manual one, and of one not reconciled yet, nothing is known."""
    payout = {
        "amount_minor": 900,
        "currency": "eur",
        "automatic": True,
        "reconciliation_status": "completed",
        "status": "paid",
        "created_at": AT,
        "arrival_date": date(2026, 3, 11),
    }
    found = derived(
        STRIPE_PAYOUTS,
        "live",
        stripe_payout=[
            {**payout, "payout_id": "a"},
            {**payout, "payout_id": "b", "automatic": False},
            {**payout, "payout_id": "c", "reconciliation_status": "in_progress"},
            {**payout, "payout_id": "d"},
        ],
        stripe_payout_transaction=[
            {"payout_id": "a", "balance_transaction_id": "1", "type": "charge", "net_minor": 1000},
            {"payout_id": "a", "balance_transaction_id": "2", "type": "refund", "net_minor": -100},
            {"payout_id": "a", "balance_transaction_id": "3", "type": "payout", "net_minor": -900},
        ],
        register_currency=CURRENCIES,
    )
    assert [(2, 900), (None, None), (None, None), (0, 0)] == [
        (row["contents_count"], row["contents_net_minor"]) for row in found
    ]


def test_a_balance_is_the_sum_of_its_parts() -> None:
    """One row a currency, as of when it was read."""
    found = derived(
        STRIPE_BALANCE,
        "live",
        stripe_balance=[
            {"currency": "eur", "bucket": "available", "amount_minor": 70, "captured_at": AT},
            {"currency": "eur", "bucket": "pending", "amount_minor": 30, "captured_at": AT},
        ],
        register_currency=CURRENCIES,
    )
    assert [
        {"processor": "stripe", "currency": "EUR", "as_of": AT, "total_minor": 100, "amount_exact": True}
    ] == found
