"""Which orders of a day are placed twice, as planted?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.quiet import at_rest

if TYPE_CHECKING:
    from sandbox.faults import Fault
    from sandbox.orders import Rows

SOON = timedelta(minutes=9)
Row = dict[str, Any]


def pair(rows: Rows, number: int) -> tuple[Row, Row]:
    """Return the n-th two orders at rest, from the end, of which one follows soon on the other."""
    by_hand = {one["entity_id"] for one in rows["manual_adjustments"]}
    calm = [one for one, _ in at_rest(rows) if one["_plain"] and one["order_id"] not in by_hand]
    near = [
        (one, next_one)
        for one, next_one in zip(calm[::2], calm[1::2], strict=False)
        if next_one["placed_at"] - one["placed_at"] <= SOON
    ]
    return near[-number]


def place_again(fault: Fault, rows: Rows) -> None:
    """Make the second of two orders a copy of the first: the same customer buys the same basket again."""
    first, second = pair(rows, fault.number)
    later = second["placed_at"] - first["placed_at"]
    names = {name: second[name] for name in ("order_number", "placed_at")}
    for table, listed in rows.items():
        ours = [row for row in listed if row.get("order_id") == first["order_id"]]
        others = [row for row in listed if row.get("order_id") != second["order_id"]]
        rows[table] = others + [_copy(row, first["order_id"], second["order_id"], later) for row in ours]
    [copied] = [order for order in rows["orders"] if order["order_id"] == second["order_id"]]
    copied.update(names)
    rows["orders"].sort(key=lambda order: order["order_id"])
    rows["payments"].sort(key=lambda payment: payment["payment_id"])


def _copy(row: Row, first: str, second: str, later: timedelta) -> Row:
    """Return a row of the first order as the second's."""
    copied = dict(row)
    for name, value in row.items():
        if isinstance(value, datetime):
            copied[name] = value + later
        elif isinstance(value, str):
            copied[name] = value.replace(first, second).replace(_digits(first), _digits(second))
    return copied


def _digits(order_id: str) -> str:
    return order_id.replace("-", "")
