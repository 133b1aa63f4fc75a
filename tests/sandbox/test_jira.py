"""Does the company's Jira answer as Jira does, and exactly what the changes were laid out to be?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from sandbox.changes import KINDS, Changes
from sandbox.faults import Faults, draw
from sandbox.jira import REFUSED, JiraPart
from sandbox.org import PERIOD_START
from sandbox.process import SEED

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SHARED = Path(os.environ.get("EVIDENCE_SHARED", Path(__file__).parents[3] / "shared"))
SPEC = SHARED / "specs" / "jira_subset_openapi.json"
FIELDS = ["status", "created", "updated", "issuetype", "reporter", "assignee", "resolution", "project"]


class Site:
    """The Jira under test, and a client that may read it."""

    def __init__(self, part: JiraPart) -> None:
        self.part = part
        where = part.start()
        self.http = httpx.Client(base_url=where["base_url"], auth=(where["email"], where["token"]))

    def get(self, path: str, **query: str | int) -> httpx.Response:
        """Ask once."""
        return self.http.get(f"/rest/api/3/{path}", params=query)

    def post(self, path: str, **body: Any) -> httpx.Response:
        """Ask once, by body."""
        return self.http.post(f"/rest/api/3/{path}", json=body)

    def tokens(self, path: str, name: str, **body: Any) -> list[dict[str, Any]]:
        """Ask, and follow the tokens to the end."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.post(path, **body).raise_for_status().json()
            found += page[name]
            if "nextPageToken" not in page:
                return found
            body["nextPageToken"] = page["nextPageToken"]

    def issues(self, jql: str = 'project in ("SHOP")', **body: Any) -> list[dict[str, Any]]:
        """Return every issue that a search finds."""
        return self.tokens("search/jql", "issues", jql=jql, fields=FIELDS, **body)

    def changes(self, issues: list[str], **body: Any) -> list[tuple[str, dict[str, Any]]]:
        """Return (issue, change) of every change of some issues, in the order sent."""
        found = self.tokens("changelog/bulkfetch", "issueChangeLogs", issueIdsOrKeys=issues, **body)
        return [(entry["issueId"], change) for entry in found for change in entry["changeHistories"]]

    def close(self) -> None:
        """Stop it."""
        self.http.close()
        self.part.stop()


@pytest.fixture
def site(faults: Faults) -> Iterator[Site]:
    """Serve the demo's Jira at noon of 10 March."""
    opened = Site(JiraPart(SEED, faults, NOON))
    yield opened
    opened.close()


def test_pages_join_to_the_whole_listing(site: Site) -> None:
    """However small the pages are, every record comes exactly once and in the same order."""
    whole = site.issues()
    ids = [entry["id"] for entry in whole]
    changes = site.changes(ids)
    accounts = site.get("users/search", maxResults=1000).json()
    second = site.get("users/search", startAt=len(accounts)).json()

    assert len(ids) == len(set(ids)) > 90
    assert whole == site.issues(maxResults=7)
    assert len({change["id"] for _, change in changes}) == len(changes) > 250
    # A page is sorted by issue, the pages by time.
    pages = site.changes(ids, maxResults=13)
    assert sorted(changes, key=lambda p: p[1]["id"]) == sorted(pages, key=lambda p: p[1]["id"])
    assert (100, True) == (len(accounts), len(second) > 20)
    assert [] == site.get("users/search", startAt=len(accounts) + len(second)).json()


def test_the_last_page_names_no_next_one(site: Site) -> None:
    """Also where it is full."""
    count = site.post("search/approximate-count", jql='project in ("SHOP")').json()["count"]
    day = 'project in ("SHOP") and created >= "2026-03-10"'
    some = len(site.issues(day))
    full = site.post("search/jql", jql=day, fields=["status"], maxResults=some).json()
    more = site.post("search/jql", jql=day, fields=["status"], maxResults=some - 1).json()

    assert len(site.issues()) == count
    assert (some, True, None) == (len(full["issues"]), full["isLast"], full.get("nextPageToken"))
    assert (some - 1, False, True) == (len(more["issues"]), more["isLast"], "nextPageToken" in more)


def test_without_fields_an_issue_is_its_id_alone(site: Site) -> None:
    """As with the real one; with fields no page has more than a hundred."""
    bare = site.post("search/jql", jql='project in ("SHOP")').json()["issues"]
    full = site.post("search/jql", jql='project in ("SHOP")', fields=["status"], maxResults=5000).json()

    assert ({"id"}, 50, 100) == (set(bare[0]), len(bare), len(full["issues"]))
    assert {"status"} == set(full["issues"][0]["fields"])


def test_nothing_of_the_future_is_told(site: Site, faults: Faults) -> None:
    """Neither tickets nor what is done to them; later both are there."""
    late = [t for t in Changes(SEED, faults).tickets if t.created.date() == NOON.date()]
    before = {entry["key"]: entry["fields"]["status"]["name"] for entry in site.issues()}
    site.part.advance(NOON + timedelta(days=1))
    after = {entry["key"]: entry["fields"]["status"]["name"] for entry in site.issues()}

    assert {t.key for t in late if t.created <= NOON} == {t.key for t in late} & set(before)
    assert len(after) > len(before)
    assert [key for key, name in before.items() if name != "Verified" and after[key] == "Verified"]


def test_changes_and_issues_are_those_laid_out(site: Site, faults: Faults) -> None:
    """Every transition of every ticket with its author, and the status it leads to."""
    site.part.advance(NOON + timedelta(days=30))
    laid_out = Changes(SEED, faults).tickets
    found = {entry["id"]: entry for entry in site.issues()}
    moves: dict[str, list[tuple[str, str, str]]] = {}
    for issue, change in site.changes(list(found), fieldIds=["status"]):
        item = next(item for item in change["items"] if item["fieldId"] == "status")
        moves.setdefault(found[issue]["key"], []).append(
            (change["created"], change["author"]["emailAddress"], item["toString"])
        )
    people = site.part.company.people
    wanted = {
        ticket.key: [
            (f"{step.at:%Y-%m-%dT%H:%M:%S.000+0000}", people[step.by].login, step.after)
            for step in ticket.transitions
            if step.at <= site.part.api.now
        ]
        for ticket in laid_out
        if ticket.created <= site.part.api.now
    }

    assert {key: steps for key, steps in wanted.items() if steps} == moves
    assert set(wanted) == {entry["key"] for entry in found.values()}


def test_dates_of_a_search_are_of_the_readers_time_zone(site: Site) -> None:
    """One hour ahead of UTC, as the account says."""
    day = {
        entry["fields"]["created"] for entry in site.issues('project in ("SHOP") and created >= "2026-03-09"')
    }

    assert "Africa/Lagos" == site.get("myself").json()["timeZone"]
    assert min(day) >= "2026-03-08T23:00:00.000+0000"


WRONG = {
    "no such project": (400, {"jql": 'project in ("NONE")'}),
    "not understood": (400, {"jql": 'text ~ "secret"'}),
    "no search": (400, {}),
    "a stranger's token": (400, {"jql": 'project in ("SHOP")', "nextPageToken": "bm8"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_searches_get_jiras_errors(site: Site, what: str) -> None:
    """Status and shape of the body are Jira's own."""
    status, body = WRONG[what]
    answer = site.post("search/jql", **body)

    assert (status, {"errorMessages", "errors"}) == (answer.status_code, set(answer.json()))


def test_a_token_belongs_to_its_search(site: Site) -> None:
    """Of another one it is refused."""
    token = site.post("search/jql", jql='project in ("SHOP")', maxResults=1).json()["nextPageToken"]
    other = 'project in ("SHOP") and created >= "2026-03-01"'

    assert 400 == site.post("search/jql", jql=other, maxResults=1, nextPageToken=token).status_code


def test_strangers_the_old_search_and_unknown_paths_are_refused(site: Site) -> None:
    """Each with a status of its own."""
    with httpx.Client(base_url=site.part.api.url, auth=("somebody", "wrong")) as stranger:
        refused = stranger.get("/rest/api/3/myself")

    assert [401, 410, 404, 405, 400] == [
        refused.status_code,
        site.get("search").status_code,
        site.get("nothing").status_code,
        site.get("search/jql").status_code,
        site.get("mypermissions").status_code,
    ]
    assert "AUTHENTICATED_FAILED" == refused.headers["X-Seraph-LoginReason"]


def test_a_busy_day_refuses_one_request_and_answers_the_next(site: Site) -> None:
    """On a few days of the month; the reader is told when to ask again."""
    refused = []
    for n in range(30):
        site.part.advance(datetime.combine(PERIOD_START, datetime.min.time(), UTC) + timedelta(days=9 + n))
        answers = [site.get("myself") for _ in range(REFUSED + 2)]
        if site.part.busy:
            refused.append([(a.status_code, a.headers.get("Retry-After")) for a in answers])
        else:
            assert {200} == {answer.status_code for answer in answers}

    good = [(200, None)]
    assert [good * (REFUSED - 1) + [(429, "0")] + good * 2] * len(refused) == refused
    assert 1 <= len(refused) <= 9


def test_our_account_can_change_nothing(site: Site) -> None:
    """Two permissions, both for reading."""
    names = ",".join(site.get("permissions").json()["permissions"])
    told = site.get("mypermissions", permissions=names).json()["permissions"]

    assert ["BROWSE_PROJECTS", "USER_PICKER"] == sorted(n for n, p in told.items() if p["havePermission"])


def test_a_leavers_account_is_inactive_and_everybody_of_the_workforce_shows_an_address(site: Site) -> None:
    """Apps have none."""
    accounts = [*site.get("users/search").json()]
    while page := site.get("users/search", startAt=len(accounts), maxResults=100).json():
        accounts += page
    people = [a for a in site.part.company.existing(NOON) if a.number]
    gone = {a.login for a in people if a.status(NOON)[1] == "DEPROVISIONED"}

    assert gone == {a["emailAddress"] for a in accounts if not a["active"]}
    assert {"atlassian": True, "app": False, "customer": True} == {
        a["accountType"]: "emailAddress" in a for a in accounts
    }
    assert not [a for a in accounts if a["accountType"] == "atlassian" and "emailAddress" not in a]


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3])
def test_every_planted_change_has_its_keys_and_no_two_are_one(seed: int, faults: Faults) -> None:
    """Whichever test it must be found by."""
    planted = faults if seed == SEED else Faults(tuple(draw(seed)))
    changes = Changes(seed, planted)
    keys = {
        fault.id: {changes.population_key(fault, test) for test in ("CM-01.a", "CM-01.d")}
        for fault in planted.of(*KINDS)
    }

    assert set(KINDS) == {fault.kind for fault in planted.of(*KINDS)}
    assert len({key for found in keys.values() for key in found}) == 2 * len(keys)


def test_a_restart_at_an_instant_gives_the_same_answers(site: Site, faults: Faults) -> None:
    """What a part answers does not depend on where it was started."""
    later = NOON + timedelta(days=9, hours=1)
    site.part.advance(later)
    again = Site(JiraPart(SEED, faults, later))
    said = [
        json.dumps(
            [one.issues(), one.changes(["SHOP-1181", "21182"]), one.get("users/search").json()]
        ).replace(one.part.api.url, "")
        for one in (site, again)
    ]
    again.close()

    assert said[0] == said[1]


def relaxed(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema as JSON Schema.

    Every property may be null, as in Jira's own examples, and properties of later years are no fault.
    """
    if isinstance(schema, list):
        return [relaxed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {k: relaxed(v) for k, v in schema.items() if k not in ("example", "xml", "properties")}
    if kept.get("additionalProperties") is False:
        del kept["additionalProperties"]
    properties = schema.get("properties", {})
    kept["properties"] = {k: {"anyOf": [relaxed(v), {"type": "null"}]} for k, v in properties.items()}
    return kept


def test_every_answer_is_as_jira_describes_it(site: Site) -> None:
    """Checked against the vendor's description of 2022, which knows records and GETs.

    It is older than search/jql with its tokens, approximate-count and the bulk changelog, and this part of it
    has no permissions: issues and changes are checked here one by one, and what is around them, the count
    and the permissions by hand, in the tests above.
    """
    if not SPEC.exists():
        pytest.skip(f"{SPEC} is absent: set EVIDENCE_SHARED to the folder with the vendors' descriptions")
    described = json.loads(SPEC.read_text())["components"]["schemas"]
    components = {"schemas": {name: relaxed(schema) for name, schema in described.items()}}

    def problems(name: str, records: list[Any]) -> list[str]:
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        validator = Draft202012Validator(schema)
        return [
            f"{name} {error.json_path}: {error.message}"
            for record in records
            for error in validator.iter_errors(record)
        ]

    issues = site.issues()
    changes = [change for _, change in site.changes([entry["id"] for entry in issues])]
    projects = site.get("project/search").json()
    found = {
        "IssueBean": issues,
        "Changelog": changes,
        "UserDetails": [issue["fields"][name] for issue in issues for name in ("reporter", "assignee")],
        "StatusDetails": [*site.get("status").json(), *(issue["fields"]["status"] for issue in issues)],
        "PageBeanProject": [projects],
        "Project": projects["values"],
        "User": [*site.get("users/search").json(), site.get("myself").json()],
    }

    assert [] == [problem for name, records in found.items() for problem in problems(name, records)]
    assert all(found.values())
