"""Which API tokens and client secrets does the company's Okta have, and where does it stream its log to?

A token and a secret come with values that nobody who collects evidence may keep.
"""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.okta_objects import FOUNDED, Objects, Record, text
from sandbox.org import App
from sandbox.part import instant

VALUE = "sandbox-secret-value"
TOKENS_MADE = instant(date(2025, 11, 4), 9)
ROTATED = (instant(date(2025, 6, 2), 9), instant(date(2026, 1, 7), 9))
"""When the client secrets of an application were made; the older one is no longer accepted."""
TOKEN_WINDOW = timedelta(days=30)


def tokens(objects: Objects) -> list[Record]:
    """Answer GET /api-tokens: every service account has one, bound to the network of the servers."""
    zone = objects.id("nzo", "servers")
    used = instant(objects.now.date(), 4)
    return [
        {
            "id": objects.id("00T", "token", name),
            "name": f"{name} on the servers",
            "userId": account.user_id,
            "clientName": "Okta API",
            "tokenWindow": "P30D",
            "network": {"connection": "ZONE", "include": [zone]},
            "expiresAt": text(used + TOKEN_WINDOW),
            "created": text(TOKENS_MADE),
            "lastUpdated": text(used),
            "_links": {"self": objects.link("api-tokens", objects.id("00T", "token", name))},
        }
        for name, account in objects.company.services.items()
    ]


def client_secrets(objects: Objects, app: App) -> list[Record]:
    """Answer GET /apps/{id}/credentials/secrets."""
    return [
        {
            "id": objects.id("ocs", app.label, n),
            "created": text(made),
            "lastUpdated": text(made),
            "status": "ACTIVE" if n == len(ROTATED) else "INACTIVE",
            "client_secret": f"{VALUE}-of-{app.name}-{n}",
            "secret_hash": f"{VALUE}-hash-{n}",
            "_links": {},
        }
        for n, made in enumerate(ROTATED, 1)
        if app.name == "oidc_client"
    ]


def log_streams(objects: Objects) -> list[Record]:
    """Answer GET /logStreams."""
    found = objects.id("0oa", "stream", "siem")
    return [
        {
            "id": found,
            "type": "splunk_cloud_logstreaming",
            "name": "SIEM",
            "status": "ACTIVE",
            "created": text(FOUNDED),
            "lastUpdated": text(FOUNDED),
            "settings": {"host": "acme.splunkcloud.com", "edition": "aws", "token": f"{VALUE}-of-siem"},
            "_links": {"self": objects.link("logStreams", found)},
        }
    ]
