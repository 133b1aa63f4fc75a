"""Does every object the real Okta was recorded sending load, and is none lost?

The recorded answers are not part of this repository: EVIDENCE_SHARED names the folder that has them.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from assets.capture import Reading, Recipe, day_window
from assets.okta import assets as okta
from assets.okta.client import OktaClient
from assets.okta.credentials import okta_api_token, okta_log_stream
from warehouse.store import conform, table_of

SHARED = Path(os.environ.get("EVIDENCE_SHARED", Path(__file__).parents[4] / "shared"))
ARCHIVE = SHARED / "recorded" / "okta" / "okta-sdk-python-cassettes.tar.gz"
A_PAGE = 4
OBJECTS = {
    "users": r"/api/v1/users(?:/[^/]+)?",
    "groups": r"/api/v1/groups(?:/[^/]+)?",
    "apps": r"/api/v1/apps(?:/[^/]+)?",
    "policies": r"/api/v1/policies(?:/[^/]+)?",
    "rules": r"/api/v1/policies/(?P<parent>[^/]+)/rules(?:/[^/]+)?",
    "factors": r"/api/v1/users/(?P<parent>[^/]+)/factors(?:/[^/]+)?",
    "api-tokens": r"/api/v1/api-tokens(?:/[^/]+)?/?",
    "logStreams": r"/api/v1/logStreams(?:/[^/]+)?",
}
"""Kind of object -> the path its answers come from, one by one or in a list."""
MARK = {
    "users": "profile",
    "groups": "profile",
    "apps": "signOnMode",
    "policies": "priority",
    "rules": "actions",
    "factors": "factorType",
    "api-tokens": "tokenWindow",
    "logStreams": "settings",
}
"""Kind -> a field that an answer of that kind has, so that answers of actions are left out."""
Recorded = dict[str, dict[tuple[str, str], dict[str, Any]]]
pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(),
    reason=f"no recorded answers at {ARCHIVE}: set EVIDENCE_SHARED to the folder that has them",
)


def answers() -> Iterator[tuple[str, Any]]:
    """Yield path and JSON of every recorded answer that is one."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with tarfile.open(ARCHIVE) as archive:
        for member in archive.getmembers():
            if not member.name.endswith(".yaml"):
                continue
            cassette = yaml.load(archive.extractfile(member), Loader=loader)  # noqa: S506 - a safe loader
            for one in cassette["interactions"]:
                status, body = one["response"]["status"], one["response"]["body"].get("string")
                if isinstance(status, dict) and status.get("code") == 200 and body:
                    text = body if isinstance(body, str) else body.decode()
                    if text.lstrip().startswith(("{", "[")):
                        yield urlsplit(one["request"]["uri"]).path, json.loads(text)


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Return kind -> (parent, id) -> object, the last version of each."""
    found: Recorded = {kind: {} for kind in OBJECTS}
    for path, answer in answers():
        for kind, pattern in OBJECTS.items():
            if match := re.fullmatch(pattern, path):
                parent = match.groupdict().get("parent", "")
                for item in answer if isinstance(answer, list) else [answer]:
                    if isinstance(item, dict) and "id" in item and MARK[kind] in item:
                        found[kind][parent, item["id"]] = item
    return found


class Replay(BaseHTTPRequestHandler):
    """Serves recorded objects as listings of a few a page; next links name the host that was asked."""

    listings: ClassVar[dict[str, list[dict[str, Any]]]] = {}

    def do_GET(self) -> None:
        """Answer one page of a listing; a listing nobody recorded is empty."""
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        everything = self.listings.get(asked.path, [])
        if asked.path == "/api/v1/policies":
            everything = [item for item in everything if item["type"] == query["type"]]
        begin = int(query.get("after", "0"))
        body = json.dumps(everything[begin : begin + A_PAGE]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if begin + A_PAGE < len(everything):
            kind = f"&type={query['type']}" if "type" in query else ""
            following = f"http://{self.headers['Host']}{asked.path}?after={begin + A_PAGE}{kind}"
            self.send_header("Link", f'<{following}>; rel="next"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def client(recorded: Recorded) -> Iterator[OktaClient]:
    """Return a client of a server that replays what was recorded."""
    listings: dict[str, list[dict[str, Any]]] = {
        f"/api/v1/{kind}": list(recorded[kind].values())
        for kind in ("users", "groups", "apps", "policies", "api-tokens", "logStreams")
    }
    users = {item["id"] for item in listings["/api/v1/users"]}
    policies = {item["id"] for item in listings["/api/v1/policies"]}
    for (parent, _), item in recorded["factors"].items():
        listings.setdefault(f"/api/v1/users/{parent}/factors", []).append(item)
        if parent not in users:  # its owner was never recorded itself
            users.add(parent)
            listings["/api/v1/users"].append(
                {"id": parent, "status": "ACTIVE", "created": "2020-01-01T00:00:00Z"}
            )
    for (parent, _), item in recorded["rules"].items():
        listings.setdefault(f"/api/v1/policies/{parent}/rules", []).append(item)
        if parent not in policies:
            policies.add(parent)
            listings["/api/v1/policies"].append({"id": parent, "status": "ACTIVE", "type": "ACCESS_POLICY"})
    Replay.listings = listings
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
        made = OktaClient(instance="replay", org_url=f"http://127.0.0.1:{server.server_port}", token="none")
        yield made
        made.close()
    server.shutdown()
    server.server_close()


def rows_of(recipe: Recipe, client: OktaClient) -> tuple[list[dict[str, Any]], Reading]:
    """Read a recipe, see that its rows fit its dataset, and return them with what was dropped."""
    reading = Reading(date(2026, 3, 1), "replay", *day_window(date(2026, 3, 1)), hmac=lambda text: text)
    dataset = recipe.datasets[0]
    rows: Any = recipe.read(client, reading)
    table = conform(dataset, table_of(dataset, list(rows)))
    return table.to_pylist(), reading


@pytest.mark.parametrize(
    ("recipe", "kind", "at_least"),
    [
        (okta.okta_user, "users", 60),
        (okta.okta_group, "groups", 20),
        (okta.okta_app, "apps", 60),
        (okta.okta_policy, "policies", 3),
        (okta.okta_policy_rule, "rules", 5),
        (okta.okta_user_factor, "factors", 3),
        (okta_api_token, "api-tokens", 3),
        (okta_log_stream, "logStreams", 3),
    ],
    ids=lambda value: value.name if isinstance(value, Recipe) else str(value),
)
def test_every_recorded_object_becomes_a_row(
    recorded: Recorded, client: OktaClient, recipe: Recipe, kind: str, at_least: int
) -> None:
    """Over several pages; fields no column names are counted, not fatal."""
    key = recipe.datasets[0].key[-1]
    wanted = {identifier for _, identifier in recorded[kind]}
    if kind == "policies":
        wanted = {item["id"] for item in recorded[kind].values() if item["type"] in okta.POLICY_TYPES}
    if kind == "factors":
        gone = {i for (_, i), item in recorded["users"].items() if item["status"] == "DEPROVISIONED"}
        wanted = {identifier for parent, identifier in recorded[kind] if parent not in gone}
    rows, reading = rows_of(recipe, client)

    assert set() == wanted - {row[key] for row in rows}
    assert at_least <= len(wanted)
    assert reading.dropped


def test_instants_of_recorded_users_are_utc(client: OktaClient) -> None:
    """Whatever zone Okta wrote them in."""
    rows, _ = rows_of(okta.okta_user, client)

    assert {UTC.utcoffset(None)} == {row["created_at"].utcoffset() for row in rows}
    assert all(isinstance(row["created_at"], datetime) for row in rows)
