"""What does shipping an order cost, and when does which parcel leave?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.clerks import SUPPORT_HEAD

if TYPE_CHECKING:
    from sandbox.orders import Order, Rows

BANDS = ((2_000, 2), (10_000, 3))
"""Up to so many grams shipping costs so many halves of a market's price; above all of them, twice it."""
PROMISED = timedelta(hours=48)
EAST, WEST = "EAST", "WEST"


def weight(lines: Sequence[Mapping[str, Any]]) -> int:
    """Return what an order weighs, in grams."""
    return sum(line["qty_e4"] * _grams(line["sku"]) // 10_000 for line in lines)


def _grams(sku: str) -> int:
    return 0 if sku.startswith("GIFT") else 80 + int(sku[-4:]) * 37 % 900


def quoted(price: int, unit: int, grams: int) -> int:
    """Return what shipping costs by the table: by weight, in the market's smallest coins."""
    halves = next((halves for most, halves in BANDS if grams <= most), 4)
    return price * halves // 2 // unit * unit


def quote_row(order: Order, ships: bool, grams: int, amount: int, waived: bool) -> dict[str, Any]:
    """Return the quote that the customer saw before ordering; waived: support's head had it left out."""
    return {
        "quote_id": f"Q-{order.id}",
        "order_id": order.id,
        "zone": order.market.jurisdiction,
        "method": "standard" if ships else "pickup",
        "weight_g": grams,
        "amount_minor": amount,
        "quoted_at": order.placed - timedelta(minutes=2),
        "override_approver": SUPPORT_HEAD if waived else None,
    }


def place_of(order: Order) -> str:
    """Return where an order's articles lie."""
    return place_of_currency(order.market.currency)


def place_of_currency(currency: str) -> str:
    """Return which warehouse serves a market."""
    return EAST if currency == "USD" else WEST


def parcels(order: Order, amended: tuple[datetime, str] | None) -> Rows:
    """Return the parcel of an order, and what is in it: all of it, as it becomes fulfilled."""
    lines = [line for line in order.lines if not line["is_gift_card"]]
    if amended is None or amended[1] != "fulfilled" or order.is_test:
        return {}
    at, parcel = amended[0], f"F-{order.id}"
    return {
        "fulfilments": [
            {
                "fulfilment_id": parcel,
                "order_id": order.id,
                "location": place_of(order),
                "shipped_at": at,
                "recorded_at": at + timedelta(seconds=90),
                "promised_at": order.placed + PROMISED,
                "status": "shipped",
            }
        ],
        "fulfilment_lines": [
            {
                "fulfilment_id": parcel,
                "line_id": line["line_id"],
                "sku": line["sku"],
                "qty_e4": line["qty_e4"],
                "_at": at,
                "_place": place_of(order),
            }
            for line in lines
        ],
    }
