"""Does a reader get exactly what was seen together, and hear of everything it does not get?"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from warehouse.dataset import Column, Dataset, Kind
from warehouse.gaps import close
from warehouse.period import configure
from warehouse.read import Available, Fault, Need, Reader
from warehouse.snapshots import Index, Slot
from warehouse.store import Home, Offered, Store, table_of

DAY = date(2026, 3, 1)
COLUMNS = (Column("id", "text", "It", required=True),)
USER = Dataset("toy_user", Kind.STATE, "One row per user", ("id",), COLUMNS)
FACTOR = Dataset("toy_factor", Kind.STATE, "One row per factor", ("id",), COLUMNS)
EVENT = Dataset("toy_event", Kind.EVENT, "One row per event", ("id",), COLUMNS, retention_days=30)
ACCOUNT = Dataset("toy_account", Kind.DERIVED, "One row per account", ("id",), COLUMNS, follows=Kind.STATE)
DATASETS = {dataset.name: dataset for dataset in (USER, FACTOR, EVENT, ACCOUNT)}


def at(hour: int, day: int = 1) -> datetime:
    """Return an instant of the first days of March."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


class World:
    """A home that expects users and factors of one instance, and users of three more."""

    def __init__(self, path: Path) -> None:
        self.store = Store(Home(path / "it's a home"))
        self.store.open(sandbox=False, at=at(0))
        self.index = Index(self.store.ledger)

    def expect(self, *pairs: tuple[Dataset, str]) -> None:
        """Say what is expected."""
        configure(self.store, DAY, pairs, at(0))
        self.index.refresh()

    def capture(
        self,
        dataset: Dataset,
        ids: str,
        when: datetime,
        *,
        instance: str = "one",
        part_of: datetime | None = None,
        inputs: Sequence[str] = (),
    ) -> str:
        """Store a snapshot of the first of March with a row per letter, in a round; return its path."""
        entry = self.store.write(
            [Offered(dataset, table_of(dataset, [{"id": letter} for letter in ids]))],
            kind="derivation" if dataset.kind is Kind.DERIVED else "snapshot",
            instance=instance,
            day=DAY,
            header={
                "captured_at": when.isoformat(),
                "round": (part_of or when).isoformat(),
                "inputs": list(inputs),
            },
            recorded_at=max(when, self.store.ledger.entries[-1].recorded_at),
        )
        self.index.refresh()
        path: str = entry.body["snapshots"][0]["path"]
        return path

    def spoil(self, path: str) -> None:
        """Change a stored file."""
        file = self.store.home.path / path
        file.chmod(0o644)
        file.write_bytes(b"changed")

    def available(self, *needs: Need) -> Available:
        """Return what a new reader finds."""
        return self.reader.available(needs, DAY)

    @property
    def reader(self) -> Reader:
        """Return a reader that has not looked at anything yet."""
        return Reader(self.store, self.index, DATASETS)

    def rows(self, *needs: Need) -> list[dict[str, list[str]]]:
        """Return for every round the ids of every needed dataset."""
        found = []
        reader = self.reader
        for chosen in reader.available(needs, DAY).rounds:
            connection = reader.connect(chosen, needs)
            found.append(
                {
                    need.dataset: [
                        f"{instance}:{name}"
                        for instance, name in connection.execute(
                            f"select instance, id from {need.dataset} order by instance, id"
                        ).fetchall()
                    ]
                    for need in needs
                }
            )
            connection.close()
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a home that expects users and factors of one instance."""
    world = World(tmp_path)
    world.expect((USER, "one"), (FACTOR, "one"))
    return world


USERS, FACTORS, EVENTS = Need("toy_user"), Need("toy_factor"), Need("toy_event")


def test_two_captures_a_day_join_what_was_seen_together(world: World) -> None:
    """Users and factors of the morning, and those of the evening; never one with the other."""
    world.capture(USER, "a", at(8))
    world.capture(FACTOR, "x", at(9), part_of=at(8))
    world.capture(USER, "b", at(20))
    world.capture(FACTOR, "y", at(21), part_of=at(20))

    assert [
        {"toy_user": ["one:a"], "toy_factor": ["one:x"]},
        {"toy_user": ["one:b"], "toy_factor": ["one:y"]},
    ] == world.rows(USERS, FACTORS)
    assert [at(9), at(21)] == [one.observed_at for one in world.available(USERS, FACTORS).rounds]


def test_a_round_that_lacks_a_dataset_takes_the_capture_before_it_else_the_one_after(world: World) -> None:
    """The evening's factors could not be had; the noon's users came before any factor."""
    world.capture(USER, "a", at(8))
    world.capture(USER, "b", at(12))
    world.capture(FACTOR, "x", at(13), part_of=at(12))
    world.capture(USER, "c", at(20))

    assert [
        {"toy_user": ["one:a"], "toy_factor": ["one:x"]},
        {"toy_user": ["one:b"], "toy_factor": ["one:x"]},
        {"toy_user": ["one:c"], "toy_factor": ["one:x"]},
    ] == world.rows(USERS, FACTORS)


def test_of_an_event_day_the_newest_read_counts_in_every_round(world: World) -> None:
    """States of two rounds, one event day read twice."""
    world.expect((USER, "one"), (FACTOR, "one"), (EVENT, "one"))
    world.capture(USER, "a", at(8))
    world.capture(USER, "b", at(20))
    world.capture(EVENT, "1", at(0, 2))
    world.capture(EVENT, "12", at(0, 3))

    assert [
        {"toy_user": ["one:a"], "toy_event": ["one:1", "one:2"]},
        {"toy_user": ["one:b"], "toy_event": ["one:1", "one:2"]},
    ] == world.rows(USERS, EVENTS)
    assert [{"toy_event": ["one:1", "one:2"]}] == world.rows(EVENTS)


def test_of_three_instances_the_one_that_is_missing_is_named_and_the_others_are_read(world: World) -> None:
    """With the cause the ledger has: a gap, a failure, or nothing at all."""
    world.expect((USER, "one"), (USER, "two"), (USER, "three"))
    world.capture(USER, "a", at(8), instance="one")
    world.capture(USER, "b", at(8), instance="three")
    before = world.available(USERS)
    close(world.store, world.index, at(0, 2))
    after = world.available(USERS)

    assert [{"toy_user": ["one:a", "three:b"]}] == world.rows(USERS)
    assert ["toy_user/two: no snapshot of 2026-03-01"] == [str(one) for one in before.missing]
    assert ["toy_user/two: gap of 2026-03-01 (ledger entry 7): no run was made"] == [
        str(one) for one in after.missing
    ]


def test_a_dataset_nobody_configured_is_missing(world: World) -> None:
    """A control may need what this company does not collect."""
    (missing,) = world.available(EVENTS).missing

    assert "toy_event/any: no instance of it is configured" == str(missing)


def test_a_need_of_one_source_takes_the_instances_of_that_source(world: World) -> None:
    """Derived datasets name their instances `<source>-<instance>`."""
    world.expect((ACCOUNT, "okta-acme"), (ACCOUNT, "aws-1"), (ACCOUNT, "aws-2"))
    for instance in ("okta-acme", "aws-1", "aws-2"):
        world.capture(ACCOUNT, "a", at(8), instance=instance)

    assert [{"toy_account": ["aws-1:a", "aws-2:a"]}] == world.rows(Need("toy_account", source="aws"))
    assert [{"toy_account": ["aws-2:a"]}] == world.rows(Need("toy_account", instance="aws-2"))


def test_a_missing_file_and_an_altered_one_are_told_apart_and_neither_is_read(world: World) -> None:
    """The other captures of the slot still are."""
    gone = world.capture(USER, "a", at(8))
    spoilt = world.capture(USER, "b", at(12))
    world.capture(USER, "c", at(20))
    (world.store.home.path / gone).unlink()
    world.spoil(spoilt)
    found = world.available(USERS)

    assert [{"toy_user": ["one:c"]}] == world.rows(USERS)
    assert [(Fault.MISSING, f"its file {gone} is gone from the store")] == [
        (one.fault, one.reason) for one in found.missing
    ]
    digest = hashlib.sha256(b"changed").hexdigest()[:12]
    assert [f"toy_user/one: its file {spoilt} has digest {digest}…, the ledger says {spoilt[-72:-60]}…"] == [
        str(one) for one in found.altered
    ]


def test_what_was_computed_from_an_altered_file_counts_as_altered(world: World) -> None:
    """However far down the lineage, and although its own bytes are whole."""
    source = world.capture(USER, "a", at(8))
    between = world.capture(ACCOUNT, "a", at(8), instance="toy-one", inputs=[source])
    world.capture(ACCOUNT, "b", at(8), instance="toy-two", inputs=[between])
    world.spoil(source)
    found = world.available(Need("toy_account"))

    assert () == found.rounds
    assert ["toy-one", "toy-two"] == [one.slot.instance for one in found.altered]


def test_what_was_computed_from_a_file_the_ledger_does_not_name_is_missing(world: World) -> None:
    """Nobody can say what it shows."""
    world.capture(ACCOUNT, "a", at(8), instance="toy-one", inputs=["evidence/toy_user/x.parquet"])

    assert [
        "which the ledger does not name" in one.reason for one in world.available(Need("toy_account")).missing
    ] == [True]


def test_equal_bytes_computed_from_different_files_have_each_their_own_lineage(world: World) -> None:
    """The morning's users were altered, the evening's were not; the accounts of both look the same."""
    morning = world.capture(USER, "a", at(8))
    evening = world.capture(USER, "b", at(20))
    world.capture(ACCOUNT, "z", at(8), instance="toy-one", inputs=[morning])
    world.capture(ACCOUNT, "z", at(20), instance="toy-one", inputs=[evening])
    world.spoil(morning)
    found = world.available(Need("toy_account"))

    assert [("toy_account", True)] == [
        (one.slot.dataset, "toy_user/one" in one.reason) for one in found.altered
    ]
    assert [at(20)] == [one.observed_at for one in found.rounds]


def test_an_older_result_does_not_hide_that_it_could_not_be_computed_anew(world: World) -> None:
    """The evening's capture was altered before the accounts were computed from it."""
    morning = world.capture(USER, "a", at(8))
    world.capture(ACCOUNT, "a", at(8), instance="toy-one", inputs=[morning])
    failure = {
        "datasets": ["toy_account"],
        "instance": "toy-one",
        "day": DAY.isoformat(),
        "error": "toy_user/one: altered",
        "retryable": False,
    }
    world.store.ledger.append("failure", failure, at(21))
    world.index.refresh()
    found = world.available(Need("toy_account"))

    assert [at(8)] == [one.observed_at for one in found.rounds]
    assert ["toy_account/toy-one: toy_user/one: altered"] == [str(one) for one in found.missing]


def test_a_stray_file_is_never_read(world: World) -> None:
    """Views name files; a glob would take it in."""
    path = world.capture(USER, "a", at(8))
    file = world.store.home.path / path
    (file.parent / "stray.parquet").write_bytes(file.read_bytes())

    assert [{"toy_user": ["one:a"]}] == world.rows(USERS)


def test_a_view_says_of_every_row_where_and_when_it_was_seen(world: World) -> None:
    """Instance, day and the instant, in UTC; a need without snapshots is a view without rows."""
    world.capture(USER, "a", at(8))
    reader = world.reader
    needs = [USERS, FACTORS]
    (chosen,) = reader.available(needs, DAY).rounds
    with reader.connect(chosen, needs) as connection:
        assert [("one", DAY, "2026-03-01 08:00:00+00", "a")] == connection.execute(
            "select instance, day, captured_at::varchar, id from toy_user"
        ).fetchall()
        assert [] == connection.execute("select instance, day, captured_at, id from toy_factor").fetchall()


def test_a_tampered_entry_stands_for_nothing_and_the_others_still_do(world: World) -> None:
    """It is listed as damage once, however many readers look."""
    bodies: list[Mapping[str, Any]] = [{"snapshots": [{"dataset": "toy_user"}]}, {"start": "never"}]
    for kind, body in zip(("snapshot", "configuration"), bodies, strict=True):
        world.store.ledger.append(kind, dict(body), at(1))
    world.capture(USER, "a", at(8))
    index = Index(world.store.ledger)
    index = Index(world.store.ledger)

    assert [3, 4] == [damage.number for damage in world.store.ledger.damage]
    assert [Slot("toy_user", "one", DAY)] == list(index.snapshots)


def test_days_are_counted_in_utc_whatever_the_zone_of_the_machine() -> None:
    """New York's clocks were put forward between the two: by them it would be a day more."""
    asked = (
        "select date_sub('day', timestamptz '2025-12-09 12:00:01+00', timestamptz '2026-03-10 12:00:00+00')"
    )
    program = (
        "import time; from warehouse.read import in_memory; "
        f'print(in_memory().sql("{asked}").fetchall(), time.tzname)'
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "[(90,)] ('EST', 'EDT')" == found.stdout.strip()
