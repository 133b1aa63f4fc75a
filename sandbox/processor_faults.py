"""Which of a day's payments does the processor get wrong, as planted?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sandbox.part import instant
from sandbox.payment_slips import SECOND, again, reference
from sandbox.quiet import quiet

if TYPE_CHECKING:
    from sandbox.faults import Faults
    from sandbox.orders import Rows
    from sandbox.processor import Payment, Refund

LOST, GIVEN_BACK, REFUSED = "charge_lost", "refund_not_in_shop", "refund_failed"
WRONG = (
    "fee_off_schedule",
    "settled_off_rate",
    "movement_unbalanced",
    "charge_not_booked",
    LOST,
    GIVEN_BACK,
    REFUSED,
)
"""Each happens to a payment of the day; what is refunded or disputed later is left alone."""
CONVERTED = "JPY"
STRANGE = 4321
"""What somebody paid for an order that nobody placed, in cents."""


def planted(made: Sequence[Payment], faults: Faults, day: date, rows: Rows) -> Iterator[Payment]:
    """Yield the payments of a day's orders with what the processor gets wrong, and those of no order.

    A lost one is among them.
    """
    wrong: dict[str, str] = {}
    plain = {order["order_id"] for order in rows["orders"] if order["_plain"]}
    for fault in faults.of(*WRONG):
        if fault.first == day:
            able = [
                found
                for found in made
                if found.captured is not None
                and found.captured.date() == day
                and (found.refund, found.dispute) == (None, None)
                and (not found.failed or fault.kind != LOST)
                and (found.order_id in plain or fault.kind != REFUSED)
                and (found.currency == CONVERTED) == (fault.kind == "settled_off_rate")
                and found.order_id not in wrong
            ]
            wrong[able[fault.number - 1].order_id] = fault.kind
    for found in made:
        kind = wrong.get(found.order_id, "")
        yield replace(
            found,
            fault=kind,
            refund=given_back(found, failed=kind == REFUSED)
            if kind in (GIVEN_BACK, REFUSED)
            else found.refund,
        )
    by_order = {found.order_id: found for found in made}
    for fault in faults.of("capture_twice"):
        if fault.first == day:
            yield second(by_order[quiet(rows, fault.number)[0]["order_id"]])
    for fault in faults.of("charge_without_order"):
        if fault.first == day:
            yield strange(replace(made[0], fault=fault.kind), day, fault.number)


def given_back(found: Payment, *, failed: bool) -> Refund:
    """Return a refund that somebody makes at the processor and not in the shop, or that the bank refuses."""
    from sandbox.processor import Refund

    return Refund(f"re_{found.digits}", found.moved_at + timedelta(hours=1), found.amount, failed=failed)


def second(first: Payment) -> Payment:
    """Return the payment by which an order is captured a second time."""
    authorised, captured = again(first.moved_at)
    return replace(
        first,
        order_id=f"{first.order_id}{SECOND}",
        told=first.order_id,
        begun=authorised - timedelta(seconds=30),
        failed=(),
        charge=reference(first.order_id, SECOND),
        authorised=authorised,
        captured=captured,
        refund=None,
        dispute=None,
    )


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
