"""Which numbers do a day's orders get, and which does nobody get?

The series is gapless: a number that was taken and not used is voided, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sandbox.org import PERIOD_START
from sandbox.part import rng

ORDERS_A_DAY = 400
BEGUN = PERIOD_START - timedelta(days=30)
FIRST = 1_200_001
"""The number of the first order of the day `BEGUN`."""


def numbers(seed: int, day: date) -> list[int]:
    """Return the numbers of a day's orders, in the order they are placed in."""
    first, void = _first(seed, day), _voided(seed, day)
    return [number for number in range(first, first + _taken(seed, day)) if number not in void]


def voids(seed: int, day: date, placed: Sequence[datetime]) -> Iterator[dict[str, Any]]:
    """Yield the numbers nobody gets; each was given up when the order after it was placed."""
    first = _first(seed, day)
    for n, number in enumerate(sorted(_voided(seed, day))):
        yield {
            "series": "web",
            "order_number": number,
            "reason": "The basket was left while the order was being written.",
            "voided_at": placed[number - first - n],
        }


def _orders(seed: int, day: date) -> int:
    return ORDERS_A_DAY + rng(seed, "orders", day).randint(-25, 25)


@cache
def _voided(seed: int, day: date) -> frozenset[int]:
    chance, first = rng(seed, "numbers", day), _first(seed, day)
    between = range(first + 10, first + _orders(seed, day) - 10)
    return frozenset(chance.sample(between, chance.randint(0, 3)))


def _taken(seed: int, day: date) -> int:
    return _orders(seed, day) + len(_voided(seed, day))


@cache
def _first(seed: int, day: date) -> int:
    if day <= BEGUN:
        return FIRST
    before = day - timedelta(days=1)
    return _first(seed, before) + _taken(seed, before)
