"""What of the files does not fit, all of it in one list?"""

from __future__ import annotations

from dataclasses import dataclass, field

from assets.failures import PermanentFailure
from assets.registers.rows import MANY

LONG = 60


@dataclass(frozen=True)
class Problem:
    """One thing that does not fit: where it stands, what was found, what was expected."""

    file: str
    line: int | None
    word: str
    """What `line` counts: lines of a CSV file, rows or records of others."""
    column: str | None
    found: str
    expected: str

    def __str__(self) -> str:
        where = [self.file]
        if self.line is not None:
            where.append(f"{self.word} {self.line}")
        if self.column is not None:
            where.append(f"column {self.column}")
        return f"{', '.join(where)}: found {self.found}, expected {self.expected}"


class Refused(PermanentFailure):
    """The files do not fit the mapping; `problems` has all of it, the message the first of them."""

    def __init__(self, of: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        shown = "\n  ".join(str(problem) for problem in problems[:MANY])
        more = f"\n  and {len(problems) - MANY} more" if len(problems) > MANY else ""
        super().__init__(
            f"{of}: {len(problems)} problem(s):\n  {shown}{more}\nMend the export or the mapping."
        )


@dataclass
class Problems:
    """Collects everything that does not fit, in the order it is met."""

    found: list[Problem] = field(default_factory=list)

    def note(
        self,
        file: str,
        found: str,
        expected: str,
        *,
        at: tuple[str, int] | None = None,
        column: str | None = None,
    ) -> None:
        """Note one."""
        word, line = at or ("line", None)
        self.found.append(Problem(file, line, word, column, found, expected))

    def refuse(self, of: str) -> None:
        """Raise Refused if there are any."""
        if self.found:
            raise Refused(of, tuple(self.found))


def shown(value: object) -> str:
    """Return a value as a problem may quote it."""
    text = repr(value)
    return text if len(text) <= LONG else f"{text[:LONG]}…"
