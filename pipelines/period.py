"""What does a period's evidence amount to, printed for people or as JSON?"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

import click

from pipelines.query import connect
from warehouse.audit.period import NoPeriod, Period, Row, Statement, chosen, statement
from warehouse.store import Home

if TYPE_CHECKING:
    from rich.console import Console

DONE, WITH_FINDINGS = 0, 2
SHOWN = 20
"""Deviations and gaps printed at most; JSON has all."""


def show(
    home: Home,
    out: Console,
    *,
    audit_id: str | None,
    window: tuple[date, date] | None,
    categories: Collection[str],
    form: str,
) -> int:
    """Print the statement of an audit, or of a window; return 2 where anything is missing or deviated."""
    with connect(home) as connection:
        try:
            period = Period(*window) if window else chosen(connection, audit_id)
        except NoPeriod as error:
            raise click.ClickException(str(error)) from None
        if categories:
            period = replace(period, categories=tuple(categories))
        found = statement(connection, period)
        (heading,) = connection.execute(
            "select company, sandbox, strftime(published_at, '%Y-%m-%d %H:%M UTC') from meta.published"
        ).fetchall()
    company, sandbox, published = heading
    if form == "json":
        told = {"company": company, "sandbox": sandbox, "published_at": published, **found.facts()}
        click.echo(json.dumps(told, indent=2, default=str, ensure_ascii=False))
    else:
        if sandbox:
            out.print("SANDBOX: this evidence is of a simulated company.", style="bold yellow")
        out.print(f"{company} · published {published}", markup=False)
        _print(found, out)
    return DONE if found.is_whole else WITH_FINDINGS


def _print(found: Statement, out: Console) -> None:
    period = found.period
    what = f"audit {period.audit_id}, type {period.report_type}" if period.audit_id else "a window"
    out.print(f"\n{what}: {period.first} to {period.last}", style="bold")
    said = ", ".join(one.replace("_", " ") for one in period.categories)
    out.print(
        f"{said}: {len(found.controls)} controls, {len(found.tests)} tests, {len(found.datasets)} datasets",
        markup=False,
    )
    before, after = found.outside["days_before"], found.outside["days_after"]
    if before or after:
        out.print(f"kept, and not counted here: {before} day(s) before the period, {after} after it")
    by_control = {row["control_id"]: row for row in found.controls}
    for control_id, tests in groupby(found.tests, key=lambda row: row["control_id"]):
        control = by_control[control_id]
        out.print(f"\n{control_id}  {control['title']}", style="bold", markup=False)
        for test in tests:
            out.print(f"  {test['test_id']:9}{test['statement']}", style=_style(test), markup=False)
    _missing(found, out)
    _deviations(found, out)
    _gaps(found, out)
    out.print("\nThis counts what was tested. What it is worth is for the auditor to say.", style="dim")


def _style(test: Row) -> str:
    if test["deviations"]:
        return "red"
    return "yellow" if test["missing_days"] or not test["performed"] else ""


def _missing(found: Statement, out: Console) -> None:
    if not found.missing:
        return
    out.print("\nNot tested, and why", style="bold")
    why: dict[tuple[str, str, str], list[str]] = {}
    for row in found.missing:
        why.setdefault((row["test_id"], row["became"], row["reason"]), []).append(str(row["last_day"]))
    for (test, became, reason), days in why.items():
        shown = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}, {len(days)} times"
        out.print(f"  {test:9}{became:11} {shown}: {reason}", style="yellow", markup=False)


def _deviations(found: Statement, out: Console) -> None:
    if not found.deviations:
        return
    out.print("\nDeviations", style="bold")
    for row in found.deviations[:SHOWN]:
        days = f"{row['first_day']} to {row['last_day']}" if row["days"] > 1 else str(row["first_day"])
        status = row["status"].lower().replace("_", " ")
        waived = f", by {', '.join(row['waivers'])}" if row["is_waived"] else ""
        late = ", overdue" if row["is_overdue"] else ""
        ticket = f", {row['ticket_key']}" if row["ticket_key"] else ""
        out.print(
            f"  {row['test_id']:9}{row['severity']:9}{row['code']:28}{days:25}"
            f"{status}{waived}{late}{ticket}: {row['subject_label'] or row['population_key']}",
            style="cyan" if row["is_waived"] else "red",
            markup=False,
        )
    _more(len(found.deviations), out)


def _gaps(found: Statement, out: Console) -> None:
    if not found.gaps:
        return
    out.print("\nCaptures that are missing", style="bold")
    for row in found.gaps[:SHOWN]:
        out.print(f"  {row['day']}  {row['dataset']} of {row['instance']}: {_until(row)}", markup=False)
    _more(len(found.gaps), out)


def _until(row: Mapping[str, object]) -> str:
    if row["is_recovered"]:
        return f"{row['cause']}; captured later"
    until = row["recoverable_until"]
    return f"{row['cause']}; " + (
        f"the source has it until {until}" if until else "it can never be had again"
    )


def _more(count: int, out: Console) -> None:
    if count > SHOWN:
        out.print(f"  and {count - SHOWN} more: --format json has all", style="dim")
