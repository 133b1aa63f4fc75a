"""What does one cell of an export come to in our column, or why to nothing?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from assets.mapping import values
from assets.mapping.declared import Layout, MappedColumn
from warehouse.dataset import Column

FORMULA = re.compile(r"[=@\t\r]|[+-](?=[^\d.,\s])")
"""How a cell begins that a spreadsheet would compute. A text of a shop has no reason to."""
SCALES: dict[str, dict[str, int]] = {
    "money": {"minor": 0, "major": 0},
    "1/10000": {"one": 4, "e4": 0},
    "1/10000 minor unit": {"minor": 4, "major": 4, "e4": 0},
    "1/1000000000": {"fraction": 9, "percent": 7, "e9": 0},
    "int": {"one": 0, "minor": 0, "major": 0},
}
"""What our column counts in -> unit of the export -> decimal places between; `major` adds the currency's."""


class Reason(Exception):
    """Why a cell does not fit: what was expected."""

    def __init__(self, expected: str, *, absent: bool = False) -> None:
        super().__init__(expected)
        self.absent = absent


@dataclass(frozen=True)
class Cell:
    """The raw values a column is made of, and what the mapping says about them."""

    raw: Sequence[Any]
    column: Column
    mapped: MappedColumn
    layout: Layout
    digits: int | None
    """Of the row's currency, where the unit is `major`."""

    @property
    def counts_in(self) -> str:
        """What our column counts in."""
        return "money" if self.column.type == "money" else (self.column.unit or "int")


def converted(cell: Cell) -> Any:
    """Return the value for our column, None where there honestly is none. Raises Reason."""
    words = cell.mapped.null_words if cell.mapped.null_words is not None else cell.layout.null_words
    empty = frozenset(words if words is not None else ("",))
    plain = list(cell.raw)
    if cell.mapped.constant is None:
        plain = [None if isinstance(value, str) and value in empty else value for value in plain]
    if any(value is None for value in plain):
        if any(value is not None for value in plain):
            raise Reason("all factors of the product, or none")
        if cell.column.required or cell.mapped.required:
            raise Reason("a value: no row may be without one", absent=True)
        return None
    if cell.mapped.values is not None:
        plain = [_mapped(plain[0], cell)]
        if plain[0] is None:
            if cell.column.required or cell.mapped.required:
                raise Reason("a word that stands for a value: no row may be without one")
            return None
    try:
        return _typed(plain, cell)
    except values.Unfit as unfit:
        raise Reason(str(unfit)) from None


def _mapped(value: Any, cell: Cell) -> str | int | bool | None:
    words = cell.mapped.values or {}
    said = str(value).lower() if isinstance(value, bool) else str(value)
    if said not in words:
        raise Reason(f"one of {', '.join(words)}, as `values` says")
    return words[said]


def _typed(plain: Sequence[Any], cell: Cell) -> Any:
    value = plain[0]
    match cell.column.type:
        case "text":
            return _text(value)
        case "bool":
            return _bool(value)
        case "int" | "money":
            return _integer(plain, cell)
        case "timestamp":
            return _timestamp(value, cell)
        case "date":
            return _date(value, cell)
        case "text[]":
            return _list(value, cell)
        case other:
            raise Reason(f"nothing: a column of type {other} cannot be mapped")


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Reason("text")
    if isinstance(value, str) and FORMULA.match(value):
        raise Reason("text that no spreadsheet would compute: this begins as a formula")
    return str(value)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in {"true", "false"}:
        return bool(value == "true")
    raise Reason("true or false; other words need `values`")


def _integer(plain: Sequence[Any], cell: Cell) -> int:
    scales = SCALES.get(cell.counts_in, SCALES["int"])
    unit = cell.mapped.unit or ("one" if scales is SCALES["int"] else None)
    if unit not in scales:
        found = f"`unit: {unit}`" if unit else "no `unit`"
        raise Reason(f"a mapping with `unit` one of {', '.join(scales)} (it has {found})")
    factors = [_number(value, cell) for value in plain]
    if cell.mapped.less is not None:
        factors[-1] = 1 - factors[-1]
    exact = factors[0] if len(factors) == 1 else values.multiplied(factors)
    places = scales[unit] + ((cell.digits or 0) if unit == "major" else 0)
    return values.whole(exact, places, cell.mapped.round)


def _number(value: Any, cell: Cell) -> Decimal:
    if isinstance(value, bool):
        raise Reason("a number")
    if isinstance(value, list):
        return sum((_number(item, cell) for item in value), Decimal(0))
    if isinstance(value, Decimal | int):
        return Decimal(value)
    if isinstance(value, str):
        return values.number(value, decimal=cell.layout.decimal or ".", thousands=cell.layout.thousands)
    if type(value).__name__ == "float":
        if not cell.mapped.floats:
            raise Reason("a decimal or an integer: a binary float is taken only with `floats: true`")
        return values.shortest(value)
    raise Reason("a number")


def _timestamp(value: Any, cell: Cell) -> datetime:
    zone = cell.mapped.zone or cell.layout.zone
    if isinstance(value, datetime):
        return values.in_utc(value, zone)
    if not isinstance(value, str):
        raise Reason("a timestamp")
    return values.instant(value, cell.mapped.timestamps or cell.layout.timestamps or (), zone)


def _date(value: Any, cell: Cell) -> date:
    if isinstance(value, datetime):
        return values.in_utc(value, cell.mapped.zone or cell.layout.zone).astimezone(UTC).date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise Reason("a date")
    return values.calendar_day(value, cell.layout.dates or ())


def _list(value: Any, cell: Cell) -> list[str]:
    if isinstance(value, str) and cell.mapped.separator is not None:
        value = [word.strip() for word in value.split(cell.mapped.separator)]
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise Reason("a list of texts, or `separator` in the mapping")
    return [_text(word) for word in value if word]
