"""Are all orders there, once, and still what they were? Expected and actual, judged by PI-08.

Collected: nothing new; computed from the shop's orders, its number series, and earlier reads of the same day.
Never: a tolerance, and no verdict. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind

SEQUENCE = Dataset(
    name="reconciliation_sequence",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per order: numbers missing before its own, orders with its number, its twin (R40, R41)",
    key=("order_id",),
    parameters=("PI-08.duplicate_within_minutes",),
    columns=(
        Column("order_id", "text", "The order", required=True),
        Column("series", "text", "The series its number belongs to"),
        Column("order_number", "int", "Its number"),
        Column("gapless", "bool", "Whether the series promises to skip no number; null: no such series"),
        Column("number_before", "int", "The number before it in the series; null: none is known"),
        Column("numbers_between", "int", "How many numbers lie between"),
        Column("voided_between", "int", "How many of those were given up"),
        Column("missing_before", "int", "How many of those nobody accounts for"),
        Column("orders_with_number", "int", "How many orders of the day have its number", required=True),
        Column("twin_order_id", "text", "An order that this one is the same as; null: there is none"),
        Column("placed_at", "timestamp", "When it was placed", required=True),
        Column("is_test", "bool", "Whether it is no real order", required=True),
        Column("order_status", "text", "Its state", required=True),
    ),
)

REREAD = Dataset(
    name="reconciliation_reread",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per order that any read of the day had: whether it is still there, and unchanged (R43)",
    key=("order_id",),
    columns=(
        Column("order_id", "text", "The order", required=True),
        Column("order_number", "int", "Its number in its series"),
        Column("last_status", "text", "Its state when it was last seen", required=True),
        Column("placed_at", "timestamp", "When it was placed", required=True),
        Column("is_test", "bool", "Whether it is no real order", required=True),
        Column("reads", "int", "How many reads of the day had it", required=True),
        Column("first_seen_at", "timestamp", "When it was first read", required=True),
        Column("last_seen_at", "timestamp", "When it was last read", required=True),
        Column("still_there", "bool", "Whether the newest read has it", required=True),
        Column("changed_fields", "text[]", "What must not change and was different in an earlier read"),
        Column("changes", "int", "How many of those", required=True),
        Column("adjustment", "text", "A correction by hand that accounts for it; null: none is known"),
    ),
)

SEQUENCES = Derivation(
    SEQUENCE,
    sql_beside(__file__, "sequence.sql"),
    ("shop_order", "shop_order_line", "shop_number_series", "shop_number_void"),
    before={"shop_order": 1, "shop_order_line": 1, "shop_number_void": 1},
    after={"shop_number_void": 1},
)
REREADS = Derivation(
    REREAD,
    sql_beside(__file__, "reread.sql"),
    ("shop_order", "shop_order_line", "shop_manual_adjustment"),
    earlier=("shop_order", "shop_order_line"),
    after={"shop_manual_adjustment": 2},
)
