"""What does the warehouse answer to one SQL query? Read-only, printed as a table, CSV or JSON."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import duckdb

from warehouse.store import Home

if TYPE_CHECKING:
    from rich.console import Console

FAILED = 1


def connect(home: Home) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection to the analysts' file, in UTC. Raises click.ClickException."""
    if not home.warehouse.is_file():
        raise click.ClickException(
            f"There is no {home.warehouse}. Run `evidence publish` first (or `make demo` for the simulated "
            "company)."
        )
    connection = duckdb.connect(str(home.warehouse), read_only=True)
    connection.execute("set timezone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    return connection


def run(home: Home, sql: str, form: str, limit: int, out: Console) -> int:
    """Print what a query answers; return the exit code."""
    with connect(home) as connection:
        try:
            result = connection.sql(sql)
        except duckdb.Error as error:
            click.echo(f"evidence query: {error}", err=True)
            return FAILED
        if result is None:
            return 0
        names = result.columns
        # Instants are fetched as text: DuckDB would want another package to turn them into objects.
        texts = [
            f"""regexp_replace(strftime("{name}", '%Y-%m-%d %H:%M:%S.%fZ'), '[.]0+Z$', 'Z') as "{name}\""""
            if "TIME ZONE" in str(kind)
            else f'"{name}"'
            for name, kind in zip(names, result.types, strict=True)
        ]
        try:
            rows = result.project(", ".join(texts)).limit(limit + 1).fetchall()
        except duckdb.Error as error:
            click.echo(f"evidence query: {error}", err=True)
            return FAILED
    cut = len(rows) > limit
    show(names, rows[:limit], form, out)
    if cut:
        click.echo(f"More than {limit} rows; ask for more with --limit.", err=True)
    return 0


def show(names: list[str], rows: list[tuple[Any, ...]], form: str, out: Console) -> None:
    """Print rows in the form asked for."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([plain(value) for value in row] for row in rows)
    elif form == "json":
        click.echo(
            json.dumps(
                [dict(zip(names, row, strict=True)) for row in rows], default=plain, ensure_ascii=False
            )
        )
    else:
        from rich import box
        from rich.markup import escape
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in names:
            numeric = bool(rows) and isinstance(rows[0][names.index(name)], int | Decimal)
            table.add_column(name, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(str(plain(value))) if value is not None else "" for value in row))
        out.print(table)
        out.print(f"{len(rows)} row{'s' if len(rows) != 1 else ''}")


def plain(value: Any) -> Any:
    """Return a value as CSV and JSON want it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value
