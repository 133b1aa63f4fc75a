"""What does somebody have to be told: a new exception, one past its day, a gap, a waiver about to end?

Nothing here names a person: a notice leaves for systems that many can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from warehouse.dataset import Column, Dataset, Kind

NOTIFICATION = Dataset(
    name="ctl_notification",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per thing that was told through a channel; none is told there twice",
    key=("channel", "notice"),
    columns=(
        Column("channel", "text", "webhook or email", required=True),
        Column("notice", "text", "What was told: kind and identity", required=True),
        Column("text", "text", "In which words", required=True),
        Column("told_at", "timestamp", "When", required=True),
    ),
    may_be_empty=True,
)
SEVERITIES = ("Critical", "High", "Medium", "Low")
QUERIES: Sequence[tuple[str, str]] = (
    (
        "New exceptions",
        """
        select
            'exception|' || exception_id || '|' || episode as notice,
            severity || ' ' || test_id || ' ' || code || ': ' || population_key || ', found on '
            || first_day || ', due ' || strftime(due_at, '%Y-%m-%d') as text
        from ctl.exception_episode
        where status in ('OPEN', 'TICKETED', 'REMEDIATION_CLAIMED', 'DEVIATION')
            and list_contains($severities, severity)
        order by
            list_position($severities, severity),
            first_day,
            notice
        """,
    ),
    (
        "Past their day",
        """
        select
            'overdue|' || exception_id || '|' || episode as notice,
            severity || ' ' || test_id || ' ' || code || ': ' || population_key || ', was due '
            || strftime(due_at, '%Y-%m-%d') as text
        from ctl.exception_episode
        where is_overdue
            and cleared_at is null
            and list_contains($severities, severity)
        order by
            list_position($severities, severity),
            due_at,
            notice
        """,
    ),
    (
        "Evidence that is missing",
        """
        select
            'gap|' || dataset || '|' || instance || '|' || day as notice,
            dataset || ' of ' || instance || ' on ' || day
            || coalesce(': the source has it until ' || recoverable_until, ': it can never be had again')
            as text
        from ctl.coverage_gap
        where recovered_at is null
        order by
            day,
            notice
        """,
    ),
    (
        "Waivers about to end",
        """
        select
            'waiver|' || waiver_id || '|' || strftime(expires_at, '%Y-%m-%d') as notice,
            waiver_id || ' about ' || coalesce(test_id, control_id) || ' ends on '
            || strftime(expires_at, '%Y-%m-%d') as text
        from ctl.waiver
        where revoked_at is null
            and expires_at > (select published_at from meta.published)
            and expires_at <= (select published_at + interval 14 day from meta.published)
        order by
            expires_at,
            notice
        """,
    ),
)
"""Heading, and the query of its notices: identity and words."""


@dataclass(frozen=True)
class Notice:
    """One thing to tell."""

    heading: str
    notice: str
    text: str


def notices(connection: duckdb.DuckDBPyConnection, lowest: str) -> list[Notice]:
    """Return everything there is to tell, exceptions from a severity up."""
    severities = list(SEVERITIES[: SEVERITIES.index(lowest) + 1])
    return [
        Notice(heading, notice, text)
        for heading, sql in QUERIES
        for notice, text in connection.execute(
            sql, {"severities": severities} if "$severities" in sql else {}
        ).fetchall()
    ]
