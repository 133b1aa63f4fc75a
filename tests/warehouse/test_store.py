"""Is what the store acknowledges written once, whole, and refused where it does not fit?"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse.dataset import Column, Dataset, Kind
from warehouse.store import Altered, Home, Offered, RowsMoved, Store, StoreRefusal, conform, table_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
THING = Dataset(
    name="toy_thing",
    kind=Kind.STATE,
    title="One row per thing",
    key=("id",),
    columns=(
        Column("id", "text", "The thing", required=True),
        Column("size", "int", "How large it is"),
        Column("seen_at", "timestamp", "When it was seen", required=True),
    ),
)
ROW: dict[str, Any] = {"id": "a", "size": 1, "seen_at": AT}
HEADER = {"captured_at": AT.isoformat(), "round": AT.isoformat()}


def opened(path: Path) -> Store:
    """Return the store of a new home."""
    store = Store(Home(path))
    store.open(sandbox=False, at=AT)
    return store


def write(store: Store, *rows: dict[str, Any], pages: tuple[dict[str, Any], ...] = ()) -> Path:
    """Store rows and return the file."""
    entry = store.write(
        [Offered(THING, table_of(THING, rows))],
        kind="snapshot",
        instance="one",
        day=DAY,
        header=HEADER,
        recorded_at=AT,
        pages=pages,
    )
    return store.home.path / entry.body["snapshots"][0]["path"]


def test_a_snapshot_is_one_read_only_file_named_by_its_digest_and_sorted_by_key(tmp_path: Path) -> None:
    """The path says dataset, instance, day and digest; equal rows in another order are equal bytes."""
    store = opened(tmp_path)
    file = write(store, {**ROW, "id": "b"}, ROW)
    again = write(store, ROW, {**ROW, "id": "b"})

    assert "evidence/toy_thing/instance=one/day=2026-03-01" == str(file.parent.relative_to(tmp_path))
    assert file == again
    assert 0o444 == file.stat().st_mode & 0o777
    assert ["a", "b"] == pq.read_table(file, partitioning=None)["id"].to_pylist()
    assert THING.schema == pq.read_schema(file)


def test_a_file_altered_under_its_name_is_refused_and_not_overwritten(tmp_path: Path) -> None:
    """The same bytes are offered again after somebody changed the stored ones."""
    store = opened(tmp_path)
    file = write(store, ROW)
    file.chmod(0o644)
    file.write_bytes(b"something else")
    entries = len(store.ledger.entries)

    with pytest.raises(Altered, match="its digest is"):
        write(store, ROW)

    assert b"something else" == file.read_bytes()
    assert entries == len(store.ledger.entries)


def test_raw_pages_then_data_then_the_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is acknowledged is there; what is there first is what nobody reads without the entry."""
    store = opened(tmp_path)
    linked: list[str] = []
    link = os.link

    def spy(source: Any, target: Any, **rest: Any) -> None:
        linked.append(Path(target).relative_to(tmp_path).parts[0])
        link(source, target, **rest)

    monkeypatch.setattr(os, "link", spy)
    write(store, ROW, pages=({"request": "GET /things", "records": []},))

    assert ["raw", "evidence", "ledger"] == linked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop_columns(["size"]), "lacks size"),
        (lambda t: t.append_column("colour", pa.array(["red"])), "has colour"),
        (lambda t: t.set_column(1, "size", pa.array(["large"])), "not of its declared type"),
        (
            lambda t: t.set_column(2, "seen_at", pa.array([None], THING.schema.field("seen_at").type)),
            "no value",
        ),
        (lambda t: t.set_column(0, "id", pa.array([None], pa.string())), "no value"),
        (lambda t: t.set_column(0, "id", pa.array([7])), "not of its declared type"),
        (lambda t: t.set_column(1, "size", pa.array([1.0])), "not of its declared type"),
        (lambda t: t.set_column(1, "size", pa.array([2**63], pa.uint64())), "does not fit"),
        (lambda t: t.set_column(2, "seen_at", pa.array([datetime(2026, 3, 1)])), "not of its declared type"),  # noqa: DTZ001 - without a zone on purpose
        (lambda t: pa.concat_tables([t, t]), "repeat a key"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_before_anything_is_written(
    tmp_path: Path, change: Any, said: str
) -> None:
    """The message names the dataset and what is wrong; the home holds nothing more than before."""
    store = opened(tmp_path)
    table = change(table_of(THING, [ROW]))

    with pytest.raises(StoreRefusal, match=said):
        store.write(
            [Offered(THING, table)], kind="snapshot", instance="one", day=DAY, header=HEADER, recorded_at=AT
        )

    assert [] == [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]
    assert 1 == len(store.ledger.entries)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("size", 1.5, "float is no int"),
        ("size", 0.0, "float is no int"),
        ("size", True, "bool is no int"),
        ("size", 2**63, "is no int"),
        ("id", 7, "int is no text"),
        ("id", "\ud800", "is no text"),
        ("seen_at", datetime(2026, 3, 1), "datetime is no timestamp"),  # noqa: DTZ001 - without a zone on purpose
        ("seen_at", DAY, "date is no timestamp"),
    ],
)
def test_a_value_that_arrow_would_bend_is_refused_and_not_shown(column: str, value: Any, said: str) -> None:
    """Half a cent would be cut off, a local time be taken for UTC; the message names column and type."""
    with pytest.raises(StoreRefusal, match=f"toy_thing.{column}: .*{said}"):
        table_of(THING, [{**ROW, column: value}])


def test_a_repeated_key_may_go_away_by_itself_others_do_not() -> None:
    """Rows that moved between two pages are worth another try; a wrong type is not."""
    twice = pa.concat_tables([table_of(THING, [ROW]), table_of(THING, [ROW])])

    with pytest.raises(RowsMoved):
        conform(THING, twice)


@pytest.mark.parametrize("instance", ["../up", "a/b", "", "a'b", ".hidden", "x" * 81])
def test_an_instance_that_is_no_plain_name_is_refused(tmp_path: Path, instance: str) -> None:
    """An instance stands in paths and in SQL."""
    with pytest.raises(ValueError, match="expected 1 to 80"):
        opened(tmp_path).write(
            [Offered(THING, table_of(THING, [ROW]))],
            kind="snapshot",
            instance=instance,
            day=DAY,
            header=HEADER,
            recorded_at=AT,
        )


def test_a_sandbox_home_and_a_real_one_never_mix(tmp_path: Path) -> None:
    """The first entry marks a home; a run of the other kind is refused."""
    opened(tmp_path)

    with pytest.raises(StoreRefusal, match="marked real"):
        Store(Home(tmp_path)).open(sandbox=True, at=AT)


def test_a_sandbox_home_keeps_its_mark_without_its_first_entry(tmp_path: Path) -> None:
    """Every run header repeats it, so that a simulated company's evidence never passes for a real one's."""
    store = Store(Home(tmp_path))
    store.open(sandbox=True, at=AT)
    write(store, ROW)
    (tmp_path / "ledger" / "000000001.json").unlink()

    assert Store(Home(tmp_path)).is_sandbox
    with pytest.raises(StoreRefusal, match="marked SANDBOX"):
        Store(Home(tmp_path)).open(sandbox=False, at=AT)


def test_a_removed_ledger_is_not_quietly_begun_anew(tmp_path: Path) -> None:
    """Files without any entry: the first entry is written before the first file."""
    write(opened(tmp_path), ROW)
    for entry in (tmp_path / "ledger").iterdir():
        entry.unlink()

    with pytest.raises(StoreRefusal, match="The ledger was removed"):
        opened(tmp_path)


def test_a_link_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """What it points to could change later, or is not there at all."""
    store = opened(tmp_path)
    file = write(store, ROW)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Altered, match="symbolic link"):
        write(store, ROW)


def test_wide_types_of_a_computed_table_are_narrowed_where_nothing_is_lost() -> None:
    """DuckDB sums into 128 bits and counts in 32."""
    table = table_of(THING, [ROW]).set_column(1, "size", pa.array([12], pa.decimal128(38, 0)))

    assert [12] == conform(THING, table)["size"].to_pylist()


def test_two_homes_live_side_by_side(tmp_path: Path) -> None:
    """What one stores the other does not see."""
    one, two = opened(tmp_path / "one"), opened(tmp_path / "two")
    write(one, ROW)

    assert (2, 1) == (len(one.ledger.entries), len(two.ledger.entries))
