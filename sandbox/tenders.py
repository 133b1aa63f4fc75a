"""How is an order paid, and what becomes of it within a day?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.orders import Order

REFUSED = 7
"""Every twentieth order, from this one, is refused once."""
STRIPE, PAYPAL = "stripe", "paypal"
AT_PAYPAL = 5
"""Every tenth order, from this one, is paid at PayPal, where it is taken."""
PAYPAL_TAKES = ("EUR", "GBP", "USD")
COMES_BACK = 22
"""Of how many in a thousand orders the money may come back."""
VOIDED_AFTER, CANCELLED_AFTER = timedelta(hours=3), timedelta(hours=9)
"""When an order is cancelled that is not yet captured, and one that is."""


def amendment(order: Order, chance: Random) -> tuple[datetime, str] | None:
    """Return when within a day an order is amended, and its status then; some are only noted on.

    Some are cancelled before they are paid, a few after it, so that the money has to go back.
    """
    drawn = chance.random()
    if order.is_draft or drawn > 0.6:
        return None
    if drawn < 0.03:
        return order.placed + VOIDED_AFTER, "cancelled"
    if drawn < 0.035 and order.is_plain and not order.is_test:
        return order.placed + CANCELLED_AFTER, "cancelled"
    if drawn < 0.08:
        return order.placed + timedelta(hours=6), "open"
    return order.placed + timedelta(hours=20), "fulfilled"


def processor_of(order_id: str, currency: str) -> str:
    """Return where an order is paid."""
    taken = currency in PAYPAL_TAKES
    return PAYPAL if taken and int(order_id[-4:]) % 10 == AT_PAYPAL else STRIPE


def comes_back(order_id: str) -> bool:
    """Return whether an order's money may come back days later: about one of 45 orders, known by its id."""
    return int(hashlib.sha256(order_id.encode()).hexdigest()[:8], 16) % 1000 < COMES_BACK


def transaction(what: str, of: str) -> str:
    """Return what PayPal calls a payment, a refund or a payout."""
    return hashlib.sha256(f"paypal/{what}/{of}".encode()).hexdigest()[:17].upper()


def payments(
    order: Order, total: int, amended: tuple[datetime, str] | None, chance: Random
) -> Iterator[dict[str, Any]]:
    """Yield the attempts to pay: now and then a refused one, then an authorisation and its capture.

    What is cancelled is voided instead.
    """
    if total <= 0 or order.is_draft:
        return
    cancelled = amended == (order.placed + VOIDED_AFTER, "cancelled")
    chance.random()  # how many are refused hardly varies from day to day
    attempts = [("auth", "failed", timedelta(seconds=10))] if int(order.id[-4:]) % 20 == REFUSED else []
    attempts += [
        ("auth", "succeeded", timedelta(seconds=40)),
        ("void", "succeeded", VOIDED_AFTER + timedelta(seconds=5))
        if cancelled
        else ("capture", "succeeded", timedelta(minutes=chance.randint(5, 50))),
    ]
    processor, charge = processor_of(order.id, order.market.currency), ""
    for n, (kind, status, after) in enumerate(attempts, 1):
        at = order.placed + after
        if kind == "auth":  # capture and void act on the charge that was authorised
            at_stripe = f"ch_{order.id.replace('-', '')}{n}"
            charge = at_stripe if processor == STRIPE else transaction("payment", order.id)
        yield {
            "payment_id": f"P-{order.id}-{n}",
            "order_id": order.id,
            "processor": processor,
            "processor_ref": charge,
            "kind": kind,
            "status": status,
            "failure_code": "card_declined" if status == "failed" else None,
            "amount_minor": total,
            "currency": order.market.currency,
            "attempted_at": at,
            "recorded_at": at + timedelta(seconds=1),
            "livemode": not order.is_test,
            "tender_seq": 1,
            "idempotency_key": f"{order.id}-1-{n}",
        }
