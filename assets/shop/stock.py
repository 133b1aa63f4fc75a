"""Which columns has what was shipped, moved and counted?"""

from __future__ import annotations

from assets.shop.declare import column, events, key
from warehouse.dataset import Privacy

FULFILMENT = events(
    "fulfilment",
    "One row per parcel shipped on the day, of an order of whatever day",
    ("fulfilment_id",),
    key("fulfilment_id", "The parcel"),
    column("order_id", "text", "The order; null: none is known"),
    column("location", "text", "Where it left"),
    column("shipped_at", "timestamp", "When it left", required=True),
    column("recorded_at", "timestamp", "When the shop recorded it"),
    column(
        "promised_at", "timestamp", "Until when the customer was promised it would leave; null: no promise"
    ),
    column("status", "text", "Its state"),
)

FULFILMENT_LINE = events(
    "fulfilment_line",
    "One row per order line in a parcel shipped on the day",
    ("fulfilment_id", "line_id"),
    key("fulfilment_id", "The parcel"),
    key("line_id", "The order's line; empty: it names none"),
    column("sku", "text", "What was shipped"),
    column("qty_e4", "int", "Quantity", unit="1/10000", required=True),
)

INVENTORY_MOVEMENT = events(
    "inventory_movement",
    "One row per movement of stock on the day",
    ("movement_id",),
    key("movement_id", "The movement"),
    column("sku", "text", "What", required=True),
    column("location", "text", "Where", required=True),
    column("kind", "text", "receipt, ship, return, transfer_out, transfer_in or adjust", required=True),
    column(
        "qty",
        "int",
        "How many: of adjust with its sign, of all others without one, since the kind says it",
        unit="pieces",
        required=True,
    ),
    column("ref_id", "text", "The delivery, parcel, refund or transfer it belongs to"),
    column("occurred_at", "timestamp", "When", required=True),
    column("recorded_at", "timestamp", "When the shop recorded it"),
    column("actor", "text", "Who made it", privacy=Privacy.WORKFORCE),
    column("approver", "text", "Who approved it", privacy=Privacy.WORKFORCE),
    column("ticket_key", "text", "The ticket that asked for it"),
)

INVENTORY_LEVEL = events(
    "inventory_level",
    "One row per article and place with stock: what is there at the end of the day",
    ("sku", "location"),
    key("sku", "What"),
    key("location", "Where"),
    column("as_of", "timestamp", "The midnight that ends the day", required=True),
    column("on_hand", "int", "How many are there", unit="pieces", required=True),
    column("allocated", "int", "How many of them are promised to orders", unit="pieces", required=True),
    column("available", "int", "How many can still be sold", unit="pieces", required=True),
    column(
        "opening_on_hand",
        "int",
        "How many the view says were there at the midnight that begins the day; null: it has no such row",
        unit="pieces",
    ),
)
