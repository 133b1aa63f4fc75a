"""Which columns has what the day's refunds, parcels, late payments and corrections are about?

They concern orders placed before the day. Those orders, with all that had become of them by then, are read in
the same transaction: a day costs what it holds and touches, and a refund of an order older than the warehouse
can be judged.
"""

from __future__ import annotations

from assets.shop.declare import column, events, key

EARLIER_ORDER = events(
    "earlier_order",
    "One row per order placed before the day that something of the day is about",
    ("order_id",),
    key("order_id", "The order"),
    column("series", "text", "The number series its number belongs to"),
    column("order_number", "int", "Its number in that series"),
    column("channel", "text", "Where it was placed"),
    column("placed_at", "timestamp", "When it was placed", required=True),
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
    column("shipping_tax_minor", "money", "Of it, the sum of the tax lines on shipping", required=True),
    column("total_minor", "money", "What the customer owes", required=True),
    column("giftcard_minor", "money", "Part paid by gift card"),
    column("store_credit_minor", "money", "Part paid by store credit"),
    column("cancelled_at", "timestamp", "When it was cancelled; null: never"),
    column("is_test", "bool", "Whether it is no real order", required=True),
)

EARLIER_LINE = events(
    "earlier_line",
    "One row per line of an order placed before the day that something of the day is about",
    ("line_id",),
    key("line_id", "The line"),
    column("order_id", "text", "The order it belongs to", required=True),
    column("sku", "text", "What was sold"),
    column("qty_e4", "int", "Quantity", unit="1/10000", required=True),
    column("ext_minor", "money", "Extension: quantity times unit price, rounded", required=True),
    column("line_discount_minor", "money", "Discount on this line alone", required=True),
    column("alloc_discount_minor", "money", "Its share of the order's discount", required=True),
    column("tax_minor", "money", "Sum of its tax lines", required=True),
    column("is_gift_card", "bool", "Whether a gift card was sold"),
    column("tax_category", "text", "Its tax category"),
)

EARLIER_PAYMENT = events(
    "earlier_payment",
    "One row per payment before the day of an earlier order that something of the day is about",
    ("payment_id",),
    key("payment_id", "The payment"),
    column("order_id", "text", "The order it is for", required=True),
    column("processor", "text", "Who processed it"),
    column("processor_ref", "text", "Its id there"),
    column("kind", "text", "authorize, capture, sale or void"),
    column("status", "text", "Its state", required=True),
    column("amount_minor", "money", "Amount", required=True),
    column("currency", "text", "ISO 4217 code", required=True),
    column("attempted_at", "timestamp", "When it was attempted", required=True),
    column("livemode", "bool", "Whether money could move"),
    column("tender_seq", "int", "Which of an order's tenders"),
    column("idempotency_key", "text", "The key that makes a repeated attempt harmless"),
)

EARLIER_REFUND = events(
    "earlier_refund",
    "One row per refund before the day of an earlier order that something of the day is about",
    ("refund_id",),
    key("refund_id", "The refund"),
    column("order_id", "text", "The order", required=True),
    column("processor_ref", "text", "Its id at the processor"),
    column("status", "text", "Its state", required=True),
    column("currency", "text", "ISO 4217 code", required=True),
    column("amount_minor", "money", "Amount, tax included", required=True),
    column("tax_minor", "money", "Tax in it", required=True),
    column("created_at", "timestamp", "When it was made", required=True),
)

EARLIER_REFUND_LINE = events(
    "earlier_refund_line",
    "One row per line, shipping or fee that one of the earlier refunds gave back",
    ("refund_id", "line_id", "target_kind"),
    key("refund_id", "The refund"),
    key("line_id", "The order's line; empty where shipping or a fee was given back"),
    key("target_kind", "line, shipping or fee"),
    column("order_id", "text", "The order", required=True),
    column("qty_e4", "int", "Quantity given back", unit="1/10000", required=True),
    column("amount_minor", "money", "Amount, tax included", required=True),
    column("tax_minor", "money", "Tax in it", required=True),
)

EARLIER_FULFILMENT_LINE = events(
    "earlier_fulfilment_line",
    "One row per order line in a parcel that left before the day, of an earlier order that something of the "
    "day is about",
    ("fulfilment_id", "line_id"),
    key("fulfilment_id", "The parcel"),
    key("line_id", "The order's line; empty: it names none"),
    column("order_id", "text", "The order", required=True),
    column("sku", "text", "What was shipped"),
    column("qty_e4", "int", "Quantity", unit="1/10000", required=True),
    column("shipped_at", "timestamp", "When it left", required=True),
)

EARLIER_TAX_LINE = events(
    "earlier_tax_line",
    "One row per tax on an order placed before the day that a refund of the day is about",
    ("order_id", "line_id", "target_kind", "jurisdiction", "tax_category"),
    key("order_id", "The order"),
    key("line_id", "The line; empty where the tax is on shipping or a fee"),
    key("target_kind", "line, shipping or fee"),
    key("jurisdiction", "Who levies it"),
    key("tax_category", "The category taxed; empty where there is none"),
    column("taxable_minor", "money", "What it is computed on", required=True),
    column("tax_minor", "money", "Tax", required=True),
)

EARLIER_GIFTCARD_ENTRY = events(
    "earlier_giftcard_entry",
    "One row per gift card that moved on the day: its last movement before",
    ("gc_id",),
    key("gc_id", "The card, as an opaque reference; never its code"),
    column("seq", "int", "Which of the card's movements, from 1", required=True),
    column("balance_after_minor", "money", "Balance after it", required=True),
    column("currency", "text", "ISO 4217 code", required=True),
    column("at", "timestamp", "When", required=True),
)
