"""How does the company's Stripe account look, what does it hold, and whom does it tell?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from sandbox.org import DOMAIN, ORG, PERIOD_START
from sandbox.part import instant
from sandbox.stripe_objects import API_VERSION, COUNTRY, Objects, Record, seconds

CURRENCY = "usd"


def account(objects: Objects) -> Record:
    """Return the account."""
    return {
        "id": objects.account_id,
        "object": "account",
        "business_profile": {
            "name": "Sandbox Outfitters",
            "support_phone": "+15005550006",
            "mcc": "5651",
        },
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": COUNTRY,
        "created": seconds(instant(PERIOD_START - timedelta(days=900))),
        "default_currency": CURRENCY,
        "details_submitted": True,
        "email": f"payments@{DOMAIN}",
        "payouts_enabled": True,
        "settings": {
            "dashboard": {"display_name": ORG, "timezone": "Etc/UTC"},
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": "daily"},
                "statement_descriptor": None,
            },
        },
        "type": "standard",
    }


def balance(held: Mapping[str, tuple[int, int]]) -> Record:
    """Return the balance: what is available and what is still to come, by currency."""

    def listed(part: int) -> list[Record]:
        return [
            {"amount": sums[part], "currency": currency.lower(), "source_types": {"card": sums[part]}}
            for currency, sums in held.items()
        ]

    return {"object": "balance", "available": listed(0), "livemode": True, "pending": listed(1)}


def webhooks(objects: Objects) -> Iterator[Record]:
    """Yield the addresses that are told what happens; their paths are as secret as a password."""
    told = {"shop": ["charge.captured", "charge.failed", "charge.refunded"], "finance": ["payout.paid"]}
    for n, (name, events) in enumerate(told.items()):
        yield {
            "id": f"we_1{objects.word('webhook', name)[:23]}",
            "object": "webhook_endpoint",
            "api_version": API_VERSION,
            "application": None,
            "created": seconds(instant(PERIOD_START - timedelta(days=400 - n))),
            "description": f"Tells {name}",
            "enabled_events": events,
            "livemode": True,
            "metadata": {},
            "status": "enabled",
            "url": f"https://hooks.{DOMAIN}/stripe/{objects.word('path', name)[:24]}",
        }
