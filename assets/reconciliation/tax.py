"""Which tax does an order owe, at which rates, and by whose authority was anything taken off its price?"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind, Privacy

ORDERED = (
    Column("placed_at", "timestamp", "When the order was placed; null: the order is missing"),
    Column("is_test", "bool", "Whether the order is no real order"),
    Column("is_draft", "bool", "Whether nobody has placed the order yet"),
)
"""What every row says of its order."""

ORDER_TAX = Dataset(
    name="reconciliation_order_tax",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per order: its tax as recorded, and as its rounding policy makes it (R05, R06)",
    key=("order_id",),
    columns=(
        Column("order_id", "text", "The order", required=True),
        Column("order_number", "int", "Its number in its series"),
        Column("currency", "text", "ISO 4217 code", required=True),
        Column("price_includes_tax", "bool", "Whether its prices include tax", required=True),
        Column("policy_id", "text", "The rounding policy the order names"),
        Column("tax_scope", "text", "What tax is rounded per; null: no such policy was in force"),
        Column("tax_mode", "text", "How it is rounded"),
        Column("inclusive_target", "text", "What is rounded of a price that includes tax: net or tax"),
        Column("tolerance_minor", "money", "By how much an engine that rounds otherwise may differ"),
        Column("tax_minor", "money", "Tax as recorded", required=True),
        Column(
            "expected_tax_minor",
            "money",
            "Tax by what its tax lines are computed on; null: no policy, or beyond exact reckoning",
        ),
        Column("tax_lines_minor", "money", "Sum of its tax lines; null: too large for an amount"),
        Column("tax_line_count", "int", "How many tax lines it has", required=True),
        Column(
            "bases_off",
            "int",
            "How many taxes are computed on something else than the price, or the price with another tax",
            required=True,
        ),
        Column(
            "lines_untaxed",
            "int",
            "How many lines of a taxed order have no tax line, gift cards apart",
            required=True,
        ),
        *ORDERED,
    ),
)

TAX_LINE = Dataset(
    name="reconciliation_tax_line",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per tax line: its rate, registration and certificate by the registers (R07, R19)",
    key=("order_id", "line_id", "target_kind", "jurisdiction", "tax_category"),
    columns=(
        Column("order_id", "text", "The order", required=True),
        Column("line_id", "text", "The line; empty where the tax is on shipping or a fee", required=True),
        Column("target_kind", "text", "line, shipping or fee", required=True),
        Column("jurisdiction", "text", "Who levies it", required=True),
        Column("tax_category", "text", "The category taxed", required=True),
        Column("order_number", "int", "The order's number in its series"),
        Column("currency", "text", "ISO 4217 code of the order"),
        Column("rate_e9", "int", "Rate as recorded", unit="1/1000000000", required=True),
        Column(
            "expected_rate_e9",
            "int",
            "Rate in force when the order was placed; null: none is known",
            unit="1/1000000000",
        ),
        Column("taxable_minor", "money", "What it is computed on", required=True),
        Column("tax_minor", "money", "Tax as recorded", required=True),
        Column("least_tax_minor", "money", "Tax at the rate in force, rounded down; null: none is known"),
        Column("exempt_reason", "text", "Why no tax is due"),
        Column("certificate_id", "text", "The certificate in force that says so; null: none"),
        Column("is_registered", "bool", "Whether the company collected tax there then", required=True),
        Column("is_gift_card", "bool", "Whether it is on the sale of a gift card", required=True),
        *ORDERED,
    ),
    may_be_empty=True,
)

DISCOUNT = Dataset(
    name="reconciliation_discount",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per discount: the promotion, voucher or approval it stands on (R34)",
    key=("discount_id",),
    columns=(
        Column("discount_id", "text", "The discount", required=True),
        Column("order_id", "text", "The order", required=True),
        Column("line_id", "text", "The line; null: the whole order"),
        Column("order_number", "int", "The order's number in its series"),
        Column("currency", "text", "ISO 4217 code of the order"),
        Column("kind", "text", "promotion, voucher or manual"),
        Column("promotion_id", "text", "The promotion or voucher it names"),
        Column(
            "promotion_approver",
            "text",
            "Who approved that, where it was in force; null: it was not",
            privacy=Privacy.WORKFORCE,
        ),
        Column("amount_minor", "money", "Amount", required=True),
        Column("actor", "text", "Who gave it", privacy=Privacy.WORKFORCE),
        Column("approver", "text", "Who approved it", privacy=Privacy.WORKFORCE),
        Column("authority", "text", "What it stands on; null: nothing"),
        *ORDERED,
    ),
    may_be_empty=True,
)

ORDER_TAXES = Derivation(
    ORDER_TAX,
    sql_beside(__file__, "order_tax.sql"),
    ("shop_order", "shop_order_line", "shop_order_tax_line", "register_rounding_policy"),
)
TAX_LINES = Derivation(
    TAX_LINE,
    sql_beside(__file__, "tax_line.sql"),
    (
        "shop_order_tax_line",
        "shop_order",
        "shop_order_line",
        "register_tax_rate",
        "register_tax_registration",
        "register_tax_certificate",
    ),
)
DISCOUNTS = Derivation(
    DISCOUNT,
    sql_beside(__file__, "discount.sql"),
    ("shop_discount", "shop_order", "register_promotion"),
)
