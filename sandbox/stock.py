"""What moves in the warehouses on a day, and what is there at its end?

Days are asked for in order, each once: what is there follows from the day before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.clerks import STORE_HEAD, STOREKEEPER
from sandbox.faults import Faults
from sandbox.orders import ARTICLES, Rows
from sandbox.part import instant, rng
from sandbox.shipping import EAST, WEST

FULL, LOW = 60, 30
"""Where fewer than `LOW` pieces of an article are left, it is filled up to `FULL` in the morning."""
DELIVERED, CHECKED, SENT, ARRIVED = 6, 8, 9, 10
"""Hours at which deliveries are booked, breakage is written off, and transfers leave and arrive."""
UNDER_WAY = timedelta(days=2)
FOUND_MISSING = timedelta(days=5)
"""How long after it left a transfer must have arrived."""
PIECES_SENT = 3
Cell = tuple[str, str]
Row = dict[str, Any]


class Stock:
    """Two warehouses, each with every article."""

    def __init__(self, seed: int, faults: Faults, first: date) -> None:
        self._seed = seed
        self._faults = faults
        self._first = first
        self._on_hand: dict[Cell, int] = {
            (f"SKU-{n:04d}", place): FULL - n % 20 for place in (EAST, WEST) for n in range(1, ARTICLES + 1)
        }

    def opening(self) -> list[Row]:
        """Return what is there before the first day."""
        return list(self._levels(instant(self._first), {}))

    def day(self, day: date, moved: Sequence[Row], promised: Sequence[Row]) -> Rows:
        """Return a day's movements and what is there at its end.

        `moved` are what orders and refunds move on the day, `promised` what leaves later for orders placed.
        """
        movements = [*self._deliveries(day), *self._between(day), *self._written_off(day), *moved]
        for row in movements:
            self._on_hand[row["sku"], row["location"]] += signed(row)
        allocated: dict[Cell, int] = defaultdict(int)
        for row in promised:
            allocated[row["sku"], row["location"]] += row["qty"]
        for cell in self._planted("stock_lost", day):
            self._on_hand[cell] -= 1
        for cell in self._planted("stock_oversold", day):
            allocated[cell] = self._on_hand[cell] + 1
        end = instant(day + timedelta(days=1))
        return {"inventory_movements": movements, "inventory_levels": list(self._levels(end, allocated))}

    def _planted(self, kind: str, day: date) -> Iterator[Cell]:
        for fault in self._faults.of(kind):
            if fault.first == day:
                yield f"SKU-{fault.number:04d}", EAST

    def _levels(self, as_of: datetime, allocated: dict[Cell, int]) -> Iterator[Row]:
        for (sku, place), pieces in self._on_hand.items():
            taken = allocated.get((sku, place), 0)
            yield {
                "as_of": as_of,
                "sku": sku,
                "location": place,
                "on_hand": pieces,
                "allocated": taken,
                "available": pieces - taken,
            }

    def _deliveries(self, day: date) -> Iterator[Row]:
        for (sku, place), pieces in self._on_hand.items():
            if pieces < LOW:
                name = f"{day:%Y%m%d}-{place[0]}{sku[-4:]}"
                yield movement(
                    f"V-{name}-d", sku, place, "receipt", FULL - pieces, f"D-{name}", instant(day, DELIVERED)
                )

    def _between(self, day: date) -> Iterator[Row]:
        """Yield a transfer that leaves on the day, and the one that arrives."""
        for sent, kind, place, at in (
            (day, "transfer_out", EAST, instant(day, SENT)),
            (day - UNDER_WAY, "transfer_in", WEST, instant(day, ARRIVED)),
        ):
            lost = [fault.first for fault in self._faults.of("transfer_lost")]
            if kind == "transfer_in" and sent + FOUND_MISSING in lost:
                continue
            if sent >= self._first:
                sku = f"SKU-{rng(self._seed, 'transfer', sent).randint(1, ARTICLES):04d}"
                name = f"T-{sent:%Y%m%d}"
                yield movement(f"V-{name}-{kind[-3:].strip('_')}", sku, place, kind, PIECES_SENT, name, at)

    def _written_off(self, day: date) -> Iterator[Row]:
        """Yield a piece that broke: somebody of the warehouse writes it off, and their head agrees."""
        sku = f"SKU-{rng(self._seed, 'breakage', day).randint(1, ARTICLES):04d}"
        found = movement(f"V-{day:%Y%m%d}-a", sku, EAST, "adjust", -1, None, instant(day, CHECKED))
        row = {**found, "actor": STOREKEEPER, "approver": STORE_HEAD, "ticket_key": f"OPS-{day:%m%d}"}
        for fault in self._faults.of("write_off_no_ticket", "write_off_self_approved"):
            if fault.first == day:
                row |= {"approver": STOREKEEPER} if "self" in fault.kind else {"ticket_key": None}
        yield row


def signed(row: Row) -> int:
    """Return by how much a movement changes what is there."""
    return -int(row["qty"]) if row["kind"] in ("ship", "transfer_out") else int(row["qty"])


def movement(name: str, sku: str, place: str, kind: str, pieces: int, ref: str | None, at: datetime) -> Row:
    """Return a movement that no person answers for."""
    return {
        "movement_id": name,
        "sku": sku,
        "location": place,
        "kind": kind,
        "qty": pieces,
        "ref_id": ref,
        "occurred_at": at,
        "recorded_at": at + timedelta(minutes=5),
        "actor": None,
        "approver": None,
        "ticket_key": None,
    }


def shipped(line: Row) -> Row:
    """Return the movement that a parcel's line causes: what is cut off takes a whole piece."""
    pieces = -(-line["qty_e4"] // 10_000)
    name = f"V-{line['line_id']}-s"
    return movement(name, line["sku"], line["_place"], "ship", pieces, line["fulfilment_id"], line["_at"])
