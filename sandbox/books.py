"""Which registers do sales, tax and finance keep about orders and money?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from sandbox.faults import Faults
from sandbox.orders import MARKETS
from sandbox.processor import DISPUTE_FEE, FEE_E3, FEE_FIXED, SETTLED_IN

SINCE = date(2025, 1, 1)
"""From when everything here is in force."""
LIMIT_UNITS = 20
"""Finance may correct as much as that many of a market's dearest articles cost."""
Row = Mapping[str, Any]


def kept(seed: int, faults: Faults, today: date) -> dict[str, Iterable[Row]]:
    """Return register -> rows, as they stand on a day."""
    del seed, faults, today  # nothing here changes yet
    return {
        "promotion": promotions(),
        "tax_rate": tax_rates(),
        "tax_registration": tax_registrations(),
        "tax_certificate": tax_certificates(),
        "tax_return": [],
        "fee_schedule": fee_schedule(),
        "bank_deposit": [],
        "cycle_count": [],
        "approval_limit": approval_limits(),
        "late_arrival": late_arrivals(),
        "reconciliation_tolerance": tolerances(),
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
    """Yield the rate of every market."""
    for market in MARKETS:
        yield {
            "jurisdiction": market.jurisdiction,
            "tax_category": "standard",
            "rate_e9": market.rate_e9,
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
    """Yield what the processor takes."""
    for currency in sorted(set(SETTLED_IN.values())):
        for kind, rate_e9, fixed in (("charge", FEE_E3 * 10**6, FEE_FIXED), ("dispute", 0, DISPUTE_FEE)):
            yield {
                "processor": "stripe",
                "currency": currency,
                "kind": kind,
                "rate_e9": rate_e9,
                "fixed_minor": fixed,
                "valid_from": SINCE,
                "valid_to": None,
            }


def approval_limits() -> Iterator[Row]:
    """Yield up to how much finance and the warehouse may correct."""
    for market in MARKETS:
        for entity in ("order", "dispute", "refund"):
            yield {
                "actor": "role:finance",
                "entity": entity,
                "currency": market.currency,
                "limit_minor": LIMIT_UNITS * market.price[1] * market.unit,
            }
    yield {"actor": "role:operations", "entity": "inventory", "currency": "pieces", "limit_minor": 25}


def late_arrivals() -> Iterator[Row]:
    """Yield what came after its day was evaluated, and why: once, before the period."""
    yield {
        "table_name": "payments",
        "row_id": "P-20260114-0201-1",
        "reason": "The processor's webhooks were delayed on 14 January.",
        "approver": "head_of_finance",
    }


def tolerances() -> Iterator[Row]:
    """Yield which differences are accepted: of exchange, since the processor's rate is rounded."""
    for currency in sorted(set(SETTLED_IN.values())):
        yield {
            "rule": "R25",
            "currency": currency,
            "minor": 1,
            "days": 0,
            "approver": "head_of_finance",
            "valid_from": SINCE,
            "valid_to": None,
        }
