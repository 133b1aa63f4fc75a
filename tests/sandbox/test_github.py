from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from assets.capture import Reading, Recipe, day_window
from assets.github.client import GithubClient
from assets.github.code import github_repositories
from assets.github.deployed import github_delivery
from assets.github.guards import github_secret_alert
from assets.github.merged import github_changes
from assets.github.people import github_people
from assets.github.tokens import github_personal_access_token
from sandbox.changes import REPOSITORIES, Changes
from sandbox.company import Company
from sandbox.faults import Faults
from sandbox.github import GithubPart
from sandbox.github_access import CANARY, stray_key, token_id
from sandbox.github_answers import FORMS
from sandbox.github_people import MACHINES, TEXTS, user
from sandbox.org import GITHUB_KEY_ID, GROUP_DEPARTMENTS
from sandbox.process import SEED
from warehouse.store import conform, table_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SPEC = Path(os.environ.get("EVIDENCE_SHARED", "../shared")) / "specs" / "github_subset_openapi.json"
RECIPES = (
    github_people,
    github_repositories,
    github_secret_alert,
    github_personal_access_token,
    github_changes,
    github_delivery,
)


class Served:
    """The company's GitHub under test, and a client that holds its token."""

    def __init__(self, part: GithubPart) -> None:
        self.part = part
        self.where = part.start()
        self.http = httpx.Client(
            base_url=self.where["base_url"], headers={"Authorization": f"Bearer {self.where['token']}"}
        )

    def get(self, path: str, **query: str | int) -> httpx.Response:
        """Ask once."""
        return self.http.get(path, params=query)

    def all(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """Ask, and follow the next links to the end."""
        answer = self.get(path, **query).raise_for_status()
        found = list(answer.json())
        while "next" in answer.links:
            answer = self.http.get(answer.links["next"]["url"]).raise_for_status()
            found += answer.json()
        return found

    def read(self, recipe: Recipe, day: date) -> dict[str, list[dict[str, Any]]]:
        """Return what the product's own connector reads, as it would be stored."""
        client = GithubClient(
            instance="acme",
            org=self.where["org"],
            token=self.where["token"],
            base_url=self.where["base_url"],
        )
        filled = recipe.read(client, Reading(day, "acme", *day_window(day), hmac=str))
        client.close()
        tables: Any = filled if isinstance(filled, dict) else {recipe.datasets[0].name: filled}
        return {d.name: conform(d, table_of(d, list(tables[d.name]))).to_pylist() for d in recipe.datasets}

    def close(self) -> None:
        """Stop it."""
        self.http.close()
        self.part.stop()


@pytest.fixture
def github(faults: Faults) -> Iterator[Served]:
    """Serve the demo's GitHub at noon of 10 March, on a day without a limit."""
    opened = Served(GithubPart(SEED, faults, NOON))
    opened.part.limits.begin(None, 0)
    yield opened
    opened.close()


def test_pages_join_to_the_whole_listing(github: Served) -> None:
    """However small the pages are; the links name the organisation and repositories by number."""
    for path, query in {
        "/orgs/acme/members": {},
        "/orgs/acme/teams/engineering/members": {},
        "/repos/acme/checkout/pulls": {"state": "all"},
        "/repos/acme/checkout/commits": {},
        "/repos/acme/checkout/deployments": {},
    }.items():
        whole = github.all(path, per_page=100, **query)

        assert len(whole) == len({json.dumps(record) for record in whole}) > 10
        assert whole == github.all(path, per_page=7, **query)
    links = github.get("/orgs/acme/members", per_page=7, page=2).links
    assert {"prev", "next", "last", "first"} == links.keys()
    assert "/organizations/7400001/members?" in links["next"]["url"]
    assert "next" not in github.get("/orgs/acme/members", per_page=7, page=99).links


def test_wrong_requests_get_githubs_errors(github: Served) -> None:
    """Status and shape of the body are GitHub's own."""
    stranger = httpx.get(f"{github.where['base_url']}/user", headers={"Authorization": "Bearer wrong"})
    answers = {
        (401, "Bad credentials"): stranger,
        (404, "Not Found"): github.get("/repos/acme/nothing/pulls"),
        (404, "Branch not protected"): github.get("/repos/acme/checkout/branches/main/protection"),
        (422, "Validation Failed"): github.get("/orgs/acme/members", filter="3fa"),
        (422, "No commit found for SHA: 0"): github.get("/repos/acme/checkout/commits/0"),
    }
    for (status, message), answer in answers.items():
        assert (status, message) == (answer.status_code, answer.json()["message"])
        assert {"message", "documentation_url", "status"} == answer.json().keys()


def test_every_answer_tells_the_limit_the_companys_date_and_a_request_id(github: Served) -> None:
    """A refusal too."""
    for answer in (github.get("/user"), github.get("/nothing")):
        assert "5000" == answer.headers["X-RateLimit-Limit"]
        assert int(answer.headers["X-RateLimit-Remaining"]) > 0
        assert int(answer.headers["X-RateLimit-Reset"]) > NOON.timestamp()
        assert "Tue, 10 Mar 2026 12:00:00 GMT" == answer.headers["Date"]
    assert answer.headers["X-GitHub-Request-Id"] != github.get("/user").headers["X-GitHub-Request-Id"]


@pytest.mark.parametrize("form", FORMS)
def test_a_limit_holds_for_a_second_and_says_so_in_each_form(github: Served, form: str) -> None:
    """By the reset alone, in seconds, or as a date; until then every request meets it."""
    github.part.limits.begin(form, 2)
    assert 200 == github.get("/user").status_code
    stopped, again = github.get("/user"), github.get("/user")

    assert {"primary": (403, "0"), "seconds": (403, "4998"), "date": (429, "4998")}[form] == (
        stopped.status_code,
        stopped.headers["X-RateLimit-Remaining"],
    )
    assert stopped.status_code == again.status_code
    told = {
        "primary": lambda: datetime.fromtimestamp(int(stopped.headers["X-RateLimit-Reset"]), UTC) - NOON,
        "seconds": lambda: timedelta(seconds=int(stopped.headers["Retry-After"])),
        "date": lambda: parsedate_to_datetime(stopped.headers["Retry-After"]) - NOON,
    }[form]()
    assert timedelta(seconds=1) == told
    time.sleep(1)
    assert 200 == github.get("/user").status_code


def test_some_days_of_the_month_meet_a_limit_and_each_form_recovers(github: Served) -> None:
    """The connector reads everything all the same."""
    forms = []
    for n in range(30):
        github.part.advance(datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=n + 9))
        forms.append(github.part.limits.form)
    assert 1 <= len([form for form in forms if form]) <= 8

    whole = github.read(github_people, NOON.date())
    for form in FORMS:
        github.part.limits.begin(form, 5)
        assert whole == github.read(github_people, NOON.date())


def test_members_are_the_people_of_four_departments_and_the_machines(
    github: Served, company: Company
) -> None:
    """As long as Okta lets them in; their names are no addresses."""
    logins = {member["login"] for member in github.all("/orgs/acme/members", per_page=100)}
    expected = {
        user(account).login
        for account in company.people.values()
        if account.activated
        and account.activated <= NOON
        and account.status(NOON)[1] != "DEPROVISIONED"
        and account.job(NOON).department in GROUP_DEPARTMENTS["app-github"]
    }

    assert expected | {"acme-evidence", "acme-release-bot"} == logins
    assert not [login for login in logins if "@" in login or "." in login]


def test_somebody_who_leaves_is_gone_when_okta_says_so(faults: Faults) -> None:
    """And not before; those who join come on their first day."""
    company = Company(SEED, faults)
    served = Served(GithubPart(SEED, faults, datetime(2026, 3, 1, tzinfo=UTC)))
    seen: dict[str, list[datetime]] = {}
    for n in range(30):
        noon = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=n)
        served.part.advance(noon)
        served.part.limits.begin(None, 0)
        for member in served.all("/orgs/acme/members", per_page=100):
            seen.setdefault(member["login"], []).append(noon)
    served.close()
    left = [
        account
        for account in company.existing(NOON - timedelta(days=9))
        if account.job(NOON).department in GROUP_DEPARTMENTS["app-github"]
        and account.status(NOON - timedelta(days=9))[1] != "DEPROVISIONED"
        and account.status(NOON + timedelta(days=20))[1] == "DEPROVISIONED"
    ]

    assert left
    for account in left:
        gone = account.status(NOON + timedelta(days=20))[0]
        assert max(seen[user(account).login]) <= gone < max(seen[user(account).login]) + timedelta(days=1)


def test_support_is_in_the_team_on_exactly_the_planted_days(github: Served, faults: Faults) -> None:
    """And in no other team, nor a member at any other noon."""
    agents = {user(account).login for account in github.part.company.people.values()
              if account.job(NOON).department == "Customer Support"}  # fmt: skip
    planted = {
        (user(github.part.company.people[fault.number]).login, day)
        for fault in faults.of("github_support_in_team")
        for day in fault.days
    }
    found, in_other_teams = set(), set()
    again = Served(GithubPart(SEED, faults, datetime(2026, 3, 1, tzinfo=UTC)))
    for n in range(30):
        again.part.advance(datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=n))
        again.part.limits.begin(None, 0)
        for member in again.all("/orgs/acme/members", per_page=100):
            if member["login"] in agents:
                found.add((member["login"], date(2026, 3, 1 + n)))
        for team in again.all("/orgs/acme/teams"):
            for member in again.all(f"/orgs/acme/teams/{team['slug']}/members", per_page=100):
                if member["login"] in agents and team["slug"] != TEXTS:
                    in_other_teams.add(member["login"])
    again.close()

    assert planted == found
    assert set() == in_other_teams


def test_who_may_enter_and_with_what_is_in_order_but_for_what_was_planted(faults: Faults) -> None:
    """At every noon, as the product's own connector reads it."""
    served = Served(GithubPart(SEED, faults, datetime(2026, 3, 1, tzinfo=UTC)))
    company = served.part.company
    known = {user(account).login for account in company.people.values()} | {m.login for m in MACHINES}
    for day in (date(2026, 3, 1 + n) for n in range(30)):
        served.part.advance(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        served.part.limits.begin(None, 0)
        people = served.read(github_people, day)
        keys = served.read(github_repositories, day)["github_deploy_key"]
        tokens = served.read(github_personal_access_token, day)["github_personal_access_token"]
        weak = {
            (row["login"], row["two_fa"]) for row in people["github_member"] if row["two_fa"] != "enabled"
        }
        logins = {user(account).login: n for n, account in company.people.items()}
        found = {
            "github_2fa_off": [] if people["github_org"][0]["two_factor_required"] else ["organisation acme"],
            "github_no_2fa": [f"person {logins[login]}" for login, kind in weak if kind == "disabled"],
            "github_insecure_2fa": [f"person {logins[login]}" for login, kind in weak if kind == "insecure"],
            "github_stranger": [
                f"stranger {row['login'].partition('-')[2]}"
                for row in people["github_member"]
                if row["login"] not in known
            ],
            "github_write_key": [
                f"deploy key {int(row['key_id']) - stray_key(0)}"
                for row in keys
                if not row["is_read_only"] and row["key_id"] != str(GITHUB_KEY_ID)
            ],
            "github_token_endless": [
                f"token {int(row['token_id']) - token_id(0)}" for row in tokens if row["expires_at"] is None
            ],
        }

        assert {
            kind: [fault.subject for fault in faults.of(kind) if fault.first <= day <= fault.last]
            for kind in found
        } == found
    served.close()


def test_the_connector_reads_exactly_the_changes_of_a_day(github: Served, faults: Faults) -> None:
    """Every pull request merged, commit made and deployment created, with what each brought."""
    changes, day = Changes(SEED, faults), date(2026, 3, 9)
    merged = github.read(github_changes, day)
    delivered = github.read(github_delivery, day)
    pulls = [p for p in changes.pull_requests if p.merged.date() == day]
    deployments = [d for d in changes.deployments if d.created.date() == day]

    assert {(p.repository.name, p.number) for p in pulls} == {
        (row["repository"], row["number"]) for row in merged["github_pull_request"]
    }
    assert {c.sha for p in pulls for c in p.commits} == {row["sha"] for row in merged["github_pr_commit"]}
    assert 2 * len(pulls) == len(merged["github_check_run"])
    assert len(pulls) == len(merged["github_pr_review"])
    assert {(str(d.id), d.base, c.commit.sha) for d in deployments for c in d.changes} == {
        (row["deployment_id"], base["base_sha"], row["sha"])
        for row in delivered["github_deployment_commit"]
        for base in delivered["github_deployment"]
        if base["deployment_id"] == row["deployment_id"]
    }
    made = {c.sha for r in REPOSITORIES for c in changes.main(r) if c.at.date() == day}
    brought = {row["sha"] for row in delivered["github_deployment_commit"]}
    assert made | brought == {row["sha"] for row in delivered["github_commit"]}
    assert {"queued", "in_progress", "success"} == {
        row["state"] for row in delivered["github_deployment_status"]
    }
    assert 3 * len(deployments) == len(delivered["github_deployment_status"])


def test_a_day_read_later_is_the_same(github: Served) -> None:
    """What happened since belongs to other days."""
    day = date(2026, 3, 9)
    first = [github.read(recipe, day) for recipe in (github_changes, github_delivery)]
    github.part.advance(NOON + timedelta(days=2))
    github.part.limits.begin(None, 0)

    assert first == [github.read(recipe, day) for recipe in (github_changes, github_delivery)]


def test_whoever_reaches_a_repository_does_so_by_a_way_that_is_listed(github: Served) -> None:
    """Owners, teams, roles and direct grants together are what GitHub says of each repository."""
    found = github.read(github_repositories, NOON.date())["github_repo_collaborator"]

    assert {"direct", "team", "organisation"} == {row["grant_source"] for row in found}
    assert {"read", "write", "maintain", "admin"} <= {row["permission"] for row in found}
    assert 6 == len({row["repository"] for row in found})


def test_the_leaked_secret_is_in_the_answer_unless_it_is_hidden(github: Served) -> None:
    """As with the real one; the connector has it hidden."""
    path = "/orgs/acme/secret-scanning/alerts"
    assert CANARY in github.get(path).text
    assert CANARY not in github.get(path, hide_secret="true").text
    assert CANARY not in repr(github.read(github_secret_alert, NOON.date()))


def test_a_restart_at_an_instant_gives_the_same_answers(github: Served, faults: Faults) -> None:
    """What a part answers does not depend on where it was started."""
    later = NOON + timedelta(days=9, hours=1)
    github.part.advance(later)
    again = Served(GithubPart(SEED, faults, later))
    for served in (github, again):
        served.part.limits.begin(None, 0)
    for path in (
        "/orgs/acme/members",
        "/repos/acme/checkout/pulls?state=all",
        "/repos/acme/storefront/deployments",
    ):
        ours, theirs = (json.dumps(s.all(path)).replace(s.where["base_url"], "") for s in (github, again))
        assert ours == theirs
    again.close()


def relaxed(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema as JSON Schema: what is nullable there may be null here."""
    if isinstance(schema, list):
        return [relaxed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {k: relaxed(v) for k, v in schema.items() if k not in ("nullable", "example", "examples")}
    return {"anyOf": [kept, {"type": "null"}]} if schema.get("nullable") else kept


def checker(spec: dict[str, Any], path: str) -> Any:
    """Return a function that lists what in an answer the description of a GET does not allow."""
    answer = spec["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    components = relaxed(spec["components"])

    @cache
    def validator() -> Draft202012Validator:
        return Draft202012Validator({**relaxed(answer), "components": components})

    return lambda body: [f"{path} {e.json_path}: {e.message}" for e in validator().iter_errors(body)]


def test_every_answer_is_as_github_describes_it(github: Served) -> None:
    """Every kind of answer, checked against the vendor's published description of its interface."""
    if not SPEC.exists():
        pytest.skip(f"{SPEC} is absent: set EVIDENCE_SHARED to the folder with the vendors' descriptions")
    spec = json.loads(SPEC.read_text())
    repo, full = "/repos/acme/storefront", "/repos/{owner}/{repo}"
    pulls = github.all(f"{repo}/pulls", state="closed")
    number, head = pulls[0]["number"], pulls[0]["head"]["sha"]
    deployment = github.all(f"{repo}/deployments")[0]["id"]
    asked = {
        "/orgs/{org}/members": "/orgs/acme/members",
        "/orgs/{org}/outside_collaborators": "/orgs/acme/outside_collaborators",
        "/orgs/{org}/teams": "/orgs/acme/teams",
        "/orgs/{org}/teams/{team_slug}/members": f"/orgs/acme/teams/{TEXTS}/members",
        f"{full}/collaborators": f"{repo}/collaborators",
        f"{full}/branches/{{branch}}/protection": f"{repo}/branches/main/protection",
        f"{full}/pulls": f"{repo}/pulls?state=closed",
        f"{full}/pulls/{{pull_number}}": f"{repo}/pulls/{number}",
        f"{full}/pulls/{{pull_number}}/reviews": f"{repo}/pulls/{number}/reviews",
        f"{full}/pulls/{{pull_number}}/commits": f"{repo}/pulls/{number}/commits",
        f"{full}/commits/{{ref}}/check-runs": f"{repo}/commits/{head}/check-runs",
        f"{full}/deployments": f"{repo}/deployments",
        f"{full}/deployments/{{deployment_id}}/statuses": f"{repo}/deployments/{deployment}/statuses",
    }
    assert [] == [
        problem for path, at in asked.items() for problem in checker(spec, path)(github.get(at).json())
    ]
