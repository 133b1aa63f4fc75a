"""What is taken off an order, by which promotion or by whom?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.clerks import SUPPORT, SUPPORT_HEAD

if TYPE_CHECKING:
    from sandbox.orders import Order, Rows


def discounts(order: Order, beside: Random) -> Iterator[dict[str, Any]]:
    """Yield the discounts of an order: one per discounted line, one for the whole order.

    Of those for a whole order a few are given by somebody of customer support, and approved by their head.
    """
    for line in order.lines:
        if line["line_discount_minor"]:
            yield discount_row(order, line["line_id"], "promotion", "SPRING10", line["line_discount_minor"])
    if order.order_discount:
        by_hand = order.is_plain and not order.is_draft and not order.is_test and beside.random() < 0.05
        kind, promotion = ("manual", None) if by_hand else ("voucher", "WELCOME5")
        row = discount_row(order, None, kind, promotion, order.order_discount)
        yield {**row, "actor": beside.choice(SUPPORT), "approver": SUPPORT_HEAD} if by_hand else row


def discount_row(
    order: Order, line_id: str | None, kind: str, promotion: str | None, amount: int
) -> dict[str, Any]:
    """Return one row of discounts."""
    return {
        "discount_id": f"{line_id or order.id}-{promotion or kind}",
        "order_id": order.id,
        "line_id": line_id,
        "kind": kind,
        "promotion_id": promotion,
        "amount_minor": amount,
        "actor": None,
        "approver": None,
    }


def by_hand(order: Order, listed: list[dict[str, Any]]) -> Rows:
    """Return the correction and the line of the audit trail that a discount given by hand leads to."""
    given = [row for row in listed[-1:] if row["order_id"] == order.id and row["kind"] == "manual"]
    return {
        "manual_adjustments": [
            {
                "adj_id": f"A-{order.id}",
                "entity": "order",
                "entity_id": order.id,
                "amount_minor": -row["amount_minor"],
                "currency": order.market.currency,
                "actor": row["actor"],
                "approver": row["approver"],
                "approved_at": order.placed - timedelta(minutes=4),
                "applied_at": order.placed + timedelta(seconds=1),
                "ticket_key": f"HELP-{order.id[2:].replace('-', '')}",
            }
            for row in given
        ],
        "audit_events": [
            {
                "event_id": f"E-{order.id}-1",
                "at": order.placed + timedelta(seconds=1),
                "actor": row["actor"],
                "action": "update",
                "entity": "order",
                "entity_id": order.id,
                "field_names": "discount_minor,total_minor",
                "ticket_key": f"HELP-{order.id[2:].replace('-', '')}",
            }
            for row in given
        ],
    }
