"""Does every object that real organisations answered become a row, and none get lost?

The traffic was recorded by Okta's own SDK tests. It lies outside the repository; where it is absent, the
tests skip and say so. Each recorded answer is served as a listing of its own, next links rewritten.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml
from aiohttp import web

from assets.capture import Reading, Recipe
from assets.failures import PermanentFailure
from assets.okta import assets as okta
from assets.okta.client import MARGIN, seconds_to_wait
from warehouse.store import table_of

if TYPE_CHECKING:
    from conftest import Wire

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("EVIDENCE_SHARED", ROOT.parent / "shared"))
ARCHIVE = SHARED / "recorded" / "okta" / "okta-sdk-python-cassettes.tar.gz"
NOTHING_RECORDED = pytest.mark.skipif(
    not ARCHIVE.exists(), reason=f"no recorded traffic at {ARCHIVE} (EVIDENCE_SHARED names its folder)"
)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ID = r"[^/]+"
TARGETS = rf"(users|groups)/{ID}/roles/{ID}/targets/groups"
SERVER = rf"(authorizationServers/{ID}/)?"
KINDS = {
    "user": (rf"users|users/{ID}|users/{ID}/lifecycle/{ID}|groups/{ID}/users", okta.okta_user, "user_id"),
    "factor": (rf"users/{ID}/factors(/{ID})?", okta.okta_user_factor, "factor_id"),
    "group": (rf"groups|groups/(?!rules){ID}|users/{ID}/groups|{TARGETS}", okta.okta_group, "group_id"),
    "app": (rf"apps|apps/{ID}|groups/{ID}/apps", okta.okta_app, "app_id"),
    "policy": (rf"{SERVER}policies(/{ID}|/{ID}/clone)?", okta.okta_policy, "policy_id"),
    "rule": (rf"{SERVER}policies/{ID}/rules(/{ID})?", okta.okta_policy_rule, "rule_id"),
    "role": (rf"(users|groups)/{ID}/roles", okta.okta_admin_role, "role_assignment_id"),
    "user of app": (rf"apps/{ID}/users(/{ID})?", okta.okta_app_assignment, "principal_id"),
    "group of app": (rf"apps/{ID}/groups(/{ID})?", okta.okta_app_assignment, "principal_id"),
}
"""What -> the recorded paths whose answers have it, the recipe that reads it, and the column with its id."""
PARENT = "parent-of-what-was-recorded"
SERVED = {
    "user": "/api/v1/users",
    "factor": f"/api/v1/users/{PARENT}/factors",
    "group": "/api/v1/groups",
    "app": "/api/v1/apps",
    "policy": "/api/v1/policies?type=ACCESS_POLICY",
    "rule": f"/api/v1/policies/{PARENT}/rules",
    "role": f"/api/v1/groups/{PARENT}/roles",
    "user of app": f"/api/v1/apps/{PARENT}/users",
    "group of app": f"/api/v1/apps/{PARENT}/groups",
}
"""What -> where the recipe asks for it."""
PARENTS = {
    "factor": "/api/v1/users",
    "rule": "/api/v1/policies?type=ACCESS_POLICY",
    "role": "/api/v1/groups",
    "user of app": "/api/v1/apps",
    "group of app": "/api/v1/apps",
}


@dataclass(frozen=True)
class Recorded:
    """One recorded answer that holds objects of a kind."""

    cassette: str
    kind: str
    objects: tuple[Mapping[str, Any], ...]
    headers: tuple[tuple[str, str], ...]

    @property
    def ids(self) -> list[str]:
        """The objects' ids, in the order recorded."""
        return [found["id"] for found in self.objects]


@cache
def interactions() -> tuple[tuple[str, Any], ...]:
    """Return (cassette, interaction) of everything recorded."""
    found = []
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            if member.name.endswith(".yaml") and (file := archive.extractfile(member)):
                cassette = yaml.load(file, Loader=LOADER)  # noqa: S506 - a safe loader, the C one if there is
                found += [(member.name, one) for one in cassette["interactions"]]
    return tuple(found)


@cache
def recorded() -> tuple[Recorded, ...]:
    """Return every good answer with users, factors, groups, apps, policies, rules or roles."""
    return tuple(answer for cassette, one in interactions() for answer in answers(cassette, one))


def answers(cassette: str, one: Mapping[str, Any]) -> Iterator[Recorded]:
    """Yield what one interaction answered: a list, or the object of a single read or write as one of one."""
    path = re.sub("/+", "/", urlsplit(one["request"]["uri"]).path)  # some were recorded as //api/v1
    if one["response"]["status"]["code"] not in {200, 201} or one["request"]["method"] == "DELETE":
        return
    for kind, (form, _, _) in KINDS.items():
        if not re.fullmatch(f"/api/v1/({form})", path):
            continue
        content = json.loads(one["response"]["body"]["string"] or "[]")
        objects = content if isinstance(content, list) else [content]
        if objects and all("id" in found for found in objects):
            yield Recorded(cassette, kind, tuple(objects), tuple(headers(one)))


def headers(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the headers of an answer; some cassettes hold a list of values, some a single one."""
    for name, values in one["response"]["headers"].items():
        for value in [values] if isinstance(values, str) else values:
            yield name.title(), value


def serve(wire: Wire, answer: Recorded, *, rewrite: bool = True) -> None:
    """Answer the listing with what was recorded, with its own headers; every other listing is empty."""
    kept = {"Date", "Link", "X-Okta-Request-Id", "X-Rate-Limit-Limit", "X-Rate-Limit-Reset"}

    async def answers(request: web.Request) -> web.Response:
        if request.path == "/api/v1/iam/assignees/users":
            return web.json_response({"value": [], "_links": {}})
        asked = {request.path, f"{request.path}?type={request.query.get('type')}"}
        if PARENTS.get(answer.kind) in asked:
            return web.json_response([{"id": PARENT, "status": "ACTIVE"}])
        if SERVED[answer.kind] not in asked or "after" in request.query:
            return web.json_response([])
        response = web.json_response(list(answer.objects))
        response.headers.popall("Date", None)
        for name, value in answer.headers:
            if name in kept:
                link = re.sub(r"<https://[^/]+/", f"<{wire.url}/", value) if rewrite else value
                response.headers.add(name, link)
        return response

    wire.answers = answers


def load(wire: Wire, answer: Recorded, reading: Reading) -> list[Any]:
    """Return the rows the recipe makes of an answer, which must fit the table of its dataset."""
    recipe: Recipe = KINDS[answer.kind][1]
    serve(wire, answer)
    rows = wire.read(recipe, wire.client(), reading)
    (dataset,) = recipe.datasets
    table = table_of(dataset, rows)
    required = [column.name for column in dataset.columns if column.required]
    assert {} == {name: table[name].null_count for name in required if table[name].null_count}
    return rows


@NOTHING_RECORDED
def test_every_cassette_was_read() -> None:
    """None is skipped, and every kind of object occurs: an empty replay would prove nothing."""
    with tarfile.open(ARCHIVE) as archive:
        cassettes = {name for name in archive.getnames() if name.endswith(".yaml")}

    assert cassettes == {cassette for cassette, _ in interactions()}
    assert set(KINDS) == {answer.kind for answer in recorded()}


@NOTHING_RECORDED
@pytest.mark.parametrize("kind", KINDS)
def test_every_recorded_object_becomes_a_row(wire: Wire, kind: str, reading: Reading) -> None:
    """None is lost or refused; fields that no column names are counted and stop nothing."""
    _, _, column = KINDS[kind]
    expected: dict[str, list[str]] = {}
    loaded: dict[str, list[str]] = {}
    for number, answer in enumerate(found for found in recorded() if found.kind == kind):
        name = f"{number} {answer.cassette}"
        expected[name] = answer.ids
        loaded[name] = [row[column] for row in load(wire, answer, reading)]

    assert expected == loaded
    objects = sum(len(ids) for ids in expected.values())
    print(f"{kind}: {objects} objects of {len(expected)} answers")  # noqa: T201 - pytest shows it with -s
    assert reading.dropped[f"{KINDS[kind][1].datasets[0].name}: _links"] == objects


@NOTHING_RECORDED
def test_a_recorded_next_link_to_another_host_is_refused_as_it_stands() -> None:
    """The recordings name the host they were made at, not the one called: the rule holds for them too."""
    foreign = [
        value
        for _, one in interactions()
        for name, value in headers(one)
        if name == "Link" and 'rel="next"' in value and urlsplit(one["request"]["uri"]).netloc not in value
    ]

    assert foreign


@NOTHING_RECORDED
def test_the_connector_refuses_those_links(wire: Wire) -> None:
    """Not rewritten, each of them fails the listing instead of ending it."""
    paged = [a for a in recorded() if any('rel="next"' in value for _, value in a.headers)]

    assert paged
    for answer in paged:
        serve(wire, answer, rewrite=False)
        with pytest.raises(PermanentFailure, match="names a next page on host"):
            wire.read(KINDS[answer.kind][1], wire.client())


@NOTHING_RECORDED
def test_the_recorded_limits_end_at_their_reset() -> None:
    """Okta's own 429s: eight seconds by its clock twice, forty-eight once, and a little more."""
    found = Counter(
        round(seconds_to_wait(dict(headers(one))) - MARGIN, 3)
        for _, one in interactions()
        if one["response"]["status"]["code"] == 429
    )

    assert {8.0: 2, 48.0: 1} == dict(found)
