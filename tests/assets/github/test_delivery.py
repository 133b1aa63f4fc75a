"""Is every change merged and deployed on a day read, with all that belongs to it, and of texts only keys?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from assets.failures import PermanentFailure, TransientFailure
from assets.github.deployed import github_delivery
from assets.github.merged import github_changes
from assets.github.messages import co_authors_of, keys_of
from assets.rest import Refused
from tests.assets.github.conftest import Connect, Hub, Tables, Within, new_reading, read

REPO = "/repos/acme/shop"
PROSE = "prose-that-is-nobodys-business"


def at(hour: int, minute: int = 0, day: int = 5) -> str:
    """Return an instant of the days around 5 March, as GitHub writes it."""
    return f"2026-03-{day:02}T{hour:02}:{minute:02}:00Z"


def person(number: int) -> dict[str, Any]:
    """Return an account."""
    return {"id": number, "login": f"user-{number}", "type": "User"}


def commit(sha: str, when: str = at(9), message: str = PROSE, parents: int = 1) -> dict[str, Any]:
    """Return a commit."""
    return {
        "sha": sha,
        "author": person(1),
        "committer": {"id": 2, "login": "web-flow"},
        "parents": [{"sha": f"{sha}-{n}"} for n in range(parents)],
        "commit": {
            "message": message,
            "author": {"name": PROSE, "email": "ada@acme.example", "date": when},
            "committer": {"name": PROSE, "email": "noreply@github.example", "date": when},
            "verification": {"verified": True, "payload": PROSE, "signature": PROSE},
        },
    }


def pull(number: int, merged: str | None, updated: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a pull request, closed and merged or not."""
    return {
        "id": 900 + number,
        "number": number,
        "state": "closed",
        "title": f"SHOP-{number} {PROSE}",
        "body": PROSE,
        "user": person(1),
        "base": {"ref": "main", "sha": "base", "repo": {"description": PROSE}},
        "head": {"ref": f"shop-{number}-{PROSE}", "sha": f"head-{number}", "repo": None},
        "merge_commit_sha": f"merge-{number}",
        "created_at": at(7, day=4),
        "updated_at": updated or merged or at(8),
        "merged_at": merged,
        "labels": [{"name": "hotfix"}, {"name": "api"}],
        **more,
    }


@pytest.fixture
def shop(hub: Hub) -> Hub:
    """Return a server with one repository in which nothing has happened yet."""
    hub.found |= {
        "/orgs/acme": {"id": 1, "login": "acme", "public_repos": 0, "total_private_repos": 1},
        "/orgs/acme/repos": [{"id": 1, "name": "shop", "default_branch": "main", "pushed_at": at(9, day=6)}],
        f"{REPO}/pulls": [],
        f"{REPO}/commits": [],
        f"{REPO}/deployments": [],
    }
    return hub


def add_pull(hub: Hub, found: dict[str, Any], commits: list[dict[str, Any]] | None = None) -> None:
    """Add a pull request with its details, commits, a review and two checks."""
    number, head = found["number"], found["head"]["sha"]
    made = [commit(f"c-{number}")] if commits is None else commits
    hub.found[f"{REPO}/pulls"].append(found)
    hub.found[f"{REPO}/pulls"].sort(key=lambda one: one["updated_at"], reverse=True)
    hub.found |= {
        f"{REPO}/pulls/{number}": found | {"commits": len(made), "merged_by": person(3), "additions": 5},
        f"{REPO}/pulls/{number}/commits": made[:250],
        f"{REPO}/pulls/{number}/reviews": [
            {
                "id": 70 + number,
                "user": person(2),
                "state": "APPROVED",
                "submitted_at": at(23, day=6),
                "commit_id": head,
                "body": PROSE,
                "author_association": "MEMBER",
            }
        ],
        f"{REPO}/commits/{head}/check-runs": Within(
            "check_runs",
            [
                {
                    "id": number * 10 + n,
                    "head_sha": head,
                    "name": name,
                    "status": "completed",
                    "conclusion": "success",
                    "started_at": at(8),
                    "completed_at": at(8, 5),
                    "app": {"slug": "ci"},
                    "output": {"summary": PROSE},
                }
                for n, name in enumerate(("test", "lint"))
            ],
        ),
    }


def numbers(tables: Tables) -> list[int]:
    """Return the pull requests that were read."""
    return [row["number"] for row in tables["github_pull_request"]]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_every_pull_request_merged_on_the_day_is_read_and_no_other(
    shop: Hub, connect: Connect, size: int
) -> None:
    """Not the last so many: also those talked about days later; not what was closed without a merge."""
    shop.size = size
    for n, (merged, updated) in enumerate(
        [
            (at(0), at(0)),  # with the day's first instant
            (at(23, 59), at(10, day=6)),
            (at(12), at(11, day=6)),
            (at(0, day=6), at(0, day=6)),  # with the next day's first instant
            (at(23, 59, day=4), at(12)),
            (None, at(13)),
            (at(9, day=3), at(9, day=3)),
            (at(9, day=2), at(9, day=2)),
        ],
        start=1,
    ):
        add_pull(shop, pull(n, merged, updated))
    tables = read(github_changes, connect())

    assert [1, 2, 3] == numbers(tables)
    assert [1, 2, 3] == [row["number"] for row in tables["github_pr_review"]]
    assert 6 == len(tables["github_check_run"])


def test_a_pull_request_comes_with_its_reviews_commits_and_checks(shop: Hub, connect: Connect) -> None:
    """A review after the merge belongs to it as well."""
    message = f"SHOP-7 {PROSE}\n\nSHOP-8 {PROSE}\n\nRefs: OPS-9\nCo-authored-by: Bo <BO@acme.example>"
    add_pull(shop, pull(1, at(9)), [commit("a", message=message), commit("b")])
    tables = read(github_changes, connect())
    [found] = tables["github_pull_request"]

    assert ["OPS-9", "SHOP-1", "SHOP-7"] == found["title_keys"]
    assert ("shop", "1", "3", "main", True, "head-1", "merge-1", 2, ["api", "hotfix"]) == (
        found["repository"],
        found["author_id"],
        found["merged_by_id"],
        found["base_branch"],
        found["is_default_branch"],
        found["head_sha"],
        found["merge_sha"],
        found["commits"],
        found["labels"],
    )
    assert [("a", ["bo@acme.example"], ["OPS-9", "SHOP-7"]), ("b", [], [])] == [
        (row["sha"], row["co_authors"], row["title_keys"]) for row in tables["github_pr_commit"]
    ]
    assert [("2", "APPROVED", "head-1")] == [
        (row["reviewer_id"], row["state"], row["commit_sha"]) for row in tables["github_pr_review"]
    ]
    assert ["test", "lint"] == [row["name"] for row in tables["github_check_run"]]


def test_a_merge_into_another_branch_is_told_apart(shop: Hub, connect: Connect) -> None:
    """It is read as well."""
    add_pull(shop, pull(1, at(9), base={"ref": "release/1", "sha": "base"}))
    [found] = read(github_changes, connect())["github_pull_request"]

    assert ("release/1", False) == (found["base_branch"], found["is_default_branch"])


def test_two_pull_requests_of_one_commit_share_its_checks(shop: Hub, connect: Connect) -> None:
    """They are asked for once, and stored once."""
    for number in (1, 2):
        add_pull(shop, pull(number, at(9 + number), head={"ref": "x", "sha": "same"}))
    tables = read(github_changes, connect())

    assert [1, 2] == numbers(tables)
    assert 2 == len(tables["github_check_run"])


def test_a_pull_request_of_more_commits_than_github_lists_is_read_by_comparing(
    shop: Hub, connect: Connect
) -> None:
    """The listing of its commits ends at 250 without a word."""
    made = [commit(f"c{n}") for n in range(251)]
    add_pull(shop, pull(1, at(9)), made)
    shop.found[f"{REPO}/compare/base...head-1"] = Within("commits", made, counted="total_commits")

    assert 251 == len(read(github_changes, connect())["github_pr_commit"])


@pytest.mark.parametrize("change", ["a commit more", "a commit less", "a check less"])
def test_counts_that_disagree_store_nothing(shop: Hub, connect: Connect, change: str) -> None:
    """What the pull request says of itself and what is listed below it must be the same."""
    add_pull(shop, pull(1, at(9)))
    if change == "a commit more":
        shop.found[f"{REPO}/pulls/1"]["commits"] = 2
    elif change == "a commit less":
        shop.found[f"{REPO}/pulls/1/commits"].append(commit("late"))
    else:
        shop.found[f"{REPO}/commits/head-1/check-runs"].total = 3
    with pytest.raises(TransientFailure):
        read(github_changes, connect())


@pytest.mark.parametrize("page", [2, 3])
def test_a_pull_request_updated_while_they_are_listed_is_noticed(
    shop: Hub, connect: Connect, page: int
) -> None:
    """It moves to the front, onto a page that was read before; another one then repeats."""
    shop.size = 2
    for number in range(1, 7):
        add_pull(shop, pull(number, at(10 + number)))

    def update(path: str, asked: int) -> None:
        listed = shop.found[f"{REPO}/pulls"]
        if path == f"{REPO}/pulls" and asked == page and listed[-1]["number"] == 1:
            listed.insert(0, listed.pop() | {"updated_at": at(1, day=6)})

    shop.before = update
    with pytest.raises(TransientFailure, match="Rows moved while they were listed"):
        read(github_changes, connect())


@pytest.mark.parametrize("pushed", [None, at(23, 59, day=4)])
def test_a_repository_without_a_push_since_is_asked_for_no_merges(
    shop: Hub, connect: Connect, pushed: str | None
) -> None:
    """A merge is a push; deployments of what was pushed before are asked for all the same."""
    shop.found["/orgs/acme/repos"][0]["pushed_at"] = pushed
    del shop.found[f"{REPO}/pulls"], shop.found[f"{REPO}/commits"]

    assert [] == numbers(read(github_changes, connect()))
    assert [] == read(github_delivery, connect())["github_deployment"]
    assert f"{REPO}/deployments" in shop.asked


@pytest.mark.parametrize("what", ["reviews", "commits"])
def test_a_refused_part_of_a_change_stores_nothing(shop: Hub, connect: Connect, what: str) -> None:
    """A pull request without reviews is a finding, and must not come of a missing permission."""
    add_pull(shop, pull(1, at(9)))
    shop.found[f"{REPO}/pulls/1/{what}"] = (403, {"message": "Resource not accessible"})
    with pytest.raises(Refused, match=r"Pull requests \(read\)"):
        read(github_changes, connect())


def deployment(number: int, created: str, sha: str, **more: Any) -> dict[str, Any]:
    """Return a deployment."""
    return {
        "id": number,
        "sha": sha,
        "ref": "main",
        "environment": "production",
        "production_environment": True,
        "transient_environment": False,
        "creator": person(1),
        "payload": {"note": PROSE},
        "description": PROSE,
        "created_at": created,
        "updated_at": created,
        **more,
    }


def add_deployment(hub: Hub, found: dict[str, Any], *states: tuple[str, str]) -> None:
    """Add a deployment that has got some statuses: (state, instant)."""
    hub.found[f"{REPO}/deployments"].append(found)
    hub.found[f"{REPO}/deployments"].sort(key=lambda one: (one["created_at"], one["id"]), reverse=True)
    hub.found[f"{REPO}/deployments/{found['id']}/statuses"] = [
        {
            "id": found["id"] * 100 + n,
            "state": state,
            "environment": found["environment"],
            "creator": person(1),
            "description": PROSE,
            "log_url": f"https://ci.example/?token={PROSE}",
            "created_at": moment,
        }
        for n, (state, moment) in reversed(list(enumerate(states)))
    ]


def add_commits(hub: Hub, *made: dict[str, Any], by: dict[str, list[Any]] | None = None) -> None:
    """Add commits of the main branch, and the pull requests they came by."""
    hub.found[f"{REPO}/commits"] = list(made)
    for one in made:
        hub.found[f"{REPO}/commits/{one['sha']}"] = one
        hub.found[f"{REPO}/commits/{one['sha']}/pulls"] = (by or {}).get(one["sha"], [])


def add_compare(hub: Hub, base: str, head: str, *made: dict[str, Any]) -> None:
    """Add what is between two commits."""
    hub.found[f"{REPO}/compare/{base}...{head}"] = Within("commits", list(made), counted="total_commits")
    for one in made:
        hub.found.setdefault(f"{REPO}/commits/{one['sha']}/pulls", [])


def test_commits_of_the_day_come_with_the_pull_requests_they_came_by(shop: Hub, connect: Connect) -> None:
    """One pushed straight came by none; one just after the day, which the bound includes, is left out."""
    add_commits(
        shop,
        commit("m1", at(9), f"SHOP-1 {PROSE} (#1)", parents=2),
        commit("straight", at(10)),
        commit("next-day", at(0, day=6)),
        by={"m1": [pull(1, at(9)), pull(2, None)]},
    )
    tables = read(github_delivery, connect())

    assert [("m1", 2, ["SHOP-1"]), ("straight", 1, [])] == [
        (row["sha"], row["parents"], row["title_keys"]) for row in tables["github_commit"]
    ]
    assert [("m1", 1, True, ["SHOP-1"]), ("m1", 2, False, ["SHOP-2"])] == [
        (row["sha"], row["number"], row["merged_at"] is not None, row["title_keys"])
        for row in tables["github_commit_pull_request"]
    ]
    asked = f"{REPO}/commits?sha=main&since=2026-03-05T00%3A00%3A00Z&until=2026-03-06T00%3A00%3A00Z"
    assert asked in shop.asked


def test_an_empty_repository_has_no_commits(shop: Hub, connect: Connect) -> None:
    """GitHub answers 409 and says so; any other 409 is none of that."""
    shop.found[f"{REPO}/commits"] = (409, {"message": "Git Repository is empty."})
    reading = new_reading()
    assert [] == read(github_delivery, connect(), reading)["github_commit"]
    assert f"GET {REPO}/commits (409: Git Repository is empty.)" in reading.requests

    shop.found[f"{REPO}/commits"] = (409, {"message": "Conflict"})
    with pytest.raises(Refused):
        read(github_delivery, connect())


def test_a_deployment_brings_what_came_since_the_last_that_succeeded(shop: Hub, connect: Connect) -> None:
    """One that failed in between, one to staging and one that is inactive by now do not mislead it."""
    add_deployment(shop, deployment(1, at(9, day=3), "s1"), ("success", at(9, 5, day=3)), ("inactive", at(9)))
    add_deployment(shop, deployment(2, at(9, day=4), "s2"), ("failure", at(9, 5, day=4)))
    staging = deployment(3, at(8), "s3", environment="staging", production_environment=False)
    add_deployment(shop, staging, ("success", at(8, 5)))
    add_deployment(shop, deployment(4, at(9), "s4"), ("queued", at(9)), ("success", at(9, 5)))
    add_compare(shop, "s1", "s4", commit("s2", at(9, day=4)), commit("s3", at(8)), commit("s4", at(8, 59)))
    tables = read(github_delivery, connect())

    assert [("3", False, None, None), ("4", True, "1", "s1")] == [
        (row["deployment_id"], row["is_production"], row["base_deployment_id"], row["base_sha"])
        for row in tables["github_deployment"]
    ]
    assert [("4", "s2"), ("4", "s3"), ("4", "s4")] == [
        (row["deployment_id"], row["sha"]) for row in tables["github_deployment_commit"]
    ]
    assert ["s2", "s3", "s4"] == [row["sha"] for row in tables["github_commit"]]


def test_a_deployment_of_what_ran_already_brings_nothing(shop: Hub, connect: Connect) -> None:
    """Nor does one that goes back."""
    add_deployment(shop, deployment(1, at(8), "s1"), ("success", at(8, 5)))
    add_deployment(shop, deployment(2, at(9), "s1"), ("success", at(9, 5)))
    add_compare(shop, "s1", "s1")
    shop.found[f"{REPO}/commits/s1"] = commit("s1", at(7))
    shop.found[f"{REPO}/commits/s1/pulls"] = []
    tables = read(github_delivery, connect())

    assert [("1", None), ("2", "s1")] == [
        (row["deployment_id"], row["base_sha"]) for row in tables["github_deployment"]
    ]
    assert [("1", "s1")] == [(r["deployment_id"], r["sha"]) for r in tables["github_deployment_commit"]]


def test_the_deployment_before_may_be_years_ago(shop: Hub, connect: Connect) -> None:
    """Then all of that environment are listed, which is seldom."""
    add_deployment(shop, deployment(9, at(9), "s9"), ("success", at(9, 5)))
    found = shop.found[f"{REPO}/deployments"]
    add_deployment(shop, deployment(1, "2024-01-01T00:00:00Z", "s0"), ("success", "2024-01-01T00:05:00Z"))
    add_deployment(shop, deployment(2, "2024-02-01T00:00:00Z", "s1"), ("success", "2024-02-01T00:05:00Z"))
    add_deployment(shop, deployment(3, "2024-03-01T00:00:00Z", "s2"), ("error", "2024-03-01T00:05:00Z"))
    shop.found[f"{REPO}/deployments?environment=production"] = list(found)
    shop.found[f"{REPO}/deployments"] = [one for one in found if one["id"] == 9]
    add_compare(shop, "s1", "s9", commit("s9"))
    [row] = read(github_delivery, connect())["github_deployment"]

    assert ("2", "s1") == (row["base_deployment_id"], row["base_sha"])


def test_a_status_belongs_to_its_own_day_however_old_its_deployment_is(shop: Hub, connect: Connect) -> None:
    """One of yesterday's deployment that came today is there; not what came yesterday or tomorrow."""
    add_deployment(
        shop,
        deployment(1, at(9, day=1), "s1", updated_at=at(11)),
        ("success", at(9, 5, day=1)),
        ("inactive", at(11)),
    )
    add_deployment(shop, deployment(2, at(23, day=4), "s2"), ("queued", at(23, day=4)), ("success", at(0)))
    add_deployment(shop, deployment(3, at(23), "s3"), ("queued", at(23)), ("success", at(0, day=6)))
    add_compare(shop, "s2", "s3", commit("s3"))
    tables = read(github_delivery, connect())

    assert [("1", "inactive"), ("2", "success"), ("3", "queued")] == [
        (row["deployment_id"], row["state"]) for row in tables["github_deployment_status"]
    ]
    assert ["3"] == [row["deployment_id"] for row in tables["github_deployment"]]


def test_statuses_of_old_deployments_that_did_not_change_are_not_asked_for(
    shop: Hub, connect: Connect
) -> None:
    """Those of the day before are, whatever GitHub says of their last update."""
    add_deployment(shop, deployment(1, at(9, day=1), "s1"), ("success", at(9, 5, day=1)))
    add_deployment(shop, deployment(2, at(9, day=4), "s2"), ("success", at(9, 5, day=4)))
    read(github_delivery, connect())

    assert f"{REPO}/deployments/1/statuses" not in shop.asked
    assert f"{REPO}/deployments/2/statuses" in shop.asked


@pytest.mark.parametrize(
    ("said", "environment", "expected"),
    [
        (None, "production", True),
        (None, "staging", False),
        (True, "eu-west", True),
        (False, "production", False),
    ],
)
def test_what_production_is_github_says_else_the_name(
    shop: Hub, connect: Connect, said: bool | None, environment: str, expected: bool
) -> None:
    """A null is not taken for no."""
    add_deployment(
        shop,
        deployment(1, at(9), "s1", production_environment=said, environment=environment),
        ("queued", at(9)),
    )
    add_commits(shop, commit("s1"))
    shop.found[f"{REPO}/deployments?environment={environment}"] = []
    [row] = read(github_delivery, connect())["github_deployment"]

    assert expected is row["is_production"]


def test_no_text_of_a_change_reaches_a_row_or_a_page(shop: Hub, connect: Connect) -> None:
    """Titles, branches, bodies, messages, descriptions, payloads and addresses of logs."""
    add_pull(shop, pull(1, at(9)))
    add_deployment(shop, deployment(1, at(9), "s1"), ("success", at(9, 5)))
    add_commits(shop, commit("s1"), by={"s1": [pull(1, at(9))]})
    shop.found[f"{REPO}/deployments?environment=production"] = []
    for recipe in (github_changes, github_delivery):
        reading = new_reading()
        tables = read(recipe, connect(), reading)

        assert all(tables.values())
        assert PROSE not in json.dumps([reading.pages, reading.requests]) + repr(tables)


KEYS: dict[str, tuple[dict[str, list[str]], list[str]]] = {
    "a title": ({"titles": ["SHOP-12 and OPS-3: mend"]}, ["OPS-3", "SHOP-12"]),
    "in brackets": ({"titles": ["[SHOP-12] mend (A_B-7)"]}, ["A_B-7", "SHOP-12"]),
    "a branch in lower case": ({"branches": ["feature/shop-12-mend"]}, ["SHOP-12"]),
    "words that look like one": ({"titles": ["shop-12, XSHOP-12a, utf-8, SHOP-012, 3D-4"]}, []),
    "the first line of a message": ({"messages": ["SHOP-1 mend\n\nlike SHOP-2"]}, ["SHOP-1"]),
    "a trailer": ({"messages": ["mend\n\nlike SHOP-2\n\nRefs: SHOP-3"]}, ["SHOP-3"]),
    "nothing": ({"titles": [""], "branches": [""], "messages": [""]}, []),
}


@pytest.mark.parametrize("what", KEYS)
def test_ticket_keys_are_found_where_they_stand_for_the_change(what: str) -> None:
    """Each once, sorted."""
    texts, keys = KEYS[what]

    assert keys == keys_of(**texts)


def test_co_authors_are_those_in_trailers() -> None:
    """In whatever case; a mention in the text is none."""
    trailers = "co-authored-by: B <B@x.example>\nCo-Authored-By: <c@x.example>"
    message = f"x\n\nwith Co-authored-by: A <a@x.example>\n\n{trailers}"

    assert ["b@x.example", "c@x.example"] == co_authors_of(message)


def test_a_commit_without_its_parents_stores_nothing(shop: Hub, connect: Connect) -> None:
    """An absent list is no empty one: a merge would seem to be none."""
    add_commits(shop, {name: value for name, value in commit("c1").items() if name != "parents"})

    with pytest.raises(PermanentFailure, match="without its list of parents"):
        read(github_delivery, connect())
