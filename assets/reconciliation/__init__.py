"""What should an order's figures be, beside what they are? Expected and actual, judged by the PI controls.

Orders and their lines stand here, what else is reconciled in a module for each topic.

Collected: nothing new; computed from the shop's snapshots and the registers, exactly, in integers.
Never: a tolerance, and no verdict. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind, Privacy

ORDER_LINE = Dataset(
    name="reconciliation_order_line",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per order line: its extension as recorded and as its rounding policy makes it (R01, R02)",
    key=("line_id",),
    columns=(
        Column("line_id", "text", "The line", required=True),
        Column("order_id", "text", "The order it belongs to", required=True),
        Column("order_number", "int", "The order's number in its series"),
        Column("currency", "text", "ISO 4217 code of the order; null: the order is missing"),
        Column("policy_id", "text", "The rounding policy the order names"),
        Column("line_mode", "text", "How that policy rounds a line; null: no such policy was in force"),
        Column("qty_e4", "int", "Quantity", unit="1/10000", required=True),
        Column("unit_price_e4", "int", "Unit price", unit="1/10000 minor unit", required=True),
        Column("ext_minor", "money", "Extension as recorded", required=True),
        Column("expected_ext_minor", "money", "Quantity times unit price, rounded; null: no policy"),
        Column("line_discount_minor", "money", "Discount on this line alone", required=True),
        Column("alloc_discount_minor", "money", "Its share of the order's discount", required=True),
        Column("placed_at", "timestamp", "When the order was placed"),
        Column("is_test", "bool", "Whether the order is no real order"),
        Column("is_draft", "bool", "Whether nobody has placed the order yet"),
    ),
)

ORDER = Dataset(
    name="reconciliation_order",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per order: its amounts as recorded and as its parts make them (R03, R04, R08, R09)",
    key=("order_id",),
    columns=(
        Column("order_id", "text", "The order", required=True),
        Column("order_number", "int", "Its number in its series"),
        Column("currency", "text", "ISO 4217 code", required=True),
        Column("minor_digits", "int", "Digits of its minor unit; null: the currency is in no register"),
        Column("price_includes_tax", "bool", "Whether its prices include tax", required=True),
        Column("subtotal_minor", "money", "Subtotal as recorded", required=True),
        Column(
            "expected_subtotal_minor", "money", "Sum of the lines' extensions; null: too large for an amount"
        ),
        Column("discount_minor", "money", "Discount as recorded", required=True),
        Column(
            "expected_discount_minor",
            "money",
            "Sum of line and allocated discounts; null: too large for an amount",
        ),
        Column("shipping_minor", "money", "Shipping before its discount", required=True),
        Column("quoted_shipping_minor", "money", "Shipping as last quoted before; null: never quoted"),
        Column(
            "shipping_override_approver",
            "text",
            "Who approved that shipping differs from the quote; null: nobody",
            privacy=Privacy.WORKFORCE,
        ),
        Column("shipping_discount_minor", "money", "Discount on shipping", required=True),
        Column("fees_minor", "money", "Other fees", required=True),
        Column("tax_minor", "money", "Tax", required=True),
        Column("rounding_adj_minor", "money", "Cash rounding", required=True),
        Column("total_minor", "money", "Total as recorded", required=True),
        Column(
            "expected_total_minor",
            "money",
            "Total as the recorded parts make it; null: too large for an amount",
        ),
        Column(
            "processor_multiple",
            "int",
            "What the processor takes multiples of; null: the currency is in no register",
            unit="minor units",
        ),
        Column("line_count", "int", "How many lines it has", required=True),
        Column("negative_lines", "int", "How many of them have a negative quantity", required=True),
        Column("payments_in_other_currency", "int", "How many of its payments of the day", required=True),
        Column("payments_off_multiple", "int", "How many that the processor cannot take", required=True),
        Column("placed_at", "timestamp", "When it was placed", required=True),
        Column("is_test", "bool", "Whether it is no real order", required=True),
        Column("is_draft", "bool", "Whether nobody has placed it yet", required=True),
    ),
)

LINES = Derivation(
    ORDER_LINE,
    sql_beside(__file__, "order_line.sql"),
    ("shop_order_line", "shop_order", "register_rounding_policy"),
)
ORDERS = Derivation(
    ORDER,
    sql_beside(__file__, "order.sql"),
    ("shop_order", "shop_order_line", "shop_shipping_quote", "shop_payment", "register_currency"),
)
