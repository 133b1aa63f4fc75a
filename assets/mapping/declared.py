"""What may a mapping say, and where does it contradict itself?"""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from assets.failures import PermanentFailure
from assets.mapping.currencies import ISO_DIGITS
from assets.registers.rows import composed, decoded, refuse, yaml_row

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Rounding = Literal["half_up", "half_down", "half_even", "down", "up"]
Unit = Literal["minor", "major", "one", "fraction", "percent", "e4", "e9"]
Encoding = Literal["utf-8", "utf-16", "iso-8859-1", "iso-8859-15", "cp1250", "cp1252"]
DIRECTIVE = re.compile(r"%[a-zA-Z%]")
KNOWN_DIRECTIVES = frozenset({f"%{letter}" for letter in "YmdHIMSfpzjBb%"})
"""Those of strptime that mean one thing in every country and century; `%y` does not."""


class Strict(BaseModel):
    """A part of a mapping: an unknown key is refused, since a typo must not be a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Layout(Strict):
    """How files are written. What a table does not say, the mapping says for all of them."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    """Of CSV files; a comma where nothing is said."""
    encoding: Encoding | None = None
    """utf-8 where nothing is said; its byte order mark is allowed."""
    skip_rows: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How many lines stand before the heading."""
    heading: tuple[Name, ...] | None = None
    """The columns' names, of a file that has no heading."""
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", " ", "'", "\u00a0", "\u202f"] | None = None
    """Between groups of three digits; where nothing is said there is none."""
    zone: str | None = None
    """Whose clock timestamps without an offset are read by: `Europe/Berlin`. Without it they are refused."""
    timestamps: tuple[Name, ...] | None = None
    """How timestamps are written, as strptime has it; ISO 8601 where nothing is said."""
    dates: tuple[Name, ...] | None = None
    """How dates are written; 2026-03-17 where nothing is said."""
    null_words: tuple[str, ...] | None = None
    """What stands where there is no value; only an empty cell where nothing is said."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.thousands is not None and self.thousands == (self.decimal or "."):
            raise ValueError("`thousands` and `decimal` are the same sign, so no number could be read")
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError):
                raise ValueError(f"`zone` {self.zone!r} is no time zone, such as Europe/Berlin") from None
        for text in (*(self.timestamps or ()), *(self.dates or ())):
            if odd := sorted(set(DIRECTIVE.findall(text)) - KNOWN_DIRECTIVES):
                raise ValueError(f"the format {text!r} has {', '.join(odd)}, which could mean several things")
            if "%Y" not in text:
                raise ValueError(f"the format {text!r} says no year with four digits (%Y)")
        return self


class MappedColumn(Strict):
    """Where one of our columns comes from."""

    source: Name | None = Field(default=None, alias="from")
    """The export's column. In JSON a path such as `customer.id`, each `^` before it one record outward;
    amounts in a list, such as `shipping_lines[].price`, are added up."""
    constant: str | int | bool | None = None
    """The same for every row."""
    product: Annotated[tuple[Name, ...], Field(min_length=2, max_length=4)] | None = None
    """Columns whose exact product it is: of exports that give a quantity and a price, and no extension."""
    less: Name | None = None
    """A column with the fraction that is taken off: it is all multiplied by one minus it."""
    unit: Unit | None = None
    """What one means in the export: `minor` and `major` are of the currency, `one` a piece."""
    round: Rounding | None = None
    """How a value with more decimals than ours is rounded; without it, such a value is refused."""
    values: dict[str, str | int | bool | None] | None = None
    """The export's words and ours; a word it does not name is refused."""
    separator: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    """Of a list in one cell."""
    null_words: tuple[str, ...] | None = None
    required: bool = False
    """Whether a row without a value is refused; what our own column demands holds in any case."""
    optional: bool = False
    """Whether the export may lack the column altogether."""
    floats: bool = False
    """Whether binary floats of a Parquet file are taken, each as the shortest decimal that stands for it."""
    zone: str | None = None
    timestamps: tuple[Name, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = ("source", "constant", "product")
        if len(self.model_fields_set & set(ways)) != 1:
            raise ValueError("say exactly one of `from`, `constant` and `product`")
        if "constant" in self.model_fields_set and self.constant is None:
            raise ValueError("`constant` needs a value; leave a column out that has none")
        Layout(zone=self.zone, timestamps=self.timestamps)
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The export's columns it is made of."""
        found = self.product or ((self.source,) if self.source else ())
        return (*found, self.less) if self.less is not None else found


class MappedTable(Layout):
    """Which files fill one of our tables."""

    file: Name
    """A name, or a pattern with `*` where the export comes in parts, below the folder."""
    format: Literal["csv", "parquet", "json"] = "csv"
    records: tuple[Name, ...] = ()
    """Of JSON: the fields that lead to the records, from the outermost; a list is gone through."""
    currency: MappedColumn | None = None
    """Of a table without a currency of its own: where its rows' currency comes from."""
    columns: dict[Name, MappedColumn] = Field(min_length=1)
    orphans: Literal["refuse", "count"] = "refuse"
    """What becomes of rows that belong to a row the export lacks: a line without its order is of no day."""
    ignored: tuple[Name, ...] = ()
    """Columns of the export that are known and not wanted: they are not counted as drift."""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if Path(self.file).is_absolute() or ".." in Path(self.file).parts:
            raise ValueError("`file` must lie in the folder: no absolute path and no `..`")
        if self.records and self.format != "json":
            raise ValueError("`records` is of JSON files")
        return self


class Mapping(Layout):
    """A mapping as a whole."""

    currencies: dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}[0-6]$")], Annotated[int, Field(ge=0, le=6)]
    ] = Field(default_factory=dict)
    """Codes beside ISO 4217, such as USD4, and their digits: of books finer than a currency's coins."""
    absent: tuple[Name, ...] = ()
    """Tables that the export lacks: what depends on them is not tested, and is never taken for empty."""
    tables: dict[Name, MappedTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if wrong := sorted(code for code, digits in self.currencies.items() if code[-1] != str(digits)):
            raise ValueError(f"{', '.join(wrong)}: the code ends in the number of digits, as USD4 has four")
        if both := sorted(set(self.absent) & self.tables.keys()):
            raise ValueError(f"{', '.join(both)} cannot be `absent` and have a file")
        return self

    def digits(self) -> dict[str, int]:
        """Return currency -> digits of its minor unit."""
        return ISO_DIGITS | self.currencies

    def layout(self, table: MappedTable) -> Layout:
        """Return how a table's files are written, with what the mapping says for all of them."""
        said = {
            name: getattr(self, name) if getattr(table, name) is None else getattr(table, name)
            for name in Layout.model_fields
        }
        return Layout(**said)


def mapping_schema() -> dict[str, Any]:
    """Return the JSON Schema of a mapping, for editors."""
    return Mapping.model_json_schema()


def read_mapping(file: Path, tables: Map[str, frozenset[str]], *, of: str) -> Mapping:
    """Return the mapping a file holds, of `tables`: name -> the columns it may have.

    Raises PermanentFailure with every problem and its line. A table that is neither mapped nor said to be
    `absent` is one.
    """
    if not file.is_file():
        raise PermanentFailure(f"{of}: there is no mapping {file}, expected a YAML file: what is what.")
    node = composed(decoded(file.read_bytes(), file.name), file.name)
    if node is None:
        raise PermanentFailure(f"{of}: the mapping {file.name} is empty.")
    place, content = yaml_row(node, file.name)
    try:
        mapping = Mapping.model_validate(content)
    except ValidationError as error:
        refuse(
            [
                f"{place.of(item['loc'])}: {'.'.join(map(str, item['loc'])) or 'mapping'}: {item['msg']}"
                for item in error.errors()
            ],
            file.name,
        )
        raise
    problems = [
        f"{place.of(('tables', name))}: tables.{name}: is none of {', '.join(sorted(tables))}"
        for name in mapping.tables
        if name not in tables
    ]
    problems += [
        f"{place.of(('absent',))}: absent: {name} is none of {', '.join(sorted(tables))}"
        for name in mapping.absent
        if name not in tables
    ]
    problems += [
        f"{place.of(('tables', name, 'columns', column))}: tables.{name}.columns.{column}: the table has no "
        f"such column, but {', '.join(sorted(tables[name]))}"
        for name, table in mapping.tables.items()
        for column in table.columns
        if name in tables and column not in tables[name]
    ]
    if silent := sorted(tables.keys() - mapping.tables.keys() - set(mapping.absent)):
        problems.append(
            f"{place.of(('tables',))}: nothing is said of {', '.join(silent)}: map each, or say `absent`"
        )
    refuse(problems, file.name)
    return mapping
