"""What does the report show: the period, the matrix, each control and what stands behind it?

One HTML file that asks the network for nothing, made from the analysts' file alone: every figure in it is a
query there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from warehouse.store import Home

WORDS = {
    "PASS": "pass",
    "FAIL": "FAIL",
    "ERROR": "ERR",
    "NOT_TESTED": "n/t",
    "PASS_WAIVED": "waiv",
    "NO_OCCURRENCE": "none",
}
"""Verdict -> the word that stands in its cell beside the colour."""
COVERED = {"complete": "yes", "gap": "GAP"}
LONG = 62
"""Beyond as many days, a run of one verdict is one cell: a year of days would be slow and too wide."""
TEMPLATE = "report.html.j2"
QUERIES: Mapping[str, str] = {
    "controls": "select * from ctl.control order by control_id",
    "tests": "select * from ctl.control_test order by test_id",
    "control_days": "select * from ctl.control_day order by control_id, result_day",
    "test_days": "select * from ctl.test_day order by test_id, result_day",
    "about": """
        select
            control_id,
            list_distinct(list_transform(criteria, lambda one: category_of(one))) as categories,
            (
                select list(distinct split_part(dataset, '_', 1) order by split_part(dataset, '_', 1))
                from (
                    select unnest(datasets) as dataset
                    from ctl.control_test as test
                    where test.control_id = control.control_id
                )
            ) as sources,
            (
                select list(distinct verdict order by verdict)
                from ctl.test_day as test_day
                where test_day.control_id = control.control_id
            ) as verdicts
        from ctl.control as control
        order by control_id
    """,
    "open": """
        select
            * exclude (open_since, due_at, detail, last_seen_at),
            strftime(open_since, '%Y-%m-%d %H:%M') as open_since,
            strftime(due_at, '%Y-%m-%d') as due
        from ctl.open_exceptions
        order by control_id, array_position(['Critical', 'High', 'Medium', 'Low'], severity), open_since
    """,
    "events": """
        select
            event.exception_id,
            strftime(event.event_at, '%Y-%m-%d %H:%M') as at,
            replace(event.event, '_', ' ') as event,
            event.actor,
            event.ticket_key,
            event.waiver_id,
            event.note
        from ctl.exception_event as event
        where event.exception_id in (select exception_id from ctl.open_exceptions)
            and event.event <> 'reobserved'
        order by event.exception_id, event.seq
    """,
    "gaps": """
        select
            * exclude (gap_start, gap_end, recorded_at, recovered_at),
            strftime(recorded_at, '%Y-%m-%d %H:%M') as recorded,
            strftime(recovered_at, '%Y-%m-%d %H:%M') as recovered
        from ctl.coverage_gap
        order by day, dataset, instance
    """,
    "coverage": """
        select
            split_part(dataset, '_', 1) as source,
            dataset,
            day,
            case
                when bool_or(state = 'gap') then 'gap'
                when bool_and(state = 'complete') then 'complete'
                else 'pending'
            end as state,
            count(*) filter (where state in ('complete', 'gap')) as expected,
            count(*) filter (where state = 'complete') as present
        from ctl.coverage
        where kind <> 'derived'
        group by all
        order by source, dataset, day
    """,
    "waivers": """
        select
            waiver_id,
            control_id,
            test_id,
            exception_code,
            reason,
            requested_by,
            approved_by,
            strftime(effective_from, '%Y-%m-%d') as from_day,
            strftime(expires_at, '%Y-%m-%d') as to_day
        from ctl.waiver
        order by control_id, waiver_id
    """,
    "runs": """
        select
            source_system,
            dataset,
            instance,
            day,
            origin,
            principal,
            strftime(finished_at, '%Y-%m-%d %H:%M:%S') as captured,
            pages,
            rows_source_reported,
            rows_extracted,
            entry
        from meta.extraction_run
        where status = 'complete'
        qualify row_number() over (partition by dataset, instance order by day desc, entry desc) = 1
        order by source_system, dataset, instance
    """,
    "broken": "select * from meta.broken_file order by path",
    "damage": "select * from meta.ledger_damage order by all",
}


def write(home: Home, target: Path | None, criteria: Mapping[str, str]) -> Path:
    """Write the report of a published home and return where; `criteria` is id -> meaning in our words.

    Raises FileNotFoundError where nothing was published.
    """
    if not home.warehouse.is_file():
        raise FileNotFoundError(f"{home.warehouse} is missing: publish first.")
    path = target or home.reports / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.staged")
    staged.write_text(render(home, criteria), encoding="utf-8")
    os.replace(staged, path)  # noqa: PTH105 - named for what matters: it is atomic
    return path


def render(home: Home, criteria: Mapping[str, str]) -> str:
    """Return the report's HTML."""
    facts = read(home.warehouse)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    days: list[date] = sorted({row["result_day"] for row in facts["test_days"]})
    verdicts = {(row["test_id"], row["result_day"]): row for row in facts["test_days"]}
    of_control = {(row["control_id"], row["result_day"]): row for row in facts["control_days"]}
    covered: dict[str, dict[date, Any]] = {}
    for row in facts["coverage"]:
        covered.setdefault(row["dataset"], {})[row["day"]] = row
    return environment.get_template(TEMPLATE).render(
        **facts,
        days=days,
        verdicts=verdicts,
        of_control=of_control,
        covered=covered,
        criteria=criteria,
        words=WORDS,
        runs_of=_runs(
            days, {**of_control, **verdicts}, lambda row: (row["verdict"], row["evidence_verifies"])
        )
        if len(days) > LONG
        else {},
        covered_runs=_runs(
            days,
            {(name, day): row for name, rows in covered.items() for day, row in rows.items()},
            lambda row: row["state"],
        )
        if len(days) > LONG
        else {},
        months=[(f"{first:%b %Y}", len(listed)) for first, listed in _months(days)],
        days_of=_by(facts["test_days"], "test_id"),
        open_of=_by(facts["open"], "control_id"),
        events_of=_by(facts["events"], "exception_id"),
        about_of={row["control_id"]: row for row in facts["about"]},
        covered_words=COVERED,
        present=sum(row["present"] for row in facts["coverage"]),
        expected=sum(row["expected"] for row in facts["coverage"]),
        counts=_counts(facts["control_days"]),
    )


def read(file: Path) -> dict[str, Any]:
    """Return what the report shows, each a list of rows."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        facts: dict[str, Any] = {name: _rows(connection, sql) for name, sql in QUERIES.items()}
        facts["stated"] = _statements(connection)
        facts["published"] = _rows(
            connection,
            "select * exclude (published_at), strftime(published_at, '%Y-%m-%d %H:%M') as at "
            "from meta.published",
        )[0]
    return facts


@dataclass(frozen=True)
class Run:
    """Consecutive days whose rows are alike, and the first of those; null: there is none."""

    row: Mapping[str, Any] | None
    days: Sequence[date]


def _months(days: Iterable[date]) -> Iterator[tuple[date, list[date]]]:
    """Yield each month's first day there is, and its days."""
    for _, group in groupby(days, key=lambda day: (day.year, day.month)):
        listed = list(group)
        yield listed[0], listed


def _runs(
    days: Sequence[date],
    rows: Mapping[tuple[str, date], Mapping[str, Any]],
    alike: Callable[[Mapping[str, Any]], object],
) -> dict[str, list[Run]]:
    """Return name -> its runs of days whose rows are alike; together they cover all days."""
    found: dict[str, list[Run]] = {}
    for name in dict.fromkeys(name for name, _ in rows):
        placed = [(rows.get((name, day)), day) for day in days]
        for _, group in groupby(placed, key=lambda pair: None if pair[0] is None else alike(pair[0])):
            listed = list(group)
            found.setdefault(name, []).append(Run(listed[0][0], [day for _, day in listed]))
    return found


def _by(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return rows by the value of one column."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _statements(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return test -> what its days amount to, over all days there are."""
    ((first, last),) = connection.execute(
        "select min(result_day), max(result_day) from ctl.test_day"
    ).fetchall()
    if first is None:
        return {}
    return dict(
        connection.execute(
            "select test_id, statement from period_statement(?::date, ?::date + 1)", [first, last]
        ).fetchall()
    )


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return rows as mappings; instants are left out, since fetching them would need another package."""
    relation = connection.sql(sql)
    kept = [
        name
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if "TIME ZONE" not in str(kind)
    ]
    found = relation.project(", ".join(f'"{name}"' for name in kept)).fetchall()
    return [dict(zip(kept, row, strict=True)) for row in found]


def _counts(control_days: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many control days have each verdict."""
    counts = dict.fromkeys(WORDS, 0)
    for row in control_days:
        counts[row["verdict"]] += 1
    return counts
