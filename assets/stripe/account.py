"""How does the account stand today: may it charge and pay out, what does it hold, whom does it tell?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from assets.capture import Page, Reading, Row, Rows, capture, captures
from assets.failures import PermanentFailure
from assets.stripe.client import StripeClient
from assets.stripe.rows import CREATED, CURRENCY, LIVEMODE, column, identity, of_the_day, stripe_row, window
from warehouse.dataset import Column, Dataset, Kind

EVENTS_KEPT_DAYS = 30
BUCKETS = {"available": "available", "pending": "pending", "connect_reserved": "reserved"}
"""Parts of the balance that add up to it -> what we call them. Others show parts of these once more."""

ACCOUNT = Dataset(
    name="stripe_account",
    kind=Kind.STATE,
    title="The account the key belongs to",
    key=("account_id",),
    columns=(
        identity("account_id", "The account"),
        column("country", "text", "ISO 3166-1 code of where it is registered"),
        column("default_currency", "text", "The currency it is paid out in where nothing else is said"),
        column("charges_enabled", "bool", "Whether it may charge"),
        column("payouts_enabled", "bool", "Whether it is paid out"),
        Column("livemode", "bool", "Whether the key moves real money; false: test mode", required=True),
        Column(
            "payout_schedule",
            "json",
            "How often it is paid out, and how many days later",
            source="settings.payouts.schedule",
        ),
    ),
)

BALANCE = Dataset(
    name="stripe_balance",
    kind=Kind.STATE,
    title="One row per currency and part of the balance; the parts of a currency add up to it",
    key=("currency", "bucket"),
    columns=(
        CURRENCY,
        Column("bucket", "text", "available, pending or reserved", source="bucket", required=True),
        Column(
            "amount_minor",
            "money",
            "What is held there; negative: owed to Stripe",
            unit="smallest unit of the row's currency as Stripe counts it",
            source="amount",
            required=True,
        ),
        LIVEMODE,
    ),
)

WEBHOOK_ENDPOINT = Dataset(
    name="stripe_webhook_endpoint",
    kind=Kind.STATE,
    title="One row per address that Stripe tells what happens",
    key=("webhook_endpoint_id",),
    may_be_empty=True,
    columns=(
        identity("webhook_endpoint_id", "The endpoint"),
        CREATED,
        Column("url_host", "text", "The host it is on; the path may hold a secret"),
        column("status", "text", "enabled or disabled", required=True),
        column("events", "text[]", "What it is told of; * for everything", source="enabled_events"),
        column("api_version", "text", "The shape it is told in; null: the account's default"),
        LIVEMODE,
    ),
)

EVENT = Dataset(
    name="stripe_event",
    kind=Kind.EVENT,
    title="One row per thing that Stripe says happened on the day",
    key=("event_id",),
    retention_days=EVENTS_KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("event_id", "The event"),
        CREATED,
        column("type", "text", "What happened, as charge.captured", required=True),
        column("api_version", "text", "The shape its object is in"),
        Column(
            "object_id", "text", "What it happened to; null: something without an id", source="data.object.id"
        ),
        Column("object_type", "text", "What kind of thing that is", source="data.object.object"),
        Column("request_id", "text", "The request that caused it; null: none did", source="request.id"),
        column("pending_webhooks", "int", "How many of our addresses it has not reached; null: not said"),
        LIVEMODE,
    ),
)


@captures(ACCOUNT, BALANCE, WEBHOOK_ENDPOINT)
def stripe_states(client: StripeClient, reading: Reading) -> Mapping[str, Rows]:
    """Account, balance and webhook endpoints as they are. The balance says which mode the key is for."""
    held = client.one("/v1/balance")
    live = held.records[0].get("livemode")
    if not isinstance(live, bool):
        raise PermanentFailure(
            f"stripe {reading.instance}: /v1/balance does not say whether it is live. Has the interface "
            "changed?"
        )
    return {
        ACCOUNT.name: [
            stripe_row(ACCOUNT, record, livemode=live)
            for record in reading.records([client.one("/v1/account")], ACCOUNT)
        ],
        BALANCE.name: [
            stripe_row(BALANCE, record) for record in reading.records([parts(held, reading)], BALANCE)
        ],
        WEBHOOK_ENDPOINT.name: [
            stripe_row(WEBHOOK_ENDPOINT, record, url_host=host(record))
            for record in reading.records(client.pages("/v1/webhook_endpoints"), WEBHOOK_ENDPOINT)
        ],
    }


@capture(EVENT)
def stripe_event(client: StripeClient, reading: Reading) -> Iterator[Row]:
    """Every event of the day, which Stripe keeps for thirty: what happened to what, not the object itself."""
    for record in of_the_day(reading, client.pages("/v1/events", **window(reading)), EVENT):
        yield stripe_row(EVENT, record)


def parts(page: Page, reading: Reading) -> Page:
    """Return the balance as one record per currency and part. Raises PermanentFailure where it has none."""
    balance = page.records[0]
    found: list[Mapping[str, Any]] = []
    for name, listed in balance.items():
        if name in BUCKETS:
            found += [
                {**one, "bucket": BUCKETS[name], "livemode": balance["livemode"]}
                for one in amounts(name, listed)
            ]
        elif name not in ("object", "livemode"):
            reading.dropped[f"{BALANCE.name}: {name}"] += 1
    for name in ("available", "pending"):
        if name not in balance:
            raise PermanentFailure(
                f"stripe {reading.instance}: /v1/balance has no part {name}. Has the interface changed?"
            )
    return replace(page, records=found)


def amounts(name: str, listed: Any) -> Sequence[Mapping[str, Any]]:
    """Return a part's amounts. Raises PermanentFailure where it is no list of objects."""
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise PermanentFailure(f"stripe: part {name} of /v1/balance is no list. Has the interface changed?")
    return listed


def host(record: Mapping[str, Any]) -> str | None:
    """Return the host of an endpoint's address, without the user, port, path or query it may have."""
    try:
        return urlsplit(str(record.get("url") or "")).hostname
    except ValueError:  # its text may quote the address
        raise PermanentFailure(
            f"{WEBHOOK_ENDPOINT.name}: an endpoint's address cannot be read. Has the interface changed?"
        ) from None
