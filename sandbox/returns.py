"""What does the company's tax engine report, and what was filed?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sandbox.faults import Faults
from sandbox.orders import MARKETS, Rows, day_of_orders
from sandbox.part import rng
from sandbox.processor import LATEST
from sandbox.refunds import aftermath
from sandbox.slips import spoiled
from sandbox.trade import FIRST_DAY

REPORTED = 14
"""The engine's export holds that many days."""
FILED = date(2026, 3, 10)
"""When the return of February was filed."""
DUE_AFTER = timedelta(days=10)
COMPARED_AFTER = timedelta(days=5)
"""How long after a day the engine's report is compared, as management says in PI-07."""
Row = Mapping[str, Any]


def returns(seed: int, faults: Faults, today: date) -> Iterator[Row]:
    """Yield what the engine reports of each of the last days, and what was filed for the month before."""
    wrong = {(fault.first - COMPARED_AFTER, fault.subject) for fault in faults.of("engine_off")}
    for n in range(REPORTED, 0, -1):
        day = today - timedelta(days=n)
        if day < FIRST_DAY:
            continue
        owed = tax_of(seed, faults, day)
        for market in MARKETS:
            taxable, tax = owed[market.jurisdiction]
            yield {
                "period": day.isoformat(),
                "jurisdiction": market.jurisdiction,
                "source": "engine",
                "currency": market.currency,
                "taxable_minor": taxable,
                "tax_minor": tax + ((day, f"tax of {market.jurisdiction}") in wrong),
                "filed_on": None,
                "due_on": None,
            }
    if today < FILED:
        return
    for market in MARKETS:
        if market.rate_e9:
            taxable = rng(seed, "filed", market.jurisdiction).randint(10**6, 10**7) * market.unit
            yield {
                "period": "2026-02",
                "jurisdiction": market.jurisdiction,
                "source": "filed",
                "currency": market.currency,
                "taxable_minor": taxable,
                "tax_minor": taxable * market.rate_e9 // 10**9,
                "filed_on": FILED,
                "due_on": FILED + DUE_AFTER,
            }


@lru_cache(maxsize=32)
def tax_of(seed: int, faults: Faults, day: date) -> Mapping[str, tuple[int, int]]:
    """Return jurisdiction -> what was taxed on a day, and the tax.

    Refunds are taken off on their own day. An order cancelled within a day owes nothing, and its refund takes
    nothing off.
    """
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def add(jurisdiction: str, taxable: int, tax: int) -> None:
        before = found[jurisdiction]
        found[jurisdiction] = before[0] + taxable, before[1] + tax

    ours = counted(seed, faults, day)
    for line in _rows(seed, faults, day)[0]["order_tax_lines"]:
        if line["order_id"] in ours:
            add(line["jurisdiction"], line["taxable_minor"], line["tax_minor"])
    for n in range(LATEST.days + 1):
        placed = day - timedelta(days=n)
        ours = counted(seed, faults, placed) if placed >= FIRST_DAY else {}
        for refund in _rows(seed, faults, placed)[1]["refunds"] if ours else ():
            order = ours.get(refund["order_id"])
            if order is not None and refund["created_at"].date() == day:
                market = next(m for m in MARKETS if m.currency == order["currency"])
                price = refund["amount_minor"] - (0 if market.inclusive else refund["tax_minor"])
                add(market.jurisdiction, -price, -refund["tax_minor"])
    return found


def counted(seed: int, faults: Faults, day: date) -> Mapping[str, Row]:
    """Return the orders of a day that owe tax."""
    return {
        order["order_id"]: order
        for order in _rows(seed, faults, day)[0]["orders"]
        if not order["is_test"]
        and order["status"] != "draft"
        and not (order["_amended"] and order["_amended"][1] == "cancelled")
    }


def _rows(seed: int, faults: Faults, day: date) -> tuple[Rows, Rows]:
    return spoiled(faults, day, day_of_orders(seed, faults, day), aftermath(seed, faults, day))
