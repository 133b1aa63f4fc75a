"""Which orders are placed on a day, exact to the minor unit but for the planted faults?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.arithmetic import round_div, spread
from sandbox.discounts import by_hand, discounts
from sandbox.faults import Fault, Faults
from sandbox.giftcards import FACE, CardSlots, card_entries
from sandbox.kinds import ORDERS_FOR_FAULTS
from sandbox.numbers import numbers, voids
from sandbox.part import instant, rng
from sandbox.shipping import parcels, quote_row, quoted, weight
from sandbox.taxes import PLANTED_IN, flaw, flawed_lines, taxed
from sandbox.tenders import amendment, payments
from sandbox.twins import pair, place_again

ARTICLES = 180
E8 = 10**8


@dataclass(frozen=True)
class Market:
    """A currency that is sold in, its policy and its taxes."""

    currency: str
    policy_id: str
    line_mode: str
    inclusive: bool
    unit: int
    """Prices are multiples of this many minor units."""
    price: tuple[int, int]
    """Lowest and highest unit price, in such multiples."""
    shipping: int
    rate_e9: int
    jurisdiction: str
    tax_scope: str = "line"
    tax_mode: str = "half_up"
    tolerance: int = 0
    """By how many minor units a tax may differ from the expected one."""


PER_LINE = "line_jurisdiction"
MARKETS = (
    Market("USD", "us-exclusive", "half_up", False, 1, (199, 24_900), 799, 82_500_000, "US-NY", PER_LINE),  # noqa: FBT003
    Market("EUR", "eu-inclusive", "half_even", True, 1, (149, 19_900), 490, 190_000_000, "DE"),  # noqa: FBT003
    Market("GBP", "uk-inclusive", "half_up", True, 1, (199, 17_900), 395, 200_000_000, "GB", tolerance=1),  # noqa: FBT003
    Market("JPY", "jp-inclusive", "down", True, 1, (180, 32_000), 600, 100_000_000, "JP", "order", "down"),  # noqa: FBT003
    Market("KWD", "kw-exclusive", "half_up", False, 10, (50, 6_500), 1500, 0, "KW"),  # noqa: FBT003
)
SHARES = (38, 30, 16, 10, 6)
Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Order:
    """An order under construction."""

    id: str
    market: Market
    placed: datetime
    is_test: bool
    is_draft: bool
    is_plain: bool
    """Whether nothing is planted in it: what goes wrong must go wrong in one way only."""
    lines: list[dict[str, Any]] = field(default_factory=list)
    order_discount: int = 0
    leans: bool = False
    """Whether its tax is one too much, like that of all others of its currency on the day."""


TABLES = (
    "orders",
    "order_lines",
    "order_tax_lines",
    "discounts",
    "shipping_quotes",
    "payments",
    "giftcard_ledger",
    "number_voids",
    "manual_adjustments",
    "audit_events",
    "fulfilments",
    "fulfilment_lines",
)
"""What a day's orders lead to by themselves; refunds and stock are elsewhere."""


@lru_cache(maxsize=16)
def day_of_orders(seed: int, faults: Faults, day: date) -> Rows:
    """Return the rows of every table for the orders placed on a day. Nobody may change them: they are shared.

    Names that begin with _ are for the company's other parts and no columns.
    """
    chance, beside = rng(seed, "orders", day), rng(seed, "beside orders", day)
    planted = {
        fault.number: fault
        for fault in faults.of(
            "order_line_ext",
            "order_discount_bounds",
            "order_discount_allocation",
            "order_subtotal",
            "order_total",
            "under_captured",
            *PLANTED_IN,
        )
        if fault.first == day
    }
    leaning = {
        fault.subject.removeprefix("currency ") for fault in faults.of("tax_bias") if fault.first == day
    }
    rows: Rows = {table: [] for table in TABLES}
    numbered = numbers(seed, day)
    chance.randint(-25, 25)  # how many there are stands in numbers.py
    moments = sorted(chance.randrange(24 * 3600 - 60) for _ in numbered)
    rows["number_voids"] += voids(seed, day, [instant(day) + timedelta(seconds=s) for s in moments])
    cards = CardSlots(day)
    real = 0
    for n, (second, number) in enumerate(zip(moments, numbered, strict=True), 1):
        market = chance.choices(MARKETS, SHARES)[0]
        order = Order(
            f"{day:%Y%m%d}-{n:04d}",
            market,
            instant(day) + timedelta(seconds=second),
            is_test=chance.random() < 0.02,
            is_draft=chance.random() < 0.01,
            is_plain=True,
        )
        counts = not (order.is_test or order.is_draft)
        real += counts
        fault = planted.get(real) if counts else None
        order.is_plain = fault is None
        if fault is not None and PLANTED_IN.get(fault.kind):
            order.market = next(m for m in MARKETS if m.currency == PLANTED_IN[fault.kind])
        order.leans = counts and fault is None and market.currency in leaning
        fill(order, chance, fault)
        may_have_card = counts and real > ORDERS_FOR_FAULTS
        add(order, number, (chance, beside), fault, rows, cards if may_have_card else None)
    for fault in faults.of("order_twice"):
        if fault.first == day:
            place_again(fault, rows)
    return rows


def nth_real_order(seed: int, faults: Faults, fault: Fault) -> str:
    """Return the id of the order a fault is about: the n-th of its day that is neither test nor draft."""
    rows = day_of_orders(seed, faults, fault.first)
    if fault.kind == "order_twice":
        return str(pair(rows, fault.number)[1]["order_id"])
    orders = rows["orders"]
    real = [order for order in orders if not order["is_test"] and order["status"] != "draft"]
    return str(real[fault.number - 1]["order_id"])


def fill(order: Order, chance: Random, fault: Fault | None) -> None:
    """Give an order its lines and discounts."""
    market = order.market
    for n in range(1, chance.choices((1, 2, 3, 4), (40, 30, 20, 10))[0] + 1):
        price = chance.randint(*market.price) * market.unit * 10_000
        quantity = chance.choices((1, 2, 3, 5), (70, 18, 8, 4))[0] * 10_000
        if market.unit == 1 and chance.random() < 0.15:
            price += chance.randrange(10_000)  # a unit price finer than a minor unit, as of metre goods
            quantity = chance.choice((2_500, 7_500, 12_500, 15_000, 33_333))
        ext = round_div(quantity * price, E8, market.line_mode)
        if fault is not None and fault.kind == "order_line_ext" and n == 1:
            ext += market.unit
        discount = ext // 10 if market.unit == 1 and chance.random() < 0.12 else 0
        order.lines.append(
            {
                "line_id": f"{order.id}-{n}",
                "order_id": order.id,
                "sku": f"SKU-{chance.randint(1, ARTICLES):04d}",
                "qty_e4": quantity,
                "unit_price_e4": price,
                "ext_minor": ext,
                "line_discount_minor": discount,
                "alloc_discount_minor": 0,
                "is_gift_card": False,
                "tax_category": "standard",
            }
        )
    flawed_lines(order, fault.kind if fault else None)
    weights = [line["ext_minor"] - line["line_discount_minor"] for line in order.lines]
    bounds = fault is not None and fault.kind == "order_discount_bounds"
    if market.unit == 1 and sum(weights) > 1000 and chance.random() < 0.2 and not bounds:
        order.order_discount = sum(weights) // 20
        for line, part in zip(order.lines, spread(order.order_discount, weights), strict=True):
            line["alloc_discount_minor"] = part
    if bounds:
        order.lines[0]["line_discount_minor"] = order.lines[0]["ext_minor"] + 100 * market.unit
        order.lines[0]["alloc_discount_minor"] = -200 * market.unit  # so that there is something to pay


def add(
    order: Order,
    number: int,
    chances: tuple[Random, Random],
    fault: Fault | None,
    rows: Rows,
    cards: CardSlots | None,
) -> None:
    """Add an order's rows to the tables. Cards: where the order may sell or be paid by a gift card."""
    chance, beside = chances
    market, kind = order.market, fault.kind if fault else None
    ships = chance.random() < 0.7
    amended = amendment(order, chance)
    if kind == "under_captured":
        amended = None
    use = cards.use(order, amended) if cards else None
    if use == "sell":
        order.lines.append(card_line(order))
    taxes = taxed(order, kind)
    subtotal = sum(line["ext_minor"] for line in order.lines)
    discount = sum(line["line_discount_minor"] + line["alloc_discount_minor"] for line in order.lines)
    if kind == "order_subtotal":
        subtotal += 100 * market.unit
    if kind == "order_discount_allocation":
        discount += market.unit
    grams = weight(order.lines)
    quote = quoted(market.shipping, market.unit, grams) if ships else 0
    waived = ships and order.is_plain and beside.random() < 0.01
    shipping = 0 if waived else quote
    if kind == "shipping_off_quote":
        shipping += market.unit
    free = shipping if shipping and subtotal > 8000 * market.unit else 0
    tax = sum(line["tax_minor"] for line in taxes) + (kind == "tax_lines_sum")
    total = subtotal - discount + shipping - free + (0 if market.inclusive else tax)
    if kind == "order_total":
        total += 100 * market.unit
    if order.is_draft:
        subtotal = total = 0  # nobody has added it up yet, and nobody may report that
    if order.is_test:
        total = market.unit  # somebody tries the payment page: exempt, though nothing adds up
    by_card = cards.redeemed(use) if cards and use else 0
    customer = f"Shopper.{chance.randint(1, 9000)}@Mail.Example"
    rows["orders"].append(
        {
            "order_id": order.id,
            "series": "web",
            "order_number": number,
            "merchant_id": f"M-{chance.randint(1, 12):02d}",
            "channel": chance.choice(("web", "app", "web")),
            "customer_ref": customer,
            "placed_at": order.placed,
            "recorded_at": order.placed + timedelta(seconds=2),
            "updated_at": order.placed + timedelta(seconds=2),
            "status": "draft" if order.is_draft else "open",
            "financial_status": "pending" if order.is_draft else "paid",
            "currency": market.currency,
            "price_includes_tax": market.inclusive,
            "policy_id": market.policy_id,
            "subtotal_minor": subtotal,
            "discount_minor": discount,
            "shipping_minor": shipping,
            "shipping_discount_minor": free,
            "fees_minor": 0,
            "tax_minor": tax,
            "rounding_adj_minor": 0,
            "total_minor": total,
            "giftcard_minor": by_card,
            "store_credit_minor": 0,
            "cancelled_at": None,
            "is_test": order.is_test,
            "_amended": amended,
            # Whether it may be refunded or disputed by chance: what has a fault or a gift card may not.
            "_plain": order.is_plain and use is None,
        }
    )
    rows["order_lines"] += order.lines
    rows["order_tax_lines"] += taxes
    rows["discounts"] += list(discounts(order, beside))
    rows["shipping_quotes"].append(quote_row(order, ships, grams, quote, waived))
    missing = market.unit if kind == "under_captured" else 0
    paid = list(payments(order, total - by_card - missing, amended, chance))
    rows["payments"] += paid
    if cards and use:
        rows["giftcard_ledger"] += card_entries(cards, use, order, paid[-1]["attempted_at"])
    for table, listed in parcels(order, amended).items():
        rows[table] += listed
    for table, listed in by_hand(order, rows["discounts"]).items():
        rows[table] += listed
    flaw(order, kind, rows)


def card_line(order: Order) -> dict[str, Any]:
    """Return the line of a gift card: its tax is due when it is redeemed, so it has no tax line."""
    return {
        "line_id": f"{order.id}-{len(order.lines) + 1}",
        "order_id": order.id,
        "sku": "GIFT-25",
        "qty_e4": 10_000,
        "unit_price_e4": FACE * 10_000,
        "ext_minor": FACE,
        "line_discount_minor": 0,
        "alloc_discount_minor": 0,
        "is_gift_card": True,
        "tax_category": "voucher",
    }
