"""What does the shop note of money that the processor gave back or took back?

The processor's books say when and how much; the shop says of which lines, with which tax, and who agreed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.arithmetic import round_div, spread
from sandbox.clerks import FINANCE, FINANCE_HEAD, SUPPORT, SUPPORT_HEAD
from sandbox.faults import Faults
from sandbox.orders import Rows, day_of_orders
from sandbox.part import rng
from sandbox.processor import Dispute, Payment, Processor, Refund
from sandbox.processor_faults import GIVEN_BACK
from sandbox.shipping import place_of_currency
from sandbox.tenders import PAYPAL, STRIPE

BOOKED_AFTER = timedelta(hours=20)
"""How long after a dispute was opened finance books it."""
BACK_AFTER = timedelta(minutes=30)
"""How long before a refund its parcel has come back to the warehouse."""
CANCELLED, RETURNED, PRICE = "cancelled", "returned", "price_adjustment"
Row = dict[str, Any]


@lru_cache(maxsize=2)
def _processor(seed: int, faults: Faults, name: str) -> Processor:
    return Processor(seed, faults, name)


@lru_cache(maxsize=16)
def aftermath(seed: int, faults: Faults, day: date) -> Rows:
    """Return what refunds and disputes of a day's orders lead to, each row with its own instant.

    Nobody may change the rows: they are shared.
    """
    rows = day_of_orders(seed, faults, day)
    payments = [
        payment for name in (STRIPE, PAYPAL) for payment in _processor(seed, faults, name).payments(day)
    ]
    chance = rng(seed, "aftermath", day)
    orders = {order["order_id"]: order for order in rows["orders"]}
    found: Rows = {
        name: [] for name in ("refunds", "refund_lines", "manual_adjustments", "inventory_movements")
    }
    for payment in payments:
        noted = payment.fault != GIVEN_BACK
        if noted and payment.refund is not None and not payment.refund.released:
            order = orders[payment.order_id]
            lines = [line for line in rows["order_lines"] if line["order_id"] == payment.order_id]
            taxes = {
                tax["line_id"]: tax["tax_minor"]
                for tax in rows["order_tax_lines"]
                if tax["order_id"] == payment.order_id
            }
            given = list(refund_lines(order, lines, taxes, payment.refund))
            reason = reason_of(order, payment.refund)
            found["refunds"].append(refund_row(order, payment.refund, given, reason, chance))
            found["refund_lines"] += given
            if reason == RETURNED:
                found["inventory_movements"] += list(returned(order, lines, payment.refund))
        if payment.dispute is not None:
            found["manual_adjustments"].append(dispute_row(payment, payment.dispute, chance))
    return found


def reason_of(order: Mapping[str, Any], refund: Refund) -> str:
    """Return why an order's money was given back."""
    if order["_amended"] and order["_amended"][1] == "cancelled":
        return CANCELLED
    shipped = order["_amended"] and order["_amended"][1] == "fulfilled"
    return RETURNED if refund.amount == order["total_minor"] and shipped else PRICE


def refund_row(
    order: Mapping[str, Any], refund: Refund, given: Sequence[Row], reason: str, chance: Random
) -> Row:
    """Return a refund: made by customer support, approved by their head."""
    return {
        "refund_id": f"R-{order['order_id']}",
        "order_id": order["order_id"],
        "processor_ref": refund.id,
        "status": "succeeded",
        "currency": order["currency"],
        "amount_minor": refund.amount,
        "tax_minor": sum(line["tax_minor"] for line in given),
        "reason": reason,
        "created_at": refund.at,
        "recorded_at": refund.at + timedelta(seconds=3),
        "actor": chance.choice(SUPPORT),
        "approver": SUPPORT_HEAD,
    }


def refund_lines(
    order: Mapping[str, Any], lines: Sequence[Row], taxes: Mapping[str, int], refund: Refund
) -> Iterator[Row]:
    """Yield which lines are given back, and the shipping.

    All of an order: every line whole. A part: by largest remainder over what each cost, and of each line's
    tax the part that its amount is of its price, so that several parts would sum to the whole tax.
    """
    targets = [("line", line["line_id"], price(order, line, taxes), line["qty_e4"]) for line in lines]
    shipping = order["shipping_minor"] - order["shipping_discount_minor"]
    if shipping:
        targets.append(("shipping", "", shipping, 0))
    whole = refund.amount == sum(cost for _, _, cost, _ in targets)
    parts = spread(refund.amount, [cost for _, _, cost, _ in targets])
    for (kind, line_id, cost, quantity), part in zip(targets, parts, strict=True):
        if part or (whole and kind == "line"):
            yield {
                "refund_id": f"R-{order['order_id']}",
                "line_id": line_id,
                "target_kind": kind,
                "qty_e4": quantity if whole else 0,
                "amount_minor": part,
                "tax_minor": round_div(taxes.get(line_id, 0) * part, cost, "half_up") if cost else 0,
                "_at": refund.at,
            }


def price(order: Mapping[str, Any], line: Mapping[str, Any], taxes: Mapping[str, int]) -> int:
    """Return what a line cost the customer, tax included."""
    net = line["ext_minor"] - line["line_discount_minor"] - line["alloc_discount_minor"]
    return int(net) + (0 if order["price_includes_tax"] else taxes.get(line["line_id"], 0))


def returned(order: Mapping[str, Any], lines: Sequence[Row], refund: Refund) -> Iterator[Row]:
    """Yield what comes back into the warehouse it left: whole pieces, for cut goods cannot be sold again."""
    at = refund.at - BACK_AFTER
    for line in lines:
        if line["qty_e4"] % 10_000 == 0:
            yield {
                "movement_id": f"V-{line['line_id']}-r",
                "sku": line["sku"],
                "location": place_of_currency(order["currency"]),
                "kind": "return",
                "qty": line["qty_e4"] // 10_000,
                "ref_id": f"R-{order['order_id']}",
                "occurred_at": at,
                "recorded_at": at + timedelta(minutes=2),
                "actor": None,
                "approver": None,
                "ticket_key": None,
            }


def dispute_row(payment: Payment, dispute: Dispute, chance: Random) -> Row:
    """Return finance's booking of what a payer's bank took back."""
    applied = dispute.at + BOOKED_AFTER
    return {
        "adj_id": f"A-{dispute.id}",
        "entity": "dispute",
        "entity_id": dispute.id,
        "amount_minor": -payment.amount,
        "currency": payment.currency,
        "actor": chance.choice(FINANCE),
        "approver": FINANCE_HEAD,
        "approved_at": applied - timedelta(hours=1),
        "applied_at": applied,
        "ticket_key": f"FIN-{payment.digits[2:]}",
    }
