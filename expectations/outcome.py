"""What does an evaluation leave behind, of one test on one day?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import pyarrow as pa

from expectations.judge import Judgement
from expectations.verdicts import Verdict

Refused: TypeAlias = tuple[str, str]
"""A row and a code: what an exception is about."""


@dataclass(frozen=True)
class Seen:
    """What one round showed."""

    observed_at: datetime
    verdict: Verdict
    reason: str
    judgement: Judgement | None = None
    refused: Mapping[Refused, str | None] = field(default_factory=dict)
    """Every exception of the round, with the waiver that accepts it."""

    @property
    def exempt(self) -> frozenset[str]:
        """Keys of the rows that were not tested."""
        return frozenset(key for key, reason in self.rows("population_key", "exempt_reason") if reason)

    def rows(self, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Yield some columns of the frame, row by row."""
        if self.judgement is not None:
            yield from zip(*(self.judgement.frame[c].to_pylist() for c in columns), strict=True)


@dataclass(frozen=True)
class ExceptionLife:
    """One exception over the rounds of a day."""

    population_key: str
    code: str
    severity: str
    first_seen_at: datetime
    last_seen_at: datetime
    cleared_at: datetime | None
    waiver_id: str | None
    subject_label: str | None = None
    occurred_at: datetime | None = None
    detail: str = "{}"


@dataclass(frozen=True)
class TestOutcome:
    """Everything an evaluation of one test on one day leaves behind."""

    __test__: ClassVar[bool] = False  # the word means something else to pytest

    result_id: str
    control_id: str
    test_id: str
    day: date
    verdict: Verdict
    reason: str
    exceptions: tuple[ExceptionLife, ...]
    unknown: frozenset[str]
    rounds: tuple[Seen, ...]
    population: pa.Table
    """Rows of ctl_population."""
    missing: tuple[str, ...]
    facts: Mapping[str, Any]
    """The other columns of ctl_result."""

    @property
    def population_count(self) -> int:
        """Different rows looked at, over all rounds."""
        return len({key for one in self.rounds for (key,) in one.rows("population_key")})

    @property
    def exempt_count(self) -> int:
        """Different rows that were exempt in a round."""
        return len({key for one in self.rounds for key in one.exempt})

    @property
    def exceptions_count(self) -> int:
        """Exceptions without a waiver."""
        return sum(life.waiver_id is None for life in self.exceptions)

    @property
    def waived_count(self) -> int:
        """Exceptions that a waiver accepts."""
        return sum(life.waiver_id is not None for life in self.exceptions)

    @property
    def unknown_count(self) -> int:
        """Different rows with a tested attribute that is unknown."""
        return len(self.unknown)

    @cached_property
    def population_sha256(self) -> str:
        """The digest of its population, computed once: it goes over every row."""
        return population_sha256(self.population)

    def result_row(self) -> dict[str, Any]:
        """Return the row of ctl_result."""
        judged = [one.judgement for one in self.rounds if one.judgement is not None]
        return {
            "result_id": self.result_id,
            "test_id": self.test_id,
            "control_id": self.control_id,
            "result_day": self.day,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "population_count": self.population_count,
            "exempt_count": self.exempt_count,
            "exceptions_count": self.exceptions_count,
            "unknown_count": self.unknown_count,
            "waived_count": self.waived_count,
            "missing": list(self.missing),
            "rounds": len(self.rounds),
            "gx_unexpected_count": sum(one.gx_unexpected_count for one in judged) if judged else None,
            "sql_unexpected_count": sum(one.sql_unexpected_count for one in judged) if judged else None,
            "population_sha256": self.population_sha256,
            **self.facts,
        }

    def exception_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of ctl_exception."""
        for life in self.exceptions:
            yield {
                "exception_id": exception_id(self.test_id, life.population_key, life.code),
                "result_id": self.result_id,
                "test_id": self.test_id,
                "control_id": self.control_id,
                "result_day": self.day,
                **{name: getattr(life, name) for name in life.__dataclass_fields__},
            }

    def gx_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of ctl_gx_result."""
        for one in self.rounds:
            for judged in one.judgement.judged if one.judgement else ():
                yield {
                    "result_id": self.result_id,
                    "test_id": self.test_id,
                    "observed_at": one.observed_at,
                    "expectation": judged.expectation.type,
                    "code": judged.expectation.code,
                    "gx_json": judged.gx_json,
                    "sql": judged.sql,
                }


def exception_id(test_id: str, population_key: str, code: str) -> str:
    """Return the id of an exception: the same on every day it is seen."""
    return hashlib.sha256(f"{test_id}|{population_key}|{code}".encode()).hexdigest()


def population_sha256(population: pa.Table) -> str:
    """Return the digest of the facts of a population: what was looked at, whatever was thought of it."""
    columns = ("observed_at", "population_key", "exempt_reason", "attributes")
    digest = hashlib.sha256()
    for line in sorted(
        json.dumps([str(row[0]), *row[1:]], ensure_ascii=False)
        for row in zip(*(population[c].to_pylist() for c in columns), strict=True)
    ):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
