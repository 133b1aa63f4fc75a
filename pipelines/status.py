"""Which control held on which day, where is evidence missing, and what no longer verifies?

Reads the analysts' file, so it answers in about a second. Files changed since that file was made are found by
their size and times; `evidence verify` reads every byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.query import connect
from warehouse.store import Home, digest_of

if TYPE_CHECKING:
    from rich.console import Console

DONE, WITH_FINDINGS = 0, 2
MARKS = {
    "FAIL": ("F", "bold red"),
    "ERROR": ("E", "bold magenta"),
    "NOT_TESTED": ("?", "yellow"),
    "PASS_WAIVED": ("W", "cyan"),
    "PASS": ("P", "green"),
    "NO_OCCURRENCE": ("-", "dim"),
}
"""Verdict -> its letter and its colour."""
BROKEN = ("!", "bold white on red")
SHOWN = 10


@dataclass(frozen=True)
class Changed:
    """A file that is no longer what it was when the analysts' file was made."""

    path: str
    what: str


def show(home: Home, out: Console, days: int | None = None) -> int:
    """Print the status of a home; return 2 where anything is open, missing or no longer verifies."""
    with connect(home) as connection:
        changed = [*published_faults(connection), *changed_files(connection, home.path)]
        broken = broken_results(connection, [item.path for item in changed])
        _heading(connection, out)
        _matrix(connection, out, broken, days)
        missing = _coverage(connection, out)
        opened = _open(connection, out)
    if changed:
        out.print(
            f"\nNo longer verifies: {len(changed)} file(s); results that needed them are marked !",
            style="red",
        )
        for item in changed[:SHOWN]:
            out.print(f"  {item.what}  {item.path}", markup=False)
        out.print(
            "  `evidence verify` names everything; `evidence test` judges again without them.", markup=False
        )
    return WITH_FINDINGS if changed or missing or opened else DONE


def published_faults(connection: duckdb.DuckDBPyConnection) -> list[Changed]:
    """Return what was missing or altered when the analysts' file was made."""
    rows = connection.execute("select path, fault from meta.broken_file order by path").fetchall()
    return [Changed(path, fault) for path, fault in rows]


def changed_files(connection: duckdb.DuckDBPyConnection, home: Path) -> list[Changed]:
    """Return the files removed or altered since: only those whose size or times differ are read again."""
    found = []
    rows = connection.execute(
        "select path, size, mtime_ns, ctime_ns, sha256 from meta.file_check order by path"
    ).fetchall()
    for path, size, mtime, ctime, sha256 in rows:
        file = home / path
        try:
            stat = file.stat()
        except FileNotFoundError:
            found.append(Changed(path, "missing"))
            continue
        same = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) == (size, mtime, ctime)
        if not same and digest_of(file) != sha256:
            found.append(Changed(path, "altered"))
    return found


def broken_results(connection: duckdb.DuckDBPyConnection, paths: Iterable[str]) -> set[tuple[str, date]]:
    """Return (test, day) of the results that rest on such files, directly or through what was derived."""
    listed = list(paths)
    rows = connection.execute(
        """
        with recursive stored as (
            select
                regexp_extract(object_uri, 'evidence/.*') as path,
                snapshot_id,
                day,
                inputs
            from meta.snapshot
        ),
        touched as (
            select
                path,
                snapshot_id,
                day
            from stored
            where list_contains(?::varchar[], path)
            union
            select
                s.path,
                s.snapshot_id,
                s.day
            from stored as s
            join touched as t on list_contains(s.inputs, t.path)
        )
        select
            d.test_id,
            d.result_day
        from ctl.test_day as d
        join ctl.test_result as r on r.result_id = d.result_id and r.entry = d.entry
        join touched as t on t.day = d.result_day and list_contains(r.snapshot_ids, t.snapshot_id)
        union
        select
            test_id,
            result_day
        from ctl.test_day
        where not evidence_verifies
        """,
        [listed],
    ).fetchall()
    return {(test, day) for test, day in rows}


def _heading(connection: duckdb.DuckDBPyConnection, out: Console) -> None:
    company, sandbox, published, number = connection.execute(
        "select company, sandbox, strftime(published_at, '%Y-%m-%d %H:%M UTC'), ledger_number "
        "from meta.published"
    ).fetchall()[0]
    if sandbox:
        out.print("SANDBOX: this evidence is of a simulated company.", style="bold yellow")
    out.print(f"{company} · published {published} · ledger entry {number}", markup=False)


def _matrix(
    connection: duckdb.DuckDBPyConnection, out: Console, broken: set[tuple[str, date]], days: int | None
) -> None:
    """Print one line per test, one letter per day."""
    from rich.text import Text

    rows = connection.execute(
        "select test_id, result_day, verdict from ctl.test_day order by test_id, result_day"
    ).fetchall()
    shown = sorted({day for _, day, _ in rows})[-(days or len(rows)) :]
    if not shown:
        out.print("No day has been tested yet. Run `evidence test`.")
        return
    verdicts = {(test, day): verdict for test, day, verdict in rows}
    out.print(f"\n{shown[0]} to {shown[-1]}, one column a day", style="bold")
    for unit in (10, 1):
        digits = "".join(str(day.day // unit % 10) if unit == 1 or day.day >= unit else " " for day in shown)
        out.print(f"{'':10}{digits}", style="dim")
    for test in sorted({test for test, _, _ in rows}):
        line = Text(f"{test:10}")
        for day in shown:
            verdict = verdicts.get((test, day))
            letter, style = (" ", "") if verdict is None else MARKS[verdict]
            if (test, day) in broken:
                letter, style = BROKEN
            line.append(letter, style=style)
        out.print(line)
    legend = Text(
        "P pass  F FAIL  W pass, waived  ? not tested  E error  - nothing happened  ! does not verify"
    )
    legend.stylize("dim")
    out.print(legend)


def _coverage(connection: duckdb.DuckDBPyConnection, out: Console) -> int:
    """Print present against expected snapshots per source; return how many are missing."""
    rows = connection.execute(
        """
        select
            split_part(dataset, '_', 1) as source,
            count(*) filter (where state = 'complete') as present,
            count(*) filter (where state = 'gap') as missing,
            count(*) filter (where state not in ('complete', 'gap')) as pending,
            string_agg(distinct day::varchar, ', ' order by day::varchar) filter (
                where state = 'gap'
            ) as gap_days
        from ctl.coverage
        where kind <> 'derived'
        group by source
        order by source
        """
    ).fetchall()
    out.print("\nSnapshots present, of those expected", style="bold")
    for source, present, missing, pending, gap_days in rows:
        note = f"  MISSING {missing} on {gap_days}" if missing else ""
        waiting = f"  {pending} not due yet" if pending else ""
        line = f"{source:12}{present} of {present + missing + pending}{note}{waiting}"
        out.print(line, style="red" if missing else "", markup=False)
    return sum(missing for _, _, missing, _, _ in rows)


def _open(connection: duckdb.DuckDBPyConnection, out: Console) -> int:
    """Print how many exceptions are open by severity; return how many."""
    rows = connection.execute(
        """
        select
            severity,
            count(*)
        from ctl.open_exceptions
        group by severity
        order by array_position(['Critical', 'High', 'Medium', 'Low'], severity)
        """
    ).fetchall()
    said = ", ".join(f"{count} {severity}" for severity, count in rows) or "none"
    out.print(f"\nOpen exceptions: {said}", style="bold")
    return sum(count for _, count in rows)
