"""Is a derived dataset computed from the captures that count, once, and does it say when it could not be?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.capture import Derivation
from assets.derive import Deriver, NotInForce, no_parameters, parameters_of, sql_beside
from warehouse.dataset import Column, Dataset, Kind
from warehouse.gaps import close
from warehouse.ledger import Entry
from warehouse.period import configure
from warehouse.read import Need, Reader
from warehouse.snapshots import Index, Slot
from warehouse.store import Home, Offered, Store, StoreRefusal, table_of

DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXTS = (Column("id", "text", "It", required=True), Column("size", "text", "Its size"))
USER = Dataset("toy_user", Kind.STATE, "One row per user", ("id",), TEXTS)
SALE = Dataset("toy_sale", Kind.EVENT, "One row per sale", ("id",), TEXTS, retention_days=30)
OWNER = Dataset("register_owner", Kind.REGISTER, "One row per owner", ("id",), TEXTS)
COMPUTED = (
    Column("id", "text", "It", required=True),
    Column("size", "int", "Its size"),
    Column("owners", "int", "How many owners there are", required=True),
)
ACCOUNT = Dataset(
    "access_account", Kind.DERIVED, "One row per account", ("id",), COMPUTED, follows=Kind.STATE
)
LINE = Dataset("rec_line", Kind.DERIVED, "One row per line", ("id",), COMPUTED, follows=Kind.EVENT)
DATASETS = {dataset.name: dataset for dataset in (USER, SALE, OWNER, ACCOUNT, LINE)}
SQL = """
-- One row per {of} of {day}: its size, and how many owners there are.
select
    id,
    size::bigint as size,
    (select count(*) from register_owner) as owners
from {of}
where $instance <> '' and $day_start < $day_end
order by id
"""


class World:
    """A home with one instance of users and of sales, and a register."""

    def __init__(self, path: Path) -> None:
        self.now = NOON
        self.store = Store(Home(path / "home"))
        self.store.open(sandbox=False, at=NOON)
        self.index = Index(self.store.ledger)
        pairs = [(USER, "one"), (SALE, "one"), (OWNER, "main"), (ACCOUNT, "toy-one"), (LINE, "toy-one")]
        configure(self.store, DAY, pairs, NOON)
        self.index.refresh()
        self.sql = path
        self.accounts = Derivation(ACCOUNT, self.file("toy_user"), ("toy_user", "register_owner"))
        self.lines = Derivation(LINE, self.file("toy_sale"), ("toy_sale", "register_owner"))

    def file(self, of: str) -> Path:
        """Write the SQL of a derivation."""
        path = self.sql / f"{of}.sql"
        path.write_text(SQL.format(of=of, day="the day"))
        return path

    def capture(self, dataset: Dataset, sizes: Sequence[str], instance: str = "one", day: date = DAY) -> str:
        """Store a snapshot with a row per size, an hour later than the last; return its path."""
        self.now += timedelta(hours=1)
        rows = [{"id": str(number), "size": size} for number, size in enumerate(sizes)]
        entry = self.store.write(
            [Offered(dataset, table_of(dataset, rows))],
            kind="snapshot",
            instance="main" if dataset is OWNER else instance,
            day=day,
            header={"captured_at": self.now.isoformat(), "round": self.now.isoformat()},
            recorded_at=self.now,
        )
        self.index.refresh()
        path: str = entry.body["snapshots"][0]["path"]
        return path

    def derive(self, derivation: Derivation, **parameters: int) -> list[Entry]:
        """Compute once, as a new run; parameters are those of control XX-01 that are in force."""

        def value(name: str, day: date) -> int:
            if name.removeprefix("XX-01.") not in parameters:
                raise NotInForce(f"parameter {name} has no value in force on {day}")
            return parameters[name.removeprefix("XX-01.")]

        deriver = Deriver(self.store, self.index, DATASETS, lambda: self.now, "run", "version", value)
        return deriver.derive(derivation, DAY, self.reader)

    @property
    def reader(self) -> Reader:
        """Return a reader that has not looked at anything yet."""
        return Reader(self.store, self.index, DATASETS)

    def rows(self, entry: Entry) -> list[tuple[Any, ...]]:
        """Return the rows an entry stands for."""
        file = self.store.home.path / entry.body["snapshots"][0]["path"]
        return duckdb.read_parquet(str(file), hive_partitioning=False).order("id").fetchall()

    def failures(self, dataset: Dataset) -> list[str]:
        """Return why a derived dataset could not be computed, oldest first."""
        return [attempt.error for attempt in self.index.attempts[Slot(dataset.name, "toy-one", DAY)]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a home in which nothing was captured yet."""
    return World(tmp_path)


def test_a_result_says_from_which_files_and_by_which_sql_it_was_computed(world: World) -> None:
    """Its instant is that of its newest input; its instance names the source."""
    users = world.capture(USER, ["3", "4"])
    owners = world.capture(OWNER, ["1"])
    (entry,) = world.derive(world.accounts)

    assert [("0", 3, 1), ("1", 4, 1)] == world.rows(entry)
    assert {
        "instance": "toy-one",
        "inputs": sorted([users, owners]),
        "derivation": "toy_user.sql",
        "captured_at": "2026-03-01T14:00:00+00:00",
        "round": "2026-03-01T14:00:00+00:00",
        "day": "2026-03-01",
    }.items() <= entry.body.items()
    assert "derivation" == entry.kind


def test_the_same_is_not_stored_twice(world: World) -> None:
    """Until an input, or the SQL, is another one."""
    world.capture(USER, ["3"])
    world.capture(OWNER, ["1"])
    first = world.derive(world.accounts)
    again = world.derive(world.accounts)
    world.accounts.sql.write_text(world.accounts.sql.read_text().replace("One row", "One line"))
    changed = world.derive(world.accounts)

    assert (2, 0, 2) == (len(first) + 1, len(again), len(changed) + 1)


def test_every_capture_of_a_state_becomes_a_result(world: World) -> None:
    """So that a test sees the worst of them."""
    world.capture(OWNER, ["1"])
    world.capture(USER, ["3"])
    world.derive(world.accounts)
    world.capture(USER, ["9"])
    world.derive(world.accounts)
    captures = world.index.captures(Slot("access_account", "toy-one", DAY), accumulates=True)

    assert {14, 15} == {snapshot.captured_at.hour for snapshot in captures}


def test_of_an_event_day_the_newest_read_is_computed_and_counts(world: World) -> None:
    """Also where the third read brought what the first had brought."""
    world.capture(OWNER, ["1"])
    for sizes in (["3"], ["3", "4"], ["3"]):
        world.capture(SALE, sizes)
        world.derive(world.lines)
    slot = Slot("rec_line", "toy-one", DAY)
    (counts,) = world.index.captures(slot, accumulates=False)

    assert 3 == len(world.index.snapshots[slot])
    assert (1, 16) == (counts.rows, counts.captured_at.hour)


def test_a_missing_input_is_recorded_once_with_its_cause_and_nothing_is_stored(world: World) -> None:
    """A test that needs the result can name the cause; later it is computed after all."""
    world.capture(SALE, ["3"])
    world.now += timedelta(days=1)
    close(world.store, world.index, world.now)
    nothing = world.derive(world.lines) + world.derive(world.lines)
    world.capture(OWNER, ["1"])
    (entry,) = world.derive(world.lines)

    assert [] == nothing
    assert ["register_owner/main: gap of 2026-03-01 (ledger entry 4): no run was made"] == world.failures(
        LINE
    )
    assert [("0", 3, 1)] == world.rows(entry)


def test_an_altered_input_is_never_computed_from(world: World) -> None:
    """What was computed from it before is altered too; restored, all counts again."""
    users = world.store.home.path / world.capture(USER, ["3"])
    world.capture(OWNER, ["1"])
    world.derive(world.accounts)
    whole = users.read_bytes()
    users.chmod(0o644)
    users.write_bytes(b"changed")
    nothing = world.derive(world.accounts)
    spoilt = world.reader.available([Need("access_account")], DAY)
    users.write_bytes(whole)
    anew = world.derive(world.accounts)
    restored = world.reader.available([Need("access_account")], DAY)

    assert ([], 1) == (nothing, len(anew))
    assert (0, 0, 1) == tuple(len(found) for found in (spoilt.rounds, spoilt.missing, spoilt.altered))
    assert (1, 0, 0) == tuple(len(found) for found in (restored.rounds, restored.missing, restored.altered))
    assert 1 == len(world.failures(ACCOUNT))


def test_a_capture_altered_before_it_was_computed_from_is_not_hidden_by_an_older_result(world: World) -> None:
    """The noon's accounts are whole, but the evening's are owed."""
    world.capture(OWNER, ["1"])
    world.capture(USER, ["3"])
    world.derive(world.accounts)
    evening = world.store.home.path / world.capture(USER, ["9"])
    evening.chmod(0o644)
    evening.write_bytes(b"changed")
    world.derive(world.accounts)
    found = world.reader.available([Need("access_account")], DAY)

    assert 1 == len(found.rounds)
    assert ["toy_user/one" in missing.reason for missing in found.missing] == [True]


def test_data_that_the_sql_cannot_take_fails_this_result_alone_and_is_not_quoted(world: World) -> None:
    """The ledger names the error's type; its text may hold a value."""
    world.capture(OWNER, ["1"])
    world.capture(USER, ["someone@example.org"])

    assert [] == world.derive(world.accounts)
    assert ["toy_user.sql raised ConversionException on these inputs. Nothing was stored."] == (
        world.failures(ACCOUNT)
    )


def test_a_result_that_does_not_fit_its_declaration_is_not_stored(world: World) -> None:
    """Keys that repeat, as a careless join makes them."""
    world.capture(OWNER, ["1"])
    world.capture(USER, ["3", "4"])
    world.accounts.sql.write_text(world.accounts.sql.read_text().replace("    id,", "    'same' as id,"))

    assert [] == world.derive(world.accounts)
    assert ["1 rows repeat a key" in error for error in world.failures(ACCOUNT)] == [True]


def test_sql_that_is_wrong_for_any_data_stops_the_run(world: World) -> None:
    """A mistake of ours is mended, not recorded every day."""
    world.capture(OWNER, ["1"])
    world.capture(USER, ["3"])
    world.accounts.sql.write_text("select no_such_column from toy_user")

    with pytest.raises(duckdb.BinderException):
        world.derive(world.accounts)


def test_other_days_are_computed_in_as_far_as_they_have_come(world: World) -> None:
    """Each in a view of its own, named among the inputs; one that never came is no missing input."""
    around = replace(world.lines, inputs=("toy_sale",), before={"toy_sale": 2}, after={"toy_sale": 1})
    around.sql.write_text(
        "select id, size::bigint as size, "
        "(select count(*) from toy_sale_before) * 10 + (select count(*) from toy_sale_after) as owners "
        "from toy_sale order by id"
    )
    paths = [world.capture(SALE, ["3"])]
    (alone,) = world.derive(around)
    paths += [
        world.capture(SALE, ["8", "9"], day=DAY - timedelta(days=2)),
        world.capture(SALE, ["7"], day=DAY + timedelta(days=1)),
    ]
    world.capture(SALE, ["7"], day=DAY + timedelta(days=2))
    (with_others,) = world.derive(around)

    assert ([("0", 3, 0)], paths[:1]) == (world.rows(alone), alone.body["inputs"])
    assert ([("0", 3, 21)], sorted(paths)) == (world.rows(with_others), with_others.body["inputs"])
    assert [] == world.derive(around)


def test_an_altered_file_of_another_day_is_never_computed_from(world: World) -> None:
    """And what was computed from it before counts no more."""
    around = replace(world.lines, before={"toy_sale": 1})
    world.capture(OWNER, ["1"])
    world.capture(SALE, ["3"])
    before = world.store.home.path / world.capture(SALE, ["8"], day=DAY - timedelta(days=1))
    world.derive(around)
    before.chmod(0o644)
    before.write_bytes(b"changed")
    nothing = world.derive(around)
    spoilt = world.reader.available([Need("rec_line")], DAY)

    assert ([], 0, 1) == (nothing, len(spoilt.rounds), len(spoilt.altered))


def test_a_controls_parameter_stands_in_the_header_and_another_value_is_computed_anew(world: World) -> None:
    """Where none is in force nothing is stored, and why is recorded."""
    dated = replace(world.lines, dataset=replace(LINE, parameters=("XX-01.owners",)), inputs=("toy_sale",))
    dated.sql.write_text("select id, size::bigint as size, $owners as owners from toy_sale order by id")
    world.capture(SALE, ["3"])
    nothing = world.derive(dated)
    (first,) = world.derive(dated, owners=4)
    same = world.derive(dated, owners=4)
    (other,) = world.derive(dated, owners=5)

    assert ([], []) == (nothing, same)
    assert ([("0", 3, 4)], {"XX-01.owners": 4}) == (world.rows(first), first.body["parameters"])
    assert ([("0", 3, 5)], {"XX-01.owners": 5}) == (world.rows(other), other.body["parameters"])
    assert ["toy_sale.sql: parameter XX-01.owners has no value in force on 2026-03-01"] == (
        world.failures(LINE)
    )
    with pytest.raises(NotInForce, match="no value in force"):
        no_parameters("XX-01.owners", DAY)


def test_a_derivations_file_holds_one_statement_and_is_there(tmp_path: Path) -> None:
    """Its parameters are those it uses."""
    assert {"day", "instance"} == parameters_of("select $day, $instance, $day")
    with pytest.raises(ValueError, match="found 2"):
        parameters_of("select 1; select 2")
    with pytest.raises(FileNotFoundError, match="a derivation names it"):
        sql_beside(str(tmp_path / "module.py"), "missing.sql")


def test_a_refusal_is_an_error_of_the_store(world: World) -> None:
    """So that whoever writes to it can tell its refusals from mistakes."""
    with pytest.raises(StoreRefusal):
        world.store.open(sandbox=True, at=world.now)
