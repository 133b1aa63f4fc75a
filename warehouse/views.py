"""How does SQL read exactly the files the ledger names, as the rows of one dataset?

One list of files per version of the declaration, never a glob. The capture a row belongs to is joined from
meta.snapshot by the file's name: DuckDB then opens only the files of the captures a query asks for, which a
union of one query per file would not let it do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from warehouse.dataset import Column, Dataset
from warehouse.read import SQL_TYPES, quote
from warehouse.snapshots import Snapshot

CAPTURE = {
    "entry": "Number of the ledger entry that acknowledges the capture",
    "instance": "The account, organisation or database it was captured from",
    "day": "The evidence day it belongs to, UTC",
    "captured_at": "When the source had been read completely, UTC",
}
"""The columns every view of evidence begins with."""
FILE = "_file"
"""A name no dataset's column can have."""


def names(dataset: Dataset) -> str:
    """Return a dataset's columns for a select list; quoted, since some are words of SQL."""
    return ", ".join(f'"{column.name}"' for column in dataset.columns)


def rows_of_files(dataset: Dataset, snapshots: Iterable[Snapshot], home: Path) -> str:
    """Return SQL for the rows of some snapshots' files, each with the file it came from.

    A file stored before the declaration changed lacks columns, or has them with another type: what it
    cannot say is null.
    """
    parts = [
        f"select {FILE}, {', '.join(_of_version(dataset, group, home))} from read_parquet("
        f"[{', '.join(_literal(home, path) for path in group)}], hive_partitioning = false, "
        f"filename = '{FILE}')"
        for group in _versions(dataset, snapshots)
    ]
    if not parts:
        columns = ", ".join(f'null::{SQL_TYPES[c.type]} as "{c.name}"' for c in dataset.columns)
        return f"select null::varchar as {FILE}, {columns} where false"
    return " union all ".join(parts)


def evidence(
    dataset: Dataset, snapshots: Sequence[Snapshot], home: Path, *, only_current: bool = False
) -> str:
    """Return the query behind ev.<dataset>, or behind cur.<dataset>."""
    rows = ", ".join(f'f."{column.name}"' for column in dataset.columns)
    current = " and s.is_current" if only_current else ""
    return (
        f"select s.entry, s.instance, s.day, s.captured_at, {rows} "
        f"from ({rows_of_files(dataset, snapshots, home)}) as f "
        f"join meta.snapshot as s on s.object_uri = f.{FILE} and s.dataset = '{dataset.name}'{current}"
    )


def current_of_copy(dataset: Dataset) -> str:
    """Return the query behind cur.<dataset> where ev.<dataset> is a table."""
    return (
        f"select e.* from ev.{dataset.name} as e where e.entry in "
        f"(select s.entry from meta.snapshot as s where s.dataset = '{dataset.name}' and s.is_current)"
    )


def comments(relation: str, texts: dict[str, str], title: str, *, table: bool) -> Iterator[str]:
    """Yield the statements that comment a relation and its columns."""
    yield f"comment on {'table' if table else 'view'} {relation} is '{quote(title)}'"
    for name, text in texts.items():
        yield f"comment on column {relation}.\"{name}\" is '{quote(text)}'"


def texts_of(dataset: Dataset) -> dict[str, str]:
    """Return column name -> comment of a dataset's own columns."""
    return {column.name: column.comment for column in dataset.columns}


def _versions(dataset: Dataset, snapshots: Iterable[Snapshot]) -> list[list[str]]:
    """Return the files by the declaration they were stored under, the present one first."""
    groups: dict[str, dict[str, None]] = {}
    for snapshot in snapshots:
        groups.setdefault(snapshot.header["schema_sha256"], {})[snapshot.path] = None
    order = sorted(groups, key=lambda sha256: (sha256 != dataset.schema_sha256, sha256))
    return [list(groups[sha256]) for sha256 in order]


def _of_version(dataset: Dataset, paths: Sequence[str], home: Path) -> Iterator[str]:
    stored = pq.read_schema(home / paths[0])
    for column in dataset.columns:
        yield _cast(column, stored)


def _cast(column: Column, stored: pq.ParquetSchema) -> str:
    kind = SQL_TYPES[column.type]
    if column.name not in stored.names:
        return f'null::{kind} as "{column.name}"'
    if stored.field(column.name).type != column.arrow.type:
        return f'try_cast("{column.name}" as {kind}) as "{column.name}"'
    return f'"{column.name}"'


def _literal(home: Path, path: str) -> str:
    return f"'{quote(str(home / path))}'"
