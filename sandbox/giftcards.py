"""Which orders sell a gift card, and which are paid with one?

Three cards are sold a day; two days later a first part of each is redeemed, five days later the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.org import PERIOD_START

if TYPE_CHECKING:
    from sandbox.orders import Order

CARDS = 3
"""Sold a day."""
FACE = 2500
CURRENCY = "USD"
PARTS = {"first": (2, 1000), "rest": (5, 1500)}
"""Redemption -> how many days after the sale, and how much."""
LARGE_ENOUGH = 4000
FIRST_SOLD = PERIOD_START - timedelta(days=2)
YEARS_3 = timedelta(days=3 * 365)


class CardSlots:
    """A day's orders that may have to do with a gift card, as they come."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._uses: list[tuple[str, str]] = [("sell", f"GC-{day:%Y%m%d}-{n}") for n in range(1, CARDS + 1)]
        for part, (days, _) in PARTS.items():
            sold = day - timedelta(days=days)
            if sold >= FIRST_SOLD:
                self._uses += [(part, f"GC-{sold:%Y%m%d}-{n}") for n in range(1, CARDS + 1)]
        self.card = ""
        """The card of the use returned last."""

    def use(self, order: Order, amended: tuple[datetime, str] | None) -> str | None:
        """Return what the order does with a card: sell, first, rest; None: nothing."""
        fits = (
            self._uses
            and order.is_plain
            and order.market.currency == CURRENCY
            and sum(line["ext_minor"] for line in order.lines) >= LARGE_ENOUGH
            and not (amended and amended[1] == "cancelled")
        )
        if not fits:
            return None
        use, self.card = self._uses.pop(0)
        return use

    def redeemed(self, use: str) -> int:
        """Return how much of an order is paid by card."""
        return PARTS[use][1] if use in PARTS else 0


def card_entries(cards: CardSlots, use: str, order: Order, captured: datetime) -> Iterator[dict[str, Any]]:
    """Yield the card's movement: it is issued once it is paid for, and redeemed as the order is placed."""
    spent = {"sell": 0, "first": PARTS["first"][1], "rest": FACE}[use]
    begun = order.placed.date() - timedelta(days=PARTS[use][0] if use in PARTS else 0)
    yield {
        "gc_id": cards.card,
        "seq": ["sell", "first", "rest"].index(use) + 1,
        "kind": "issue" if use == "sell" else "redeem",
        "amount_minor": FACE if use == "sell" else -cards.redeemed(use),
        "balance_after_minor": FACE - spent,
        "currency": CURRENCY,
        "order_id": order.id,
        "at": captured if use == "sell" else order.placed + timedelta(seconds=35),
        "expires_at": datetime.combine(begun, datetime.min.time(), order.placed.tzinfo) + YEARS_3,
    }
