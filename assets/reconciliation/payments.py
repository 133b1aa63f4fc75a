"""What should have been captured for an order, beside what was (R08, R10, R12, R42)?

One row per order placed on the day, and per earlier order that something was paid for on the day.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind

PAYMENT = Dataset(
    name="reconciliation_payment",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per order with its payments: what was captured and what was due (R08, R10, R12, R42)",
    key=("order_id",),
    columns=(
        Column("order_id", "text", "The order", required=True),
        Column("order_number", "int", "Its number in its series"),
        Column("placed_at", "timestamp", "When it was placed", required=True),
        Column(
            "placed_on_day",
            "bool",
            "Whether that was on the day; false: it was paid for on it",
            required=True,
        ),
        Column("is_test", "bool", "Whether it is no real order", required=True),
        Column("order_status", "text", "Its state", required=True),
        Column("financial_status", "text", "Its state of payment"),
        Column("currency", "text", "Its currency", required=True),
        Column("due_minor", "money", "Total less gift cards and store credit", required=True),
        Column("captured_minor", "money", "Sum of what was captured", required=True),
        Column("payment_count", "int", "How many attempts there were, of every kind", required=True),
        Column("capture_count", "int", "How many captures succeeded", required=True),
        Column(
            "duplicate_captures",
            "int",
            "Captures of an amount beyond one per tender, or of one idempotency key beyond one reference",
            required=True,
        ),
        Column(
            "other_currency_payments", "int", "Payments in another currency than the order's", required=True
        ),
        Column(
            "off_multiple_payments",
            "int",
            "Payments of no multiple of what processors accept; null: a currency is in no register",
        ),
        Column(
            "wrong_mode_payments",
            "int",
            "Test payments of a real order, or live ones of a test order; null: the mode of one is not known",
        ),
        Column("difference_minor", "money", "Captured less due", required=True),
    ),
    may_be_empty=True,
)

PAYMENTS = Derivation(
    PAYMENT,
    sql_beside(__file__, "payment.sql"),
    ("shop_order", "shop_payment", "shop_earlier_order", "shop_earlier_payment", "register_currency"),
    after={"shop_payment": 1},
)
