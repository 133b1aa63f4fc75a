"""How long do all rules of orders, taxes and payments take, against pandas, Polars and datacompy?"""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import click

from tests.benchmarks.measure import Line, seconds
from tests.benchmarks.trade import in_datacompy, in_pandas, in_polars, reading, rules
from tests.benchmarks.trade.make import Trade, make

MEMORY = "1600MB"
"""What DuckDB may keep in memory before it spills; what it reads and writes with comes on top."""


def measure(folder: Path, orders: int, times: int) -> list[Line]:
    """Make the orders, then judge them in each way, and say how many breaks each finds."""
    trade = make(folder, orders)
    [day] = trade.days
    planted = sum(trade.planted.values())
    click.echo(f"{orders:,} orders; {planted:,} of them wrong, in {len(trade.planted)} ways. {_load()}")
    _say("the rules", rules.breaks(trade, day, memory=MEMORY), trade)
    _say("pandas", in_pandas.breaks(trade), trade)
    _say("Polars", in_polars.breaks(trade), trade)
    _say("datacompy, captures alone", in_datacompy.captures(trade), trade)
    most = largest(trade)
    click.echo(f"Most memory of a process that judges them by the rules: {most:,.0f} MiB")
    ours = seconds(lambda: rules.breaks(trade, day, memory=MEMORY), times)
    captures = seconds(lambda: rules.captures(trade, day, memory=MEMORY), times)
    theirs: list[tuple[str, Callable[[], object], float | None]] = [
        ("the same in pandas", lambda: in_pandas.breaks(trade), 1 / 15),
        ("the same in Polars", lambda: in_polars.breaks(trade), 1),
        ("reading the columns they read", lambda: reading.read(trade, day), 8),
    ]
    lines = [
        Line(f"all rules of {orders:,} orders", ours, name, seconds(work, times), aim)
        for name, work, aim in theirs
    ]
    compared = seconds(lambda: in_datacompy.captures(trade), times)
    lines.append(Line("captures against charges alone", captures, "datacompy", compared, 1 / 15))
    click.echo(_load())
    return lines


def alone(folder: Path, orders: int) -> None:
    """Make the orders and judge them once, by the rules alone."""
    trade = make(folder, orders)
    planted = sum(trade.planted.values())
    click.echo(f"{orders:,} orders; {planted:,} of them wrong, in {len(trade.planted)} ways. {_load()}")
    began = perf_counter()
    [day] = trade.days
    _say("the rules", rules.breaks(trade, day, memory=MEMORY), trade)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(
        f"  in {perf_counter() - began:.1f} s; most memory, making them included: {most:,.0f} MiB. {_load()}"
    )


def largest(trade: Trade) -> float:
    """Return the most memory, in MiB, of a process of its own that judges all orders once."""
    with multiprocessing.get_context("spawn").Pool(1) as alone:
        return alone.apply(_most_memory, (trade,))


def _most_memory(trade: Trade) -> float:
    [day] = trade.days
    rules.breaks(trade, day, memory=MEMORY)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(who: str, found: Counter[str], trade: Trade) -> None:
    wrong = sorted(code for code, count in found.items() if count != trade.planted.get(code, 0))
    said = f"{who}: {sum(found.values()):,} breaks"
    click.echo(f"  {said}{'; not as planted: ' + ', '.join(wrong) if wrong else ', each as planted'}")


def _load() -> str:
    return f"Load of this machine, of {os.cpu_count()} processors: {os.getloadavg()[0]:.1f}."
