"""What is a dataset: its name, kind, key and columns, each with type, unit, meaning and privacy class?"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = re.compile(r"[a-z][a-z0-9_]*")
INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")

TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "text[]": pa.list_(pa.string()),
    "json": pa.string(),
    "money": pa.int64(),
}
"""The column types there are. `money` is an integer in minor units of the row's currency."""


class Kind(StrEnum):
    """How a dataset relates to time (architecture, section 5)."""

    STATE = "state"
    EVENT = "event"
    REGISTER = "register"
    DERIVED = "derived"

    @property
    def bound_to_its_day(self) -> bool:
        """True where the fact can only be observed while it is true."""
        return self in (Kind.STATE, Kind.REGISTER)


class Privacy(StrEnum):
    """Who a column is about, and so who may see it."""

    NONE = "none"
    WORKFORCE = "workforce"
    SHOPPER = "shopper, as keyed HMAC"


class DeclarationError(ValueError):
    """A dataset declaration contradicts itself; the message says how to mend it."""


@dataclass(frozen=True)
class Column:
    """One column. `source` is the dotted path of the field in the record as the source sent it."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    source: str = ""
    privacy: Privacy = Privacy.NONE
    required: bool = False

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise DeclarationError(
                f"column {self.name!r}: expected lower-case letters, digits and _, starting with a letter"
            )
        if self.type not in TYPES:
            raise DeclarationError(f"column {self.name}: type {self.type!r} is none of {', '.join(TYPES)}")
        if not self.meaning:
            raise DeclarationError(f"column {self.name}: say what it means; analysts read it as a COMMENT")

    @property
    def comment(self) -> str:
        """Meaning, unit, source field and privacy class in one line, for a SQL COMMENT."""
        parts = [self.meaning.rstrip(".")]
        unit = "minor units of the row's currency" if self.type == "money" and not self.unit else self.unit
        if unit:
            parts.append(f"unit: {unit}")
        if self.source:
            parts.append(f"source field: {self.source}")
        parts.append(f"privacy: {self.privacy.value}")
        return "; ".join(parts)

    @property
    def arrow(self) -> pa.Field:
        """The Arrow field, nullable unless the column is required."""
        return pa.field(self.name, TYPES[self.type], nullable=not self.required)


@dataclass(frozen=True)
class Dataset:
    """One kind of fact from one source. Its name is `<source>_<entity>`, singular."""

    name: str
    kind: Kind
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    retention_days: int | None = None
    """How long the source keeps these events; None where a missed slot can never be had again."""
    follows: Kind | None = None
    """For derived datasets: whether their days behave like a state's or like an event's."""
    parameters: tuple[str, ...] = ()
    """Of a derived dataset: the dated parameters of controls that its SQL uses, such as `CM-01.ticket_types`,
    so that what management states stands in the control and nowhere else."""
    key_may_lack: tuple[str, ...] = ()
    """Columns of the key that may be null; that a row has none of one is then part of what tells it apart."""
    may_be_empty: bool = False
    """False: no rows at all is a failed collection. True: the source may honestly have none."""
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or "_" not in self.name:
            raise DeclarationError(f"dataset {self.name!r}: expected <source>_<entity> in lower case")
        by_name = {column.name: column for column in self.columns}
        if len(by_name) != len(self.columns):
            raise DeclarationError(f"dataset {self.name}: a column name occurs twice")
        if reserved := by_name.keys() & {"entry", "instance", "day", "captured_at"}:
            raise DeclarationError(
                f"dataset {self.name}: {', '.join(sorted(reserved))} is added to every view; "
                "choose another name"
            )
        if not self.key or (unknown := set(self.key) - by_name.keys()):
            missing = ", ".join(sorted(unknown)) if self.key else "(none)"
            raise DeclarationError(f"dataset {self.name}: its key names {missing}, which is no column of it")
        if strange := sorted(
            name for name in self.key_may_lack if name not in self.key or by_name[name].required
        ):
            raise DeclarationError(
                f"dataset {self.name}: {', '.join(strange)} may be lacking in its key, so it must be a "
                "column of the key that is not required"
            )
        if self.retention_days is not None and self.kind is not Kind.EVENT:
            raise DeclarationError(f"dataset {self.name}: only events have a retention at their source")
        if (self.kind is Kind.DERIVED) != (self.follows is not None):
            raise DeclarationError(
                f"dataset {self.name}: a derived dataset, and no other, says whether it follows "
                "state or event"
            )
        object.__setattr__(self, "_by_name", by_name)

    @property
    def source(self) -> str:
        """The word before the first underscore: the folder in assets/ that owns it."""
        return self.name.split("_", 1)[0]

    @property
    def accumulates(self) -> bool:
        """True where several captures on one day all count; False where the newest read counts."""
        return (self.follows or self.kind).bound_to_its_day

    def column(self, name: str) -> Column:
        """Return the column of that name. Raises KeyError."""
        return self._by_name[name]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema every snapshot of this dataset has."""
        return pa.schema([column.arrow for column in self.columns])

    @property
    def schema_sha256(self) -> str:
        """A digest of names, types and nullability, so that a changed declaration shows in the ledger."""
        lines = [f"{c.name} {c.type} {'required' if c.required else 'optional'}" for c in self.columns]
        text = "\n".join([self.name, ",".join(self.key), *lines])
        return hashlib.sha256(text.encode()).hexdigest()


def check_instance(instance: str) -> str:
    """Return the instance name if it can stand in a path and in SQL. Raises DeclarationError."""
    if not INSTANCE.fullmatch(instance):
        raise DeclarationError(
            f"instance {instance!r}: expected 1 to 80 letters, digits, dot, dash or underscore, "
            "starting with a letter or digit"
        )
    return instance
