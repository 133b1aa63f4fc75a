"""Since when, and until when, was a row seen like this? One row per version of a key, broken at gaps.

A version is seen in captures that follow one another. The interval ends where the row changes or is gone, and
where a day has no capture: nobody looked, so nothing is claimed. Captures are numbered per instance; versions
are found by grouping equal rows over up to 32 captures at a time, so that memory holds versions and never
captures. What was published before is extended, not computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.dataset import Dataset
from warehouse.read import SQL_TYPES
from warehouse.snapshots import Snapshot
from warehouse.views import FILE, names, rows_of_files

SQL = Path(__file__).parent / "sql" / "hist"
CHUNK = 32
"""Captures grouped at a time, of every instance; at most 64, the bits of the number that marks them."""

OBSERVED = {
    "instance": "The account, organisation or database it was captured from",
    "observed_first": "The first capture that shows the row like this, UTC",
    "observed_last": "The last capture in a row, without a day between, that shows it like this, UTC",
    "next_observed": "The capture after that, which shows it otherwise, no longer, or comes after a gap; "
    "null: there is none yet",
    "first_entry": "Ledger entry of the first capture",
    "last_entry": "Ledger entry of the last capture",
}
"""The columns every history begins with."""


class Made(StrEnum):
    """How a history came to be."""

    REUSED = "reused"
    EXTENDED = "extended"
    REBUILT = "rebuilt"


@dataclass(frozen=True)
class Numbered:
    """A capture with its place among those of its instance. A segment has no day without a capture."""

    snapshot: Snapshot
    number: int
    segment: int


def chosen(snapshots: Iterable[Snapshot]) -> dict[str, list[Numbered]]:
    """Return instance -> its captures in the order they were made.

    Of a dataset computed again for the same round, the newest computation counts.
    """
    rounds: dict[tuple[str, str, str], Snapshot] = {}
    for snapshot in sorted(snapshots, key=lambda one: one.entry):
        slot = snapshot.slot
        rounds[slot.instance, slot.day.isoformat(), snapshot.round] = snapshot
    found: dict[str, list[Numbered]] = {}
    for snapshot in sorted(rounds.values(), key=lambda one: (one.captured_at, one.entry)):
        before = found.setdefault(snapshot.slot.instance, [])
        segment = before[-1].segment if before else 0
        if before and snapshot.slot.day - before[-1].snapshot.slot.day > timedelta(days=1):
            segment += 1
        before.append(Numbered(snapshot, len(before), segment))
    return found


def build(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    captures: Mapping[str, Sequence[Numbered]],
    home: Path,
    published: Mapping[str, Sequence[int]] | None,
) -> Made:
    """Make the table hist.<dataset>. `published` is instance -> ledger entries its last publication used.

    That publication is attached as `previous`; None where there is none that can be extended.
    """
    done = dict.fromkeys(captures, 0)
    extends = published is not None and all(
        list(entries) == [one.snapshot.entry for one in captures.get(instance, ())[: len(entries)]]
        for instance, entries in published.items()
    )
    if published is not None and extends:
        done |= {instance: len(entries) for instance, entries in published.items()}
        if all(done[instance] == len(found) for instance, found in captures.items()):
            connection.execute(f"create table hist.{dataset.name} as from previous.hist.{dataset.name}")
            return Made.REUSED
    _number(connection, captures)
    types = ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in dataset.columns)
    connection.execute(
        "create or replace temp table version "
        f"(instance varchar, _segment integer, _first_number integer, _last_number integer, {types})"
    )
    if extends:
        connection.execute(statement("resume", name=dataset.name, columns=names(dataset)))
    while rest := {
        instance: found[done[instance] : done[instance] + CHUNK]
        for instance, found in captures.items()
        if done[instance] < len(found)
    }:
        _add(connection, dataset, rest, home)
        for instance, added in rest.items():
            done[instance] += len(added)
    key = ", ".join(f'v."{name}"' for name in dataset.key)
    connection.execute(statement("table", name=dataset.name, columns=names(dataset), key=key))
    return Made.EXTENDED if extends else Made.REBUILT


def _number(connection: duckdb.DuckDBPyConnection, captures: Mapping[str, Sequence[Numbered]]) -> None:
    numbered = [one for found in captures.values() for one in found]
    table = pa.table(
        {
            "instance": pa.array([one.snapshot.slot.instance for one in numbered], pa.string()),
            "_number": pa.array([one.number for one in numbered], pa.int32()),
            "_segment": pa.array([one.segment for one in numbered], pa.int32()),
            "entry": pa.array([one.snapshot.entry for one in numbered], pa.int64()),
            "captured_at": pa.array(
                [one.snapshot.captured_at for one in numbered], pa.timestamp("us", tz="UTC")
            ),
        }
    )
    connection.register("numbered", table)
    connection.execute("create or replace temp table capture as from numbered")
    connection.unregister("numbered")


def _add(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    added: Mapping[str, Sequence[Numbered]],
    home: Path,
) -> None:
    """Take the next captures of each instance into the table of versions."""
    listed = [one for found in added.values() for one in found]
    table = pa.table(
        {
            "instance": [one.snapshot.slot.instance for one in listed],
            "_number": pa.array([one.number for one in listed], pa.int32()),
            "_segment": pa.array([one.segment for one in listed], pa.int32()),
            "_low": pa.array([added[one.snapshot.slot.instance][0].number for one in listed], pa.int32()),
            "_file": [str(home / one.snapshot.path) for one in listed],
        }
    )
    connection.register("chunk", table)
    rows = rows_of_files(dataset, [one.snapshot for one in listed], home)
    for step in ("seen", "island", "version"):
        connection.execute(statement(step, rows=rows, file=FILE, columns=names(dataset)))
    connection.unregister("chunk")


def statement(step: str, **parts: str) -> str:
    """Return one step's SQL with the dataset's own names put in."""
    return (SQL / f"{step}.sql").read_text(encoding="utf-8").format(**parts)
