"""Which columns has an order, with its lines, discounts, taxes and shipping quotes?"""

from __future__ import annotations

from assets.shop.declare import KEPT_DAYS, column, events, key
from warehouse.dataset import Column, Dataset, Kind, Privacy

ORDER = Dataset(
    name="shop_order",
    kind=Kind.EVENT,
    title="One row per order placed on the day, as it stood when it was read",
    key=("order_id",),
    retention_days=KEPT_DAYS,
    columns=(
        key("order_id", "The order"),
        column("series", "text", "The number series its number belongs to"),
        column("order_number", "int", "Its number in that series"),
        column("merchant_id", "text", "The merchant it was sold by"),
        column("channel", "text", "Where it was placed"),
        Column(
            "customer_hmac",
            "text",
            "The customer, as keyed HMAC of the shop's reference",
            source="customer_ref",
            privacy=Privacy.SHOPPER,
        ),
        column("placed_at", "timestamp", "When it was placed", required=True),
        column("recorded_at", "timestamp", "When the shop recorded it", required=True),
        column("updated_at", "timestamp", "When the shop last changed it"),
        column("status", "text", "Its state in the shop", required=True),
        column("financial_status", "text", "Its state of payment"),
        column("currency", "text", "ISO 4217 code", required=True),
        column("price_includes_tax", "bool", "Whether its prices include tax", required=True),
        column("policy_id", "text", "The rounding policy it was computed by"),
        column("subtotal_minor", "money", "Sum of the lines' extensions", required=True),
        column("discount_minor", "money", "Sum of all discounts on lines", required=True),
        column("shipping_minor", "money", "Shipping before its discount", required=True),
        column("shipping_discount_minor", "money", "Discount on shipping", required=True),
        column("fees_minor", "money", "Other fees", required=True),
        column("tax_minor", "money", "Tax", required=True),
        column("rounding_adj_minor", "money", "Cash rounding", required=True),
        column("total_minor", "money", "What the customer owes", required=True),
        column("giftcard_minor", "money", "Part paid by gift card"),
        column("store_credit_minor", "money", "Part paid by store credit"),
        column("cancelled_at", "timestamp", "When it was cancelled; null: never"),
        column("is_test", "bool", "Whether it is no real order", required=True),
    ),
)

ORDER_LINE = Dataset(
    name="shop_order_line",
    kind=Kind.EVENT,
    title="One row per line of an order placed on the day",
    key=("line_id",),
    retention_days=KEPT_DAYS,
    columns=(
        key("line_id", "The line"),
        column("order_id", "text", "The order it belongs to", required=True),
        column("sku", "text", "What was sold"),
        column("qty_e4", "int", "Quantity", unit="1/10000", required=True),
        column("unit_price_e4", "int", "Unit price", unit="1/10000 minor unit", required=True),
        column("ext_minor", "money", "Extension: quantity times unit price, rounded", required=True),
        column("line_discount_minor", "money", "Discount on this line alone", required=True),
        column("alloc_discount_minor", "money", "Its share of the order's discount", required=True),
        column("is_gift_card", "bool", "Whether a gift card was sold"),
        column("tax_category", "text", "Its tax category"),
    ),
)

DISCOUNT = Dataset(
    name="shop_discount",
    kind=Kind.EVENT,
    title="One row per discount on an order placed on the day",
    key=("discount_id",),
    retention_days=KEPT_DAYS,
    columns=(
        key("discount_id", "The discount"),
        column("order_id", "text", "The order", required=True),
        column("line_id", "text", "The line; null: the whole order"),
        column("kind", "text", "promotion, voucher or manual"),
        column("promotion_id", "text", "The promotion or voucher"),
        column("amount_minor", "money", "Amount", required=True),
        column("actor", "text", "Who gave it", privacy=Privacy.WORKFORCE),
        column("approver", "text", "Who approved it", privacy=Privacy.WORKFORCE),
    ),
    may_be_empty=True,
)

ORDER_TAX_LINE = Dataset(
    name="shop_order_tax_line",
    kind=Kind.EVENT,
    title="One row per tax on a line, shipping or fee of an order placed on the day",
    key=("order_id", "line_id", "target_kind", "jurisdiction", "tax_category"),
    retention_days=KEPT_DAYS,
    columns=(
        key("order_id", "The order"),
        key("line_id", "The line; empty where the tax is on shipping or a fee"),
        key("target_kind", "line, shipping or fee"),
        key("jurisdiction", "Who levies it"),
        key("tax_category", "The category taxed; empty where there is none"),
        column("rate_e9", "int", "Rate", unit="1/1000000000", required=True),
        column("taxable_minor", "money", "What it is computed on", required=True),
        column("tax_minor", "money", "Tax", required=True),
        column("exempt_reason", "text", "Why no tax is due"),
    ),
    may_be_empty=True,
)

SHIPPING_QUOTE = events(
    "shipping_quote",
    "One row per quote for shipping an order placed on the day",
    ("quote_id",),
    key("quote_id", "The quote"),
    column("order_id", "text", "The order", required=True),
    column("zone", "text", "Where to"),
    column("method", "text", "How"),
    column("weight_g", "int", "Weight", unit="g"),
    column("amount_minor", "money", "What shipping costs before any discount", required=True),
    column("quoted_at", "timestamp", "When it was quoted", required=True),
    column(
        "override_approver",
        "text",
        "Who approved that the order's shipping differs; null: nobody",
        privacy=Privacy.WORKFORCE,
    ),
)
