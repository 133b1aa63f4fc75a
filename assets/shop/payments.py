"""Which columns has what was paid, given back, and held on gift cards?"""

from __future__ import annotations

from assets.shop.declare import KEPT_DAYS, column, events, key
from warehouse.dataset import Dataset, Kind, Privacy

PAYMENT = Dataset(
    name="shop_payment",
    kind=Kind.EVENT,
    title="One row per payment attempted on the day",
    key=("payment_id",),
    retention_days=KEPT_DAYS,
    columns=(
        key("payment_id", "The payment"),
        column("order_id", "text", "The order it is for"),
        column("processor", "text", "Who processed it"),
        column("processor_ref", "text", "Its id there: the key orders and charges are matched by"),
        column("kind", "text", "authorize, capture, sale or void"),
        column("status", "text", "Its state", required=True),
        column("failure_code", "text", "Why it failed"),
        column("amount_minor", "money", "Amount", required=True),
        column("currency", "text", "ISO 4217 code", required=True),
        column("attempted_at", "timestamp", "When it was attempted", required=True),
        column("recorded_at", "timestamp", "When the shop recorded it"),
        column("livemode", "bool", "Whether money could move"),
        column("tender_seq", "int", "Which of an order's tenders"),
        column("idempotency_key", "text", "The key that makes a repeated attempt harmless"),
    ),
    may_be_empty=True,
)

REFUND = events(
    "refund",
    "One row per refund made on the day, of an order of whatever day",
    ("refund_id",),
    key("refund_id", "The refund"),
    column("order_id", "text", "The order", required=True),
    column("processor_ref", "text", "Its id at the processor; null: no money moved there"),
    column("status", "text", "Its state: succeeded, pending, failed", required=True),
    column("currency", "text", "ISO 4217 code", required=True),
    column("amount_minor", "money", "Amount, tax included", required=True),
    column("tax_minor", "money", "Tax in it", required=True),
    column("reason", "text", "Why: a code"),
    column("created_at", "timestamp", "When it was made", required=True),
    column("recorded_at", "timestamp", "When the shop recorded it"),
    column("actor", "text", "Who made it", privacy=Privacy.WORKFORCE),
    column("approver", "text", "Who approved it; null: nobody", privacy=Privacy.WORKFORCE),
)

REFUND_LINE = events(
    "refund_line",
    "One row per line, shipping or fee that a refund of the day gives back",
    ("refund_id", "line_id", "target_kind"),
    key("refund_id", "The refund"),
    key("line_id", "The order's line; empty where shipping or a fee is given back"),
    key("target_kind", "line, shipping or fee"),
    column(
        "qty_e4",
        "int",
        "Quantity given back; 0 where only part of a price is: it then counts by amount",
        unit="1/10000",
        required=True,
    ),
    column("amount_minor", "money", "Amount, tax included", required=True),
    column("tax_minor", "money", "Tax in it", required=True),
)

GIFTCARD_ENTRY = events(
    "giftcard_entry",
    "One row per movement on a gift card on the day",
    ("gc_id", "seq"),
    key("gc_id", "The card, as an opaque reference; never its code"),
    column("seq", "int", "Which of the card's movements, from 1", required=True),
    column("kind", "text", "issue, redeem, refund, expire or adjust", required=True),
    column("amount_minor", "money", "By how much the balance changes, with its sign", required=True),
    column("balance_after_minor", "money", "Balance after it", required=True),
    column("currency", "text", "ISO 4217 code", required=True),
    column("order_id", "text", "The order that bought, redeemed or gave back"),
    column("at", "timestamp", "When", required=True),
    column("expires_at", "timestamp", "When the card expires; null: never"),
)
