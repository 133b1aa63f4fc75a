"""Can a secret or a shopper's datum get from Stripe into rows, raw pages, logs or errors?"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from assets.capture import Reading, Recipe
from assets.failures import SourceFailure
from assets.stripe import account as standing
from assets.stripe import keys, payments, settlement
from assets.stripe.client import StripeClient

if TYPE_CHECKING:
    from conftest import Account, Odd

CANARY = "canary-must-never-be-stored"
SECOND = 1772704800
RECIPES = sorted(
    {
        found
        for module in (standing, keys, payments, settlement)
        for found in vars(module).values()
        if isinstance(found, Recipe)
    },
    key=lambda recipe: recipe.name,
)
CARD = {"card": {"last4": CANARY, "fingerprint": CANARY, "number": CANARY, "exp_month": 8}, "type": "card"}
PAYER = {"name": CANARY, "email": CANARY, "phone": CANARY, "address": {"line1": CANARY}}
MONEY = {"amount": 5, "currency": "usd", "created": SECOND, "livemode": True, "description": CANARY}
METADATA = {"metadata": {"order_id": "20260305-0001", "email": CANARY}}
CHARGE = {
    **MONEY,
    **METADATA,
    "id": "ch_1",
    "object": "charge",
    "amount_captured": 5,
    "amount_refunded": 0,
    "status": "succeeded",
    "captured": True,
    "disputed": False,
    "billing_details": PAYER,
    "receipt_email": CANARY,
    "receipt_url": CANARY,
    "receipt_number": CANARY,
    "shipping": PAYER,
    "failure_message": CANARY,
    "fraud_details": {"user_report": CANARY},
    "outcome": {"type": "authorized", "seller_message": CANARY, "rule": CANARY},
    "payment_method_details": CARD,
    "source": {"client_secret": CANARY, "owner": PAYER},
    "statement_descriptor": CANARY,
    "a_field_of_their_own": CANARY,
}
LISTINGS: dict[str, list[dict[str, Any]]] = {
    "/v1/charges": [CHARGE],
    "/v1/payment_intents": [
        {
            **MONEY,
            **METADATA,
            "id": "pi_1",
            "status": "succeeded",
            "client_secret": CANARY,
            "shipping": PAYER,
            "receipt_email": CANARY,
            "last_payment_error": {"code": "card_declined", "message": CANARY, "payment_method": CARD},
            "next_action": {"redirect_to_url": {"url": CANARY}},
        }
    ],
    "/v1/refunds": [
        {**MONEY, **METADATA, "id": "re_1", "instructions_email": CANARY, "destination_details": CARD}
    ],
    "/v1/disputes": [
        {
            **MONEY,
            "id": "dp_1",
            "charge": "ch_1",
            "status": "under_review",
            "reason": "fraudulent",
            "evidence": {"uncategorized_text": CANARY, "customer_name": CANARY, "receipt": CANARY},
            "evidence_details": {"due_by": SECOND, "has_evidence": True},
            "payment_method_details": CARD,
        }
    ],
    "/v1/balance_transactions": [
        {
            **MONEY,
            "id": "txn_1",
            "type": "charge",
            "reporting_category": "charge",
            "fee": 1,
            "net": 4,
            "available_on": SECOND,
        }
    ],
    "/v1/payouts": [
        {
            **MONEY,
            "id": "po_1",
            "status": "paid",
            "automatic": True,
            "reconciliation_status": "completed",
            "arrival_date": SECOND,
            "destination": CANARY,
            "failure_message": CANARY,
            "statement_descriptor": CANARY,
        }
    ],
    "/v1/events": [
        {
            "id": "evt_1",
            "type": "charge.captured",
            "created": SECOND,
            "livemode": True,
            "data": {"object": CHARGE, "previous_attributes": {"receipt_email": CANARY}},
            "request": {"id": "req_1", "idempotency_key": CANARY},
        }
    ],
    "/v1/webhook_endpoints": [
        {
            "id": "we_1",
            "created": SECOND,
            "livemode": True,
            "status": "enabled",
            "enabled_events": ["*"],
            "secret": CANARY,
            "description": CANARY,
            "url": f"https://{CANARY}:{CANARY}@hooks.acme.example:8443/{CANARY}?token={CANARY}#{CANARY}",
        }
    ],
}
STAMP = "2026-03-05T10:00:00.000Z"
OBJECTS: dict[str, Any] = {
    "/v1/account": {
        "id": "acct_1",
        "country": "US",
        "email": CANARY,
        "business_profile": PAYER,
        "individual": PAYER,
        "external_accounts": {"data": [{"account_number": CANARY, "last4": CANARY}]},
        "settings": {"payouts": {"schedule": {"interval": "daily"}, "statement_descriptor": CANARY}},
        "tos_acceptance": {"ip": CANARY},
    },
    "/v1/balance": {"object": "balance", "livemode": True, "available": [], "pending": [{**MONEY}]},
    "/v2/iam/api_keys": {
        "next_page_url": None,
        "data": [
            {
                "id": "mk_1",
                "type": "secret_key",
                "status": "active",
                "created": STAMP,
                "livemode": True,
                "ip_allowlist": [CANARY],
                "note": CANARY,
                "secret_key": {"token": CANARY, "secret_token_redacted": CANARY},
                "publishable_key": {"token": CANARY},
            }
        ],
    },
    "/v2/iam/activity_logs": {
        "next_page_url": None,
        "data": [
            {
                "id": "log_1",
                "type": "user_access_started",
                "created": STAMP,
                "livemode": True,
                "actor": {"type": "user", "user": {"email": "ada@acme.example"}},
                "details": {
                    "api_key": {"id": "mk_1", "note": CANARY, "ip_allowlist": [CANARY]},
                    "user_access": {"session_fingerprint": CANARY, "network": {"ip_address": CANARY}},
                },
            }
        ],
    },
}


def collected(recipe: Recipe, client: StripeClient, reading: Reading) -> str:
    """Return everything a recipe leaves behind, as text."""
    found: Any = recipe.read(client, reading)
    rows = found if isinstance(found, dict) else list(found)
    return json.dumps([rows, reading.pages, reading.requests, reading.dropped], default=str)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_nothing_forbidden_is_kept(
    account: Account,
    client: StripeClient,
    reading: Reading,
    recipe: Recipe,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With every library talking as much as it can."""
    account.listings, account.objects = LISTINGS, OBJECTS
    with caplog.at_level(logging.DEBUG):
        left = collected(recipe, client, reading)

    assert CANARY not in left + caplog.text
    assert client.key not in left + caplog.text
    assert sum(reading.dropped.values())


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("field", ["created", "livemode", "currency", "status", "id", "data"])
def test_an_error_about_a_record_does_not_quote_it(
    account: Account, client: StripeClient, reading: Reading, recipe: Recipe, field: str
) -> None:
    """Whatever field is the one that is wrong."""

    def spoilt(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, field: {"unexpected": CANARY}} if field in record else record

    account.listings = {path: [spoilt(r) for r in records] for path, records in LISTINGS.items()}
    account.objects = {
        path: spoilt(
            {**content, **({"data": [spoilt(r) for r in content["data"]]} if "data" in content else {})}
        )
        for path, content in OBJECTS.items()
    }
    try:
        left = collected(recipe, client, reading)
    except SourceFailure as failure:
        left = str(failure)

    assert CANARY not in left


def test_a_refusals_body_is_not_quoted(
    account: Account, client: StripeClient, reading: Reading, odd: type[Odd]
) -> None:
    """Stripe's message may quote part of a key."""
    account.listings = LISTINGS
    body = json.dumps(
        {"error": {"type": CANARY.upper(), "code": f"{CANARY} {client.key}", "message": CANARY}}
    )
    account.odd[1] = [odd(403, {"X-Debug": CANARY}, body.encode())]
    with pytest.raises(SourceFailure) as refused:
        collected(payments.stripe_payments, client, reading)

    assert CANARY not in str(refused.value).lower()
    assert client.key not in str(refused.value)
