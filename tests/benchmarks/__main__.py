"""How long do the three slowest things take, against the plainest way to do the same?

`python -m tests.benchmarks [--days 365] [--users 100000]` makes a home of its own under the temporary
directory, with the real store, ledger and publisher, and prints a table. Everything is drawn from one seed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import click

from tests.benchmarks import as_of, evaluation, publishing
from tests.benchmarks.measure import Line, show
from tests.benchmarks.year import make


def main() -> int:
    """Run the benchmarks; return 0, or 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--users", type=int, default=100_000)
    chosen = parser.parse_args()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="evidence-bench-") as folder:
        click.echo(f"Making {chosen.days} days of {chosen.users:,} users ...")
        year = make(Path(folder) / "home", chosen.days, chosen.users)
        lines += publishing.measure(year)
        lines += as_of.measure(year)
        click.echo("Making one day of the simulated company ...")
        lines += evaluation.measure(Path(folder) / "day")
    show(lines)
    return 1 if any(line.missed for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
