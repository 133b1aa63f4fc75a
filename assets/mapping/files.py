"""Which records do a table's files hold, and what of them is no such file?"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.mapping.declared import Layout, MappedTable
from assets.mapping.problems import Problems

UTF8_MARK = b"\xef\xbb\xbf"
LOST = "\ufffd"
"""What a program writes where it could not decode a character."""


@dataclass(frozen=True)
class Content:
    """One file as it was read: its bytes never change while they are looked at."""

    name: str
    bytes: bytes

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return hashlib.sha256(self.bytes).hexdigest()


@dataclass(frozen=True)
class Record:
    """One record of a file, and where it stands."""

    file: str
    at: tuple[str, int]
    fields: Mapping[str, Any]
    above: Record | None = None
    """Of JSON: the record it lies in."""


@dataclass(frozen=True)
class Part:
    """One file's records and the names of its columns."""

    columns: tuple[str, ...]
    records: Sequence[Record]


def contents(folder: Path, table: MappedTable, problems: Problems) -> list[Content]:
    """Return a table's files, by name. None at all is a problem: an export that is not there is not empty."""
    found = sorted(path for path in folder.glob(table.file) if path.is_file())
    if not found:
        problems.note(table.file, "no such file", f"it in the folder {folder.name}")
    read = []
    for path in found:
        try:
            read.append(Content(path.relative_to(folder).as_posix(), path.read_bytes()))
        except OSError as error:
            problems.note(path.name, f"a file that cannot be read ({type(error).__name__})", "read access")
    return read


def part(content: Content, table: MappedTable, layout: Layout, problems: Problems) -> Part | None:
    """Return what a file holds, None where it cannot be told."""
    if not content.bytes:
        problems.note(content.name, "an empty file", "at least a heading")
        return None
    if table.format == "parquet":
        return _parquet(content, problems)
    text = _text(content, layout.encoding or "utf-8", problems)
    if text is None:
        return None
    if table.format == "json":
        return _json(content.name, text, table.records, problems)
    return _csv(content.name, text, layout, problems)


def _text(content: Content, encoding: str, problems: Problems) -> str | None:
    expected = f"{encoding}, as the mapping says"
    if encoding != "utf-8" and content.bytes.startswith(UTF8_MARK):
        problems.note(content.name, "the byte order mark of UTF-8", expected)
        return None
    try:
        text = content.bytes.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = content.bytes[: error.start].count(b"\n") + 1
        problems.note(
            content.name, f"byte {error.start}, which cannot be decoded", expected, at=("line", line)
        )
        return None
    for sign, what in (
        ("\0", "a NUL character"),
        (LOST, "a character that was lost in an earlier conversion"),
    ):
        if (start := text.find(sign)) >= 0:
            problems.note(content.name, what, expected, at=("line", text.count("\n", 0, start) + 1))
            return None
    return text


def _csv(name: str, text: str, layout: Layout, problems: Problems) -> Part | None:
    rows = _cells(name, text, layout, problems)
    heading = list(layout.heading or ())
    if not heading:
        first = next(rows, None)
        if first is None:
            problems.note(name, "no heading", "the columns' names in the first line")
            return None
        line, cells = first
        heading = [cell.strip() for cell in cells]
        for number, word in enumerate(heading, 1):
            if not word:
                problems.note(name, f"no name of column {number}", "a name", at=("line", line))
            elif heading.index(word) != number - 1:
                problems.note(name, f"column {word} twice", "it once", at=("line", line))
        if len({word for word in heading if word}) != len(heading):
            return None
    records = []
    for line, cells in rows:
        if len(cells) != len(heading):
            problems.note(
                name, f"{len(cells)} cells", f"{len(heading)}, as the heading has", at=("line", line)
            )
            continue
        fields = {column: cell.strip() for column, cell in zip(heading, cells, strict=True)}
        records.append(Record(name, ("line", line), fields))
    return Part(tuple(heading), records)


def _cells(name: str, text: str, layout: Layout, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) of every line that is not empty, after those to skip."""
    skipped = layout.skip_rows or 0
    lines = io.StringIO(text, newline="")
    for _ in range(skipped):
        lines.readline()
    reader = csv.reader(lines, delimiter=layout.delimiter or ",", strict=True)
    before = 0
    try:
        for row in reader:
            if row:
                yield skipped + before + 1, row
            before = reader.line_num
    except csv.Error as error:
        problems.note(name, f"no CSV ({error})", "quoted cells that end", at=("line", skipped + before + 1))


def _parquet(content: Content, problems: Problems) -> Part | None:
    try:
        table = _to_the_microsecond(pq.read_table(pa.BufferReader(content.bytes)))
        rows = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        problems.note(content.name, f"no readable Parquet ({type(error).__name__})", "a Parquet file")
        return None
    if len(set(table.column_names)) != len(table.column_names):
        problems.note(content.name, "a column twice", "each once")
        return None
    records = [Record(content.name, ("row", number), row) for number, row in enumerate(rows, 1)]
    return Part(tuple(table.column_names), records)


def _to_the_microsecond(table: pa.Table) -> pa.Table:
    """Return the table with timestamps as Python has them. Raises ArrowInvalid where digits would be lost."""
    fields = [
        field.with_type(pa.timestamp("us", tz=field.type.tz)) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields), safe=True)


def _json(name: str, text: str, steps: Sequence[str], problems: Problems) -> Part | None:
    try:
        content = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        at = ("line", error.lineno) if isinstance(error, json.JSONDecodeError) else None
        said = str(error) if isinstance(error, _NotOnce) else "no JSON"
        problems.note(name, said, "JSON without NaN, each name once in an object", at=at)
        return None
    found = [Record(name, ("record", 0), {"": content})]
    path = ""
    for step in ("", *steps):
        path = f"{path}.{step}".strip(".")
        deeper: list[Record] = []
        for record in found:
            inner = record.fields.get(step)
            if inner is None and step not in record.fields:
                problems.note(name, f"no field {path}", "the records there, as `records` says")
                return None
            items = inner if isinstance(inner, list) else [inner]
            if any(not isinstance(item, dict) for item in items):
                problems.note(name, f"{path or 'the document'} with something else", "objects")
                return None
            above = record if record.at[1] else None
            deeper += [
                Record(name, ("record", len(deeper) + n), item, above) for n, item in enumerate(items, 1)
            ]
        found = deeper
    columns = sorted({column for record in found for column in record.fields})
    return Part(tuple(columns), found)


class _NotOnce(ValueError):
    """A JSON text says one thing twice, or a number that is none."""


def _no_number(word: str) -> None:
    raise _NotOnce(f"{word}, which is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotOnce("a name twice in one object")
    return found


def value_of(record: Record, path: str) -> Any:
    """Return what stands at a path of a record: a column of a table, or a dotted path into JSON."""
    while path.startswith("^"):
        if record.above is None:
            return None
        record, path = record.above, path[1:]
    if path in record.fields:
        return record.fields[path]
    return _below(record.fields, path.split("."))


def _below(value: Any, steps: Sequence[str]) -> Any:
    """Return what stands at the end of a path: of a list that is gone through, what each of its items has."""
    for number, step in enumerate(steps, 1):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step.removesuffix("[]"))
        if step.endswith("[]"):
            return [_below(item, steps[number:]) for item in value] if isinstance(value, list) else None
    return value
