"""Which exceptions has somebody accepted, for how long, and may they?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

LONGEST = timedelta(days=366)
Waiver: TypeAlias = Mapping[str, Any]
"""A row of register_waiver."""


@dataclass(frozen=True)
class InForce:
    """The waivers of one test at one instant, and those that were ignored, with the reason."""

    waivers: tuple[Waiver, ...]
    ignored: tuple[str, ...]

    def accepts(self, population_key: str, code: str) -> str | None:
        """Return the id of the first waiver that accepts an exception."""
        for waiver in self.waivers:
            if waiver["exception_code"] in (None, code) and fnmatchcase(
                population_key, waiver["subject_pattern"]
            ):
                return str(waiver["waiver_id"])
        return None


def in_force(waivers: Sequence[Waiver], control_id: str, test_id: str, at: datetime) -> InForce:
    """Return what counts for a test at the instant its evidence is about.

    A waiver approved later, or dated back, accepts nothing of before its approval.
    """
    counting, ignored = [], []
    for waiver in sorted(waivers, key=lambda row: str(row["waiver_id"])):
        if waiver["control_id"] != control_id or waiver["test_id"] not in (None, test_id):
            continue
        if defect := defect_of(waiver):
            ignored.append(f"waiver {waiver['waiver_id']} is ignored: {defect}")
        elif _begins(waiver) <= at < _ends(waiver):
            counting.append(waiver)
    return InForce(tuple(counting), tuple(ignored))


def defect_of(waiver: Waiver) -> str | None:
    """Return why a waiver can never count, or None."""
    wanted = ("subject_pattern", "requested_by", "approved_by", "approved_at", "effective_from", "expires_at")
    if lacking := [name for name in wanted if waiver[name] is None]:
        return f"it has no {', '.join(lacking)}"
    if str(waiver["requested_by"]).casefold() == str(waiver["approved_by"]).casefold():
        return "the same person requested and approved it"
    if waiver["expires_at"] - waiver["effective_from"] > LONGEST:
        return f"it lives longer than {LONGEST.days} days"
    return None


def _begins(waiver: Waiver) -> datetime:
    begins: datetime = max(waiver["effective_from"], waiver["approved_at"])
    return begins


def _ends(waiver: Waiver) -> datetime:
    expires: datetime = waiver["expires_at"]
    revoked: datetime | None = waiver["revoked_at"]
    return expires if revoked is None else min(expires, revoked)
