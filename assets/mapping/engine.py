"""Do the files fit the mapping? Then their rows in our columns; else all that does not fit, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.mapping import declared
from assets.mapping.cells import Cell, Reason, converted
from assets.mapping.files import Content, Record, contents, part, value_of
from assets.mapping.problems import Problems, shown
from warehouse.dataset import Column, Privacy

NOT_SHOWN = "a value (it may be personal, so it is not shown)"


@dataclass(frozen=True)
class Target:
    """A table that files fill: its columns and which of them no two rows may share."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    currency: str | None = None
    """Its own column that says the currency, if it has one."""
    reference: str | None = None
    """Its column that says which row of `referred` a row belongs to, and has its currency of."""
    referred: str | None = None

    def named(self) -> dict[str, Column]:
        """Return name in the mapping -> column: what the source calls it where that differs."""
        return {column.source or column.name: column for column in self.columns}


@dataclass
class Filled:
    """What the files of one table came to."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    """(name, SHA-256)."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Columns that the mapping does not name, with how many records had them."""
    mapped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Above:
    """The rows that others belong to."""

    currencies: Mapping[Any, Any]
    """Key -> currency."""
    whole: bool
    """Whether all rows fitted; else nobody can tell which others belong to none."""


def fill(
    mapping: declared.Mapping, folder: Path, targets: Mapping[str, Target], *, of: str
) -> dict[str, Filled]:
    """Return mapped table -> its rows. Raises Refused with everything that does not fit."""
    problems = Problems()
    filled: dict[str, Filled] = {}
    above: dict[str, Above] = {}
    for name in _in_order(mapping, targets):
        before, target = len(problems.found), targets[name]
        work = _Table(mapping, mapping.tables[name], target, name, problems)
        filled[name] = work.fill(folder, above.get(target.referred or ""))
        currencies = {row[target.key[0]]: row.get(target.currency or "") for row in filled[name].rows}
        above[name] = Above(currencies, whole=len(problems.found) == before)
    problems.refuse(of)
    return filled


def digests(mapping: declared.Mapping, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Return mapped table -> (name, SHA-256) of its files now: unchanged, they need no second look."""
    return {
        name: [(content.name, content.sha256) for content in contents(folder, table, Problems())]
        for name, table in mapping.tables.items()
    }


def _in_order(mapping: declared.Mapping, targets: Mapping[str, Target]) -> list[str]:
    """Return the mapped tables, those first that others take their currency from."""
    referred = {target.referred for target in targets.values()}
    return sorted(mapping.tables, key=lambda name: (name not in referred, name))


class _Table:
    """One table under way."""

    def __init__(
        self,
        mapping: declared.Mapping,
        table: declared.MappedTable,
        target: Target,
        name: str,
        problems: Problems,
    ) -> None:
        self.table, self.target, self.name, self.problems = table, target, name, problems
        self.layout = mapping.layout(table)
        self.digits = mapping.digits()
        self.columns = target.named()

    def fill(self, folder: Path, above: Above | None) -> Filled:
        filled = Filled(mapped=frozenset(self.table.columns))
        for name, column in self.columns.items():
            if column.required and name not in self.table.columns:
                self._note(
                    self.table.file, f"no mapping of {self.name}.{name}", "one: no row may be without it"
                )
        seen: dict[tuple[Any, ...], Record] = {}
        for content in contents(folder, self.table, self.problems):
            filled.files.append((content.name, content.sha256))
            for record in self._records(content, filled):
                row = self._row(record, above, filled)
                if row is not None:
                    self._unique(row, record, seen)
                    filled.rows.append(row)
        return filled

    def _records(self, content: Content, filled: Filled) -> Sequence[Record]:
        """Return a file's records, having noted columns that it lacks or has too many."""
        found = part(content, self.table, self.layout, self.problems)
        if found is None:
            return ()
        used = {source for column in self._all() for source in column.sources}
        steps = {path.partition(".")[0].removesuffix("[]") for path in used} | used
        needed = {source for column in self._all() if not column.optional for source in column.sources}
        if self.table.format == "json":
            lacking = [
                path
                for path in sorted(needed)
                if found.records and not any(_has(record, path) for record in found.records)
            ]
        else:
            lacking = sorted(needed - set(found.columns))
        for path in lacking:
            self._note(content.name, f"no column {path}", "it, as the mapping says")
        extra = [name for name in found.columns if name not in steps and name not in self.table.ignored]
        for name in extra:
            filled.dropped[name] += sum(name in record.fields for record in found.records)
        return () if lacking else found.records

    def _all(self) -> Iterable[declared.MappedColumn]:
        yield from self.table.columns.values()
        if self.table.currency is not None:
            yield self.table.currency

    def _row(self, record: Record, above: Above | None, filled: Filled) -> dict[str, Any] | None:
        """Return a record as a row; None where a part of it does not fit, which is noted."""
        row: dict[str, Any] = {}
        before = len(self.problems.found)
        money = [name for name in self.table.columns if _of_currency(self.table.columns[name])]
        for name in self.table.columns:
            if name not in money:
                row[name] = self._value(record, name, None)
        if above is not None and not self._belongs(record, row, above, filled):
            return None
        if money:
            digits = self._digits(record, row, above)
            for name in money:
                row[name] = self._value(record, name, digits) if digits is not None else None
        if len(self.problems.found) > before:
            return None
        return {name: row.get(name) for name in self.columns}

    def _belongs(self, record: Record, row: Mapping[str, Any], above: Above, filled: Filled) -> bool:
        """Return whether the row it belongs to is there; where it is not, it is counted or noted."""
        whose = row.get(self.target.reference or "")
        if whose in above.currencies:
            return True
        if above.whole and self.table.orphans == "count":
            filled.dropped[f"(rows of none of {self.target.referred})"] += 1
        elif above.whole:
            self._note(
                record.file,
                f"{self.target.reference} {shown(whose)}, which no row of {self.target.referred} has",
                "one that is there; `orphans: count` leaves such rows out and counts them",
                at=record.at,
            )
        return False

    def _digits(self, record: Record, row: Mapping[str, Any], above: Above | None) -> int | None:
        """Return the digits of the record's currency; None, having noted why, where they cannot be told."""
        target = self.target
        if target.currency is not None and target.currency in self.table.columns:
            code, whose = row.get(target.currency), target.currency
        elif self.table.currency is not None:
            code, whose = self._converted(record, _CURRENCY, self.table.currency, None), "currency"
        elif above is not None and target.reference is not None:
            code = above.currencies.get(row.get(target.reference))
            whose = f"currency of its {target.reference}"
        else:
            code, whose = None, "currency"
        if code in self.digits:
            return self.digits[code]
        found = "none" if code is None else shown(code)
        self._note(
            record.file,
            f"{whose} {found}",
            "a currency of ISO 4217 or of `currencies`, without which no amount has decimals",
            at=record.at,
        )
        return None

    def _value(self, record: Record, name: str, digits: int | None) -> Any:
        return self._converted(record, self.columns[name], self.table.columns[name], digits)

    def _converted(
        self, record: Record, column: Column, mapped: declared.MappedColumn, digits: int | None
    ) -> Any:
        """Return one value; None, having noted why, where it does not fit."""
        raw: Sequence[Any] = (
            [mapped.constant]
            if mapped.constant is not None
            else [value_of(record, path) for path in mapped.sources]
        )
        try:
            return converted(Cell(raw, column, mapped, self.layout, digits))
        except Reason as reason:
            personal = column.privacy is not Privacy.NONE
            said = " x ".join(shown(value) for value in raw)
            self._note(
                record.file,
                "no value" if reason.absent else (NOT_SHOWN if personal else said),
                str(reason),
                at=record.at,
                column=" x ".join(mapped.sources) or f"(constant of {column.source or column.name})",
            )
            return None

    def _unique(self, row: Mapping[str, Any], record: Record, seen: dict[tuple[Any, ...], Record]) -> None:
        names = {column.name: name for name, column in self.columns.items()}
        key = tuple(row.get(names[part]) for part in self.target.key)
        first = seen.setdefault(key, record)
        if first is not record:
            self._note(
                record.file,
                f"the same {', '.join(self.target.key)} as in {first.file}, {first.at[0]} {first.at[1]}",
                "no two rows with one key",
                at=record.at,
            )

    def _note(
        self,
        file: str,
        found: str,
        expected: str,
        *,
        at: tuple[str, int] | None = None,
        column: str | None = None,
    ) -> None:
        self.problems.note(file, found, expected, at=at, column=column)


_CURRENCY = Column("currency", "text", "The currency of a row", required=True)


def _of_currency(mapped: declared.MappedColumn) -> bool:
    return mapped.unit == "major"


def _has(record: Record, path: str) -> bool:
    while path.startswith("^"):
        if record.above is None:
            return False
        record, path = record.above, path[1:]
    return value_of(record, path) is not None or path.partition(".")[0].removesuffix("[]") in record.fields
