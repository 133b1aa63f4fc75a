"""Which columns has what the shop notes of itself: numbers, corrections, changes, control totals?"""

from __future__ import annotations

from assets.shop.declare import KEPT_DAYS, column, events, key
from warehouse.dataset import Column, Dataset, Kind, Privacy

NUMBER_SERIES = events(
    "number_series",
    "One row per series of order numbers, as it stood when the day was read",
    ("series",),
    key("series", "The series"),
    column("gapless", "bool", "Whether every number is used or voided", required=True),
    column(
        "last_before",
        "int",
        "The highest number used or voided in the seven days before the day; null: there is none",
    ),
    column("first_number", "int", "The lowest number used or voided on the day; null: there is none"),
    column("last_number", "int", "The highest number used or voided on the day; null: there is none"),
)

NUMBER_VOID = events(
    "number_void",
    "One row per order number that was given up on the day",
    ("series", "order_number"),
    key("series", "The series"),
    column("order_number", "int", "The number", required=True),
    column("reason", "text", "Why no order has it"),
    column("voided_at", "timestamp", "When it was given up", required=True),
)

MANUAL_ADJUSTMENT = events(
    "manual_adjustment",
    "One row per correction by hand applied on the day",
    ("adj_id",),
    key("adj_id", "The correction"),
    column(
        "entity",
        "text",
        "What is corrected: order, payment, refund, dispute, inventory, payout",
        required=True,
    ),
    column("entity_id", "text", "Which one; of a dispute its id at the processor", required=True),
    column("amount_minor", "money", "By how much, with its sign; null: it is about no amount"),
    column("currency", "text", "ISO 4217 code; null: it is about no money"),
    column("actor", "text", "Who made it", privacy=Privacy.WORKFORCE),
    column("approver", "text", "Who approved it; null: nobody", privacy=Privacy.WORKFORCE),
    column("approved_at", "timestamp", "When it was approved"),
    column("applied_at", "timestamp", "When it took effect", required=True),
    column("ticket_key", "text", "The ticket that asked for it"),
)

AUDIT_EVENT = events(
    "audit_event",
    "One row per change that the shop's audit trail has of the day",
    ("event_id",),
    key("event_id", "The change"),
    column("at", "timestamp", "When", required=True),
    column("actor", "text", "Who: a person's account, or the service that did it", privacy=Privacy.WORKFORCE),
    column("action", "text", "insert, update or delete", required=True),
    column("entity", "text", "What was changed: order, payment, refund, …", required=True),
    column("entity_id", "text", "Which one", required=True),
    column("field_names", "text[]", "The columns changed"),
    column("ticket_key", "text", "The ticket it was made for"),
)

CONTROL_TOTAL = Dataset(
    name="shop_control_total",
    kind=Kind.EVENT,
    title="One row per view: what the database itself says it holds of the day",
    key=("table_name", "day_totalled"),
    retention_days=KEPT_DAYS,
    columns=(
        key("table_name", "The view"),
        Column("day_totalled", "date", "The day totalled", source="day", required=True),
        column("row_count", "int", "Rows", unit="rows", required=True),
        column(
            "sum_minor",
            "int",
            "Sum of one column over all rows, whatever their currency: a check sum, no amount of money; "
            "null: the view has nothing to add up",
        ),
        column("max_updated_at", "timestamp", "Newest change among them"),
    ),
)
