"""What is expected: which datasets of which instances, since which day?

The answer stands in the ledger as `configuration` entries, appended whenever the configuration changes, so
that nobody can shorten the list of what was expected without being seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from warehouse.dataset import Dataset, Kind
from warehouse.ledger import Entry
from warehouse.snapshots import Slot
from warehouse.store import Store

EVENT_GRACE = timedelta(days=1)
"""An event day is read at 00:30 after its end and again a day later; after that its slot is closed."""


@dataclass(frozen=True)
class Expected:
    """A dataset of an instance, and the days it is expected for (the last one None: still)."""

    dataset: str
    instance: str
    kind: Kind
    follows: Kind | None
    retention_days: int | None
    since: date
    until: date | None

    def on(self, day: date) -> bool:
        """Return whether a snapshot of that day is expected."""
        return self.since <= day and (self.until is None or day <= self.until)


def configure(store: Store, start: date, expected: Sequence[tuple[Dataset, str]], at: datetime) -> None:
    """Record what is expected from now on, where that differs from what the ledger last said."""
    body = {
        "start": start.isoformat(),
        "expected": sorted(
            (
                {
                    "dataset": dataset.name,
                    "instance": instance,
                    "kind": dataset.kind.value,
                    "follows": dataset.follows.value if dataset.follows else None,
                    "retention_days": dataset.retention_days,
                    "schema_sha256": dataset.schema_sha256,
                }
                for dataset, instance in expected
            ),
            key=lambda item: (item["dataset"], item["instance"]),
        ),
    }
    entries = [entry for entry in store.ledger.entries if entry.kind == "configuration"]
    if not entries or entries[-1].body != body:
        store.ledger.append("configuration", body, at)


class Calendar:
    """The expectations of a home, over all its configuration entries."""

    def __init__(self, configurations: Sequence[Entry]) -> None:
        self.expected = list(_merge(configurations))
        starts = [date.fromisoformat(entry.body["start"]) for entry in configurations]
        self.start = min(starts) if starts else None

    def slots(self, day: date, *, derived: bool = False) -> Iterator[tuple[Slot, Expected]]:
        """Yield what is expected of a day: collected datasets, and derived ones only if asked."""
        # A pair that was dropped and listed again on one day is expected once.
        found = {Slot(item.dataset, item.instance, day): item for item in self.expected if item.on(day)}
        for slot, item in found.items():
            if derived or item.kind is not Kind.DERIVED:
                yield slot, item

    def instances(self, dataset: str, day: date) -> list[str]:
        """Return the instances of a dataset that are expected on a day."""
        return sorted({item.instance for item in self.expected if item.dataset == dataset and item.on(day)})


def closes_at(kind: Kind, day: date) -> datetime:
    """Return the instant from which a slot without a snapshot is a gap."""
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return end if kind.bound_to_its_day else end + EVENT_GRACE


def _merge(configurations: Sequence[Entry]) -> Iterator[Expected]:
    """Turn successive full lists into intervals: since when, and until when, each pair was listed."""
    open_items: dict[tuple[str, str], tuple[date, dict[str, Any]]] = {}
    for number, entry in enumerate(configurations):
        recorded = entry.recorded_at.date()
        since = date.fromisoformat(entry.body["start"]) if number == 0 else recorded
        listed = {(item["dataset"], item["instance"]): item for item in entry.body["expected"]}
        for pair in open_items.keys() - listed.keys():
            began, item = open_items.pop(pair)
            yield _expected(item, began, recorded)
        for pair, item in listed.items():
            began = open_items[pair][0] if pair in open_items else since
            open_items[pair] = (began, item)
    for began, item in open_items.values():
        yield _expected(item, began, None)


def _expected(item: dict[str, Any], since: date, until: date | None) -> Expected:
    return Expected(
        dataset=item["dataset"],
        instance=item["instance"],
        kind=Kind(item["kind"]),
        follows=Kind(item["follows"]) if item["follows"] else None,
        retention_days=item["retention_days"],
        since=since,
        until=until,
    )
