"""Which trust services criteria are there, which controls cover each, and which does none cover yet?

The meanings are our own words: the criteria themselves are the AICPA's text, and are not shipped.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

FILE = Path(__file__).parent / "criteria.csv"


@dataclass(frozen=True)
class Criterion:
    """One criterion: its id, the category it belongs to, and what it asks for in our words."""

    id: str
    category: str
    meaning: str


class Covering(Protocol):
    """What this module needs to know of a control."""

    @property
    def id(self) -> str:
        """The control's id."""

    @property
    def criteria(self) -> Sequence[str]:
        """The criteria the control gives evidence for."""


@cache
def criteria() -> Mapping[str, Criterion]:
    """Return all 61 criteria by id, in the order of the framework."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {line["id"]: Criterion(**line) for line in csv.DictReader(file)}


def coverage(controls: Iterable[Covering]) -> dict[str, tuple[str, ...]]:
    """Return for every criterion the ids of the controls that cover it; an empty tuple is a gap."""
    found: dict[str, list[str]] = {name: [] for name in criteria()}
    for control in controls:
        for name in control.criteria:
            found[name].append(control.id)
    return {name: tuple(sorted(ids)) for name, ids in found.items()}


def uncovered(controls: Iterable[Covering]) -> tuple[Criterion, ...]:
    """Return the criteria that no control covers yet."""
    return tuple(criteria()[name] for name, ids in coverage(controls).items() if not ids)
