"""Which of a day's orders are paid, and does nothing else happen to?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.part import instant
from sandbox.tenders import STRIPE, comes_back, processor_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sandbox.orders import Rows

LATEST_HOUR = 20
"""An order placed before it is paid before the day ends."""
Row = dict[str, Any]


def late(order: Row) -> datetime:
    """Return when an order is cancelled by a slip, so that it still counts as one at rest."""
    return instant(order["placed_at"].date(), 23)


def real(rows: Rows) -> Iterator[Row]:
    """Yield the orders that are neither tests nor drafts."""
    return (order for order in rows["orders"] if not order["is_test"] and order["status"] != "draft")


def at_rest(rows: Rows) -> list[tuple[Row, Row]]:
    """Return the orders paid at Stripe to which nothing happens, each with a line in whole pieces."""
    lines: dict[str, Row] = {}
    for line in rows["order_lines"]:
        if line["qty_e4"] % 10_000 == 0 and not line["is_gift_card"]:
            lines.setdefault(line["order_id"], line)
    shipped = {one["order_id"] for one in rows["fulfilments"] if not one["fulfilment_id"].startswith("S-")}
    return [
        (order, lines[order["order_id"]])
        for order in real(rows)
        if order["order_id"] in lines
        and order["order_id"] not in shipped
        and (not order["_amended"] or order["_amended"][0] == late(order))
        and not order["giftcard_minor"]
        and not comes_back(order["order_id"])
        and order["total_minor"] > 0
        and order["placed_at"].hour < LATEST_HOUR
        and processor_of(order["order_id"], order["currency"]) == STRIPE
    ]


def quiet(rows: Rows, number: int) -> tuple[Row, Row]:
    """Return the n-th order at rest from the end: other faults happen to the first ones."""
    return at_rest(rows)[-number]
