"""When does the sandbox's Okta say 429?

As with the real one, each group of endpoints has a number of requests per window. The window is one second
of real time instead of a minute, so that somebody who waits as the headers say loses a second, no more. On
some days another integration has used up most of a window: then a caller that reads all users' factors is
stopped once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

WINDOW_SECONDS = 1.0
BUSY_REMAINING = 60
LIMITS = {
    "users": 600,
    "factors": 600,
    "groups": 500,
    "apps": 300,
    "logs": 120,
    "policies": 300,
    "iam": 300,
    "credentials": 300,
}
"""Group of endpoints -> requests per window."""


def real_seconds() -> float:
    """Return real elapsed seconds: waiting for a window to pass is real, whatever the company's clock says.

    Not time.monotonic: another part may have replaced it to give its system a false date.
    """
    return time.clock_gettime(time.CLOCK_MONOTONIC)


@dataclass
class Bucket:
    """The requests left to one group of endpoints in the current window."""

    limit: int
    remaining: int = 0
    closes: float = 0.0
    busy: bool = False
    """The next window begins with few requests left."""

    def begin(self, *, busy: bool) -> None:
        """Open a new window with the next request."""
        self.busy = busy
        self.closes = 0.0

    def take(self) -> bool:
        """Use one request up; False where none is left."""
        now = real_seconds()
        if now >= self.closes:
            self.closes = now + WINDOW_SECONDS
            self.remaining = min(BUSY_REMAINING, self.limit) if self.busy else self.limit
            self.busy = False
        if self.remaining == 0:
            return False
        self.remaining -= 1
        return True
