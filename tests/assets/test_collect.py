"""Is what is stored complete, of its day and free of secrets; and is nothing stored otherwise?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.capture import Page, Reading, Recipe, Row, capture, captures, row
from assets.collect import Collector, DayRefused, HmacKey
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from warehouse.dataset import Column, Dataset, Kind
from warehouse.ledger import Entry
from warehouse.period import configure
from warehouse.snapshots import Index, Slot
from warehouse.store import Home, Store

DAY = date(2026, 3, 5)
CANARY = "canary-secret-value"
USER = Dataset(
    name="toy_user",
    kind=Kind.STATE,
    title="One row per user",
    key=("id",),
    columns=(
        Column("id", "text", "The user", source="id", required=True),
        Column("login", "text", "Login", source="profile.login"),
    ),
)
EVENT = Dataset(
    name="toy_event",
    kind=Kind.EVENT,
    title="One row per event",
    key=("id",),
    retention_days=30,
    columns=(Column("id", "text", "The event", source="id", required=True),),
    may_be_empty=True,
)


@dataclass
class Source:
    """A source outside: what it answers is what the test says."""

    records: list[Mapping[str, Any]] = field(default_factory=lambda: [{"id": "a"}])
    reported: int | None = None
    raises: Exception | None = None
    date: datetime | None = None
    meanwhile: Callable[[], None] = lambda: None

    def principal(self) -> str:
        """Say who asks."""
        return "reader"

    def close(self) -> None:
        """Hold nothing open."""


def read(dataset: Dataset) -> Callable[[Source, Reading], Iterator[Row]]:
    """Return a reading of a source into a dataset."""

    def reading_of(source: Source, reading: Reading) -> Iterator[Row]:
        """One row per record."""
        if source.raises is not None:
            raise source.raises
        page = Page(source.records, "GET /things", server_date=source.date)
        found = [row(dataset, record) for record in reading.records([page], dataset)]
        if source.reported is not None:
            reading.reports(dataset, source.reported)
        source.meanwhile()
        return iter(found)

    return reading_of


class World:
    """A home, a clock that is set, and a collector."""

    def __init__(self, path: Path) -> None:
        self.now = datetime(2026, 3, 5, 12, tzinfo=UTC)
        self.store = Store(Home(path))
        self.store.open(sandbox=False, at=self.now)
        configure(self.store, date(2026, 3, 1), [(USER, "one"), (EVENT, "one")], self.now)
        self.index = Index(self.store.ledger)
        key = HmacKey(b"k" * 32, "1")
        self.collector = Collector(self.store, self.index, lambda: self.now, key, "run", "version")

    def collect(self, source: Source, dataset: Dataset = USER, day: date = DAY) -> Entry:
        """Capture once."""
        recipe: Recipe = capture(dataset)(read(dataset))
        return self.collector.collect(recipe, source, "one", day, self.now.isoformat())

    @property
    def files(self) -> list[Path]:
        """Every data file and raw page there is."""
        parts = (self.store.home.path / "evidence", self.store.home.path / "raw")
        return [path for part in parts for path in part.rglob("*") if path.is_file()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an empty world at noon of the day."""
    return World(tmp_path)


def test_a_capture_says_how_it_was_made(world: World) -> None:
    """The run header: who asked, for what, when, how much came, and what was dropped."""
    entry = world.collect(Source([{"id": "a", "password": CANARY, "profile": {"login": "x", "phone": "1"}}]))

    assert {
        "source": "toy",
        "instance": "one",
        "day": "2026-03-05",
        "origin": "contemporaneous",
        "principal": "reader",
        "requests": ["GET /things"],
        "pages": 1,
        "dropped": {"toy_user: password": 1, "toy_user: profile.phone": 1},
        "captured_at": "2026-03-05T12:00:00+00:00",
    }.items() <= entry.body.items()


def test_a_field_no_column_names_reaches_no_file(world: World) -> None:
    """Neither the snapshot nor the raw page nor the ledger holds it."""
    import zstandard

    world.collect(Source([{"id": "a", "password": CANARY, "profile": {"login": "x", "secret": CANARY}}]))
    held = [
        zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        if path.suffix == ".zst"
        else path.read_bytes()
        for path in [*world.files, *world.store.ledger.folder.iterdir()]
    ]

    assert [] == [content for content in held if CANARY.encode() in content]


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        (Source([]), PermanentFailure, "no rows at all"),
        (Source(reported=2), PermanentFailure, "the source reports 2"),
        (Source([{"id": "a"}, {"id": "a"}]), TransientFailure, "repeat a key"),
        (Source([{"login": "x"}]), PermanentFailure, "sent no id"),
        (Source([{"id": True}]), PermanentFailure, "expected text"),
        (Source(raises=TransientFailure("page 2 failed.")), TransientFailure, "A retry may help"),
        (Source(date=datetime(2026, 3, 5, 12, 2, tzinfo=UTC)), PermanentFailure, "clock and ours differ"),
        (Source(date=datetime(2026, 3, 5, 11, 58, tzinfo=UTC)), PermanentFailure, "clock and ours differ"),
    ],
)
def test_what_is_not_complete_stores_nothing_and_says_so(
    world: World, source: Source, kind: type[SourceFailure], said: str
) -> None:
    """The error tells what was found; the ledger has a failure and no snapshot."""
    with pytest.raises(kind, match=said):
        world.collect(source)

    assert [] == world.files
    assert [said in attempt.error for attempt in world.index.attempts[Slot("toy_user", "one", DAY)]] == [True]
    assert {} == dict(world.index.snapshots)


def test_an_unforeseen_error_is_recorded_without_its_text(world: World) -> None:
    """Its text may quote a record, and a record may be personal."""
    with pytest.raises(KeyError):
        world.collect(Source(raises=KeyError(CANARY)))

    (attempt,) = world.index.attempts[Slot("toy_user", "one", DAY)]

    assert "an unforeseen KeyError" == attempt.error


@pytest.mark.parametrize("days", [-1, 1])
def test_a_state_belongs_to_the_day_it_was_observed_on(world: World, days: int) -> None:
    """Yesterday's cannot be had any more, tomorrow's not yet."""
    with pytest.raises(DayRefused, match="would be false evidence"):
        world.collect(Source(), day=DAY + timedelta(days=days))

    assert [] == world.files
    assert {DAY - timedelta(days=1)} & {DAY + timedelta(days=days)} == {g.day for g in world.index.gaps}


def test_a_capture_that_crosses_midnight_is_of_no_day(world: World) -> None:
    """It began before and ended after: nobody can say which day it shows."""

    def midnight() -> None:
        world.now = datetime(2026, 3, 6, tzinfo=UTC)

    with pytest.raises(DayRefused):
        world.collect(Source(meanwhile=midnight))

    assert [] == world.files


def test_events_are_read_after_their_day_and_as_long_as_the_source_keeps_them(world: World) -> None:
    """Not before the day is over; late ones are marked; after the retention there is a gap."""
    with pytest.raises(DayRefused, match="not over"):
        world.collect(Source(), EVENT, DAY)

    on_time = world.collect(Source(), EVENT, date(2026, 3, 4))
    late = world.collect(Source(), EVENT, date(2026, 3, 1))
    world.now = datetime(2026, 4, 10, tzinfo=UTC)

    with pytest.raises(DayRefused, match="keeps them for 30 days"):
        world.collect(Source(), EVENT, date(2026, 3, 3))

    assert ("contemporaneous", "backfill") == (on_time.body["origin"], late.body["origin"])
    assert {Slot("toy_event", "one", date(2026, 3, 3))} == set(world.index.gaps)


def test_every_capture_of_a_state_is_kept(world: World) -> None:
    """A second capture on the same day adds; equal bytes share a file and are two entries."""
    world.collect(Source())
    world.now += timedelta(hours=2)
    world.collect(Source())
    world.now += timedelta(hours=2)
    world.collect(Source([{"id": "b"}]))

    captures = world.index.captures(Slot("toy_user", "one", DAY), accumulates=True)

    assert [12, 14, 16] == [snapshot.captured_at.hour for snapshot in captures]
    assert 2 == len({snapshot.path for snapshot in captures})


def test_a_shoppers_identifier_becomes_the_same_hmac_however_it_is_written() -> None:
    """Case, blanks around it and Unicode form make no difference; another key does."""
    key, other = HmacKey(b"k" * 32, "1"), HmacKey(b"o" * 32, "1")

    assert key("Zoé@Example.org") == key("  zoe\u0301@example.ORG ")
    assert key("a@b.c") != other("a@b.c")
    assert "k" * 8 not in repr(key)


def test_a_clock_that_went_back_while_the_source_was_read_is_not_believed(world: World) -> None:
    """Neither its instant before nor the one after can be trusted."""

    def back() -> None:
        world.now -= timedelta(minutes=5)

    with pytest.raises(TransientFailure, match="clock went back"):
        world.collect(Source(meanwhile=back))

    assert [] == world.files


def test_a_skew_within_the_limit_is_written_into_the_header(world: World) -> None:
    """In milliseconds; null where the source sends no date."""
    near = world.collect(Source(date=world.now + timedelta(seconds=30)))
    silent = world.collect(Source())

    assert (30_000, None) == (near.body["clock_skew_ms"], silent.body["clock_skew_ms"])


def test_an_altered_file_is_named_in_the_failure(world: World) -> None:
    """The same bytes come again, but somebody changed the stored ones."""
    path = world.collect(Source()).body["snapshots"][0]["path"]
    (world.store.home.path / path).chmod(0o644)
    (world.store.home.path / path).write_bytes(b"changed")

    with pytest.raises(PermanentFailure, match="altered after it was stored"):
        world.collect(Source())

    (attempt,) = world.index.attempts[Slot("toy_user", "one", DAY)]

    assert attempt.error.startswith(path)


def test_of_several_datasets_read_together_all_are_stored_or_none(world: World) -> None:
    """One transaction, one entry; a short count in the second keeps the first back."""
    other = replace(USER, name="toy_group")
    together = captures(USER, other)(
        lambda source, _reading: {"toy_user": [{"id": "a", "login": None}], "toy_group": source.records}
    )
    entry = world.collector.collect(together, Source([{"id": "g"}]), "one", DAY, "r")
    with pytest.raises(PermanentFailure, match="toy_group one: the source answered with no rows"):
        world.collector.collect(together, Source([]), "one", DAY, "r")

    assert ["toy_user", "toy_group"] == [item["dataset"] for item in entry.body["snapshots"]]
    assert (1, 1) == tuple(len(world.index.snapshots[Slot(d.name, "one", DAY)]) for d in (USER, other))
    assert (1, 1) == tuple(len(world.index.attempts[Slot(d.name, "one", DAY)]) for d in (USER, other))


def test_a_recipe_that_fills_something_else_is_refused(world: World) -> None:
    """What it declares and what it fills must be the same."""
    wrong = captures(USER)(lambda _source, _reading: {"toy_other": []})

    with pytest.raises(PermanentFailure, match="it filled toy_other, expected toy_user"):
        world.collector.collect(wrong, Source(), "one", DAY, "r")


def test_a_day_that_already_has_a_snapshot_gets_no_gap_when_it_is_refused(world: World) -> None:
    """Collecting yesterday's state again is refused; that it was collected yesterday remains."""
    world.collect(Source())
    world.now += timedelta(days=1)
    with pytest.raises(DayRefused):
        world.collect(Source())

    assert {} == world.index.gaps


def test_the_gap_of_a_day_that_failed_names_why_it_failed(world: World) -> None:
    """Not that somebody asked too late."""
    with pytest.raises(TransientFailure):
        world.collect(Source(raises=TransientFailure("the source was down.")))
    world.now += timedelta(days=1)
    with pytest.raises(DayRefused):
        world.collect(Source())

    assert ["the source was down. Nothing was stored. A retry may help."] == [
        gap.cause for gap in world.index.gaps.values()
    ]
