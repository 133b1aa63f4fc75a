"""Is exactly what was expected, and did not come, a gap; and can nobody shorten the list unseen?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from warehouse.dataset import Column, Dataset, Kind
from warehouse.gaps import NEVER_RUN, close, recoverable_until
from warehouse.period import Calendar, closes_at, configure
from warehouse.snapshots import Gap, Index, Slot
from warehouse.store import Home, Offered, Store, table_of

COLUMNS = (Column("id", "text", "It", required=True),)
USER = Dataset("toy_user", Kind.STATE, "One row per user", ("id",), COLUMNS)
EVENT = Dataset("toy_event", Kind.EVENT, "One row per event", ("id",), COLUMNS, retention_days=30)
BILL = Dataset("toy_bill", Kind.REGISTER, "One row per bill", ("id",), COLUMNS)
ACCOUNT = Dataset("toy_account", Kind.DERIVED, "One row per account", ("id",), COLUMNS, follows=Kind.STATE)


def march(day: int, hour: int = 12) -> datetime:
    """Return an instant of March 2026, UTC."""
    return datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


class World:
    """A home whose expectations are set on days of March 2026; the period starts on the first."""

    def __init__(self, path: Path) -> None:
        self.store = Store(Home(path))
        self.store.open(sandbox=False, at=march(1))
        self.index = Index(self.store.ledger)

    def expect(self, day: int, *pairs: tuple[Dataset, str]) -> None:
        """Say what is expected from a day on."""
        configure(self.store, date(2026, 3, 1), pairs, march(day))
        self.index.refresh()

    def capture(self, dataset: Dataset, day: int, instance: str = "one") -> None:
        """Store one snapshot."""
        self.store.write(
            [Offered(dataset, table_of(dataset, [{"id": "a"}]))],
            kind="snapshot",
            instance=instance,
            day=march(day).date(),
            header={"captured_at": march(day).isoformat(), "round": march(day).isoformat()},
            recorded_at=march(day),
        )

    def fail(self, dataset: Dataset, day: int, error: str) -> None:
        """Record a failed attempt."""
        body = {
            "datasets": [dataset.name],
            "instance": "one",
            "day": march(day).date().isoformat(),
            "error": error,
            "retryable": True,
        }
        self.store.ledger.append("failure", body, march(day))

    @property
    def calendar(self) -> Calendar:
        """What is expected, over all configurations."""
        return Calendar(self.index.configurations)

    def days(self, dataset: Dataset, instance: str) -> list[int]:
        """Return on which days of March a snapshot is expected."""
        return [
            day
            for day in range(1, 32)
            if instance in self.calendar.instances(dataset.name, march(day).date())
        ]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a home that expects nothing yet."""
    return World(tmp_path)


def slots(gaps: Sequence[Gap]) -> list[tuple[str, str, int]]:
    """Return dataset, instance and day of gaps."""
    return sorted((gap.slot.dataset, gap.slot.instance, gap.slot.day.day) for gap in gaps)


def test_an_instance_is_expected_from_the_day_it_was_added_until_the_day_it_was_dropped(world: World) -> None:
    """The first list counts from the configured start, later ones from their own day."""
    world.expect(3, (USER, "one"))
    world.expect(20, (USER, "one"), (USER, "two"))
    world.expect(25, (USER, "one"))

    assert list(range(1, 32)) == world.days(USER, "one")
    assert list(range(20, 26)) == world.days(USER, "two")


def test_what_is_dropped_and_listed_again_on_one_day_is_expected_once(world: World) -> None:
    """As when somebody corrects a slip of the hand in evidence.yaml."""
    world.expect(1, (USER, "one"), (USER, "two"))
    world.expect(5, (USER, "one"))
    world.expect(5, (USER, "one"), (USER, "two"))
    day = date(2026, 3, 5)

    assert ["one", "two"] == world.calendar.instances("toy_user", day)
    assert [Slot("toy_user", "one", day), Slot("toy_user", "two", day)] == sorted(
        (slot for slot, _ in world.calendar.slots(day)), key=str
    )


def test_an_unchanged_configuration_is_recorded_once(world: World) -> None:
    """In whichever order it is listed; a changed declaration is a change."""
    world.expect(1, (USER, "one"), (EVENT, "one"))
    world.expect(2, (EVENT, "one"), (USER, "one"))
    wider = Dataset("toy_user", Kind.STATE, "One row per user", ("id",), (*COLUMNS, Column("b", "int", "B")))
    world.expect(3, (wider, "one"), (EVENT, "one"))

    assert [1, 3] == [entry.recorded_at.day for entry in world.index.configurations]


def test_a_later_start_does_not_shorten_the_period(world: World) -> None:
    """The first days stay expected; the ledger shows both lists."""
    world.expect(1, (USER, "one"))
    configure(world.store, date(2026, 3, 9), [(USER, "one")], march(10))
    world.index.refresh()

    assert date(2026, 3, 1) == world.calendar.start
    assert list(range(1, 32)) == world.days(USER, "one")


def test_derived_datasets_are_expected_only_where_asked_for(world: World) -> None:
    """They can be computed any time, so their absence is no gap."""
    world.expect(1, (USER, "one"), (ACCOUNT, "toy-one"))
    day = date(2026, 3, 1)

    assert ["toy_user"] == [slot.dataset for slot, _ in world.calendar.slots(day)]
    assert ["toy_account", "toy_user"] == sorted(
        slot.dataset for slot, _ in world.calendar.slots(day, derived=True)
    )


def test_a_state_closes_with_its_day_and_an_event_a_day_later() -> None:
    """Events are read after their day, and once more a day after that."""
    day = date(2026, 2, 28)

    assert datetime(2026, 3, 1, tzinfo=UTC) == closes_at(Kind.STATE, day) == closes_at(Kind.REGISTER, day)
    assert datetime(2026, 3, 2, tzinfo=UTC) == closes_at(Kind.EVENT, day)


def test_three_days_without_runs_are_exactly_their_gaps(world: World) -> None:
    """States of the three closed days, events of the two that are past their grace; once."""
    world.expect(1, (USER, "one"), (BILL, "main"), (EVENT, "one"))
    now = datetime(2026, 3, 4, tzinfo=UTC)
    gaps = close(world.store, world.index, now)

    assert [
        ("toy_bill", "main", 1),
        ("toy_bill", "main", 2),
        ("toy_bill", "main", 3),
        ("toy_event", "one", 1),
        ("toy_event", "one", 2),
        ("toy_user", "one", 1),
        ("toy_user", "one", 2),
        ("toy_user", "one", 3),
    ] == slots(gaps)
    assert {NEVER_RUN} == {gap.cause for gap in gaps}
    assert [] == close(world.store, world.index, now)
    assert [] == close(world.store, Index(world.store.ledger), now)


def test_what_is_there_is_no_gap_and_what_failed_names_its_last_failure(world: World) -> None:
    """Of two instances, one that came and one that did not; the cause is that of the last attempt."""
    world.expect(1, (USER, "one"), (USER, "two"), (BILL, "one"))
    world.fail(BILL, 1, "the folder is not mounted")
    world.fail(BILL, 1, "line 3: no owner")
    world.capture(USER, 1, "two")
    gaps = close(world.store, world.index, march(2))

    assert [("toy_bill", "one", 1), ("toy_user", "one", 1)] == slots(gaps)
    assert {"toy_bill": "line 3: no owner", "toy_user": NEVER_RUN} == {g.slot.dataset: g.cause for g in gaps}


def test_only_events_can_still_be_had_and_only_as_long_as_the_source_keeps_them(world: World) -> None:
    """The gap says until when."""
    world.expect(1, (USER, "one"), (EVENT, "one"))
    close(world.store, world.index, march(3))
    day = date(2026, 3, 1)

    assert {
        Slot("toy_user", "one", day): None,
        Slot("toy_user", "one", date(2026, 3, 2)): None,
        Slot("toy_event", "one", day): date(2026, 3, 31),
    } == {slot: gap.recoverable_until for slot, gap in world.index.gaps.items()}
    assert [None, date(2026, 3, 31)] == sorted(
        (recoverable_until(item, day) for item in world.calendar.expected), key=str, reverse=True
    )


def test_an_instance_dropped_leaves_no_gaps_after_that(world: World) -> None:
    """And one added later none before."""
    world.expect(1, (USER, "one"))
    world.expect(3, (USER, "two"))

    assert [("toy_user", "one", day) for day in (1, 2, 3)] + [("toy_user", "two", day) for day in (3, 4)] == (
        slots(close(world.store, world.index, march(5, 0)))
    )


def test_without_a_configuration_nothing_is_expected(world: World) -> None:
    """A home that was only opened."""
    assert [] == close(world.store, world.index, march(9))
