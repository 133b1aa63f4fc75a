"""What stands between today and an audit, and what is to be done first?

Ordered by what cannot be made good: first what is lost for good on a known day, last what only needs writing
down. Every line is a query on the analysts' file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True)
class Question:
    """One thing to look for: what it is called, what to do about it, and the query that finds it."""

    what: str
    do: str
    sql: str
    """Its columns: subject, detail, until (a date by which, or null)."""


@dataclass(frozen=True)
class Lacking:
    """One thing that was found."""

    what: str
    subject: str
    detail: str
    until: str | None
    do: str


QUESTIONS: Sequence[Question] = (
    Question(
        "becomes a permanent gap",
        "collect that day before then: `evidence collect --day`",
        """
        select
            dataset || ' of ' || instance as subject,
            'nothing of ' || string_agg(day::varchar, ' ' order by day) || ': ' || any_value(cause) as detail,
            min(recoverable_until) as until
        from ctl.coverage
        where state = 'gap'
            and recoverable_until >= (select (published_at at time zone 'UTC')::date from meta.published)
        group by
            dataset,
            instance
        order by
            until,
            subject
        """,
    ),
    Question(
        "is not collected",
        "connect the source: `evidence doctor` says what it needs",
        """
        with needed as (
            select
                unnest(datasets) as dataset,
                test_id
            from ctl.control_test
        )
        select
            needed.dataset as subject,
            'no capture of it was ever stored; read by ' || string_agg(distinct needed.test_id, ' '
                order by needed.test_id) as detail,
            null::date as until
        from needed
        anti join meta.snapshot as stored on stored.dataset = needed.dataset
        where not starts_with(needed.dataset, 'ctl_')
        group by needed.dataset
        order by subject
        """,
    ),
    Question(
        "could not be tested on its last day",
        "see what is missing, and put it there",
        """
        select
            test_id as subject,
            lower(replace(arg_max(verdict, result_day), '_', ' ')) || ' on ' || max(result_day) || ': '
            || arg_max(reason, result_day) as detail,
            null::date as until
        from ctl.test_day
        group by test_id
        having arg_max(verdict, result_day) in ('NOT_TESTED', 'ERROR')
        order by subject
        """,
    ),
    Question(
        "has no passing day",
        "mend what its exceptions name: `evidence period` lists them",
        """
        select
            control_id as subject,
            count(distinct result_day) || ' day(s) tested, none of them without an exception' as detail,
            null::date as until
        from ctl.control_day
        group by control_id
        having count(*) filter (where verdict in ('PASS', 'PASS_WAIVED', 'NO_OCCURRENCE')) = 0
        order by subject
        """,
    ),
    Question(
        "is overdue",
        "mend it, or have somebody approve a waiver that says why not",
        """
        select
            test_id || ' ' || code as subject,
            count(*) || ' exception(s), the oldest due on ' || strftime(min(due_at), '%Y-%m-%d') as detail,
            null::date as until
        from ctl.exception_episode
        where is_overdue
            and cleared_at is null
        group by
            test_id,
            code
        order by subject
        """,
    ),
    Question(
        "is a waiver about to expire",
        "mend what it accepts before then, or renew it with a second person",
        """
        select
            waiver_id as subject,
            'accepts exceptions of ' || coalesce(test_id, control_id) as detail,
            (expires_at at time zone 'UTC')::date as until
        from ctl.waiver
        where revoked_at is null
            and expires_at between (select published_at from meta.published)
            and (select published_at + interval 30 day from meta.published)
        order by
            until,
            subject
        """,
    ),
    Question(
        "is an empty register",
        "write down what is so, or that there is none",
        """
        with newest as (
            select
                dataset,
                instance,
                arg_max(row_count, captured_at) as row_count
            from meta.snapshot
            where starts_with(dataset, 'register_')
            group by all
        ),
        needed as (
            select
                unnest(datasets) as dataset,
                test_id
            from ctl.control_test
        )
        select
            newest.dataset as subject,
            'it has no row; read by ' || string_agg(distinct needed.test_id, ' '
                order by needed.test_id) as detail,
            null::date as until
        from newest
        join needed on needed.dataset = newest.dataset
        where newest.row_count = 0
        group by newest.dataset
        order by subject
        """,
    ),
    Question(
        "has no owner",
        "name the role that answers for it in control.yaml",
        """
        select
            control_id as subject,
            title as detail,
            null::date as until
        from ctl.control
        where coalesce(owner, '') = ''
        order by subject
        """,
    ),
    Question(
        "is a period nobody registered",
        "write the audit's period into registers/observation_period.yaml",
        """
        select
            'observation_period' as subject,
            'the register has no audit' as detail,
            null::date as until
        where not exists (from ctl.observation_period)
        """,
    ),
)
"""In the order of what to do first."""


def lacking(connection: duckdb.DuckDBPyConnection) -> list[Lacking]:
    """Return what stands between today and an audit, what to do first coming first."""
    return [
        Lacking(question.what, subject, detail, str(until) if until else None, question.do)
        for question in QUESTIONS
        for subject, detail, until in connection.execute(question.sql).fetchall()
    ]


def facts(found: Sequence[Lacking]) -> list[Mapping[str, Any]]:
    """Return what was found as plain values, for JSON."""
    return [vars(one) for one in found]
