"""Which snapshots, gaps and failures does the ledger name?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from warehouse.dataset import Kind
from warehouse.documents import KIND as DOCUMENT
from warehouse.documents import Document, document_of
from warehouse.ledger import ENTRIES_REMEMBERED, Damage, Entry, Ledger

STORING = frozenset({"snapshot", "derivation", "evaluation"})
"""The kinds of entries that stand for Parquet files."""


@dataclass(frozen=True)
class Slot:
    """What is expected once: a dataset of an instance on a day."""

    dataset: str
    instance: str
    day: date

    def __str__(self) -> str:
        return f"{self.dataset}/{self.instance}/{self.day.isoformat()}"


@dataclass(frozen=True)
class Snapshot:
    """One capture of a slot, as one ledger entry acknowledged it."""

    entry: int
    slot: Slot
    sha256: str
    path: str
    rows: int
    captured_at: datetime
    """The instant the source had been read completely; for derived datasets, that of their newest input."""
    recorded_at: datetime
    round: str
    """Captures of one collection share a round, so that a test joins what was seen together."""
    inputs: tuple[str, ...]
    """Paths of the files it was computed from; empty for what a source sent."""
    header: dict[str, Any] = field(repr=False, compare=False, hash=False)
    """The whole run header."""


@dataclass(frozen=True)
class Gap:
    """A recorded absence of a slot's snapshot."""

    entry: int
    slot: Slot
    cause: str
    recoverable_until: date | None
    recorded_at: datetime


@dataclass(frozen=True)
class Attempt:
    """A collection that failed; nothing was stored."""

    entry: int
    datasets: tuple[str, ...]
    instance: str
    day: date
    error: str
    retryable: bool
    recorded_at: datetime


class Index:
    """The ledger's entries by slot. `refresh` takes in what was appended since."""

    def __init__(self, ledger: Ledger, *, until: int | None = None) -> None:
        """Take in a ledger, or what it was when its entry `until` was the last."""
        self.ledger = ledger
        self.until = until
        self.snapshots: dict[Slot, list[Snapshot]] = defaultdict(list)
        self.gaps: dict[Slot, Gap] = {}
        self.attempts: dict[Slot, list[Attempt]] = defaultdict(list)
        self.configurations: list[Entry] = []
        self.documents: list[Document] = []
        self.by_path: dict[str, Snapshot] = {}
        self._of_day: dict[date, dict[Slot, None]] = defaultdict(dict)
        self._instances: dict[tuple[str, date], set[str]] = defaultdict(set)
        self._seen = 0
        self.refresh()

    def refresh(self) -> None:
        """Take in the entries appended since the last look."""
        self.ledger.refresh()
        entries = self.ledger.entries[self._seen :]
        if self.until is not None:
            entries = [entry for entry in entries if entry.number <= self.until]
        for entry in entries:
            try:
                self._take(entry)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                # An entry that was tampered with stands for nothing; the others still do.
                damage = Damage(entry.number, f"what it says makes no sense ({type(error).__name__})")
                if damage not in self.ledger.damage:
                    self.ledger.damage.append(damage)
        self._seen += len(entries)

    def _take(self, entry: Entry) -> None:
        if entry.kind in STORING:
            for snapshot in snapshots_of(entry):
                self.snapshots[snapshot.slot].append(snapshot)
                self._of_day[snapshot.slot.day][snapshot.slot] = None
                self._instances[snapshot.slot.dataset, snapshot.slot.day].add(snapshot.slot.instance)
                self.by_path[snapshot.path] = snapshot
        elif entry.kind == "gap":
            slot = Slot(entry.body["dataset"], entry.body["instance"], date.fromisoformat(entry.body["day"]))
            until = entry.body["recoverable_until"]
            self.gaps.setdefault(
                slot,
                Gap(
                    entry.number,
                    slot,
                    entry.body["cause"],
                    date.fromisoformat(until) if until else None,
                    entry.recorded_at,
                ),
            )
        elif entry.kind == "failure":
            attempt = Attempt(
                entry.number,
                tuple(entry.body["datasets"]),
                entry.body["instance"],
                date.fromisoformat(entry.body["day"]),
                entry.body["error"],
                entry.body["retryable"],
                entry.recorded_at,
            )
            for dataset in attempt.datasets:
                self.attempts[Slot(dataset, attempt.instance, attempt.day)].append(attempt)
        elif entry.kind == DOCUMENT:
            self.documents.append(document_of(entry))
        elif entry.kind == "configuration":
            check_configuration(entry.body)
            self.configurations.append(entry)

    def captures(self, slot: Slot, *, accumulates: bool) -> list[Snapshot]:
        """Return the captures that count, oldest first: all of a state's, the newest of an event's."""
        found = self.snapshots.get(slot, [])
        return list(found) if accumulates else found[-1:]

    def failed_since(self, slot: Slot, snapshot: Snapshot | None) -> Attempt | None:
        """Return the newest failed attempt at a slot, if it came after the snapshot."""
        attempts = self.attempts.get(slot)
        after = snapshot.entry if snapshot else 0
        return attempts[-1] if attempts and attempts[-1].entry > after else None

    def instances(self, dataset: str, day: date) -> list[str]:
        """Return the instances that have a snapshot of the dataset on the day."""
        return sorted(self._instances.get((dataset, day), ()))

    def of_day(self, day: date) -> Iterator[Slot]:
        """Yield the slots of a day that have snapshots."""
        return iter(tuple(self._of_day.get(day, ())))


def check_configuration(body: dict[str, Any]) -> None:
    """Raise KeyError, TypeError or ValueError where a configuration entry cannot be understood."""
    date.fromisoformat(body["start"])
    for item in body["expected"]:
        Kind(item["kind"])
        Kind(item["follows"] or item["kind"])
        Slot(item["dataset"], item["instance"], date.min)
        timedelta(days=item["retention_days"] or 0)


@lru_cache(maxsize=ENTRIES_REMEMBERED)
def snapshots_of(entry: Entry) -> tuple[Snapshot, ...]:
    """Return the snapshots one entry acknowledged."""
    body = entry.body
    return tuple(
        Snapshot(
            entry=entry.number,
            slot=Slot(item["dataset"], body["instance"], date.fromisoformat(body["day"])),
            sha256=item["sha256"],
            path=item["path"],
            rows=item["rows"],
            captured_at=datetime.fromisoformat(body["captured_at"]),
            recorded_at=entry.recorded_at,
            round=body["round"],
            inputs=tuple(body.get("inputs", ())),
            header={**body, **item},
        )
        for item in body["snapshots"]
    )
