"""How does a function that reads a source become evidence that can be trusted?

A recipe says which datasets a function fills. It knows no Dagster (pipelines/ wires that), so that the
command line can list datasets without waiting for Dagster's import.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from assets.failures import PermanentFailure
from warehouse.dataset import Column, Dataset, Kind

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Iterable[Row] | pa.Table


@dataclass(frozen=True)
class Access:
    """What a source lets our own credential do: who reads evidence must not be able to change it."""

    granted: tuple[str, ...] | None
    """Scopes, roles or permissions as the source names them; None: the source does not tell."""
    writing: tuple[str, ...] | None
    """Those of them that could change something there; None: it cannot be told."""
    lacking: tuple[str, ...] = ()
    """What we need and do not have, each with what cannot be read without it."""


class Client(Protocol):
    """What every source's client offers, whatever else it can do."""

    def principal(self) -> str:
        """Who the source says we are; never a secret."""

    def access(self) -> Access:
        """Return what the source lets our own credential do; raise SourceFailure where it cannot be asked."""

    def close(self) -> None:
        """Give connections back."""


@dataclass(frozen=True)
class Page:
    """One answer of a source, as received."""

    records: Sequence[Mapping[str, Any]]
    request: str
    """The exact request, without secrets: `GET /api/v1/users?limit=200`."""
    request_id: str | None = None
    server_date: datetime | None = None
    """The answer's `Date` header, UTC."""


@dataclass
class Reading:
    """One capture under way: what was asked, what came back, what was dropped.

    `start` and `end` bound the evidence day in UTC, half open. Read functions fetch events inside them
    and ignore them for states.
    """

    day: date
    instance: str
    start: datetime
    end: datetime
    hmac: Callable[[str], str]
    """Replaces a shopper's identifier by its keyed HMAC (hexadecimal)."""
    started: datetime | None = None
    """When reading began, by our clock; null: not said, as in a test of one read function."""
    pages: list[dict[str, Any]] = field(default_factory=list)
    """Redacted raw pages, in the order received."""
    requests: list[str] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    """Fields the allow-list does not name, with how often each was dropped."""
    reported: dict[str, int] = field(default_factory=dict)
    """Dataset name -> how many rows the source itself says there are."""
    control_sums: dict[str, int] = field(default_factory=dict)
    """Dataset name -> sum in minor units computed inside the source in the same transaction."""
    server_dates: list[datetime] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    """Datasets that the source is configured to lack, so that nothing of them is stored, nor expected."""

    def records(self, pages: Iterable[Page], dataset: Dataset) -> Iterator[Mapping[str, Any]]:
        """Yield every record of every page, keeping a redacted copy of each page."""
        allowed = allowed_paths(dataset)
        for page in pages:
            self.request(page.request)
            if page.server_date is not None:
                self.server_dates.append(page.server_date)
            kept, removed = [], Counter[str]()
            for record in page.records:
                copy, gone = redact(record, allowed)
                kept.append(copy)
                removed.update(gone)
            self.dropped.update({f"{dataset.name}: {path}": n for path, n in removed.items()})
            self.pages.append(
                {
                    "request": page.request,
                    "request_id": page.request_id,
                    "date": page.server_date.isoformat() if page.server_date else None,
                    "removed": dict(sorted(removed.items())),
                    "records": kept,
                }
            )
            yield from page.records

    def request(self, text: str) -> None:
        """Remember a request that no page stands for, such as a SQL statement."""
        self.requests.append(text)

    def lacks(self, dataset: Dataset) -> None:
        """Remember a dataset that the source is configured to lack: it is not empty, it is not there."""
        self.absent.add(dataset.name)

    def reports(self, dataset: Dataset, rows: int) -> None:
        """Remember how many rows the source itself says there are."""
        self.reported[dataset.name] = rows


def allowed_paths(dataset: Dataset) -> frozenset[tuple[str, ...]]:
    """Return the record fields a dataset may keep: the source paths of its columns."""
    return frozenset(tuple(c.source.split(".")) for c in dataset.columns if c.source)


def redact(
    record: Mapping[str, Any], allowed: frozenset[tuple[str, ...]]
) -> tuple[dict[str, Any], Counter[str]]:
    """Return the record with nothing but the allowed fields, and the paths of what was removed."""
    kept: dict[str, Any] = {}
    removed: Counter[str] = Counter()
    steps = _steps(allowed)
    for name, value in record.items():
        below = steps.get(name)
        if below is None:
            removed[name] += 1
        elif () in below:
            kept[name] = value
        elif isinstance(value, Mapping):
            inner, gone = redact(value, below)
            kept[name] = inner
            removed.update({f"{name}.{path}": n for path, n in gone.items()})
        elif value is not None:
            removed[name] += 1
    return kept, removed


@cache
def _steps(allowed: frozenset[tuple[str, ...]]) -> Mapping[str, frozenset[tuple[str, ...]]]:
    """Return field -> what is allowed below it. Worked out once, as pages have many records."""
    return {
        name: frozenset(path[1:] for path in allowed if path[0] == name) for name in {p[0] for p in allowed}
    }


def row(dataset: Dataset, record: Mapping[str, Any], **computed: Any) -> dict[str, Any]:
    """Return one row: columns with a source path from the record, the others from `computed`.

    A required field that is absent raises PermanentFailure: the interface has changed. An optional one is
    None, never an empty string.
    """
    values: dict[str, Any] = {}
    for column in dataset.columns:
        if column.name in computed:
            values[column.name] = computed[column.name]
        elif column.source:
            values[column.name] = typed(dataset, column, field_of(record, column.source))
    return values


def field_of(record: Mapping[str, Any], path: str) -> Any:
    """Return the field at a dotted path, or None where it is absent."""
    value: Any = record
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def typed(dataset: Dataset, column: Column, value: Any) -> Any:  # noqa: C901, PLR0912 - one case a type
    """Return a value as its column's type wants it. Raises PermanentFailure where it does not fit."""

    def refuse(expected: str) -> PermanentFailure:
        return PermanentFailure(
            f"{dataset.name}.{column.name}: the source sent a {type(value).__name__} in field "
            f"{column.source or column.name}, expected {expected}."
        )

    if value is None:
        if column.required:
            raise PermanentFailure(
                f"{dataset.name}.{column.name}: the source sent no {column.source or column.name}, which "
                "every record must have. Has its interface changed?"
            )
        return None
    match column.type:
        case "text":
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise refuse("text")
            return str(value)
        case "int" | "money":
            if isinstance(value, bool) or not isinstance(value, int):
                raise refuse("an integer")
            if not -(2**63) <= value < 2**63:
                raise refuse("an integer of at most 64 bits")
            return value
        case "bool":
            if not isinstance(value, bool):
                raise refuse("true or false")
            return value
        case "timestamp":
            moment = _parsed(datetime.fromisoformat, value)
            if not isinstance(moment, datetime) or moment.tzinfo is None:
                raise refuse("an instant with its time zone")
            return moment
        case "date":
            day = _parsed(date.fromisoformat, value)
            if not isinstance(day, date) or isinstance(day, datetime):
                raise refuse("a date")
            return day
        case "text[]":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise refuse("a list of texts")
            return value
        case _:
            try:
                return json.dumps(
                    value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
                )
            except ValueError:
                raise refuse("JSON, which knows no NaN and no Infinity") from None


def _parsed(parse: Callable[[str], Any], value: Any) -> Any:
    """Return what a text says, None where it says nothing; other values as they are."""
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except ValueError:
        return None


def day_window(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a UTC day and the first instant after it."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


@dataclass(frozen=True)
class Recipe:
    """A function that reads one source, and the datasets it fills in one go."""

    name: str
    datasets: tuple[Dataset, ...]
    read: Callable[[Any, Reading], Rows | Mapping[str, Rows]]
    instances: Callable[[Sequence[str]], Sequence[str]]
    """Which of a source's instances it is read from (most: all)."""
    flag: str = ""
    """A setting without which an instance is not asked: of interfaces not every customer has."""

    @property
    def source(self) -> str:
        """The source's word, which is also its folder."""
        return self.datasets[0].source

    @property
    def listing(self) -> str:
        """Under which word the configuration lists the instances it may be read from."""
        return f"{self.source}.{self.flag}" if self.flag else self.source

    @property
    def kind(self) -> Kind:
        """State, event or register; all datasets of a recipe share it."""
        return self.datasets[0].kind

    @property
    def doc(self) -> str:
        """What one row is and why it is collected."""
        return (self.read.__doc__ or "").strip()


def every(instances: Sequence[str]) -> Sequence[str]:
    """Return all instances: the usual case."""
    return instances


def first(instances: Sequence[str]) -> Sequence[str]:
    """Return the first configured instance only: facts that one account knows about all of them."""
    return instances[:1]


def capture(
    dataset: Dataset, *, instances: Callable[[Sequence[str]], Sequence[str]] = every, flag: str = ""
) -> Callable[[Callable[[Any, Reading], Rows]], Recipe]:
    """Make a recipe of a function `(client, reading) -> rows` that fills one dataset."""

    def wrap(read: Callable[[Any, Reading], Rows]) -> Recipe:
        return Recipe(read.__name__, (dataset,), read, instances, flag)

    return wrap


def captures(
    *datasets: Dataset, instances: Callable[[Sequence[str]], Sequence[str]] = every
) -> Callable[[Callable[[Any, Reading], Mapping[str, Rows]]], Recipe]:
    """Make a recipe of a function that fills several datasets in one transaction: all or none is stored."""

    def wrap(read: Callable[[Any, Reading], Mapping[str, Rows]]) -> Recipe:
        return Recipe(read.__name__, datasets, read, instances)

    return wrap


@dataclass(frozen=True)
class Derivation:
    """A SQL file that computes one dataset from snapshots of others, per instance of its first input."""

    dataset: Dataset
    sql: Path
    inputs: tuple[str, ...]
    """Dataset names. The first one drives: there is one result per instance of it, named
    `<source>-<instance>`; of the others, all instances of the same source's instance or of registers."""
    of_derived: bool = False
    """The first input is derived itself, so that its instances are named `<source>-<instance>` already."""
    only: tuple[str, ...] = ()
    """Of a derived first input, the sources it is computed for; none: all but those in `without`."""
    without: tuple[str, ...] = ()
    before: Mapping[str, int] = field(default_factory=dict)
    """Input -> of how many days before the day its last capture is read too: view `<dataset>_before`."""
    after: Mapping[str, int] = field(default_factory=dict)
    """Likewise of days after it, as far as they have come: view `<dataset>_after`."""
    earlier: tuple[str, ...] = ()
    """Inputs of which the day's captures before the one that counts are read too: `<dataset>_earlier`."""
    named: str | None = None
    """What the result's instances begin with where it is not the source: of a second system in one source."""

    @property
    def source(self) -> str:
        """The source of the first input."""
        return self.inputs[0].split("_", 1)[0]

    def instance(self, of: str) -> str:
        """Return the instance of the result for an instance of the first input."""
        return of if self.of_derived else f"{self.named or self.source}-{of}"

    def covers(self, of: str) -> bool:
        """Return whether it is computed for an instance of the first input."""
        source = of.partition("-")[0]
        return source not in self.without and (not self.only or source in self.only)
