"""Which API keys has the account, and who did what to its keys and users? A preview of Stripe's.

Read only where evidence.yaml says `preview: true`: few accounts take part, and the shape may still change.
The list of keys quotes the token of every test key in full; like every field no column names it is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assets.capture import Reading, Row, capture, row
from assets.failures import PermanentFailure
from assets.stripe.client import StripeClient
from assets.stripe.rows import LIVEMODE, column, identity
from warehouse.dataset import Column, Dataset, Kind, Privacy

CREATED = Column("created_at", "timestamp", "When it came to be", source="created", required=True)
LOG_KEPT_DAYS = 90
"""Stripe does not say for how long it keeps the log; this long is what we rely on."""

API_KEY = Dataset(
    name="stripe_api_key",
    kind=Kind.STATE,
    title="One row per API key of the account; its token is never read",
    key=("key_id",),
    columns=(
        identity("key_id", "The key"),
        column("name", "text", "Its name"),
        column("type", "text", "secret_key or publishable_key", required=True),
        column("status", "text", "active or expired", required=True),
        CREATED,
        column("expires_at", "timestamp", "When it ends by itself; null: never"),
        Column("last_used_at", "timestamp", "When it was last used; null: never", source="last_used"),
        Column("ip_allowlist_len", "int", "How many addresses may use it; 0: any", required=True),
        Column(
            "managed_by",
            "text",
            "The application that manages it; null: people do",
            source="managed_by.application.id",
        ),
        LIVEMODE,
    ),
)

ACTIVITY_LOG = Dataset(
    name="stripe_activity_log",
    kind=Kind.EVENT,
    title="One row per thing somebody did on the day to keys, users and their roles",
    key=("activity_id",),
    retention_days=LOG_KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("activity_id", "The entry"),
        column("type", "text", "What was done, as api_key_created", required=True),
        CREATED,
        Column("actor_type", "text", "user or api_key", source="actor.type"),
        Column(
            "actor_email",
            "text",
            "Who did it; null: a key did",
            source="actor.user.email",
            privacy=Privacy.WORKFORCE,
        ),
        Column("actor_key_id", "text", "Which key did it; null: a user did", source="actor.api_key.id"),
        Column("key_id", "text", "The key it was done to; null: something else", source="details.api_key.id"),
        Column("new_key_id", "text", "The key that took its place", source="details.api_key.new_key"),
        LIVEMODE,
    ),
)


@capture(API_KEY, flag="preview")
def stripe_api_key(client: StripeClient, reading: Reading) -> Iterator[Row]:
    """Every key with the day it was made: what a rotation in the vault is compared with."""
    for record in reading.records(client.pages("/v2/iam/api_keys"), API_KEY):
        yield row(API_KEY, record, ip_allowlist_len=length(record.get("ip_allowlist")))


@capture(ACTIVITY_LOG, flag="preview")
def stripe_activity_log(client: StripeClient, reading: Reading) -> Iterator[Row]:
    """Every entry of the day. The log can only be listed whole, so those of other days are left out here."""
    for record in reading.records(client.pages("/v2/iam/activity_logs"), ACTIVITY_LOG):
        found = row(ACTIVITY_LOG, record)
        if reading.start <= found["created_at"] < reading.end:
            yield found


def length(listed: Any) -> int:
    """Return how many addresses a key is bound to. Raises PermanentFailure where that is not said."""
    if not isinstance(listed, list):
        raise PermanentFailure(
            f"{API_KEY.name}: a key does not say which addresses may use it. Has the interface changed?"
        )
    return len(listed)
