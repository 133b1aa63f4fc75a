"""What was given back, may it be, and does its tax follow? Expected and actual, judged by PI-04.

Collected: nothing new; computed from the day's refunds and cancellations and from the earlier orders that
they are about, which the shop's capture reads with them.
Never: a tolerance, and no verdict. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind, Privacy

REFUND = Dataset(
    name="reconciliation_refund",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per refund: what was captured, what has been given back by now, who agreed (R14, R16)",
    key=("refund_id",),
    may_be_empty=True,
    columns=(
        Column("refund_id", "text", "The refund", required=True),
        Column("order_id", "text", "The order", required=True),
        Column("order_number", "int", "Its number in its series; null: the order is missing"),
        Column("currency", "text", "ISO 4217 code", required=True),
        Column("refund_status", "text", "The refund's state"),
        Column("reason", "text", "Why, as a code"),
        Column("created_at", "timestamp", "When it was made", required=True),
        Column("amount_minor", "money", "Amount, tax included", required=True),
        Column("captured_minor", "money", "All captured for the order; null: the order is missing"),
        Column("refunded_so_far_minor", "money", "All given back for it, this one included", required=True),
        Column("actor", "text", "Who made it", privacy=Privacy.WORKFORCE),
        Column("approver", "text", "Who approved it; null: nobody", privacy=Privacy.WORKFORCE),
        Column(
            "second_person",
            "text",
            "nobody, self (its maker) or another approved; null: no maker named",
        ),
        Column("is_test", "bool", "Whether the order is no real order; null: the order is missing"),
    ),
)

REFUND_LINE = Dataset(
    name="reconciliation_refund_line",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per line or shipping refunded: how much of it by now, and the tax belonging to that (R15)",
    key=("refund_id", "line_id", "target_kind"),
    may_be_empty=True,
    columns=(
        Column("refund_id", "text", "The refund", required=True),
        Column("line_id", "text", "The line; empty where shipping or a fee is given back", required=True),
        Column("target_kind", "text", "line, shipping or fee", required=True),
        Column("order_id", "text", "The order", required=True),
        Column("refund_status", "text", "The refund's state"),
        Column("created_at", "timestamp", "When it was made", required=True),
        Column("qty_e4", "int", "Quantity given back by this refund", unit="1/10000", required=True),
        Column("amount_minor", "money", "Amount given back by this refund, tax included", required=True),
        Column("tax_minor", "money", "Tax in it", required=True),
        Column("by_amount", "bool", "Whether parts are of the amount and not of the quantity", required=True),
        Column("whole", "int", "All that could be given back: quantity or amount; null: the line is missing"),
        Column("so_far", "int", "All given back by now, in the same unit", required=True),
        Column("whole_tax_minor", "money", "Tax that was taken on the whole; null: the line is missing"),
        Column("tax_so_far_minor", "money", "Tax given back by now", required=True),
        Column("expected_tax_so_far_minor", "money", "That part of the tax taken; null: the line is missing"),
    ),
)

CANCELLATION = Dataset(
    name="reconciliation_cancellation",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per order cancelled on the day: what was captured, and given back in time (R13)",
    key=("order_id",),
    may_be_empty=True,
    parameters=("PI-04.refund_within_hours",),
    columns=(
        Column("order_id", "text", "The order", required=True),
        Column("order_number", "int", "Its number in its series"),
        Column("currency", "text", "ISO 4217 code", required=True),
        Column("cancelled_at", "timestamp", "When it was cancelled", required=True),
        Column(
            "refund_due_at", "timestamp", "Until when what was captured is to be given back", required=True
        ),
        Column("captured_minor", "money", "Captured until then", required=True),
        Column("refunded_minor", "money", "Given back until then", required=True),
        Column("is_test", "bool", "Whether it is no real order", required=True),
    ),
)

REFUNDS = Derivation(
    REFUND,
    sql_beside(__file__, "refund.sql"),
    (
        "shop_refund",
        "shop_order",
        "shop_payment",
        "shop_earlier_order",
        "shop_earlier_payment",
        "shop_earlier_refund",
    ),
)
REFUND_LINES = Derivation(
    REFUND_LINE,
    sql_beside(__file__, "refund_line.sql"),
    (
        "shop_refund_line",
        "shop_refund",
        "shop_order",
        "shop_order_line",
        "shop_order_tax_line",
        "shop_earlier_order",
        "shop_earlier_line",
        "shop_earlier_refund",
        "shop_earlier_refund_line",
    ),
)
CANCELLATIONS = Derivation(
    CANCELLATION,
    sql_beside(__file__, "cancellation.sql"),
    (
        "shop_order",
        "shop_payment",
        "shop_refund",
        "shop_earlier_order",
        "shop_earlier_payment",
        "shop_earlier_refund",
    ),
    after={"shop_payment": 1, "shop_refund": 1},
)
