"""Which orders are placed on a day, exact to the minor unit but for the planted faults?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sandbox.faults import Fault, Faults
from sandbox.part import instant, rng

ORDERS_A_DAY = 400
E8 = 10**8
E9 = 10**9


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


MARKETS = (
    Market("USD", "us-exclusive", "half_up", False, 1, (199, 24_900), 799, 82_500_000, "US-NY"),  # noqa: FBT003
    Market("EUR", "eu-inclusive", "half_even", True, 1, (149, 19_900), 490, 190_000_000, "DE"),  # noqa: FBT003
    Market("GBP", "uk-inclusive", "half_up", True, 1, (199, 17_900), 395, 200_000_000, "GB"),  # noqa: FBT003
    Market("JPY", "jp-inclusive", "down", True, 1, (180, 32_000), 600, 100_000_000, "JP"),  # noqa: FBT003
    Market("KWD", "kw-exclusive", "half_up", False, 10, (50, 6_500), 1500, 0, "KW"),  # noqa: FBT003
)
SHARES = (38, 30, 16, 10, 6)
Rows = dict[str, list[dict[str, Any]]]


def round_div(numerator: int, denominator: int, mode: str) -> int:
    """Return a quotient rounded by its magnitude: -x rounds to the opposite of x."""
    sign = -1 if numerator < 0 else 1
    whole, rest = divmod(abs(numerator), denominator)
    match mode:
        case "half_up":
            up = rest * 2 >= denominator
        case "half_even":
            up = rest * 2 > denominator or (rest * 2 == denominator and whole % 2 == 1)
        case _:
            up = False
    return sign * (whole + up)


def spread(amount: int, weights: list[int]) -> list[int]:
    """Return an amount spread over weights by largest remainder: the parts sum to it exactly."""
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda n: (-(amount * weights[n] % total), n))
    for n in rests[: amount - sum(parts)]:
        parts[n] += 1
    return parts


@dataclass
class Order:
    """An order under construction."""

    id: str
    market: Market
    placed: datetime
    is_test: bool
    is_draft: bool
    lines: list[dict[str, Any]] = field(default_factory=list)
    order_discount: int = 0


def day_of_orders(seed: int, faults: Faults, day: date) -> Rows:
    """Return the rows of every table for the orders placed on a day."""
    chance = rng(seed, "orders", day)
    planted = {
        fault.number: fault
        for fault in faults.of(
            "order_line_ext",
            "order_discount_bounds",
            "order_discount_allocation",
            "order_subtotal",
            "order_total",
        )
        if fault.first == day
    }
    rows: Rows = {"orders": [], "order_lines": [], "order_tax_lines": [], "discounts": [], "payments": []}
    count = ORDERS_A_DAY + chance.randint(-25, 25)
    moments = sorted(chance.randrange(24 * 3600 - 60) for _ in range(count))
    real = 0
    for number, second in enumerate(moments, 1):
        market = chance.choices(MARKETS, SHARES)[0]
        order = Order(
            f"{day:%Y%m%d}-{number:04d}",
            market,
            instant(day) + timedelta(seconds=second),
            is_test=chance.random() < 0.02,
            is_draft=chance.random() < 0.01,
        )
        counts = not (order.is_test or order.is_draft)
        real += counts
        fault = planted.get(real) if counts else None
        fill(order, chance, fault)
        add(order, number, chance, fault, rows)
    return rows


def nth_real_order(seed: int, faults: Faults, fault: Fault) -> str:
    """Return the id of the order a fault is about: the n-th of its day that is neither test nor draft."""
    orders = day_of_orders(seed, faults, fault.first)["orders"]
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
                "sku": f"SKU-{chance.randint(1, 900):04d}",
                "qty_e4": quantity,
                "unit_price_e4": price,
                "ext_minor": ext,
                "line_discount_minor": discount,
                "alloc_discount_minor": 0,
                "is_gift_card": False,
                "tax_category": "standard",
            }
        )
    weights = [line["ext_minor"] - line["line_discount_minor"] for line in order.lines]
    bounds = fault is not None and fault.kind == "order_discount_bounds"
    if market.unit == 1 and sum(weights) > 1000 and chance.random() < 0.2 and not bounds:
        order.order_discount = sum(weights) // 20
        for line, part in zip(order.lines, spread(order.order_discount, weights), strict=True):
            line["alloc_discount_minor"] = part
    if bounds:
        order.lines[0]["line_discount_minor"] = order.lines[0]["ext_minor"] + 100 * market.unit


def add(order: Order, number: int, chance: Random, fault: Fault | None, rows: Rows) -> None:
    """Add an order's rows to the tables."""
    market, kind = order.market, fault.kind if fault else None
    taxes = [tax_line(order, line) for line in order.lines]
    subtotal = sum(line["ext_minor"] for line in order.lines)
    discount = sum(line["line_discount_minor"] + line["alloc_discount_minor"] for line in order.lines)
    if kind == "order_subtotal":
        subtotal += 100 * market.unit
    if kind == "order_discount_allocation":
        discount += market.unit
    shipping = market.shipping if chance.random() < 0.7 else 0
    free = shipping if shipping and subtotal > 8000 * market.unit else 0
    tax = sum(line["tax_minor"] for line in taxes)
    total = subtotal - discount + shipping - free + (0 if market.inclusive else tax)
    if kind == "order_total":
        total += 100 * market.unit
    if order.is_draft:
        subtotal = total = 0  # nobody has added it up yet, and nobody may report that
    if order.is_test:
        total = market.unit  # somebody tries the payment page: exempt, though nothing adds up
    amended = amendment(order, chance)
    customer = f"Shopper.{chance.randint(1, 9000)}@Mail.Example"
    rows["orders"].append(
        {
            "order_id": order.id,
            "series": "web",
            "order_number": int(order.placed.strftime("%y%m%d")) * 10_000 + number,
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
            "giftcard_minor": 0,
            "store_credit_minor": 0,
            "cancelled_at": None,
            "is_test": order.is_test,
            # When it is amended, and to which status: taken out before the row is inserted.
            "_amended": amended,
        }
    )
    rows["order_lines"] += order.lines
    rows["order_tax_lines"] += taxes
    rows["discounts"] += list(discounts(order))
    rows["payments"] += list(payments(order, total, amended, chance))


def tax_line(order: Order, line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line's tax: on top of an exclusive price, inside an inclusive one."""
    market = order.market
    taxable = max(line["ext_minor"] - line["line_discount_minor"] - line["alloc_discount_minor"], 0)
    denominator = E9 + market.rate_e9 if market.inclusive else E9
    return {
        "order_id": order.id,
        "line_id": line["line_id"],
        "target_kind": "line",
        "jurisdiction": market.jurisdiction,
        "tax_category": "standard",
        "rate_e9": market.rate_e9,
        "taxable_minor": taxable,
        "tax_minor": round_div(taxable * market.rate_e9, denominator, "half_up"),
        "exempt_reason": None if market.rate_e9 else "no sales tax",
    }


def discounts(order: Order) -> Iterator[dict[str, Any]]:
    """Yield the discounts of an order: one per discounted line, one for the whole order."""
    for line in order.lines:
        if line["line_discount_minor"]:
            yield discount_row(order, line["line_id"], "promotion", "SPRING10", line["line_discount_minor"])
    if order.order_discount:
        yield discount_row(order, None, "voucher", "WELCOME5", order.order_discount)


def discount_row(order: Order, line_id: str | None, kind: str, promotion: str, amount: int) -> dict[str, Any]:
    """Return one row of discounts."""
    return {
        "discount_id": f"{line_id or order.id}-{promotion}",
        "order_id": order.id,
        "line_id": line_id,
        "kind": kind,
        "promotion_id": promotion,
        "amount_minor": amount,
        "actor": None,
        "approver": None,
    }


def amendment(order: Order, chance: Random) -> tuple[datetime, str] | None:
    """Return when within a day an order is amended, and its status then; some are only noted on."""
    drawn = chance.random()
    if order.is_draft or drawn > 0.6:
        return None
    if drawn < 0.03:
        return order.placed + timedelta(hours=3), "cancelled"
    if drawn < 0.08:
        return order.placed + timedelta(hours=6), "open"
    return order.placed + timedelta(hours=20), "fulfilled"


def payments(
    order: Order, total: int, amended: tuple[datetime, str] | None, chance: Random
) -> Iterator[dict[str, Any]]:
    """Yield the attempts to pay: now and then a refused one, then an authorisation and its capture.

    What is cancelled is voided instead.
    """
    if total <= 0 or order.is_draft:
        return
    cancelled = amended is not None and amended[1] == "cancelled"
    attempts = [("auth", "failed", timedelta(seconds=10))] if chance.random() < 0.05 else []
    attempts += [
        ("auth", "succeeded", timedelta(seconds=40)),
        ("void", "succeeded", timedelta(hours=3, seconds=5))
        if cancelled
        else ("capture", "succeeded", timedelta(minutes=chance.randint(5, 50))),
    ]
    charge = ""
    for n, (kind, status, after) in enumerate(attempts, 1):
        at = order.placed + after
        if kind == "auth":  # capture and void act on the charge that was authorised
            charge = f"ch_{order.id.replace('-', '')}{n}"
        yield {
            "payment_id": f"P-{order.id}-{n}",
            "order_id": order.id,
            "processor": "stripe",
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
