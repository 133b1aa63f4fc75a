"""What do the files that a shop exports hold of one day, by the same statements its database would be asked?

A mapping says what the files are. All of them are read and validated before any day is taken out of them, and
the SQL beside this module then reads them as it reads the views: one answer to what belongs to a day.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from assets.capture import Access
from assets.failures import PermanentFailure
from assets.mapping.declared import Mapping as Mapped
from assets.mapping.declared import read_mapping
from assets.mapping.engine import Filled, Target, digests, fill
from assets.shop import staff
from assets.shop.client import VIEW, statement_of
from assets.shop.contract import BESIDE, COMPUTED, SERIES, VIEWS
from assets.shop.records import CONTROL_TOTAL, NUMBER_SERIES
from warehouse.dataset import TYPES
from warehouse.read import in_memory


@dataclass(frozen=True)
class Place:
    """Which day a row belongs to: that of an instant of its own, or of the row it belongs to."""

    when: str | None = None
    of: str | None = None
    """The table of the row it belongs to."""
    by: str = ""
    """The column that names that row."""


PLACES = {
    "orders": Place("placed_at"),
    "order_lines": Place(of="orders", by="order_id"),
    "order_tax_lines": Place(of="orders", by="order_id"),
    "discounts": Place(of="orders", by="order_id"),
    "shipping_quotes": Place(of="orders", by="order_id"),
    "payments": Place("attempted_at"),
    "refunds": Place("created_at"),
    "refund_lines": Place(of="refunds", by="refund_id"),
    "giftcard_ledger": Place("at"),
    "number_voids": Place("voided_at"),
    "manual_adjustments": Place("applied_at"),
    "audit_events": Place("at"),
    "fulfilments": Place("shipped_at"),
    "fulfilment_lines": Place(of="fulfilments", by="fulfilment_id"),
    "inventory_movements": Place("occurred_at"),
    "inventory_levels": Place("as_of"),
}
"""Table -> which day its rows belong to. Levels are those of the midnight that ends their day."""

STAFF = frozenset(dataset.name for dataset in (staff.USER, staff.USER_ROLE, staff.LOGIN_EVENT))
"""Never read from files: an account belongs to the day it was seen on, as the source `lists` has it."""


def targets() -> dict[str, Target]:
    """Return table -> what its files must come to."""
    found = {}
    for name, view in VIEWS.items():
        own = tuple(c for c in view.dataset.columns if c.name not in COMPUTED.get(name, set()))
        names = {c.source or c.name for c in own}
        place = PLACES[name]
        found[name] = Target(
            own,
            view.dataset.key,
            currency="currency" if "currency" in names else None,
            reference=place.by or None,
            referred=place.of,
        )
    found["number_series"] = Target(SERIES, NUMBER_SERIES.key)
    found["control_totals"] = Target(CONTROL_TOTAL.columns, CONTROL_TOTAL.key)
    return found


def mapping_of(file: Path, instance: str) -> Mapped:
    """Return the mapping of a shop's export. Raises PermanentFailure with every problem and its line."""
    of = f"shop {instance}"
    tables = {name: frozenset(target.named()) for name, target in targets().items()}
    mapping = read_mapping(file, tables, of=of)
    if "orders" not in mapping.tables:
        raise PermanentFailure(f"{of}: {file.name} maps no `orders`, without which nothing belongs to a day.")
    if lone := sorted(name for name in mapping.tables if _needs(name) - mapping.tables.keys()):
        raise PermanentFailure(
            f"{of}: {file.name} maps {', '.join(lone)}, but not what their rows belong to. Map "
            f"{', '.join(sorted(set().union(*map(_needs, lone)) - mapping.tables.keys()))} too."
        )
    return mapping


def _needs(table: str) -> set[str]:
    place = PLACES.get(table)
    return {place.of} if place is not None and place.of is not None else set()


def absent_from(mapping: Mapped) -> frozenset[str]:
    """Return the datasets that cannot be had: those whose statement reads a table the export lacks.

    So also what the day's rows are about: without refunds nobody can tell which older orders had one.
    """
    read = {view.dataset.name: statement_of(view.statement) for view in VIEWS.values()}
    for statement, (dataset, within) in BESIDE.items():
        read[dataset.name] = statement_of(statement) + (statement_of(within) if within else "")
    lacking = {name for name, sql in read.items() if set(VIEW.findall(sql)) - mapping.tables.keys()}
    return frozenset(lacking) | STAFF


class Read:
    """Validated files, as tables of an in-memory database."""

    def __init__(self, filled: Mapping[str, Filled]) -> None:
        self.filled = filled
        self._known: dict[str, dict[Any, date | None]] = {}
        self.dropped = Counter[str]()
        self.digests = {name: one.files for name, one in filled.items()}
        listed = {name: digest for one in filled.values() for name, digest in one.files}
        self.names = ", ".join(f"{name} sha256:{digest}" for name, digest in sorted(listed.items()))
        self.rows = {name: one.rows for name, one in filled.items()}
        for name, one in filled.items():
            self.dropped.update({f"{name}: {column}": count for column, count in one.dropped.items()})
        self.connection = in_memory()
        self.connection.execute("create schema evidence")
        for name, target in targets().items():
            if name in filled:
                columns = [(one.source or one.name, one) for one in target.columns]
                schema = pa.schema([(source, TYPES[one.type]) for source, one in columns])
                offered = pa.Table.from_pylist(self.rows[name], schema=schema)
                self.connection.register("offered", offered)
                self.connection.execute(f"create table evidence.{name} as select * from offered")
                self.connection.unregister("offered")

    def totals(self, bounds: Mapping[str, Any]) -> pa.Table:
        """Return rows and check sums of a day as the files have them, added up without the statements."""
        day, rows = bounds["start"].date(), []
        for name, view in VIEWS.items():
            if name not in self.filled:
                continue
            mine = [row for row in self.rows[name] if self._day(name, row) == day]
            if not mine:
                continue
            summed = view.summed and sum(row[view.summed] or 0 for row in mine)
            changed = [row["updated_at"] for row in mine if row.get("updated_at") is not None]
            rows.append(
                {
                    "table_name": name,
                    "day_totalled": day,
                    "row_count": len(mine),
                    "sum_minor": summed,
                    "max_updated_at": max(changed, default=None),
                }
            )
        rows.sort(key=lambda row: str(row["table_name"]))
        return pa.Table.from_pylist(rows, schema=CONTROL_TOTAL.schema)

    def _day(self, name: str, row: Mapping[str, Any]) -> date | None:
        place = PLACES[name]
        if place.of is not None:
            return self._days(place.of)[row[place.by]]
        moment: datetime | None = row[place.when or ""]
        if moment is None:
            return None
        return (moment - timedelta(microseconds=1) if name == "inventory_levels" else moment).date()

    def _days(self, name: str) -> Mapping[Any, date | None]:
        if name not in self._known:
            (by,) = targets()[name].key
            self._known[name] = {row[by]: self._day(name, row) for row in self.rows[name]}
        return self._known[name]


@dataclass
class ShopFiles:
    """A folder of exported files and the mapping that says what they are."""

    instance: str
    folder: Path
    mapping_file: Path
    _mapping: Mapped | None = field(default=None, init=False, repr=False)
    _read: Read | None = field(default=None, init=False, repr=False)

    def principal(self) -> str:
        """Return where the files came to us: the file system, as whoever we run as."""
        return "file system"

    def access(self) -> Access:
        """Return what the system lets this process do with the folder."""
        readable = os.access(self.folder, os.R_OK | os.X_OK)
        writing = (f"write the folder {self.folder}",) if os.access(self.folder, os.W_OK) else ()
        return Access(
            granted=((f"read the folder {self.folder}",) if readable else ()) + writing,
            writing=writing,
            lacking=() if readable else (f"read the folder {self.folder}: no order can be collected",),
        )

    def close(self) -> None:
        """Forget what was read."""
        if self._read is not None:
            self._read.connection.close()
        self._read = None

    @property
    def absent(self) -> frozenset[str]:
        """The datasets that the mapping says cannot be had."""
        return absent_from(self._mapped())

    def dropped(self) -> Counter[str]:
        """Return what the files have and the mapping does not name, with how often."""
        return self._now().dropped

    @contextmanager
    def snapshot(self) -> Iterator[ShopFiles]:
        """Read everything inside from the same bytes. Raises PermanentFailure with all that does not fit."""
        if not self.folder.is_dir():
            raise PermanentFailure(
                f"shop {self.instance}: there is no folder {self.folder}, expected the exported files."
            )
        mapping = self._mapped()
        if self._read is None or digests(mapping, self.folder) != self._read.digests:
            filled = fill(mapping, self.folder, targets(), of=f"shop {self.instance}")
            self.close()
            self._read = Read(filled)
        yield self

    def table(
        self, statement: str, bounds: Mapping[str, Any] | None = None, within: str | None = None
    ) -> tuple[pa.Table, str]:
        """Return what one of the SQL files beside this module answers of the files, and its text."""
        read = self._now()
        if statement == "control_total" and "control_totals" not in read.filled:
            return read.totals(bounds or {}), f"control totals computed from the files: {read.names}"
        sql = (statement_of(within) if within else "") + statement_of(statement)
        given = [bounds["start"], bounds["end"]] if bounds else []
        found = read.connection.sql(sql, params=given[: 2 if "$2" in sql else 1]).to_arrow_table()
        return found, f"control totals as exported: {read.names}" if statement == "control_total" else sql

    def _now(self) -> Read:
        if self._read is None:
            raise PermanentFailure(f"shop {self.instance}: its files are read inside a snapshot only.")
        return self._read

    def _mapped(self) -> Mapped:
        if self._mapping is None:
            self._mapping = mapping_of(self.mapping_file, self.instance)
        return self._mapping
