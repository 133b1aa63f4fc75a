"""Do tokens, client secrets and log streams come out with their dates, and never with their values?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from assets.capture import Reading
from assets.failures import PermanentFailure
from assets.okta.credentials import okta_api_token, okta_client_secret, okta_log_stream

if TYPE_CHECKING:
    from conftest import Wire

CANARY = "CanaryOfATokenOrSecret"
TOKEN = {
    "id": "00T1",
    "name": "hr import",
    "userId": "00u1",
    "clientName": "Okta API",
    "tokenWindow": "P30D",
    "network": {"connection": "ZONE", "include": ["nzo1"]},
    "created": "2026-01-02T03:04:05.000Z",
    "lastUpdated": "2026-03-01T00:00:00.000Z",
    "expiresAt": "2026-03-31T00:00:00.000Z",
    "hash": CANARY,
}
SECRET = {
    "id": "ocs1",
    "status": "ACTIVE",
    "created": "2026-01-02T03:04:05.000Z",
    "client_secret": CANARY,
    "secret_hash": CANARY,
}
STREAM = {
    "id": "0oa9",
    "name": "SIEM",
    "type": "splunk_cloud_logstreaming",
    "status": "INACTIVE",
    "settings": {"host": "x", "token": CANARY},
}


def app(app_id: str, mode: str, method: str | None = None) -> dict[str, Any]:
    """Return an application as Okta lists it."""
    client = {"oauthClient": {"token_endpoint_auth_method": method}} if method else {}
    return {"id": app_id, "signOnMode": mode, "credentials": client}


def serve(wire: Wire, answers: dict[str, Any], asked: list[str] | None = None) -> None:
    """Answer each path with its content; a path that no answer is for is refused."""

    async def answer(request: web.Request) -> web.Response:
        if asked is not None:
            asked.append(request.path)
        if request.path not in answers:
            return web.json_response({"errorCode": "E0000006"}, status=403)
        return web.json_response(answers[request.path])

    wire.answers = answer


def test_a_token_shows_whose_it_is_since_when_and_from_where(wire: Wire, reading: Reading) -> None:
    """And nothing else."""
    serve(wire, {"/api/v1/api-tokens": [TOKEN]})
    (row,) = wire.read(okta_api_token, wire.client(), reading)

    assert ("00T1", "hr import", "00u1", '{"connection":"ZONE","include":["nzo1"]}') == (
        row["token_id"],
        row["name"],
        row["user_id"],
        row["network"],
    )
    assert "2026-01-02" == row["created_at"].date().isoformat()
    assert CANARY not in str([row, reading.pages, reading.requests, reading.dropped])
    assert 1 == reading.dropped["okta_api_token: hash"]


def test_a_token_without_its_user_or_age_is_refused(wire: Wire) -> None:
    """Its age and rights are what it is listed for."""
    for lacking in ("userId", "created"):
        serve(wire, {"/api/v1/api-tokens": [{key: value for key, value in TOKEN.items() if key != lacking}]})

        with pytest.raises(PermanentFailure, match=f"the source sent no {lacking}"):
            wire.read(okta_api_token, wire.client())


def test_client_secrets_are_asked_of_applications_that_have_them_and_their_values_dropped(
    wire: Wire, reading: Reading
) -> None:
    """Not of those that sign in otherwise, of public clients or of those with a key pair."""
    asked: list[str] = []
    apps = [
        app("0oa1", "OPENID_CONNECT", "client_secret_basic"),
        app("0oa2", "OPENID_CONNECT", "none"),
        app("0oa3", "OPENID_CONNECT", "private_key_jwt"),
        app("0oa4", "SAML_2_0"),
        app("0oa5", "OPENID_CONNECT"),
        app("0oa6", "OPENID_CONNECT", "client_secret_post"),
    ]
    below = {f"/api/v1/apps/{found}/credentials/secrets": [SECRET] for found in ("0oa1", "0oa6")}
    serve(wire, {"/api/v1/apps": apps, **below}, asked)
    rows = wire.read(okta_client_secret, wire.client(), reading)

    assert [("0oa1", "ocs1", "ACTIVE"), ("0oa6", "ocs1", "ACTIVE")] == [
        (row["app_id"], row["secret_id"], row["status"]) for row in rows
    ]
    assert {"/api/v1/apps", *below} == set(asked)
    assert CANARY not in str([rows, reading.pages, reading.requests, reading.dropped])
    assert 2 == reading.dropped["okta_client_secret: client_secret"]


def test_a_log_stream_shows_whether_it_runs_and_never_its_settings(wire: Wire, reading: Reading) -> None:
    """Which have the token that it is let in with."""
    serve(wire, {"/api/v1/logStreams": [STREAM]})
    rows = wire.read(okta_log_stream, wire.client(), reading)

    assert [("SIEM", "INACTIVE")] == [(row["name"], row["status"]) for row in rows]
    assert CANARY not in str([rows, reading.pages, reading.requests, reading.dropped])


@pytest.mark.parametrize(
    ("recipe", "scope"),
    [
        (okta_api_token, "okta.apiTokens.read"),
        (okta_log_stream, "okta.logStreams.read"),
        (okta_client_secret, "okta.apps.read"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_scope_that_is_lacking_is_named(wire: Wire, recipe: Any, scope: str) -> None:
    """No empty list stands for what may not be read."""
    serve(wire, {})

    with pytest.raises(PermanentFailure, match=f"the token lacks {scope}"):
        wire.read(recipe, wire.client())
