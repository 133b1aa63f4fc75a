"""Which of a day's payments does the processor get wrong, as planted?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sandbox.part import instant

if TYPE_CHECKING:
    from sandbox.faults import Faults
    from sandbox.processor import Payment

WRONG = ("fee_off_schedule", "settled_off_rate", "movement_unbalanced", "charge_not_booked")
"""Each happens to a payment of the day; what is refunded or disputed later is left alone."""
CONVERTED = "JPY"
STRANGE = 4321
"""What somebody paid for an order that nobody placed, in cents."""


def planted(made: Sequence[Payment], faults: Faults, day: date) -> Iterator[Payment]:
    """Yield the payments of a day's orders with what the processor gets wrong, and those of no order."""
    wrong = {}
    for fault in faults.of(*WRONG):
        if fault.first == day:
            able = [
                found
                for found in made
                if found.captured is not None
                and found.captured.date() == day
                and (found.refund, found.dispute) == (None, None)
                and (found.currency == CONVERTED) == (fault.kind == "settled_off_rate")
                and found.order_id not in wrong
            ]
            wrong[able[fault.number - 1].order_id] = fault.kind
    for found in made:
        yield replace(found, fault=wrong.get(found.order_id, ""))
    for fault in faults.of("charge_without_order"):
        if fault.first == day:
            yield strange(replace(made[0], fault=fault.kind), day, fault.number)


def strange(like: Payment, day: date, number: int) -> Payment:
    """Return a payment of an order that nobody placed."""
    order_id = f"{day:%Y%m%d}-{9000 + number}"
    authorised = instant(day, 10, number % 60)
    return replace(
        like,
        order_id=order_id,
        currency="USD",
        amount=STRANGE,
        begun=authorised - timedelta(seconds=30),
        failed=(),
        charge=f"ch_{order_id.replace('-', '')}1",
        authorised=authorised,
        captured=authorised + timedelta(minutes=20),
        refund=None,
        dispute=None,
    )
