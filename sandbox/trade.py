"""What does the shop's database get to hold, and when? All of a company's trade, in the order it happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.faults import Faults
from sandbox.orders import day_of_orders
from sandbox.org import PERIOD_START
from sandbox.refunds import aftermath
from sandbox.slips import LATE, spoiled
from sandbox.stock import Stock, shipped

FIRST_DAY = PERIOD_START - timedelta(days=2)
"""Orders begin this long before the period, as a shop has a past."""
AT = {
    "orders": "placed_at",
    "payments": "attempted_at",
    "giftcard_ledger": "at",
    "number_voids": "voided_at",
    "manual_adjustments": "applied_at",
    "audit_events": "at",
    "fulfilments": "shipped_at",
    "fulfilment_lines": "_at",
    "refunds": "created_at",
    "refund_lines": "_at",
    "inventory_movements": "occurred_at",
    "inventory_levels": "as_of",
}
"""Table -> the field that says when a row comes to be; of those missing, when the order was placed."""
Row = dict[str, Any]


class Trade:
    """Everything that happens in the shop, each row once, at its time."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self._seed = seed
        self._faults = faults
        self._stock = Stock(seed, faults, FIRST_DAY)
        self._next = FIRST_DAY
        self._moves: dict[date, list[Row]] = defaultdict(list)
        """Day -> what orders and refunds move in the warehouses on it."""
        self._waiting: dict[str, list[tuple[datetime, Row]]] = defaultdict(list)
        """Table -> rows that are still to come, with their instants."""
        self._amendments: list[tuple[datetime, Row]] = []
        self._expect("inventory_levels", self._stock.opening())

    def until(self, to: datetime) -> tuple[dict[str, list[Row]], list[Row]]:
        """Return what came to be since the last call, by table, and how orders changed, in that order."""
        while self._next <= to.date():
            self._begin(self._next)
            self._next += timedelta(days=1)
        came = {}
        for table, listed in self._waiting.items():
            came[table] = [row for at, row in listed if at <= to]
            self._waiting[table] = [pair for pair in listed if pair[0] > to]
        changed = sorted((p for p in self._amendments if p[0] <= to), key=lambda p: (p[0], p[1]["order_id"]))
        self._amendments = [pair for pair in self._amendments if pair[0] > to]
        return came, [row for _, row in changed]

    def _begin(self, day: date) -> None:
        """Lay out all that the orders of a day lead to, and the day in the warehouses."""
        rows = day_of_orders(self._seed, self._faults, day)
        after = aftermath(self._seed, self._faults, day)
        rows, after = spoiled(self._faults, day, rows, after)
        placed = {order["order_id"]: order["placed_at"] for order in rows["orders"]}
        for table, listed in (*rows.items(), *after.items()):
            if table == LATE:
                columns = [{n: v for n, v in row.items() if not n.startswith("_")} for row in listed]
                pairs = zip([row["_comes_at"] for row in listed], columns, strict=True)
                self._waiting["inventory_movements"] += pairs
            elif table == "inventory_movements":
                for row in listed:
                    self._moves[row["occurred_at"].date()].append(row)
            else:
                self._expect(table, listed, placed)
        for line in rows["fulfilment_lines"]:
            self._moves[line["_at"].date()].append(shipped(line))
        self._amendments += amendments(rows["orders"], after["refunds"])
        tomorrow = [row for row in self._moves[day + timedelta(days=1)] if row["kind"] == "ship"]
        for table, listed in self._stock.day(day, self._moves.pop(day, []), tomorrow).items():
            self._expect(table, listed)

    def _expect(self, table: str, listed: list[Row], placed: Mapping[str, datetime] | None = None) -> None:
        field = AT.get(table)
        for row in listed:
            at = row[field] if field else (placed or {})[row["order_id"]]
            columns = {name: value for name, value in row.items() if not name.startswith("_")}
            self._waiting[table].append((at, columns))


def amendments(orders: list[Row], refunds: list[Row]) -> Iterator[tuple[datetime, Row]]:
    """Yield when and how orders change: status, payment, and when they were cancelled."""
    totals = {order["order_id"]: order["total_minor"] for order in orders}
    for order in orders:
        if order["_amended"]:
            at, status = order["_amended"]
            cancelled = status == "cancelled"
            yield (
                at,
                {
                    "order_id": order["order_id"],
                    "at": at,
                    "status": status,
                    "financial_status": None,
                    "cancelled_at": at if cancelled else None,
                },
            )
    for order in orders:
        if "_altered" in order:
            at, customer = order["_altered"]
            unchanged = dict.fromkeys(("status", "financial_status", "cancelled_at"))
            yield at, {"order_id": order["order_id"], "at": at, "customer_ref": customer, **unchanged}
    for refund in refunds:
        whole = refund["amount_minor"] >= totals[refund["order_id"]]
        yield (
            refund["created_at"],
            {
                "order_id": refund["order_id"],
                "at": refund["created_at"],
                "status": None,
                "financial_status": "refunded" if whole else "partially_refunded",
                "cancelled_at": None,
            },
        )
