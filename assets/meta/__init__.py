"""Is our own evidence complete, whole and untouched? Facts about the ledger, tested by GV-06.

Collected: nothing from any source. Never: the content of evidence, only counts, digests and instants.
Scopes: none; reads the ledger and re-hashes stored files.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median_low
from typing import Any

from assets.meta.ourselves import ACCESS, DEFINITION, accesses, definitions
from warehouse.dataset import Column, Dataset, Kind
from warehouse.documents import standing
from warehouse.gaps import recoverable_until
from warehouse.ledger import GENESIS
from warehouse.period import Calendar
from warehouse.snapshots import Index, Slot
from warehouse.store import Store, digest_of

__all__ = [
    "ACCESS",
    "DEFINITION",
    "INSTANCE",
    "OBJECT",
    "RUN",
    "SLOT",
    "accesses",
    "definitions",
    "objects",
    "runs",
    "slots",
]
INSTANCE = "main"
ROLLING = 30
"""Besides the day's own files, every file is re-hashed once in this many days."""
MEDIAN_OF = 7
"""A capture's row count is compared with the median of this many captures before it."""

SLOT = Dataset(
    name="meta_slot",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per snapshot that was expected for the day, or is still owed by an earlier one",
    key=("slot_key",),
    columns=(
        Column("slot_key", "text", "Dataset, instance and day", required=True),
        Column("dataset", "text", "The dataset that was expected", required=True),
        Column("slot_instance", "text", "The instance it was expected of", required=True),
        Column("slot_day", "date", "The evidence day it was expected for", required=True),
        Column("kind", "text", "state, event or register", required=True),
        Column("expected_since", "date", "The first evidence day it is expected for", required=True),
        Column("complete_snapshots", "int", "How many complete snapshots there are", required=True),
        Column("gap_cause", "text", "Why there is none, as the ledger's gap or last failure says"),
        Column("recoverable_until", "date", "Last day on which the source still has it; null: never again"),
        Column("retention_days", "int", "How long the source keeps it", unit="days"),
        Column("days_open", "int", "Days between the slot's day and the tested day", unit="days"),
        Column("retention_used_percent", "int", "Share of the retention that has passed", unit="percent"),
    ),
    may_be_empty=True,
)

RUN = Dataset(
    name="meta_run",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per snapshot captured for the day",
    key=("run_key",),
    columns=(
        Column("run_key", "text", "Dataset, instance, day and ledger entry", required=True),
        Column("dataset", "text", "The dataset captured", required=True),
        Column("run_instance", "text", "The instance it was captured from", required=True),
        Column("captured_at_source", "timestamp", "When the source had been read completely", required=True),
        Column("rows_stored", "int", "Rows in the snapshot", unit="rows", required=True),
        Column("rows_reported", "int", "Rows the source says there are; null: it does not say", unit="rows"),
        Column("last_page_seen", "bool", "Whether the source itself ended the listing", required=True),
        Column("median_rows", "int", "Median of the seven captures before; null: fewer than seven"),
        Column("row_change", "int", "Rows more or less than that median", unit="rows"),
        Column("row_change_percent", "int", "The same as a share of the median", unit="percent"),
    ),
    may_be_empty=True,
)

OBJECT = Dataset(
    name="meta_object",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per stored file or ledger entry that was checked for the day",
    key=("object_key",),
    columns=(
        Column("object_key", "text", "Path of the file, or number of the ledger entry", required=True),
        Column("dataset", "text", "The dataset it belongs to; null: a ledger entry"),
        Column("expected_sha256", "text", "The digest the ledger names", required=True),
        Column("found_sha256", "text", "The digest of the bytes found; `missing` where there are none"),
        Column("chain_link_matches", "bool", "Whether the ledger entry is there, readable and chained"),
    ),
    may_be_empty=True,
)


def slots(index: Index, day: date) -> Iterator[dict[str, Any]]:
    """Yield the rows of meta_slot: the day's slots, and older event slots still without a snapshot."""
    calendar = Calendar(index.configurations)
    first = calendar.start or day
    for age in range((day - first).days + 1):
        slot_day = day - timedelta(days=age)
        for slot, expected in calendar.slots(slot_day):
            found = len(index.snapshots.get(slot, []))
            if age and (found or expected.kind is not Kind.EVENT):
                continue
            attempts = index.attempts.get(slot, [])
            cause = None
            if not found:
                gap = index.gaps.get(slot)
                cause = gap.cause if gap else (attempts[-1].error if attempts else "no run was made")
            kept = expected.retention_days
            yield {
                "slot_key": str(slot),
                "dataset": slot.dataset,
                "slot_instance": slot.instance,
                "slot_day": slot.day,
                "kind": expected.kind.value,
                "expected_since": expected.since,
                "complete_snapshots": found,
                "gap_cause": cause,
                "recoverable_until": recoverable_until(expected, slot_day),
                "retention_days": kept,
                "days_open": age,
                "retention_used_percent": 100 * age // kept if kept else None,
            }


def runs(index: Index, day: date) -> Iterator[dict[str, Any]]:
    """Yield the rows of meta_run: what was captured for the day, against the captures before it."""
    for slot in sorted(index.of_day(day), key=str):
        for snapshot in index.snapshots[slot]:
            if "last_page_seen" not in snapshot.header:
                continue  # computed from other snapshots, not captured
            before = [
                earlier.rows
                for age in range(MEDIAN_OF, 0, -1)
                for earlier in index.snapshots.get(
                    Slot(slot.dataset, slot.instance, day - timedelta(days=age)), []
                )[-1:]
            ]
            middle = median_low(before) if len(before) == MEDIAN_OF else None
            change = None if middle is None else snapshot.rows - middle
            yield {
                "run_key": f"{slot}/{snapshot.entry}",
                "dataset": slot.dataset,
                "run_instance": slot.instance,
                "captured_at_source": snapshot.captured_at,
                "rows_stored": snapshot.rows,
                "rows_reported": snapshot.header["rows_reported"],
                "last_page_seen": snapshot.header["last_page_seen"],
                "median_rows": middle,
                "row_change": change,
                "row_change_percent": 100 * change // middle if middle and change is not None else None,
            }


def objects(store: Store, index: Index, day: date) -> Iterator[dict[str, Any]]:
    """Yield the rows of meta_object: the day's files, a rolling part of the others, documents, the chain."""
    for path, snapshot in sorted(index.by_path.items()):
        turn = snapshot.entry % ROLLING == day.toordinal() % ROLLING
        if snapshot.slot.day != day and not (turn and snapshot.slot.day < day):
            continue
        if snapshot.header.get("evaluation"):
            continue  # results about the evidence are re-hashed by `evidence verify`
        file = store.home.path / path
        yield {
            "object_key": path,
            "dataset": snapshot.slot.dataset,
            "expected_sha256": snapshot.sha256,
            "found_sha256": digest_of(file) if file.exists() else "missing",
            "chain_link_matches": None,
        }
    for sha256, document in sorted(standing(index.documents).items()):
        file = store.home.path / document.path
        if document.added_at.astimezone(UTC).date() <= day:
            yield {
                "object_key": document.path,
                "dataset": "document_file",
                "expected_sha256": sha256,
                "found_sha256": digest_of(file) if file.exists() else "missing",
                "chain_link_matches": None,
            }
    _, end = day, datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2)
    broken = {damage.number: damage.what for damage in store.ledger.damage}
    for entry in store.ledger.entries:
        if entry.number in broken or entry.recorded_at >= end - timedelta(days=2):
            matches = entry.number not in broken
            yield _link(entry.number, entry.sha256, matches=matches)
    known = {entry.number for entry in store.ledger.entries}
    for number in sorted(broken.keys() - known):
        yield _link(number, GENESIS, matches=False)


def _link(number: int, sha256: str, *, matches: bool) -> dict[str, Any]:
    return {
        "object_key": f"ledger/{number:09d}",
        "dataset": None,
        "expected_sha256": sha256,
        "found_sha256": sha256 if matches else "missing",
        "chain_link_matches": matches,
    }
