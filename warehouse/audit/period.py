"""What does the evidence of an observation period amount to, and what does it lack?

It counts; whether a control operated well enough is for the auditor to say. Every figure is a query on the
analysts' file, so that anyone can ask the same of any past window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import duckdb

Row: TypeAlias = Mapping[str, Any]
CATEGORIES = ("security", "availability", "processing_integrity", "confidentiality", "privacy")


class NoPeriod(Exception):
    """Which period is meant cannot be told."""


@dataclass(frozen=True)
class Period:
    """What an audit observes: one date (type 1) or a period (type 2), both days included."""

    first: date
    last: date
    categories: Sequence[str] = CATEGORIES
    audit_id: str | None = None
    """Null: a window somebody asked about."""
    report_type: int | None = None
    criteria_version: str | None = None
    auditor: str | None = None

    @property
    def window(self) -> list[date]:
        """The first day, and the first day after the last."""
        return [self.first, self.last + timedelta(days=1)]


@dataclass(frozen=True)
class Statement:
    """What was expected in a period and what became of it, of the controls in scope."""

    period: Period
    controls: Sequence[Row]
    """Control, title, owner, severity, criteria in scope."""
    tests: Sequence[Row]
    """The rows of period_statement."""
    missing: Sequence[Row]
    """Occurrences that were not tested: test, first and last day, what became of it, why."""
    deviations: Sequence[Row]
    """Exceptions by episode: what, from when to when, waived or not."""
    gaps: Sequence[Row]
    """Missing captures of what these tests read: cause, and whether the source still has it."""
    outside: Row
    """Days with results before and after the period, which are kept and do not count in it."""
    datasets: Sequence[str]
    """What the tests in scope read."""

    @property
    def is_whole(self) -> bool:
        """Whether something was expected, all of it is due and was tested, and nothing deviated."""
        if not self.tests or any(row["pending"] for row in self.tests):
            return False
        return not (self.missing or any(not row["is_waived"] for row in self.deviations))

    def facts(self) -> dict[str, Any]:
        """Return all of it as plain values, for JSON."""
        return {
            "period": {**vars(self.period), "categories": list(self.period.categories)},
            "controls": list(self.controls),
            "tests": list(self.tests),
            "missing": list(self.missing),
            "deviations": list(self.deviations),
            "gaps": list(self.gaps),
            "outside": dict(self.outside),
            "datasets": list(self.datasets),
        }


def periods(connection: duckdb.DuckDBPyConnection) -> dict[str, Period]:
    """Return every audit of the register by its id."""
    rows = _rows(
        connection,
        """
        select
            audit_id,
            report_type,
            period_start,
            period_end,
            categories,
            criteria_version,
            auditor
        from ctl.observation_period
        order by audit_id
        """,
    )
    return {
        row["audit_id"]: Period(
            row["period_start"] if row["report_type"] != 1 else row["period_end"],
            row["period_end"],
            tuple(row["categories"]),
            row["audit_id"],
            row["report_type"],
            row["criteria_version"],
            row["auditor"],
        )
        for row in rows
    }


def chosen(connection: duckdb.DuckDBPyConnection, audit_id: str | None) -> Period:
    """Return an audit's period; without a name the only one. Raises NoPeriod."""
    known = periods(connection)
    if audit_id is None and len(known) == 1:
        return next(iter(known.values()))
    if audit_id in known:
        return known[audit_id]
    listed = ", ".join(known) or "none"
    raise NoPeriod(
        f"{'Which audit is meant?' if audit_id is None else f'There is no audit {audit_id!r}.'} The register "
        f"observation_period has: {listed}. Name one with --audit, or give --from and --to; a new one is "
        "known once the register was collected and published."
    )


def statement(connection: duckdb.DuckDBPyConnection, period: Period) -> Statement:
    """Return what the evidence of a period amounts to, for the controls of its categories."""
    controls = _rows(
        connection,
        """
        with scoped as (
            select
                control_id,
                title,
                owner,
                severity,
                every,
                list_filter(criteria, lambda one: list_contains(?::varchar[], category_of(one))) as criteria
            from ctl.control
        )
        select *
        from scoped
        where len(criteria) > 0
        order by control_id
        """,
        [list(period.categories)],
    )
    names = {row["control_id"] for row in controls}
    window = period.window
    tests = _of(names, _rows(connection, "from period_statement(?::date, ?::date)", window))
    missing = _rows(
        connection,
        """
        select
            test_id,
            control_id,
            first_day,
            last_day,
            became,
            coalesce(reason, 'nothing was evaluated') as reason
        from period_occurrences(?::date, ?::date)
        where became in ('NOT_TESTED', 'ERROR', 'MISSED')
        order by
            test_id,
            last_day
        """,
        window,
    )
    deviations = _rows(
        connection,
        """
        select
            episode.test_id,
            episode.control_id,
            episode.exception_id,
            episode.episode,
            episode.code,
            episode.severity,
            episode.population_key,
            episode.subject_label,
            min(seen.result_day) as first_day,
            max(seen.result_day) as last_day,
            count(*) as days,
            bool_and(seen.waiver_id is not null) as is_waived,
            list(distinct seen.waiver_id order by seen.waiver_id)
                filter (where seen.waiver_id is not null) as waivers,
            episode.status,
            episode.is_overdue,
            episode.ticket_key
        from ctl.exception as seen
        join ctl.exception_episode as episode
            on episode.exception_id = seen.exception_id and episode.episode = seen.episode
        where seen.result_day >= ?::date
            and seen.result_day < ?::date
        group by all
        order by
            episode.test_id,
            first_day,
            episode.population_key,
            episode.code
        """,
        window,
    )
    datasets = _rows(
        connection,
        """
        select distinct unnest(datasets) as dataset
        from ctl.control_test
        where list_contains(?::varchar[], control_id)
        order by dataset
        """,
        [sorted(names)],
    )
    gaps = _rows(
        connection,
        """
        select
            dataset,
            instance,
            day,
            cause,
            recoverable_until,
            recovered_by_run is not null as is_recovered
        from ctl.coverage_gap
        where day >= ?::date
            and day < ?::date
        order by
            day,
            dataset,
            instance
        """,
        window,
    )
    (outside,) = _rows(
        connection,
        """
        select
            count(distinct result_day) filter (where result_day < ?::date) as days_before,
            count(distinct result_day) filter (where result_day >= ?::date) as days_after
        from ctl.test_day
        where evaluations > 0
        """,
        window,
    )
    return Statement(
        period,
        controls,
        tests,
        _of(names, missing),
        _of(names, deviations),
        gaps,
        outside,
        [row["dataset"] for row in datasets],
    )


def _of(names: Collection[str], rows: Sequence[Row]) -> list[Row]:
    """Return the rows of some controls."""
    return [row for row in rows if row["control_id"] in names]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()) -> list[Row]:
    found = connection.execute(sql, list(values))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
