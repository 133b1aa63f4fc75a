"""Which verdict follows from what was found? The order of architecture section 6, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

POPULATION_EMPTY = "POPULATION_EMPTY"
UNKNOWN = "UNKNOWN"


class Verdict(StrEnum):
    """What a test found, the worst first."""

    FAIL = "FAIL"
    ERROR = "ERROR"
    NOT_TESTED = "NOT_TESTED"
    PASS_WAIVED = "PASS_WAIVED"  # noqa: S105 - no password
    PASS = "PASS"  # noqa: S105 - no password
    NO_OCCURRENCE = "NO_OCCURRENCE"


def worst(verdicts: Iterable[Verdict | str]) -> Verdict:
    """Return the worst verdict, so that withholding an input never hides a failure."""
    order = list(Verdict)
    return min((Verdict(verdict) for verdict in verdicts), key=order.index)


@dataclass(frozen=True)
class Found:
    """Everything a verdict depends on."""

    kind: Literal["state", "event"]
    absent: Sequence[str] = ()
    """Needed datasets of which no instance could be read."""
    missing: Sequence[str] = ()
    """Instances that could not be read, and why."""
    errors: Sequence[str] = ()
    """Altered snapshots; what SQL or Great Expectations raised; where they disagree."""
    population: int = 0
    exempt: int = 0
    exceptions: int = 0
    """Without a waiver."""
    unknown: int = 0
    waived: int = 0


def verdict(found: Found) -> tuple[Verdict, str]:
    """Return the verdict and its reason in one sentence."""
    tested = found.population - found.exempt
    if found.absent:
        named = "; ".join(found.missing) or "nothing was captured"
        return Verdict.NOT_TESTED, f"Nothing of {', '.join(found.absent)} can be read: {named}."
    if found.errors:
        return Verdict.ERROR, f"{'; '.join(found.errors)}."
    if not found.population and not found.missing:
        if found.kind == "event":
            return Verdict.NO_OCCURRENCE, "Nothing of the kind happened."
        return Verdict.FAIL, "The population is empty, which cannot be for a state (POPULATION_EMPTY)."
    part = f"; not read: {'; '.join(found.missing)}" if found.missing else ""
    if found.exceptions:
        more = f", {found.waived} waived" if found.waived else ""
        more += f", {found.unknown} unknown" if found.unknown else ""
        noun = "exception" if found.exceptions == 1 else "exceptions"
        return Verdict.FAIL, f"{found.exceptions} {noun} in {tested} tested rows{more}{part}."
    if found.missing:
        return Verdict.NOT_TESTED, f"{tested} rows were tested without an exception{part}."
    if found.unknown:
        return (
            Verdict.NOT_TESTED,
            f"{found.unknown} of {tested} rows have a tested attribute that is unknown ({UNKNOWN}).",
        )
    if not tested:
        return Verdict.NO_OCCURRENCE, f"There was nothing to test: all {found.population} rows are exempt."
    besides = f"; {found.exempt} more are exempt" if found.exempt else ""
    if found.waived:
        return (
            Verdict.PASS_WAIVED,
            f"Every exception in {tested} tested rows is waived: {found.waived}{besides}.",
        )
    return Verdict.PASS, f"All {tested} tested rows keep the rules{besides}."
