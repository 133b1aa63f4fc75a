"""Which tax is on an order under its market's policy, and what of it goes wrong where a fault is planted?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.arithmetic import round_div, spread

if TYPE_CHECKING:
    from sandbox.orders import Order, Rows

E8 = 10**8
E9 = 10**9
PLANTED_IN: Mapping[str, str | None] = {
    "shipping_off_quote": None,
    "amount_off_multiple": "KWD",
    "discount_lapsed": "EUR",
    "tax_amount": "EUR",
    "tax_base": "EUR",
    "tax_line_left_out": "EUR",
    "tax_lines_sum": "EUR",
    "tax_rate": "EUR",
    "tax_rate_unknown": "EUR",
    "tax_unregistered": "EUR",
    "tax_uncertified": "EUR",
    "tax_no_policy": "EUR",
}
"""Kind of fault -> the market it happens in: not every one has such a tax, or such an amount. None: any."""
LAPSED = "SUMMER25"
"""A promotion that is in no register any more."""
UNREGISTERED = ("CH", 77_000_000)
"""Where the company may sell and collects no tax, and the rate there."""
FLAWS: Mapping[str, Mapping[str, Any]] = {
    "tax_rate": {"rate_e9": 160_000_000},
    "tax_rate_unknown": {"tax_category": "books", "rate_e9": 70_000_000},
    "tax_unregistered": {"jurisdiction": UNREGISTERED[0], "rate_e9": UNREGISTERED[1]},
    "tax_uncertified": {"exempt_reason": "resale", "rate_e9": 0},
}
"""What is wrong about the first tax line of an order; its tax agrees with it."""


def flawed_lines(order: Order, kind: str | None) -> None:
    """Change what an order's lines cost, where that is what is wrong."""
    first = order.lines[0]
    if kind == "amount_off_multiple":
        price = first["unit_price_e4"] + 4 * 10_000
        first.update(qty_e4=10_000, unit_price_e4=price, ext_minor=round_div(10_000 * price, E8, "half_up"))
    if kind == "discount_lapsed":
        for line in order.lines:
            line["line_discount_minor"] = 0
        first["line_discount_minor"] = first["ext_minor"] // 10 + 1
    if kind == "tax_line_left_out" and len(order.lines) == 1:
        order.lines.append({**first, "line_id": f"{order.id}-2"})


def taxed(order: Order, kind: str | None) -> list[dict[str, Any]]:
    """Return the tax lines of an order, rounded per line or once per order as its market's policy says."""
    market = order.market
    lines = [_tax_line(order, line) for line in order.lines if not line["is_gift_card"]]
    lines[0].update(FLAWS.get(kind or "", {}))
    if kind == "tax_base":
        lines[0]["taxable_minor"] -= 10
    for line in lines:
        line["tax_minor"] = round_div(*_fraction(order, [line]), market.tax_mode)
    taxable = [line["taxable_minor"] for line in lines]
    if market.tax_scope == "order" and sum(taxable):
        tax = round_div(*_fraction(order, lines), market.tax_mode)
        for line, part in zip(lines, spread(tax, taxable), strict=True):
            line["tax_minor"] = part
    if kind == "tax_amount" or order.leans:
        lines[0]["tax_minor"] += market.unit
    return lines[1:] if kind == "tax_line_left_out" else lines


def _fraction(order: Order, lines: list[dict[str, Any]]) -> tuple[int, int]:
    """Return numerator and denominator of the exact tax of lines that have one rate."""
    rate = lines[0]["rate_e9"]
    amount = sum(line["taxable_minor"] for line in lines)
    return amount * rate, E9 + rate if order.market.inclusive else E9


def _tax_line(order: Order, line: Mapping[str, Any]) -> dict[str, Any]:
    market = order.market
    return {
        "order_id": order.id,
        "line_id": line["line_id"],
        "target_kind": "line",
        "jurisdiction": market.jurisdiction,
        "tax_category": "standard",
        "rate_e9": market.rate_e9,
        "taxable_minor": max(
            line["ext_minor"] - line["line_discount_minor"] - line["alloc_discount_minor"], 0
        ),
        "tax_minor": 0,
        "exempt_reason": None if market.rate_e9 else "no sales tax",
    }


def flaw(order: Order, kind: str | None, rows: Rows) -> None:
    """Change what was recorded of an order, where only that is wrong."""
    if kind == "tax_no_policy":
        rows["orders"][-1]["policy_id"] = "eu-2019"
    if kind == "discount_lapsed":
        [row] = [one for one in rows["discounts"] if one["line_id"] == order.lines[0]["line_id"]]
        row.update(discount_id=f"{order.lines[0]['line_id']}-{LAPSED}", promotion_id=LAPSED)


def key_of(kind: str, order: str) -> str:
    """Return the population key of what is found wrong with an order."""
    if kind == "discount_lapsed":
        return f"{order}-1-{LAPSED}"
    if kind in FLAWS:
        found = {"jurisdiction": "DE", "tax_category": "standard", **FLAWS[kind]}
        return f"{order}|{order}-1|line|{found['jurisdiction']}|{found['tax_category']}"
    return order
