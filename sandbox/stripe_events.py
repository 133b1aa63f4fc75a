"""What does Stripe say happened on a day? Of its many events, those the company's webhooks are told of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sandbox.processor import Payment, Payout
from sandbox.stripe_objects import API_VERSION, Objects, Record, seconds


def happened(objects: Objects, found: Payment, day: date) -> Iterator[Record]:
    """Yield the events about a payment on a day."""
    moments: list[tuple[str, str, datetime | None, str]] = [
        *((f"{charge[3:]}f", "charge.failed", at, charge) for charge, at in found.failed),
        (f"{found.digits}c", "charge.captured", found.captured, found.charge),
        (f"{found.digits}r", "charge.refunded", found.refund.at if found.refund else None, found.charge),
    ]
    for name, kind, at, charge in moments:
        if at is not None and at.date() == day and at <= objects.now:
            then = objects.at(at)
            thing = next(record for record in then.charges(found) if record["id"] == charge)
            yield event(objects, name, kind, at, thing)
    if found.dispute is not None and found.dispute.at.date() == day:
        for thing in objects.at(found.dispute.at).disputes(found) if found.dispute.at <= objects.now else ():
            yield event(objects, f"{found.digits}d", "charge.dispute.created", found.dispute.at, thing)


def paid(objects: Objects, found: Payout, day: date) -> Iterator[Record]:
    """Yield the events about a payout on a day."""
    for name, kind, at in (("n", "payout.created", found.created), ("p", "payout.paid", found.arrives)):
        if at.date() == day and at <= objects.now:
            yield event(objects, f"{found.id[3:]}{name}", kind, at, objects.at(at).payout(found))


def event(objects: Objects, name: str, kind: str, at: datetime, thing: Record) -> Record:
    """Return an event about something as it then was."""
    return {
        "id": f"evt_{name}",
        "object": "event",
        "api_version": API_VERSION,
        "created": seconds(at),
        "data": {"object": thing},
        "livemode": True,
        "pending_webhooks": 0,
        "request": {
            "id": None if kind.startswith("payout.") else f"req_{objects.word('request', name)[:14]}",
            "idempotency_key": None,
        },
        "type": kind,
    }
