"""Where does a snapshot rest, so that nobody can change it without being seen?

`evidence/<dataset>/instance=<i>/day=YYYY-MM-DD/<sha256>.parquet`, `raw/<sha256>.jsonl.zst`, or
`documents/<sha256>` of what people add; then one ledger entry. A file is written under a staged name, made
durable, linked under its digest and only then acknowledged in the ledger: what the ledger does not name does
not exist. Nothing is ever overwritten.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from warehouse.dataset import TYPES, Dataset, check_instance
from warehouse.ledger import Entry, Ledger, sync_folder

PARTS = ("evidence", "raw", "documents", "ledger", "reports")
KEPT = PARTS[:3]
"""The parts that hold files the ledger names."""


class StoreRefusal(Exception):
    """What was offered cannot be stored as evidence; nothing was written."""


class RowsMoved(StoreRefusal):
    """A key occurs twice: rows may have moved between two pages of a listing. A retry may help."""


class Altered(Exception):
    """A stored file's bytes are not those the ledger names."""


@dataclass(frozen=True)
class Home:
    """One evidence home: a company's evidence, ledger, warehouse and reports. Two never share anything."""

    path: Path

    @property
    def warehouse(self) -> Path:
        """The analysts' DuckDB file."""
        return self.path / "warehouse.duckdb"

    @property
    def reports(self) -> Path:
        """Where reports are written."""
        return self.path / "reports"

    @property
    def dagster(self) -> Path:
        """Dagster's own home: run history, not evidence."""
        return self.path / "dagster"

    @property
    def sandbox(self) -> Path:
        """The sandbox's clock and addresses, in homes that are marked SANDBOX."""
        return self.path / "sandbox"


@dataclass(frozen=True)
class Offered:
    """A table offered as the snapshot of a dataset."""

    dataset: Dataset
    table: pa.Table
    rows_reported: int | None = None
    control_sum: int | None = None


class Store:
    """The files and the ledger of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.ledger = Ledger(home.path / "ledger")

    @property
    def is_sandbox(self) -> bool:
        """True where the home was opened for the simulated company; its evidence is none.

        Every run header repeats the mark, so that it is not lost with the first entry.
        """
        entries = self.ledger.entries
        if entries and entries[0].kind == "opening":
            return entries[0].body.get("sandbox") is not False
        return any(entry.body.get("sandbox") is True for entry in entries)

    def open(self, *, sandbox: bool, at: datetime) -> None:
        """Make the home's folders and its first entry; harmless where they exist.

        Raises StoreRefusal where the home exists with the other mark, so that a simulated company's
        evidence and a real one's can never mix; and where there are files but no ledger, which is written
        first, so that a removed ledger is not quietly begun anew.
        """
        for part in PARTS:
            (self.home.path / part).mkdir(parents=True, exist_ok=True)
        self.ledger.refresh()
        if not self.ledger.entries:
            if any(path.is_file() for part in KEPT for path in (self.home.path / part).rglob("*")):
                raise StoreRefusal(
                    f"The evidence home {self.home.path} has files but no ledger entry. The ledger was "
                    "removed: restore it from a copy, or set EVIDENCE_HOME to another folder. A retry will "
                    "not help."
                )
            self.ledger.append("opening", {"sandbox": sandbox, "format": 1}, at)
        if self.is_sandbox != sandbox:
            marked, wanted = ("SANDBOX", "real") if self.is_sandbox else ("real", "SANDBOX")
            raise StoreRefusal(
                f"The evidence home {self.home.path} is marked {marked}; a {wanted} run was asked for. "
                "Set EVIDENCE_HOME to another folder. A retry will not help."
            )

    def write(
        self,
        offered: Sequence[Offered],
        *,
        kind: str,
        instance: str,
        day: date,
        header: Mapping[str, Any],
        recorded_at: datetime,
        pages: Sequence[Mapping[str, Any]] = (),
    ) -> Entry:
        """Store tables as snapshots of one instance and day: all of them, acknowledged by one entry.

        Order: raw pages, data, entry. Raises StoreRefusal before anything is written where a table does
        not fit its dataset's declaration.
        """
        check_instance(instance)
        tables = [(item, conform(item.dataset, item.table)) for item in offered]
        raw = self.put_raw(pages) if pages else None
        snapshots, subjects = [], {}
        for item, table in tables:
            path, sha256, size = self.put_table(item.dataset, instance, day, table)
            subjects[path] = sha256
            snapshots.append(
                {
                    "dataset": item.dataset.name,
                    "path": path,
                    "sha256": sha256,
                    "bytes": size,
                    "rows": table.num_rows,
                    "rows_reported": item.rows_reported,
                    "control_sum": item.control_sum,
                    "schema_sha256": item.dataset.schema_sha256,
                }
            )
        if raw:
            subjects[raw["path"]] = raw["sha256"]
        body = {
            **header,
            "sandbox": self.is_sandbox,
            "instance": instance,
            "day": day.isoformat(),
            "snapshots": snapshots,
            "raw": raw,
        }
        return self.ledger.append(kind, body, recorded_at, subjects)

    def put_table(self, dataset: Dataset, instance: str, day: date, table: pa.Table) -> tuple[str, str, int]:
        """Write a conforming table once; return its path inside the home, its digest and its size."""
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True, version="2.6")
        content = sink.getvalue()
        sha256 = hashlib.sha256(content).hexdigest()
        path = f"evidence/{dataset.name}/instance={instance}/day={day.isoformat()}/{sha256}.parquet"
        self._put(path, content, sha256)
        return path, sha256, len(content)

    def put_raw(self, pages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Write redacted raw pages, one JSON line each, and return path, digest and size."""
        lines = "".join(
            json.dumps(page, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain) + "\n"
            for page in pages
        )
        content = zstandard.ZstdCompressor(level=9).compress(lines.encode())
        sha256 = hashlib.sha256(content).hexdigest()
        path = f"raw/{sha256}.jsonl.zst"
        self._put(path, content, sha256)
        return {"path": path, "sha256": sha256, "bytes": len(content), "pages": len(pages)}

    def put_document(self, content: bytes) -> str:
        """Write a document's bytes once, under their digest, and return the path inside the home."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = f"documents/{sha256}"
        self._put(path, content, sha256)
        return path

    def _put(self, path: str, content: bytes, sha256: str) -> None:
        target = self.home.path / path
        if not os.path.lexists(target) and self._link(content, target):
            return
        found = "that of a symbolic link" if target.is_symlink() else digest_of(target)
        if found != sha256:
            raise Altered(
                f"{path}: its digest is {found}, its name says otherwise. The file was altered after it "
                "was stored; nothing was overwritten. Run `evidence verify`. A retry will not help."
            )
        sync_folder(target.parent)  # who linked it may have been cut off before its name was durable

    def _link(self, content: bytes, target: Path) -> bool:
        """Write a file durably under a name nobody has; False where another process was quicker."""
        make_folder(target.parent)
        staging = self.home.path / "evidence" / ".staging"
        staging.mkdir(parents=True, exist_ok=True)
        staged = staging / secrets.token_hex(16)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(staged, target)
            except FileExistsError:
                return False
        finally:
            staged.unlink()
        sync_folder(target.parent)
        return True


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each durable before anything is put into it."""
    missing = [folder, *folder.parents]
    for path in reversed([p for p in missing if not p.exists()]):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal. Raises FileNotFoundError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def conform(dataset: Dataset, table: pa.Table) -> pa.Table:
    """Return the table with the declared columns in order, sorted by key.

    Raises StoreRefusal naming the dataset where a column is missing, unknown or of another type, a
    required value is null, or a key occurs twice.
    """
    names = [column.name for column in dataset.columns]
    if missing := [name for name in names if name not in table.column_names]:
        raise StoreRefusal(f"{dataset.name}: the table lacks {', '.join(missing)}. Nothing was stored.")
    if unknown := [name for name in table.column_names if name not in names]:
        raise StoreRefusal(
            f"{dataset.name}: the table has {', '.join(unknown)}, which the dataset does not declare. "
            "Nothing was stored."
        )
    if strange := [
        f"{c.name} ({t})" for c in dataset.columns if not _fits(t := table.field(c.name).type, c.type)
    ]:
        raise StoreRefusal(
            f"{dataset.name}: {', '.join(strange)} is not of its declared type. Expected "
            f"{', '.join(f'{c.name} {c.type}' for c in dataset.columns)}. Nothing was stored."
        )
    try:
        cast = table.select(names).cast(
            pa.schema([pa.field(field.name, field.type) for field in dataset.schema]), safe=True
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise StoreRefusal(
            f"{dataset.name}: a value does not fit the declared type of its column "
            f"({type(error).__name__}). Nothing was stored."
        ) from error
    for column in dataset.columns:
        if column.required and cast.column(column.name).null_count:
            raise StoreRefusal(
                f"{dataset.name}.{column.name}: {cast.column(column.name).null_count} of {cast.num_rows} "
                "rows have no value; every row must. Nothing was stored."
            )
    keyed = cast.select(list(dataset.key))
    if any(keyed.column(name).null_count for name in dataset.key if name not in dataset.key_may_lack):
        raise StoreRefusal(f"{dataset.name}: a row has no {' or '.join(dataset.key)}. Nothing was stored.")
    distinct = keyed.group_by(list(dataset.key)).aggregate([])
    if distinct.num_rows != cast.num_rows:
        raise RowsMoved(
            f"{dataset.name}: {cast.num_rows - distinct.num_rows} rows repeat a key "
            f"({', '.join(dataset.key)}). Rows may have moved between pages: a retry may help. "
            "Nothing was stored."
        )
    order = pc.sort_indices(cast, sort_keys=[(name, "ascending") for name in dataset.key])
    return pa.Table.from_arrays(
        [column.combine_chunks() for column in cast.take(order).columns], schema=dataset.schema
    )


def _fits(found: pa.DataType, declared: str) -> bool:
    """Return whether values of an Arrow type mean what a declared type says, so that a cast only widens.

    Arrow itself casts more: numbers to text, floats to integers, instants without a zone to UTC.
    """
    if pa.types.is_null(found):
        return True
    match declared:
        case "text" | "json":
            return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
        case "int" | "money":
            return bool(pa.types.is_integer(found) or (pa.types.is_decimal(found) and found.scale == 0))
        case "timestamp":
            return bool(pa.types.is_timestamp(found)) and found.tz is not None
        case "text[]":
            listed = bool(pa.types.is_list(found) or pa.types.is_large_list(found))
            return listed and _fits(found.value_type, "text")
        case _:
            return bool(found == TYPES[declared])


def table_of(dataset: Dataset, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows as a table of the dataset's columns; nulls are still allowed here.

    Raises StoreRefusal where a value does not fit its column's type; the value itself is not shown, it may
    be personal.
    """
    arrays = []
    for column in dataset.columns:
        values = [row.get(column.name) for row in rows]
        # Arrow would cut 1.5 to 1, take an instant without a zone for UTC and an instant for its day.
        if strange := {type(v).__name__ for v in values if v is not None and not _means(v, column.type)}:
            raise StoreRefusal(
                f"{dataset.name}.{column.name}: {', '.join(sorted(strange))} is no {column.type}. Nothing "
                "was stored. A retry will not help."
            )
        try:
            arrays.append(pa.array(values, type=column.arrow.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeError) as error:
            raise StoreRefusal(
                f"{dataset.name}.{column.name}: a value is no {column.type} ({type(error).__name__}). "
                "Nothing was stored. A retry will not help."
            ) from error
    if unknown := {name for row in rows for name in row} - {c.name for c in dataset.columns}:
        raise StoreRefusal(
            f"{dataset.name}: rows have {', '.join(sorted(unknown))}, which the dataset does not declare. "
            "Nothing was stored."
        )
    return pa.Table.from_arrays(arrays, names=[c.name for c in dataset.columns])


def _means(value: Any, declared: str) -> bool:
    """Return whether a Python value is of a declared type, so that no conversion loses anything of it."""
    match declared:
        case "int" | "money":
            return isinstance(value, int) and not isinstance(value, bool)
        case "timestamp":
            return isinstance(value, datetime) and value.tzinfo is not None
        case "date":
            return isinstance(value, date) and not isinstance(value, datetime)
        case "bool":
            return isinstance(value, bool)
        case "text[]":
            return isinstance(value, Sequence) and not isinstance(value, str)
        case _:
            return isinstance(value, str)


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"a raw page holds a {type(value).__name__}, which JSON cannot")
