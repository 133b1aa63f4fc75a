"""How is a time measured, and how are two of them shown beside each other?"""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import click


@dataclass(frozen=True)
class Line:
    """One comparison: ours, the named alternative, and the ratio we aim at."""

    what: str
    ours: float
    alternative: str
    theirs: float
    aim: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours / self.theirs

    @property
    def missed(self) -> bool:
        """Whether there is an aim, and it was missed."""
        return self.aim is not None and self.ratio > self.aim


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the median time of some work, in seconds, after one run that is not counted."""
    if times > 1:
        work()
    taken = []
    for _ in range(times):
        began = perf_counter()
        work()
        taken.append(perf_counter() - began)
    return median(taken)


def most_memory() -> str:
    """Return the most memory this process has used up to now."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB"


def show(lines: Sequence[Line]) -> None:
    """Print the comparisons as a table."""
    heads = ("what", "ours", "alternative", "takes", "ratio", "aim")
    rows = [
        (
            line.what,
            _time(line.ours),
            line.alternative,
            _time(line.theirs),
            f"{line.ratio:.2f}",
            "-" if line.aim is None else f"{line.aim:g}{'  MISSED' if line.missed else ''}",
        )
        for line in lines
    ]
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    for row in (heads, tuple("-" * width for width in widths), *rows):
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _time(taken: float) -> str:
    return f"{taken * 1000:.1f} ms" if taken < 1 else f"{taken:.2f} s"
