"""Which API tokens and client secrets does an Okta organisation have, and where is its log streamed to?

Each is a recipe of its own: an organisation may grant the scope of one and not of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assets.capture import Reading, Row, capture, field_of, row
from assets.okta.assets import listed
from assets.okta.client import OktaClient
from warehouse.dataset import Column, Dataset, Kind, Privacy

AUTHENTICATION = "credentials.oauthClient.token_endpoint_auth_method"
WITH_A_SECRET = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
"""How an application must authenticate to have a client secret at all."""

API_TOKEN = Dataset(
    name="okta_api_token",
    kind=Kind.STATE,
    title="One row per API token that can be used; its value is shown to nobody",
    key=("token_id",),
    columns=(
        Column("token_id", "text", "The token's id", source="id", required=True),
        Column("name", "text", "What it was called", source="name", privacy=Privacy.WORKFORCE),
        Column("user_id", "text", "Whose rights it has", source="userId", required=True),
        Column("created_at", "timestamp", "When it was made: its age", source="created", required=True),
        Column("updated_at", "timestamp", "When it was last changed or extended", source="lastUpdated"),
        Column("expires_at", "timestamp", "When it ends unless it is used", source="expiresAt"),
        Column("network", "json", "From where it may be used, as Okta has it", source="network"),
    ),
    may_be_empty=True,
)

CLIENT_SECRET = Dataset(
    name="okta_client_secret",
    kind=Kind.STATE,
    title="One row per client secret of an application that signs people in by OpenID Connect",
    key=("app_id", "secret_id"),
    columns=(
        Column("app_id", "text", "The application", required=True),
        Column("secret_id", "text", "The secret's id", source="id", required=True),
        Column("status", "text", "ACTIVE or INACTIVE", source="status", required=True),
        Column("created_at", "timestamp", "When it was made: its age", source="created"),
    ),
    may_be_empty=True,
)

LOG_STREAM = Dataset(
    name="okta_log_stream",
    kind=Kind.STATE,
    title="One row per place the system log is streamed to",
    key=("stream_id",),
    columns=(
        Column("stream_id", "text", "The stream", source="id", required=True),
        Column("name", "text", "Its name", source="name"),
        Column("stream_type", "text", "aws_eventbridge, splunk_cloud_logstreaming, …", source="type"),
        Column("status", "text", "ACTIVE or INACTIVE", source="status", required=True),
        Column("created_at", "timestamp", "When it was created", source="created"),
        Column("updated_at", "timestamp", "When it was last changed", source="lastUpdated"),
    ),
    may_be_empty=True,
)


@capture(API_TOKEN)
def okta_api_token(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every API token that has not expired: each can do whatever its user may."""
    for record in reading.records(client.pages("/api/v1/api-tokens"), API_TOKEN):
        yield row(API_TOKEN, record)


@capture(CLIENT_SECRET)
def okta_client_secret(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every client secret with its dates; of the answer nothing else is kept."""
    apps = listed(reading, client.pages("/api/v1/apps", limit=200))
    paths = {
        app_id: f"/api/v1/apps/{app_id}/credentials/secrets"
        for app_id, app in apps.items()
        if has_secrets(app)
    }
    for app_id, pages in client.each(paths):
        for record in reading.records(pages, CLIENT_SECRET):
            yield row(CLIENT_SECRET, record, app_id=app_id)


@capture(LOG_STREAM)
def okta_log_stream(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every place the log is streamed to, whether it runs or not."""
    for record in reading.records(client.pages("/api/v1/logStreams", limit=200), LOG_STREAM):
        yield row(LOG_STREAM, record)


def has_secrets(app: Mapping[str, Any]) -> bool:
    """Return whether an application can have client secrets: others have no such listing to ask for."""
    return app.get("signOnMode") == "OPENID_CONNECT" and field_of(app, AUTHENTICATION) in WITH_A_SECRET
