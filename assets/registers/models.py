"""What may a register's row say?"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)

WRITTEN_DAY = re.compile(r"\s*\d{4}-\d{2}-\d{2}\s*")
WRITTEN_INSTANT = re.compile(r"\s*\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*")


def _day(value: Any) -> Any:
    """Refuse what pydantic would count as seconds since 1970: nobody writes a date so, but mistypes one."""
    if isinstance(value, int | float) or (isinstance(value, str) and not WRITTEN_DAY.fullmatch(value)):
        raise ValueError("a date is written as 2026-03-17")
    return value


def _instant(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and not WRITTEN_INSTANT.fullmatch(value)):
        raise ValueError("an instant is written as 2026-03-17T16:00:00Z, with its time zone")
    return value


def _whole(value: Any) -> Any:
    """Refuse what only counts as a number: `yes` would be 1."""
    if isinstance(value, bool | float):
        raise ValueError("a whole number is written in digits")  # noqa: TRY004 - pydantic wants a ValueError
    return value


def digits(value: Any) -> Any:
    """Return the number that a cell of a CSV file writes."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A document's SHA-256, as `evidence add` prints it."""
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Whole = Annotated[int, BeforeValidator(_whole)]


class RegisterRow(BaseModel):
    """A row: unknown fields are refused, since a typo must not silently be a missing value."""

    model_config = ConfigDict(extra="forbid")


REGISTERS: dict[str, type[RegisterRow]] = {}
"""File name without its ending -> what a row of it is. declare.py fills it."""


def schemas() -> dict[str, dict[str, Any]]:
    """Return dataset name -> JSON Schema of the register's file: a list of rows."""
    return {
        f"register_{name}": {"type": "array", "items": model.model_json_schema()}
        for name, model in REGISTERS.items()
    }
