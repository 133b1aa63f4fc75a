"""How long does publishing a year take, from nothing and a day later, against copying every file?"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from assets.okta.assets import USER
from tests.benchmarks.measure import Line, most_memory, seconds
from tests.benchmarks.year import Year

ALTERNATIVE = "create table as select over all files"


def measure(year: Year) -> list[Line]:
    """Publish from nothing, then one day more on top; copy all files into a table once."""
    home = year.store.home
    last = year.days - 1
    click.echo(f"Most memory up to here: {most_memory()}; publishing ...")
    scratch = seconds(lambda: year.publish(last), times=1)
    year.capture(year.days)
    added = seconds(lambda: year.publish(year.days), times=1)
    again = seconds(lambda: year.publish(year.days), times=1)
    click.echo(f"Most memory up to here: {most_memory()}; copying every file ...")
    copied = seconds(lambda: _copy(home.path / "evidence" / USER.name, home.path / "copy.duckdb"), times=1)
    (home.path / "copy.duckdb").unlink()
    return [
        Line(f"publish {year.days} days from nothing", scratch, ALTERNATIVE, copied),
        Line("publish one day more", added, ALTERNATIVE, copied),
        Line("publish with nothing new", again, ALTERNATIVE, copied),
    ]


def _copy(folder: Path, file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create table users as from read_parquet('{folder}/*/*/*.parquet')")
