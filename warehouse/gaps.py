"""Which snapshots are missing, why, and can they still be had?"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from warehouse.dataset import Kind
from warehouse.period import Calendar, Expected, closes_at
from warehouse.snapshots import Gap, Index, Slot
from warehouse.store import Store

NEVER_RUN = "no run was made"


def recoverable_until(expected: Expected, day: date) -> date | None:
    """Return the last day on which a missing slot can still be collected; None where it never can."""
    if expected.kind is not Kind.EVENT or expected.retention_days is None:
        return None
    return day + timedelta(days=expected.retention_days)


def record_gap(store: Store, index: Index, slot: Slot, expected: Expected, cause: str, at: datetime) -> Gap:
    """Record that a slot has no snapshot, once; return the gap that stands."""
    if slot in index.gaps:
        return index.gaps[slot]
    until = recoverable_until(expected, slot.day)
    store.ledger.append(
        "gap",
        {
            "dataset": slot.dataset,
            "instance": slot.instance,
            "day": slot.day.isoformat(),
            "dataset_kind": expected.kind.value,
            "cause": cause,
            "recoverable_until": until.isoformat() if until else None,
            "attempts": [attempt.entry for attempt in index.attempts.get(slot, [])],
        },
        at,
    )
    index.refresh()
    return index.gaps[slot]


def close(store: Store, index: Index, now: datetime) -> list[Gap]:
    """Record a gap for every closed slot since the configured start that has neither snapshot nor gap.

    A slot that failed names its last failure; one that nobody tried says so.
    """
    index.refresh()
    calendar = Calendar(index.configurations)
    recorded: list[Gap] = []
    if calendar.start is None:
        return recorded
    day = calendar.start
    while day <= now.date():
        for slot, expected in calendar.slots(day):
            if closes_at(expected.kind, day) > now or index.snapshots.get(slot) or slot in index.gaps:
                continue
            attempts = index.attempts.get(slot, [])
            cause = attempts[-1].error if attempts else NEVER_RUN
            recorded.append(record_gap(store, index, slot, expected, cause, now))
        day += timedelta(days=1)
    return recorded
