"""How long do the slowest things take, against the plainest way to do the same?

`python -m tests.benchmarks [--days 365] [--users 100000] [--orders 2000000] [--times 5]` makes homes and
orders of its own under the temporary directory, with the real store, ledger and publisher, and prints a
table. Everything is drawn from one seed. `--only warehouse` or `--only trade` chooses a part. With
`--rules-alone` the orders are judged once by the rules and by nothing else, as for many more of them than
other ways can hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import click

from tests.benchmarks import as_of, evaluation, publishing
from tests.benchmarks.measure import Line, show
from tests.benchmarks.trade import comparison
from tests.benchmarks.year import make


def main() -> int:
    """Run the benchmarks; return 0, or 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--only", choices=("warehouse", "trade"))
    parser.add_argument("--rules-alone", action="store_true")
    chosen = parser.parse_args()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="evidence-bench-") as folder:
        if chosen.only != "trade":
            lines += _warehouse(Path(folder), chosen.days, chosen.users)
        if chosen.only != "warehouse":
            click.echo(f"Making {chosen.orders:,} orders ...")
            trade = Path(folder) / "trade"
            if chosen.rules_alone:
                comparison.alone(trade, chosen.orders)
            else:
                lines += comparison.measure(trade, chosen.orders, chosen.times)
    show(lines)
    return 1 if any(line.missed for line in lines) else 0


def _warehouse(folder: Path, days: int, users: int) -> list[Line]:
    click.echo(f"Making {days} days of {users:,} users ...")
    year = make(folder / "home", days, users)
    lines = [*publishing.measure(year), *as_of.measure(year)]
    click.echo("Making one day of the simulated company ...")
    return [*lines, *evaluation.measure(folder / "day")]


if __name__ == "__main__":
    sys.exit(main())
