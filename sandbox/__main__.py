"""How is the sandbox company started from a shell? `python -m sandbox serve --help` says it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import click

from sandbox.faults import load
from sandbox.process import FAULTS, SEED
from sandbox.serve import Sandbox, serve


@click.group()
def main() -> None:
    """Serve a small simulated company over the real protocols of its systems, on loopback."""


@main.command("serve")
@click.option(
    "--state-file", type=click.Path(path_type=Path), required=True, help="Written once all answers."
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed is another company.")
@click.option(
    "--faults", type=click.Path(path_type=Path, exists=True), default=FAULTS, help="What is planted."
)
@click.option("--at", default="2026-03-01T00:00:00+00:00", show_default=True, help="The company's time.")
@click.option("--okta-down", default="", help="Days on which Okta answers 503: 2026-03-09,2026-03-10.")
@click.option("--aws-unreachable", default="", help="Accounts that refuse: 222222222222:2026-03-14,…")
@click.option("--parent-pid", type=int, help="End when this process has ended.")
def _serve(
    state_file: Path,
    seed: int,
    faults: Path,
    at: str,
    okta_down: str,
    aws_unreachable: str,
    parent_pid: int | None,
) -> None:
    """Serve the company until its parent is gone or SIGTERM comes."""
    down = {date.fromisoformat(day) for day in okta_down.split(",") if day}
    unreachable: dict[str, set[date]] = defaultdict(set)
    for entry in filter(None, aws_unreachable.split(",")):
        account, _, day = entry.partition(":")
        unreachable[account].add(date.fromisoformat(day))
    moment = datetime.fromisoformat(at).astimezone(UTC)

    async def run() -> None:
        await serve(Sandbox(seed, load(faults), moment, down, unreachable), state_file, parent_pid)

    asyncio.run(run())


if __name__ == "__main__":
    main()
