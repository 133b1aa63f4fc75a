"""What must a part of the sandbox company (AWS, shop, registers, Okta) be able to do?

The process in process.py knows nothing else of a part. Rules for every part:

* A part is a function of (seed, faults, instant): started at noon of 17 March it answers exactly as one
  started on 1 March and advanced until then. Ids are derived, never drawn from the system's randomness.
* `at` and `to` are UTC. The company is observed at 12:00 of each day; event days end at midnight.
* A part never freezes or patches the clock of the process it lives in: the others share its event loop.
  moto therefore runs in a process of its own if it is given a false date.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Protocol

from sandbox.faults import Fault


class Part(Protocol):
    """One system of the company, served over its real protocol.

    Constructed as `AwsPart(seed, faults, at, unreachable={account: {days}})`, `ShopPart(seed, faults, at)`,
    `RegistersPart(seed, faults, at, key_of=...)`, `OktaPart(seed, faults, at, down={days})`, where `faults`
    is a `sandbox.faults.Faults` and `key_of(fault)` is the population key of any part's fault (waivers
    name what they cover by it; call it from `start` on, not in the constructor).
    """

    def start(self) -> Mapping[str, Any]:
        """Serve the state at `at` and return this part's section of the state file."""

    def advance(self, to: datetime) -> None:
        """Move to a later instant (or the same: then nothing happens)."""

    def population_key(self, fault: Fault, test: str | None = None) -> str:
        """Return the population key under which a test must find a fault of this part; after `start`.

        Without a test: the fault's own.
        """

    def stop(self) -> None:
        """Release ports, child processes and temporary folders; may be called twice."""


def rng(seed: int, *topic: object) -> random.Random:
    """Return a generator of its own for a topic, so that no part's draws disturb another's."""
    return random.Random("/".join(str(word) for word in (seed, *topic)))


def instant(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Return an instant of a UTC day."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=UTC)
