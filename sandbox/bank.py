"""What does the company's bank book of what the payment processors pay out?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sandbox import paypal
from sandbox.faults import Faults
from sandbox.processor import FIRST_DAY, Payout, Processor, trace

SATURDAY = 5
HEADING = ["deposit_id", "value_date", "amount_minor", "currency", "reference"]


def deposits(seed: int, faults: Faults, today: date) -> Iterator[dict[str, Any]]:
    """Yield every deposit booked by a day: a payout arrives on its day, or on the Monday after."""
    processor = books_of(seed, faults)
    lost = {
        missing(processor, fault.first, fault.subject.removeprefix("deposit ")).id
        for fault in faults.of("deposit_missing")
    }
    day = FIRST_DAY
    while day < today:
        for payout in processor.payouts(day):
            booked = business_day(payout.arrives.date())
            if booked <= today and payout.id not in lost:
                yield {
                    "deposit_id": f"B-{payout.day:%Y%m%d}-{payout.currency}",
                    "value_date": booked,
                    "amount_minor": payout.amount,
                    "currency": payout.currency,
                    "reference": trace(seed, payout.id),
                }
        for currency, amount in paypal.books_of(seed, faults).payouts(day).items():
            booked = business_day(day + timedelta(days=1))
            if booked <= today:
                yield {
                    "deposit_id": f"B-{day:%Y%m%d}-{currency}-2",
                    "value_date": booked,
                    "amount_minor": amount,
                    "currency": currency,
                    "reference": paypal.trace(seed, day, currency),
                }
        day += timedelta(days=1)


def missing(processor: Processor, last: date, currency: str) -> Payout:
    """Return the newest payout of a currency whose deposit may come until a day, and not later."""
    day = last
    while due(day + timedelta(days=1)) > last:
        day -= timedelta(days=1)
    return next(payout for payout in processor.payouts(day) if payout.currency == currency)


def business_day(day: date) -> date:
    """Return a day, or the Monday after where it is no day of business."""
    return day + timedelta(days=(7 - day.weekday()) if day.weekday() >= SATURDAY else 0)


def due(arrives: date) -> date:
    """Return the third day of business after a day."""
    left, day = 3, arrives
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return day


@lru_cache(maxsize=4)
def books_of(seed: int, faults: Faults) -> Processor:
    """Return the processor's books, made once."""
    return Processor(seed, faults)
