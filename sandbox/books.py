"""Which registers do sales, tax and finance keep about orders and money?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sandbox import paypal
from sandbox.clerks import FINANCE, SUPPORT
from sandbox.faults import Fault, Faults
from sandbox.orders import ARTICLES, MARKETS
from sandbox.part import rng
from sandbox.processor import DISPUTE_FEE, FEE_E3, FEE_FIXED, SETTLED_IN
from sandbox.returns import returns
from sandbox.shipping import EAST, WEST
from sandbox.taxes import UNREGISTERED
from sandbox.tenders import PAYPAL, STRIPE

SINCE = date(2025, 1, 1)
"""From when everything here is in force."""
LIMIT_UNITS = 20
"""A correction may be as large as that many of a market's dearest articles."""
COUNTED_DAYS = 21
OPEN_DAYS = 10
"""For how long a count's difference may be unexplained, as management says in PI-06."""
MISSING = 12
"""Pieces: far more than may be missing."""
Row = Mapping[str, Any]


def kept(seed: int, faults: Faults, today: date) -> dict[str, Iterable[Row]]:
    """Return register -> rows, as they stand on a day."""
    return {
        "promotion": promotions(),
        "tax_rate": tax_rates(),
        "tax_registration": tax_registrations(),
        "tax_certificate": tax_certificates(),
        "tax_return": returns(seed, faults, today),
        "fee_schedule": fee_schedule(),
        "cycle_count": cycle_counts(seed, faults, today),
        "approval_limit": approval_limits(),
        "late_arrival": late_arrivals(),
    }


def promotions() -> Iterator[Row]:
    """Yield what may be taken off, and since when."""
    for name, kind in (("SPRING10", "promotion"), ("WELCOME5", "voucher")):
        yield {
            "promotion_id": name,
            "kind": kind,
            "valid_from": SINCE,
            "valid_to": None,
            "approver": "head_of_marketing",
        }


def tax_rates() -> Iterator[Row]:
    """Yield the rate of every market, and of one that the company is not registered in."""
    for market in MARKETS:
        yield {
            "jurisdiction": market.jurisdiction,
            "tax_category": "standard",
            "rate_e9": market.rate_e9,
            "valid_from": SINCE,
            "valid_to": None,
        }
    jurisdiction, rate = UNREGISTERED
    yield {
        "jurisdiction": jurisdiction,
        "tax_category": "standard",
        "rate_e9": rate,
        "valid_from": SINCE,
        "valid_to": None,
    }


def tax_registrations() -> Iterator[Row]:
    """Yield where tax is collected."""
    for market in MARKETS:
        if market.rate_e9:
            yield {"jurisdiction": market.jurisdiction, "valid_from": SINCE, "valid_to": None}


def tax_certificates() -> Iterator[Row]:
    """Yield why some sales are not taxed."""
    for market in MARKETS:
        if not market.rate_e9:
            yield {
                "certificate_id": f"{market.jurisdiction}-ruling",
                "jurisdiction": market.jurisdiction,
                "reason": "no sales tax",
                "valid_from": SINCE,
                "valid_to": None,
            }


def fee_schedule() -> Iterator[Row]:
    """Yield what the processors take."""
    for currency in sorted(set(SETTLED_IN.values())):
        for processor, kind, rate_e9, fixed in (
            (STRIPE, "charge", FEE_E3 * 10**6, FEE_FIXED),
            (STRIPE, "dispute", 0, DISPUTE_FEE),
            (PAYPAL, "charge", paypal.FEE_E4 * 10**5, paypal.FEE_FIXED),
        ):
            yield {
                "processor": processor,
                "currency": currency,
                "kind": kind,
                "rate_e9": rate_e9,
                "fixed_minor": fixed,
                "valid_from": SINCE,
                "valid_to": None,
            }


def approval_limits() -> Iterator[Row]:
    """Yield up to how much who may correct: support gives discounts, finance books disputes."""
    for actors, entity in ((SUPPORT, "order"), (FINANCE, "dispute")):
        for actor in actors:
            for market in MARKETS:
                yield {
                    "actor": actor,
                    "entity": entity,
                    "currency": market.currency,
                    "limit_minor": LIMIT_UNITS * market.price[1] * market.unit,
                }


def cycle_counts(seed: int, faults: Faults, today: date) -> Iterator[Row]:
    """Yield the counts of the last weeks and tomorrow's: two articles a day.

    Now and then pieces are missing, and within three days it is known why, unless that is planted.
    """
    open_longer = {(counted_on(fault), fault.number): fault for fault in faults.of("count_unexplained")}
    for n in range(COUNTED_DAYS, -2, -1):
        day = today - timedelta(days=n)
        chance = rng(seed, "cycle count", day)
        for number, place in enumerate((EAST, WEST), 1):
            sku, expected = f"SKU-{chance.randint(1, ARTICLES):04d}", chance.randint(30, 60)
            missing = 2 if chance.random() < 0.1 else 0
            resolved = day + timedelta(days=3)
            fault = open_longer.get((day, number))
            if fault is not None:
                missing, resolved = MISSING, fault.last + timedelta(days=1)
            done = day <= today
            yield {
                "count_id": f"C-{day:%Y%m%d}-{number}",
                "sku": sku,
                "location": place,
                "due_on": day,
                "counted_on": day if done else None,
                "expected": expected if done else None,
                "counted": expected - missing if done else None,
                "resolved_on": resolved if missing and resolved <= today else None,
            }


def counted_on(fault: Fault) -> date:
    """Return when that was counted which has been unexplained for too long from the fault's first day on."""
    return fault.first - timedelta(days=OPEN_DAYS + 1)


def late_arrivals() -> Iterator[Row]:
    """Yield what came after its day was evaluated, and why: once, before the period."""
    yield {
        "table_name": "payments",
        "row_id": "P-20260114-0201-1",
        "reason": "The processor's webhooks were delayed on 14 January.",
        "approver": "head_of_finance",
    }
