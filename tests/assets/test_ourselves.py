"""Do the facts about ourselves say what each source let us do, and by what each control was judged?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets import meta
from assets.capture import Access, Page, Reading, Recipe, Row, capture, row
from assets.collect import Collector, HmacKey
from assets.failures import TransientFailure
from warehouse.dataset import Column, Dataset, Kind
from warehouse.ledger import Entry
from warehouse.period import configure
from warehouse.snapshots import Index
from warehouse.store import Home, Store, conform, table_of

COLUMNS = (Column("id", "text", "It", source="id", required=True),)
USER = Dataset("toy_user", Kind.STATE, "One row per user", ("id",), COLUMNS)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
DAY = NOON.date()


@capture(USER)
def toy_user(client: Source, reading: Reading) -> Iterator[Row]:
    """Every user."""
    for record in reading.records([Page(client.records, "GET /users")], USER):
        yield row(USER, record)


@dataclass
class Source:
    """A source that says what it lets us do, and how often it was asked."""

    says: Access | Exception = field(default_factory=lambda: Access(("read",), ()))
    records: list[Mapping[str, Any]] = field(default_factory=lambda: [{"id": "a"}])
    asked: int = 0

    def principal(self) -> str:
        """Say who asks."""
        return "reader"

    def access(self) -> Access:
        """Say what we may do."""
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def close(self) -> None:
        """Hold nothing open."""


class World:
    """A home that expects users of two instances, and a collector."""

    def __init__(self, path: Path) -> None:
        self.now = NOON
        self.store = Store(Home(path))
        self.store.open(sandbox=False, at=self.now)
        configure(self.store, DAY, [(USER, "one"), (USER, "two")], self.now)
        self.index = Index(self.store.ledger)
        key = HmacKey(b"k" * 32, "1")
        self.collector = Collector(self.store, self.index, lambda: self.now, key, "run", "version")

    def collect(self, source: Source, *, ask: bool = True, instance: str = "one") -> Entry:
        """Capture once."""
        recipe: Recipe = toy_user
        return self.collector.collect(recipe, source, instance, DAY, self.now.isoformat(), ask_access=ask)

    def accesses(self) -> dict[str, dict[str, Any]]:
        """Return the rows of meta_access by key, as they would be stored."""
        rows = list(meta.accesses(self.index, DAY))
        stored = conform(meta.ACCESS, table_of(meta.ACCESS, rows)).to_pylist()
        return {row["access_key"]: row for row in stored}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a home in which nothing was captured yet."""
    return World(tmp_path)


def test_the_run_header_says_what_the_source_lets_us_do_only_where_it_was_asked(world: World) -> None:
    """Asking costs requests, so one capture of a day says it for all."""
    source = Source(Access(("read", "admin"), ("admin",), ("logs",)))
    first, second = world.collect(source), world.collect(source, ask=False)

    assert {
        "granted": ["read", "admin"],
        "writing": ["admin"],
        "lacking": ["logs"],
        "error": None,
    } == first.body["access"]
    assert ("access" in second.body, source.asked) == (False, 1)


def test_a_source_that_cannot_be_asked_is_collected_all_the_same(world: World) -> None:
    """That it could not be told is what GV-06.e then says."""
    entry = world.collect(Source(TransientFailure("it answered 503.")))

    assert ("one", 1) == (entry.body["instance"], entry.body["snapshots"][0]["rows"])
    assert (None, None, True) == (
        entry.body["access"]["granted"],
        entry.body["access"]["writing"],
        entry.body["access"]["error"].startswith("it answered 503."),
    )


def test_every_expected_source_has_a_row_whether_it_told_or_not(world: World) -> None:
    """A source that was not captured, or not asked, is there with nulls: never an empty list."""
    world.collect(Source(Access(("read",), (), ("logs",))))
    nothing = {
        "source": "toy",
        "source_instance": "two",
        "access_key": "toy:two",
        "principal": None,
        "granted": None,
        "writing": None,
        "lacking": None,
        "problem": None,
        "asked_at": None,
    }

    assert {
        "toy:one": {
            "access_key": "toy:one",
            "source": "toy",
            "source_instance": "one",
            "principal": "reader",
            "granted": ["read"],
            "writing": [],
            "lacking": ["logs"],
            "problem": None,
            "asked_at": NOON,
        },
        "toy:two": nothing,
    } == world.accesses()

    world.collect(Source(), ask=False, instance="two")

    assert nothing == world.accesses()["toy:two"]


@pytest.mark.parametrize(
    ("answers", "granted", "writing"),
    [
        ([Access(("read",), ()), Access(("admin",), ("admin",))], ["admin", "read"], ["admin"]),
        ([Access(("admin",), ("admin",)), Access(("read",), ())], ["admin", "read"], ["admin"]),
        ([Access(("read",), ()), Access(None, None)], None, None),
        ([Access(("admin",), ("admin",)), TransientFailure("gone")], None, ["admin"]),
    ],
)
def test_of_several_answers_of_a_day_the_worst_counts(
    world: World, answers: list[Access | Exception], granted: list[str] | None, writing: list[str] | None
) -> None:
    """Whatever it ever allowed, else that it once did not tell."""
    for answer in answers:
        world.collect(Source(answer))
        world.now += timedelta(minutes=1)

    found = world.accesses()["toy:one"]
    assert (granted, writing, NOON + timedelta(minutes=1)) == (
        found["granted"],
        found["writing"],
        found["asked_at"],
    )


class Judged:
    """A ledger of evaluations."""

    def __init__(self, path: Path) -> None:
        self.store = Store(Home(path))
        self.store.open(sandbox=False, at=NOON)

    def evaluate(self, day: int, **definitions: str) -> None:
        """Note an evaluation of a day of March."""
        body = {
            "day": date(2026, 3, day).isoformat(),
            "definitions": {name.replace("_", "-"): digest for name, digest in definitions.items()},
        }
        self.store.ledger.append("evaluation", body, NOON)

    def rows(self, day: int, **current: str) -> list[tuple[Any, ...]]:
        """Return (key, first day, replaced digest) of meta_definition on a day of March."""
        found = meta.definitions(
            self.store.ledger.entries,
            date(2026, 3, day),
            {name.replace("_", "-"): digest for name, digest in current.items()},
            NOON + timedelta(days=9),
        )
        stored = conform(meta.DEFINITION, table_of(meta.DEFINITION, list(found))).to_pylist()
        return [
            (row["definition_key"], row["first_used_on"].day, row["previous_sha256"])
            for row in sorted(stored, key=lambda row: (row["control_id"], row["first_used_on"]))
        ]


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Return a ledger in which nothing was evaluated yet."""
    return Judged(tmp_path)


def test_a_definition_about_to_be_used_is_there_before_its_first_evaluation(judged: Judged) -> None:
    """The day on which a changed test judges first is the day on which that is seen."""
    assert [("AC-01/a", 1, None)] == judged.rows(1, AC_01="a")

    judged.evaluate(1, AC_01="a")

    assert [("AC-01/a", 1, None), ("AC-01/b", 2, "a")] == judged.rows(2, AC_01="b")


def test_every_version_stays_listed_and_later_days_say_nothing_about_earlier_ones(judged: Judged) -> None:
    """A control that came later replaced nothing; a definition used again is not listed again."""
    judged.evaluate(1, AC_01="a")
    judged.evaluate(2, AC_01="b")
    judged.evaluate(3, AC_01="a", AC_02="z")
    judged.evaluate(9, AC_01="later")

    assert [("AC-01/a", 1, None), ("AC-01/b", 2, "a"), ("AC-02/z", 3, None)] == judged.rows(
        3, AC_01="a", AC_02="z"
    )


def test_a_day_judged_again_by_another_definition_shows_both(judged: Judged) -> None:
    """Testing until green leaves its trace."""
    judged.evaluate(1, AC_01="a")
    judged.evaluate(2, AC_01="a")
    judged.evaluate(1, AC_01="b")

    assert [("AC-01/a", 1, None), ("AC-01/b", 1, "a")] == judged.rows(1, AC_01="b")
