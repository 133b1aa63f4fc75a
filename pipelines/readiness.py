"""What stands between today and an audit, printed for people or as JSON?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click
import duckdb

from expectations.criteria import uncovered
from pipelines.query import connect
from warehouse.audit.period import CATEGORIES, periods
from warehouse.audit.readiness import Lacking, facts, lacking
from warehouse.store import Home

if TYPE_CHECKING:
    from rich.console import Console

DONE, WITH_FINDINGS = 0, 2
SHOWN = 15
"""Lines of one kind printed at most; JSON has all."""


def show(home: Home, out: Console, form: str) -> int:
    """Print what is lacking; return 2 where anything is."""
    with connect(home) as connection:
        found = [*lacking(connection), *not_covered(connection)]
        ((company, sandbox),) = connection.execute("select company, sandbox from meta.published").fetchall()
    if form == "json":
        told = {"company": company, "sandbox": sandbox, "lacking": facts(found)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return WITH_FINDINGS if found else DONE
    if sandbox:
        out.print("SANDBOX: this evidence is of a simulated company.", style="bold yellow")
    out.print(f"{company}: what to do first comes first", markup=False)
    for what, rows in groupby(found, key=lambda one: one.what):
        listed = list(rows)
        out.print(f"\n{what} ({len(listed)}): {listed[0].do}", style="bold", markup=False)
        for one in listed[:SHOWN]:
            by = f"until {one.until}  " if one.until else ""
            out.print(f"  {by}{one.subject}: {one.detail}", markup=False)
        if len(listed) > SHOWN:
            out.print(f"  and {len(listed) - SHOWN} more: --format json has all", style="dim")
    if not found:
        out.print("Nothing is lacking that can be seen from here.")
    return WITH_FINDINGS if found else DONE


def not_covered(connection: duckdb.DuckDBPyConnection) -> Iterator[Lacking]:
    """Yield the criteria of the registered audits' categories that no control covers; of all, if none is."""
    from pipelines.evaluation import controls

    scope = {name for period in periods(connection).values() for name in period.categories} or {*CATEGORIES}
    for criterion in uncovered(controls()):
        ((category,),) = connection.execute("select category_of(?)", [criterion.id]).fetchall()
        if category in scope:
            yield Lacking(
                "is a criterion no control covers",
                criterion.id,
                criterion.meaning,
                None,
                "add a control as CONTRIBUTING.md says, or show the auditor other evidence",
            )
