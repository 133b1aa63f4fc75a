"""What time is it? The only place that asks.

Everything below receives a clock. A home marked SANDBOX has the simulated company's clock, a file that the
demo moves on; every other home has the machine's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """Return this instant, UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return this instant, UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class SandboxClock:
    """The simulated company's clock: stands still until it is set."""

    file: Path

    def now(self) -> datetime:
        """Return the company's instant, UTC. Raises FileNotFoundError where it was never set."""
        return datetime.fromisoformat(self.file.read_text(encoding="ascii").strip())

    def set(self, instant: datetime) -> None:
        """Set the company's instant."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        staged = self.file.with_suffix(".staged")
        staged.write_text(instant.astimezone(UTC).isoformat(), encoding="ascii")
        os.replace(staged, self.file)  # noqa: PTH105 - named for what matters: it is atomic


def today(clock: Clock) -> date:
    """Return the UTC date of this instant."""
    return clock.now().astimezone(UTC).date()
