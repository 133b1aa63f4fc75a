"""Do the facts about our own evidence say what is there, what is not, and what no longer verifies?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets import meta
from warehouse.dataset import Column, Dataset, Kind
from warehouse.gaps import close
from warehouse.period import configure
from warehouse.snapshots import Index
from warehouse.store import Home, Offered, Store, conform, table_of

START = date(2026, 3, 1)
COLUMNS = (Column("id", "text", "It", required=True),)
USER = Dataset("toy_user", Kind.STATE, "One row per user", ("id",), COLUMNS)
EVENT = Dataset("toy_event", Kind.EVENT, "One row per event", ("id",), COLUMNS, retention_days=10)


def noon(day: int) -> datetime:
    """Return noon of a day of March 2026."""
    return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day - 1)


class World:
    """A home that expects users and events of one instance."""

    def __init__(self, path: Path) -> None:
        self.store = Store(Home(path))
        self.store.open(sandbox=False, at=noon(1))
        configure(self.store, START, [(USER, "one"), (EVENT, "one")], noon(1))
        self.index = Index(self.store.ledger)

    def capture(self, dataset: Dataset, day: int, rows: int = 1, reported: int | None = None) -> str:
        """Store a snapshot of so many rows; return its path."""
        entry = self.store.write(
            [Offered(dataset, table_of(dataset, [{"id": str(n)} for n in range(rows)]), reported)],
            kind="snapshot",
            instance="one",
            day=noon(day).date(),
            header={"captured_at": noon(day).isoformat(), "round": "r", "last_page_seen": True},
            recorded_at=noon(day),
        )
        self.index.refresh()
        path: str = entry.body["snapshots"][0]["path"]
        return path

    def slots(self, day: int) -> list[dict[str, Any]]:
        """Return the rows of meta_slot as they would be stored."""
        rows = list(meta.slots(self.index, noon(day).date()))
        return conform(meta.SLOT, table_of(meta.SLOT, rows)).to_pylist()

    def objects(self, day: int) -> dict[str, tuple[str | None, bool | None]]:
        """Return key -> what was found and whether the chain matches, of meta_object."""
        rows = list(meta.objects(self.store, self.index, noon(day).date()))
        stored = conform(meta.OBJECT, table_of(meta.OBJECT, rows)).to_pylist()
        return {row["object_key"]: (row["found_sha256"], row["chain_link_matches"]) for row in stored}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a home in which nothing was captured yet."""
    return World(tmp_path)


def test_a_slot_says_what_came_why_it_did_not_and_until_when_it_can_be_had(world: World) -> None:
    """A state that came and an event that did not."""
    world.capture(USER, 1)
    world.capture(USER, 1)
    close(world.store, world.index, noon(3))

    assert [
        {
            "slot_key": "toy_event/one/2026-03-01",
            "dataset": "toy_event",
            "slot_instance": "one",
            "slot_day": START,
            "kind": "event",
            "expected_since": START,
            "complete_snapshots": 0,
            "gap_cause": "no run was made",
            "recoverable_until": date(2026, 3, 11),
            "retention_days": 10,
            "days_open": 0,
            "retention_used_percent": 0,
        },
        {
            "slot_key": "toy_user/one/2026-03-01",
            "dataset": "toy_user",
            "slot_instance": "one",
            "slot_day": START,
            "kind": "state",
            "expected_since": START,
            "complete_snapshots": 2,
            "gap_cause": None,
            "recoverable_until": None,
            "retention_days": None,
            "days_open": 0,
            "retention_used_percent": None,
        },
    ] == world.slots(1)


def test_an_event_day_still_owed_is_listed_every_day_with_the_retention_that_has_passed(world: World) -> None:
    """States of earlier days are lost and are not listed again; events that came late are off the list."""
    world.capture(EVENT, 2)

    assert [
        ("toy_event/one/2026-03-01", 4, 40),
        ("toy_event/one/2026-03-03", 2, 20),
        ("toy_event/one/2026-03-04", 1, 10),
        ("toy_event/one/2026-03-05", 0, 0),
        ("toy_user/one/2026-03-05", 0, None),
    ] == [(row["slot_key"], row["days_open"], row["retention_used_percent"]) for row in world.slots(5)]


def test_an_instance_listed_twice_on_one_day_is_one_slot(world: World) -> None:
    """Else its key would repeat, and nothing about the day could be stored."""
    configure(world.store, START, [(EVENT, "one")], noon(2))
    configure(world.store, START, [(USER, "one"), (EVENT, "one")], noon(2))
    world.index.refresh()

    assert [1, 2] == [
        sum(row["slot_day"] == day for row in world.slots(2)) for day in (START, START + timedelta(days=1))
    ]


def test_a_run_is_compared_with_the_median_of_the_seven_before_it(world: World) -> None:
    """Fewer than seven make no median; what the source reports stands beside what is stored."""
    for day, rows in enumerate((4, 5, 4, 6, 4, 8, 4, 2), 1):
        world.capture(USER, day, rows, reported=rows)
    (early,) = meta.runs(world.index, noon(7).date())
    (late,) = meta.runs(world.index, noon(8).date())

    assert (None, None, None) == (early["median_rows"], early["row_change"], early["row_change_percent"])
    assert {
        "run_key": "toy_user/one/2026-03-08/10",
        "dataset": "toy_user",
        "run_instance": "one",
        "captured_at_source": noon(8),
        "rows_stored": 2,
        "rows_reported": 2,
        "last_page_seen": True,
        "median_rows": 4,
        "row_change": -2,
        "row_change_percent": -50,
    } == late


def test_the_days_files_and_entries_are_checked_against_the_ledger(world: World) -> None:
    """A whole one, an altered one and a missing one; entries of the day are chained."""
    whole, altered, gone = (world.capture(USER, 1, rows) for rows in (1, 2, 3))
    (world.store.home.path / altered).chmod(0o644)
    (world.store.home.path / altered).write_bytes(b"")
    (world.store.home.path / gone).unlink()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    found = world.objects(1)

    assert {whole: (Path(whole).stem, None), altered: (empty, None), gone: ("missing", None)} == {
        key: value for key, value in found.items() if key.startswith("evidence/")
    }
    assert [True] * 5 == [matches for key, (_, matches) in found.items() if key.startswith("ledger/")]


def test_every_file_is_hashed_again_within_thirty_days_and_a_broken_chain_is_seen_at_once(
    world: World,
) -> None:
    """Whatever day is tested, an entry that is gone or unreadable is named."""
    path = world.capture(USER, 1)
    world.capture(USER, 2)
    for number, content in ((3, None), (4, b"{")):
        file = world.store.ledger.path(number)
        file.unlink()
        if content is not None:
            file.write_bytes(content)
    days = [day for day in range(2, 32) if path in world.objects(day)]
    world.store = Store(world.store.home)
    world.index = Index(world.store.ledger)
    chain = {key: value[1] for key, value in world.objects(20).items() if key.startswith("ledger/")}

    assert 1 == len(days)
    assert {"ledger/000000003": False, "ledger/000000004": False} == chain
