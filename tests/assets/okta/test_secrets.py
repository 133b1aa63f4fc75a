"""Can a secret or a forbidden personal field get into rows, raw pages, run headers, logs or errors?"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from assets.capture import Reading, Recipe
from assets.failures import SourceFailure
from assets.okta import assets as okta

if TYPE_CHECKING:
    from conftest import Wire

CANARY = "canary-must-never-be-stored"
LINKS = {"_links": {"self": {"href": CANARY}}}
RECIPES = [found for found in vars(okta).values() if isinstance(found, Recipe)]
USER = {
    "id": "00u1",
    "status": "ACTIVE",
    "created": "2026-01-01T00:00:00.000Z",
    "transitioningToStatus": CANARY,
    "profile": {
        "login": "ada@acme.example",
        "email": f"{CANARY}@acme.example",
        "secondEmail": CANARY,
        "firstName": CANARY,
        "lastName": CANARY,
        "mobilePhone": CANARY,
        "primaryPhone": CANARY,
        "streetAddress": CANARY,
        "aFieldOfTheirOwn": CANARY,
    },
    "credentials": {
        "password": {"value": CANARY, "hash": {"value": CANARY}},
        "recovery_question": {"question": CANARY, "answer": CANARY},
        "provider": {"type": "OKTA", "name": CANARY},
    },
    **LINKS,
}
FACTOR = {
    "id": "mfa1",
    "factorType": "sms",
    "provider": "OKTA",
    "status": "ACTIVE",
    "created": "2026-01-01T00:00:00.000Z",
    "profile": {"phoneNumber": CANARY, "credentialId": CANARY, "question": CANARY},
    "_embedded": {"activation": {"sharedSecret": CANARY}},
    **LINKS,
}
APP = {
    "id": "0oa1",
    "status": "ACTIVE",
    "label": "Payments",
    "credentials": {"oauthClient": {"client_id": "x", "client_secret": CANARY}, "signing": {"kid": CANARY}},
    "settings": {"app": {"password": CANARY}, "oauthClient": {"secret": CANARY}},
    "profile": {"secret": CANARY},
    "_links": {"accessPolicy": {"href": "https://acme.example/api/v1/policies/rst1"}, "logo": CANARY},
}
POLICY = {"id": "rst1", "type": "ACCESS_POLICY", "status": "ACTIVE", "settings": {"secret": CANARY}, **LINKS}
RULE = {"id": "rul1", "status": "ACTIVE", "actions": {"appSignOn": {"access": "ALLOW"}}, **LINKS}
ROLE = {"id": "ra1", "type": "SUPER_ADMIN", "status": "ACTIVE", "resource-set": CANARY, **LINKS}
EVENT = {
    "uuid": "e1",
    "published": "2026-03-05T08:00:00.000Z",
    "eventType": "user.session.start",
    "displayMessage": CANARY,
    "actor": {"id": "00u1", "type": "User", "alternateId": "ada@acme.example", "displayName": CANARY},
    "client": {
        "ipAddress": "192.0.2.1",
        "userAgent": {"rawUserAgent": CANARY},
        "geographicalContext": {"city": CANARY, "postalCode": CANARY},
    },
    "target": [
        {"id": "0oa1", "type": "AppInstance", "alternateId": CANARY, "detailEntry": {"token": CANARY}}
    ],
    "debugContext": {"debugData": {"clientSecret": CANARY, "url": CANARY}},
    "securityContext": {"isp": CANARY},
    "transaction": {"id": "t1", "detail": {"requestApiTokenId": CANARY}},
    "authenticationContext": {"externalSessionId": "s1", "credentialType": CANARY},
}
SERVED: dict[str, Any] = {
    "/api/v1/users": [USER],
    "/api/v1/users/00u1/factors": [FACTOR],
    "/api/v1/users/00u1/roles": [ROLE],
    "/api/v1/groups": [{"id": "00g1", "profile": {"name": "staff", "secret": CANARY}, **LINKS}],
    "/api/v1/groups/00g1/users": [USER],
    "/api/v1/groups/00g1/roles": [],
    "/api/v1/apps": [APP],
    "/api/v1/apps/0oa1/users": [USER | {"scope": "USER"}],
    "/api/v1/apps/0oa1/groups": [{"id": "00g1", "profile": {"secret": CANARY}, **LINKS}],
    "/api/v1/iam/assignees/users": {"value": [{"id": "00u1", "orn": CANARY}]},
    "/api/v1/policies/rst1/rules": [RULE],
    "/api/v1/logs": [EVENT],
}


async def answers(request: web.Request) -> web.Response:
    """Answer with records that are full of canaries."""
    if request.path == "/api/v1/policies":
        return web.json_response([POLICY] if request.query["type"] == "ACCESS_POLICY" else [])
    return web.json_response(SERVED[request.path])


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_no_secret_and_no_forbidden_field_is_kept(wire: Wire, recipe: Recipe, reading: Reading) -> None:
    """Neither in rows nor in raw pages nor in the run header, which counts them by name instead."""
    wire.answers = answers

    rows = wire.read(recipe, wire.client(), reading)

    kept = json.dumps([rows, reading.pages, reading.requests, reading.dropped, reading.reported], default=str)
    assert rows
    assert CANARY not in kept
    assert reading.dropped


def test_the_columns_name_no_field_that_holds_a_secret() -> None:
    """The allow-list itself: no source path leads into what must never be read."""
    forbidden = {
        "credentials",
        "secret",
        "hash",
        "recovery",
        "phone",
        "password",
        "settings",
        "token",
        "address",
    }
    named = {
        f"{dataset.name}.{column.name} <- {column.source}"
        for recipe in RECIPES
        for dataset in recipe.datasets
        for column in dataset.columns
        if any(word in column.source.lower().split(".") for word in forbidden)
    }

    assert set() == named


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
def test_no_failure_and_no_log_shows_the_token_or_the_answer(
    wire: Wire, status: int, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever Okta answers, and although the SDK's debug messages quote whole requests."""
    caplog.set_level(logging.DEBUG)

    async def refusing(request: web.Request) -> web.Response:
        sent = request.headers["Authorization"]
        body = {"errorCode": CANARY, "errorSummary": f"{CANARY} {sent}", "errorId": CANARY}
        headers = {"Location": f"http://127.0.0.1:9/{CANARY}"} if status == 302 else {}
        return web.json_response(body, status=status, headers=headers)

    wire.answers = refusing
    client = wire.client(max_wait=10)

    with pytest.raises(SourceFailure) as failure:
        wire.read(okta.okta_user, client)

    token = client.token
    told = [str(failure.value), repr(failure.value), repr(client), caplog.text, *capsys.readouterr()]
    assert [] == [text for text in told if token in text or CANARY in text]
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("token", ["00canary token", "00canary\n", "00canary\u00e9", ""])
def test_a_token_that_cannot_be_one_is_refused_without_showing_it(wire: Wire, token: str) -> None:
    """A line end stored with it is the usual mistake."""
    client = wire.client(token=token)

    with pytest.raises(SourceFailure, match=r"token") as failure:
        client.principal()
    client.close()

    assert "canary" not in str(failure.value) + repr(client)
