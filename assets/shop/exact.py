"""Does what the shop's views show mean exactly what the contract says, or would a cast have to guess?

A cast in our SQL would round a fraction and take a time without a zone for one in ours, and would say of no
row that it did. So nothing is cast: a column of another type is refused, and of the types that can hold what
no amount is (`numeric` holds NaN, infinities, fractions and more than 64 bits) every value is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from assets.failures import PermanentFailure
from warehouse.dataset import Dataset, Privacy

WHOLE = ("bigint", "integer", "smallint", "numeric")
KNOWN: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "character varying", "character", "name"),
    "int": WHOLE,
    "money": WHOLE,
    "bool": ("boolean",),
    "timestamp": ("timestamp with time zone",),
    "date": ("date",),
    "text[]": ("text[]", "character varying[]"),
}
"""Declared type -> PostgreSQL's types whose values mean that and nothing else, as it writes them."""
NAMED = 5
"""Rows of one statement that a failure names."""
DIGITS = 40
"""Characters of a numeric that a failure shows: it may have 130,000."""
LISTED = 20
"""Columns that a failure lists; `evidence doctor` lists all."""
_FIRST, _LAST = (
    int(moment.timestamp()) * 1_000_000
    for moment in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
)


def mistyped(
    found: Sequence[Mapping[str, str]], contract: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """Yield column, type found and types expected of every column whose type leaves something to guess.

    `contract` is view -> column -> declared type. A column that a view lacks is told by whoever reads it.
    """
    for row in found:
        declared = contract.get(row["view_name"], {}).get(row["column_name"])
        if declared is not None and row["found"] not in KNOWN[declared]:
            expected = KNOWN[declared]
            listed = " or ".join([", ".join(expected[:-1]), expected[-1]] if expected[1:] else expected)
            yield f"evidence.{row['view_name']}.{row['column_name']}", row["found"], listed


def refuse_types(
    found: Sequence[Mapping[str, str]], contract: Mapping[str, Mapping[str, str]], of: str
) -> None:
    """Raise PermanentFailure naming every column whose type leaves something to guess."""
    wrong = [f"{name} is {is_}, expected {expected}" for name, is_, expected in mistyped(found, contract)]
    if wrong:
        more = f"; and {len(wrong) - LISTED} more, see `evidence doctor`" if len(wrong) > LISTED else ""
        raise PermanentFailure(
            f"{of}: {'; '.join(wrong[:LISTED])}{more}. Such a type leaves open which amount or instant is "
            "meant, and nothing is guessed. Let the views say it: amounts whole and in minor units, "
            "`<column> at time zone '…'` for a time that was kept without one, `::text` for an id. Nothing "
            "was stored. A retry will not help."
        )


def exact(dataset: Dataset, table: pa.Table, of: str) -> pa.Table:
    """Return the rows with every `numeric` as the integer it is.

    Raises PermanentFailure naming the first rows that hold what is none, an instant outside the years 1 to
    9998 (such as infinity), or a key that another row has.
    """
    wrong: dict[int, list[str]] = {}
    for at, field in enumerate(table.schema):
        if (field.metadata or {}).get(b"POSTGRESQL:type") == b"numeric":
            texts = _plain(table.column(at))
            try:
                whole = pc.replace_substring_regex(texts, r"\.0+$", "").cast(pa.int64())
            except pa.ArrowInvalid:
                for row, text in enumerate(texts.to_pylist()):
                    if text is not None and (why := _no_integer(text)):
                        wrong.setdefault(row, []).append(f"{field.name} is {text[:DIGITS]}, {why}")
            else:
                table = table.set_column(at, field.name, whole)
        elif pa.types.is_timestamp(field.type) and not _has_years(table.column(at)):
            for row, moment in enumerate(table.column(at).cast(pa.int64()).to_pylist()):
                if moment is not None and not _FIRST <= moment < _LAST:
                    wrong.setdefault(row, []).append(f"{field.name} is infinite or in no year of 1 to 9998")
    for row, times in _repeated(dataset, table):
        wrong.setdefault(row, []).append(f"{times} rows have this key, expected one")
    if wrong:
        named = [f"{_row(dataset, table, row)}: {', '.join(wrong[row])}" for row in sorted(wrong)[:NAMED]]
        more = f"; and {len(wrong) - NAMED} rows more" if len(wrong) > NAMED else ""
        raise PermanentFailure(
            f"{dataset.name} {of}: {'; '.join(named)}{more}. Expected of every row what can be kept exactly: "
            "whole numbers of 64 bits, instants that have a date, a key of its own; nothing is rounded, cut "
            "or left out. Correct the rows in the platform, or what its view makes of them. Nothing was "
            "stored. A retry will not help."
        )
    return table


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """Return values as they came: a numeric is text, as PostgreSQL writes it."""
    whole = column.combine_chunks()
    return whole.storage if isinstance(whole, pa.ExtensionArray) else whole


def _no_integer(text: str) -> str | None:
    """Return why a numeric is no integer we can keep; None: it is one."""
    digits, _, decimals = text.partition(".")
    if not digits.removeprefix("-").isdecimal():
        return "expected a number"
    if decimals.strip("0"):
        return "expected a whole number"
    fits = len(digits) <= DIGITS and -(2**63) <= int(digits) < 2**63
    return None if fits else "expected at most 64 bits"


def _has_years(column: pa.ChunkedArray) -> bool:
    """Return whether all its instants can be written as a date: infinity arrives as one that cannot."""
    found = pc.min_max(column)
    least, most = found["min"].value, found["max"].value
    return least is None or (least >= _FIRST and most < _LAST)


def _repeated(dataset: Dataset, table: pa.Table) -> Iterator[tuple[int, int]]:
    """Yield the first row of every key that several rows have, and how many have it.

    Statements order by key, so that such rows are neighbours; the store looks without relying on it.
    """
    keys = (_plain(table.column(name)) for name in dataset.key)
    same = reduce(pc.and_, (pc.equal(values[1:], values[:-1]) for values in keys))
    if not pc.any(same).as_py():
        return
    row, times = 0, 1
    for at, again in enumerate([*same.to_pylist(), False], 1):
        if again:
            times += 1
            continue
        if times > 1:
            yield row, times
        row, times = at, 1


def _row(dataset: Dataset, table: pa.Table, row: int) -> str:
    """Return a row's key, without what is personal in it."""
    shown = [name for name in dataset.key if dataset.column(name).privacy is Privacy.NONE]
    return " ".join(f"{name} {_plain(table.column(name))[row].as_py()!r}" for name in shown)
