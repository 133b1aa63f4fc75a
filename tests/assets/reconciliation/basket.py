"""What tax do the rules make of a basket, and what does exact arithmetic apart from them make of it?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction
from typing import Any

from assets.reconciliation.tax import ORDER_TAX, ORDER_TAXES
from tests.assets.derivations import derived
from warehouse.store import conform, table_of

PLACED = datetime(2026, 3, 10, 8, tzinfo=UTC)
DECIMALS = {
    "half_up": ROUND_HALF_UP,
    "half_down": ROUND_HALF_DOWN,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
    "up": ROUND_UP,
}
E9 = 10**9


@dataclass(frozen=True)
class Policy:
    """A rounding policy, as a register's row has it."""

    scope: str
    mode: str = "half_up"
    target: str = "tax"

    def row(self, name: str) -> dict[str, Any]:
        """Return the register's row."""
        return {
            "policy_id": name,
            "valid_from": date(2026, 1, 1),
            "line_mode": "half_up",
            "tax_scope": self.scope,
            "mode": self.mode,
            "inclusive_target": self.target,
            "tolerance_minor": 0,
        }


@dataclass(frozen=True)
class Item:
    """A line: what it costs with all discounts taken off, how many, and its taxes (jurisdiction, rate)."""

    amount: int
    rates: Sequence[tuple[str, int]]
    quantity_e4: int = 10_000
    taxable: Sequence[int] = ()
    """What each tax is computed on, where that is not the amount."""

    @property
    def taxed(self) -> Iterable[tuple[str, int, int]]:
        """(jurisdiction, rate, taxable) of every tax."""
        for n, (jurisdiction, rate) in enumerate(self.rates):
            yield jurisdiction, rate, self.taxable[n] if self.taxable else self.amount


def expected_taxes(baskets: Sequence[tuple[Policy, bool, Sequence[Item]]]) -> list[int | None]:
    """Return what R05's SQL expects of each (policy, prices include tax, items), one order each."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for n, (policy, inclusive, items) in enumerate(baskets):
        order = f"o{n:06d}"
        rows["register_rounding_policy"].append(policy.row(order))
        rows["shop_order"].append(an_order(order, price_includes_tax=inclusive))
        for number, item in enumerate(items):
            line = f"{order}-{number}"
            rows["shop_order_line"].append(
                {
                    "line_id": line,
                    "order_id": order,
                    "qty_e4": item.quantity_e4,
                    "ext_minor": item.amount,
                    "line_discount_minor": 0,
                    "alloc_discount_minor": 0,
                }
            )
            rows["shop_order_tax_line"] += [
                {
                    "order_id": order,
                    "line_id": line,
                    "target_kind": "line",
                    "jurisdiction": jurisdiction,
                    "tax_category": "standard",
                    "rate_e9": rate,
                    "taxable_minor": taxable,
                    "tax_minor": 0,
                }
                for jurisdiction, rate, taxable in item.taxed
            ]
    found = derived(ORDER_TAXES, "shop-main", **rows)
    conform(ORDER_TAX, table_of(ORDER_TAX, found))
    return [row["expected_tax_minor"] for row in found]


def an_order(order: str, **other: Any) -> dict[str, Any]:
    """Return an order of no amounts whose policy has its own id."""
    amounts = ("shipping_minor", "shipping_discount_minor", "fees_minor", "tax_minor")
    return {
        "order_id": order,
        "order_number": 1,
        "policy_id": order,
        "currency": "USD",
        "placed_at": PLACED,
        "is_test": False,
        "status": "placed",
        "price_includes_tax": False,
        **dict.fromkeys(amounts, 0),
        **other,
    }


def rounded(value: Fraction, mode: str) -> int:
    """Return a fraction rounded by its magnitude."""
    whole, rest = divmod(abs(value), 1)
    side = Decimal(0 if rest == 0 else 5 if rest * 2 == 1 else 3 if rest * 2 < 1 else 7) / 10
    magnitude = int((whole + side).quantize(Decimal(1), rounding=DECIMALS[mode]))
    return -magnitude if value < 0 else magnitude


def reckoned(policy: Policy, items: Sequence[Item], *, inclusive: bool) -> int:
    """Return the tax of a basket of parallel taxes, reckoned in fractions apart from the rules' SQL."""
    groups: dict[Any, Fraction] = defaultdict(Fraction)
    gross: dict[Any, int] = defaultdict(int)
    quantity: dict[Any, Fraction] = {}
    for n, item in enumerate(items):
        together = sum(rate for _, rate in item.rates) if inclusive else 0
        seen = set()
        for jurisdiction, rate in item.rates:
            key = {
                "unit": n,
                "line": n,
                "line_jurisdiction": (n, jurisdiction),
                "order_rate": rate,
                "order_jurisdiction": jurisdiction,
                "order": "all",
            }[policy.scope]
            groups[key] += Fraction(item.amount * rate, E9 + together)
            quantity[key] = Fraction(item.quantity_e4, 10_000)
            if key not in seen or policy.scope == "order_rate":
                gross[key] += item.amount
            seen.add(key)
    total = 0
    for key, tax in groups.items():
        net = inclusive and policy.target == "net"
        value = gross[key] - tax if net else tax
        if policy.scope == "unit":
            value = Fraction(rounded(value / quantity[key], policy.mode)) * quantity[key]
        part = rounded(value, policy.mode)
        total += gross[key] - part if net else part
    return total
