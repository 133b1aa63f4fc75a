"""Do people, teams, repositories and what guards them come out whole, and never a secret?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from assets.failures import PermanentFailure, TransientFailure
from assets.github.code import github_repositories
from assets.github.guards import github_secret_alert
from assets.github.people import github_people
from assets.github.tokens import github_personal_access_token
from assets.rest import Refused
from tests.assets.github.conftest import Connect, Hub, Within, new_reading, read

CANARY = "ghp_CanaryOfALeakedSecret"


def account(number: int, **more: Any) -> dict[str, Any]:
    """Return an account as it stands in listings, with a field that no column names."""
    return {"id": number, "login": f"user-{number}", "type": "User", "email": CANARY, **more}


def reaching(number: int, *flags: str, role: str) -> dict[str, Any]:
    """Return a collaborator."""
    return account(number, permissions=dict.fromkeys(flags, True), role_name=role)


def repository(name: str, **more: Any) -> dict[str, Any]:
    """Return a repository of a listing."""
    return {
        "id": sum(map(ord, name)),
        "name": name,
        "private": True,
        "default_branch": "main",
        "pushed_at": "2026-03-05T09:00:00Z",
        "temp_clone_token": CANARY,
        **more,
    }


@pytest.fixture
def org(hub: Hub) -> Hub:
    """Return a server with a small organisation: an owner, two members, two teams, a role, a repository."""
    base, repo = "/orgs/acme", "/repos/acme/shop"
    read_only = {"admin": False, "push": False, "pull": True}
    hub.found |= {
        base: {
            "id": 1,
            "login": "acme",
            "default_repository_permission": "none",
            "two_factor_requirement_enabled": True,
            "public_repos": 0,
            "total_private_repos": 1,
            "plan": {"name": "team"},
            "billing_email": CANARY,
        },
        f"{base}/members?role=admin": [account(1)],
        f"{base}/members?role=member": [account(2), account(3)],
        f"{base}/members?filter=2fa_disabled": [account(3)],
        f"{base}/members?filter=2fa_insecure": [account(2)],
        f"{base}/outside_collaborators": [account(4)],
        f"{base}/outside_collaborators?filter=2fa_disabled": [],
        f"{base}/outside_collaborators?filter=2fa_insecure": [],
        f"{base}/teams": [
            {"id": 10, "slug": "engineers", "name": "Engineers", "privacy": "closed", "parent": None},
            {"id": 11, "slug": "platform", "parent": {"id": 10, "slug": "engineers"}},
        ],
        f"{base}/teams/engineers/members": [account(2), account(3)],
        f"{base}/teams/engineers/members?role=maintainer": [account(2)],
        f"{base}/teams/engineers/members?role=member": [account(3)],
        f"{base}/teams/platform/members": [account(3)],
        f"{base}/teams/platform/members?role=maintainer": [],
        f"{base}/teams/platform/members?role=member": [account(3)],
        f"{base}/teams/engineers/repos": [repository("shop", permissions=read_only, role_name="read")],
        f"{base}/teams/platform/repos": [],
        f"{base}/organization-roles": Within(
            "roles",
            [
                {
                    "id": 20,
                    "name": "all_repo_read",
                    "base_role": "read",
                    "source": "Predefined",
                    "permissions": [],
                }
            ],
        ),
        f"{base}/organization-roles/20/users": [
            account(2, assignment="direct"),
            account(3, assignment="indirect"),
        ],
        f"{base}/organization-roles/20/teams": [{"id": 11, "slug": "platform", "assignment": "direct"}],
        f"{base}/installations": Within(
            "installations",
            [
                {
                    "id": 30,
                    "app_id": 31,
                    "app_slug": "ci",
                    "repository_selection": "all",
                    "permissions": {"contents": "write"},
                    "events": ["push"],
                    "access_tokens_url": CANARY,
                }
            ],
        ),
        f"{base}/repos": [repository("shop")],
        f"{repo}/collaborators?affiliation=all": [
            reaching(1, "pull", "triage", "push", "maintain", "admin", role="admin"),
            reaching(2, "pull", role="read"),
            reaching(4, "pull", "triage", "push", role="deployer"),
        ],
        f"{repo}/collaborators?affiliation=direct": [account(4)],
        f"{repo}/keys": [{"id": 40, "read_only": False, "key": CANARY, "title": CANARY}],
        f"{repo}/rules/branches/main": [
            {"type": "deletion", "ruleset_id": 50, "ruleset_source_type": "Organization"},
            {"type": "pull_request", "ruleset_id": 50, "parameters": {"required_approving_review_count": 1}},
            {"type": "pull_request", "ruleset_id": 51, "parameters": {"required_approving_review_count": 2}},
        ],
        f"{repo}/branches/main/protection": {
            "required_pull_request_reviews": {
                "required_approving_review_count": 2,
                "dismiss_stale_reviews": True,
                "bypass_pull_request_allowances": {
                    "users": [account(1)],
                    "teams": [{"slug": "platform"}],
                    "apps": [{"slug": "ci"}],
                },
            },
            "enforce_admins": {"enabled": False},
            "allow_force_pushes": {"enabled": True},
        },
    }
    return hub


@pytest.mark.usefixtures("org")
def test_everybody_comes_with_role_and_second_factor(connect: Connect) -> None:
    """Owners as such; a role held through a team only is the team's."""
    tables = read(github_people, connect())

    assert [
        ("1", "admin", [], "enabled"),
        ("2", "member", ["all_repo_read"], "insecure"),
        ("3", "member", [], "disabled"),
    ] == [(m["user_id"], m["role"], m["org_roles"], m["two_fa"]) for m in tables["github_member"]]
    assert [("4", "enabled")] == [(o["user_id"], o["two_fa"]) for o in tables["github_outside_collaborator"]]
    assert [("1", "none", True, "team")] == [
        (o["org_id"], o["default_repository_permission"], o["two_factor_required"], o["plan"])
        for o in tables["github_org"]
    ]


@pytest.mark.usefixtures("org")
def test_teams_roles_and_apps_come_with_whoever_holds_them(connect: Connect) -> None:
    """Maintainers as such; a team below another one names it."""
    tables = read(github_people, connect())

    assert [("10", None), ("11", "10")] == [
        (t["team_id"], t["parent_team_id"]) for t in tables["github_team"]
    ]
    assert [("10", "2", "maintainer"), ("10", "3", "member"), ("11", "3", "member")] == [
        (m["team_id"], m["user_id"], m["role"]) for m in tables["github_team_member"]
    ]
    assert [
        ("20", "team", "11", "direct"),
        ("20", "user", "2", "direct"),
        ("20", "user", "3", "indirect"),
    ] == [
        (h["role_id"], h["holder_type"], h["holder_id"], h["assignment"])
        for h in tables["github_org_role_holder"]
    ]
    assert [("30", "ci", '{"contents":"write"}')] == [
        (a["installation_id"], a["app_slug"], a["permissions"]) for a in tables["github_app_installation"]
    ]


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        ("2fa_disabled", {"1": "unknown", "2": "unknown", "3": "unknown"}),
        ("2fa_insecure", {"1": "unknown", "2": "unknown", "3": "disabled"}),
    ],
)
def test_a_second_factor_that_github_does_not_tell_is_unknown(
    org: Hub, connect: Connect, refused: str, expected: dict[str, str]
) -> None:
    """It answers 422 to whoever is no owner, or where it knows no such filter; never taken for enabled."""
    org.found[f"/orgs/acme/members?filter={refused}"] = (422, {"message": "Validation Failed"})
    reading = new_reading()
    members = read(github_people, connect(), reading)["github_member"]

    assert expected == {member["user_id"]: member["two_fa"] for member in members}
    assert f"GET /orgs/acme/members?filter={refused} (422: not offered to this token)" in reading.requests


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    "path",
    [
        "/orgs/acme/members?filter=2fa_disabled",
        "/orgs/acme/organization-roles",
        "/orgs/acme/organization-roles/20/teams",
        "/orgs/acme/teams/platform/members?role=member",
        "/orgs/acme/installations",
    ],
)
def test_a_listing_that_is_refused_is_not_empty(org: Hub, connect: Connect, path: str, status: int) -> None:
    """Of none of them an empty answer could be told from a missing permission, so nothing is stored."""
    org.found[path] = (status, {"message": "Not Found"})
    with pytest.raises(Refused, match="Grant it"):
        read(github_people, connect())


def test_somebody_who_becomes_an_owner_while_members_are_read_is_noticed(org: Hub, connect: Connect) -> None:
    """Owners and others are two listings."""
    org.found["/orgs/acme/members?role=member"] = [account(1), account(2)]
    with pytest.raises(TransientFailure, match="became or ceased to be an owner"):
        read(github_people, connect())


def test_an_organisation_that_hides_its_base_permission_is_not_read(org: Hub, connect: Connect) -> None:
    """What every member may do is not told to everybody, and must not be taken for nothing."""
    del org.found["/orgs/acme"]["default_repository_permission"]
    with pytest.raises(PermanentFailure, match="sent no default_repository_permission"):
        read(github_people, connect())


@pytest.mark.usefixtures("org")
def test_whoever_reaches_a_repository_comes_with_permission_and_way(connect: Connect) -> None:
    """Directly, through a team, or by the organisation; a role of the organisation's own keeps its name."""
    tables = read(github_repositories, connect())

    assert [
        ("1", "admin", "admin", "organisation"),
        ("2", "read", "read", "team"),
        ("4", "write", "deployer", "direct"),
    ] == [
        (c["user_id"], c["permission"], c["role_name"], c["grant_source"])
        for c in tables["github_repo_collaborator"]
    ]
    assert [("10", "shop", "read")] == [
        (t["team_id"], t["repository"], t["permission"]) for t in tables["github_team_repository"]
    ]
    assert [("40", False)] == [(k["key_id"], k["is_read_only"]) for k in tables["github_deploy_key"]]


@pytest.mark.usefixtures("org")
def test_rules_and_classic_protection_stand_side_by_side(connect: Connect) -> None:
    """One rule of two rulesets is two rows; who may pass without a pull request is named."""
    tables = read(github_repositories, connect())

    assert [
        ("50", "deletion", None),
        ("50", "pull_request", '{"required_approving_review_count":1}'),
        ("51", "pull_request", '{"required_approving_review_count":2}'),
    ] == [(r["ruleset_id"], r["rule_type"], r["parameters"]) for r in tables["github_branch_rule"]]
    [found] = tables["github_branch_protection"]
    assert (2, True, ["app:ci", "team:platform", "user:user-1"], None, False, True, None) == (
        found["required_approvals"],
        found["dismiss_stale_reviews"],
        found["bypass_allowances"],
        found["required_checks"],
        found["enforce_admins"],
        found["allow_force_pushes"],
        found["allow_deletions"],
    )


@pytest.mark.parametrize("said", ["Branch not protected", "Branch not found"])
def test_a_branch_without_protection_is_a_fact(org: Hub, connect: Connect, said: str) -> None:
    """GitHub says it by a 404 of its own, and the request stays in the evidence."""
    org.found["/repos/acme/shop/branches/main/protection"] = (404, {"message": said})
    reading = new_reading()

    assert [] == read(github_repositories, connect(), reading)["github_branch_protection"]
    assert f"GET /repos/acme/shop/branches/main/protection (404: {said})" in reading.requests


def test_a_protection_that_may_not_be_seen_is_no_missing_one(org: Hub, connect: Connect) -> None:
    """The other 404 means that the token lacks a permission."""
    org.found["/repos/acme/shop/branches/main/protection"] = (404, {"message": "Not Found"})
    with pytest.raises(Refused, match=r"repository permission Administration \(read\)"):
        read(github_repositories, connect())


def test_a_branch_with_a_slash_is_asked_for_by_its_whole_name(org: Hub, connect: Connect) -> None:
    """It stands in the path."""
    org.found["/orgs/acme/repos"] = [repository("shop", default_branch="release/1")]
    org.found["/repos/acme/shop/rules/branches/release%2F1"] = []
    org.found["/repos/acme/shop/branches/release%2F1/protection"] = (404, {"message": "Branch not protected"})

    assert [] == read(github_repositories, connect())["github_branch_rule"]


def test_a_token_that_is_shown_some_repositories_only_is_refused(org: Hub, connect: Connect) -> None:
    """The organisation counts more than are listed: a listing without them would be a false one."""
    org.found["/orgs/acme"]["public_repos"] = 1
    with pytest.raises(PermanentFailure, match="1 repositories are listed, acme says it has 1 public and 1"):
        read(github_repositories, connect())


def test_configured_repositories_are_read_and_no_others(org: Hub, connect: Connect) -> None:
    """One that is not there is refused: a list with a slip in it must not shrink the evidence."""
    org.found["/orgs/acme/repos"].append(repository("secret-project"))
    tables = read(github_repositories, connect(only=("shop",)))

    assert ["shop"] == [r["repository"] for r in tables["github_repository"]]
    assert not [asked for asked in org.asked if "secret-project" in asked]
    with pytest.raises(PermanentFailure, match="names shpo, which acme does not have"):
        read(github_repositories, connect(only=("shop", "shpo")))


def test_a_permission_nobody_knows_is_a_changed_interface(org: Hub, connect: Connect) -> None:
    """It must not be taken for none."""
    org.found["/repos/acme/shop/collaborators?affiliation=all"][1]["permissions"] = {"wield": True}
    with pytest.raises(PermanentFailure, match="without a permission that is known"):
        read(github_repositories, connect())


def test_somebody_who_loses_access_between_two_listings_is_noticed(org: Hub, connect: Connect) -> None:
    """The way somebody got in is the difference between them."""
    org.found["/repos/acme/shop/collaborators?affiliation=direct"] = [account(5)]
    with pytest.raises(TransientFailure, match="named 1 accounts as direct and not among all"):
        read(github_repositories, connect())


def alert(number: int) -> dict[str, Any]:
    """Return an alert as GitHub sends it, with the secret it is about."""
    return {
        "number": number,
        "repository": {"name": "shop", "description": CANARY},
        "secret": CANARY,
        "secret_type": "github_personal_access_token",
        "state": "resolved",
        "resolution": "revoked",
        "resolution_comment": CANARY,
        "created_at": "2026-01-05T09:00:00Z",
        "resolved_at": "2026-01-05T10:00:00Z",
        "resolved_by": account(1),
        "validity": "inactive",
        "first_location_detected": {"path": CANARY},
    }


def test_a_leaked_secret_reaches_no_row_page_request_or_error(hub: Hub, connect: Connect) -> None:
    """It is asked for hidden, and dropped where it comes all the same; its going is counted."""
    hub.found["/orgs/acme/secret-scanning/alerts?hide_secret=true"] = [alert(1), alert(2)]
    reading, client = new_reading(), connect()
    tables = read(github_secret_alert, client, reading)

    assert [1, 2] == [row["number"] for row in tables["github_secret_alert"]]
    assert CANARY not in json.dumps([reading.pages, reading.requests]) + repr(tables) + repr(client)
    assert 2 == reading.dropped["github_secret_alert: secret"]

    hub.found["/orgs/acme/secret-scanning/alerts?hide_secret=true"] = [alert(1) | {"created_at": CANARY}]
    with pytest.raises(PermanentFailure) as caught:
        read(github_secret_alert, client)
    assert CANARY not in str(caught.value)


@pytest.mark.usefixtures("org")
def test_nothing_that_no_column_names_reaches_a_row_or_a_page(connect: Connect) -> None:
    """Addresses, public keys, descriptions and links that hold a token."""
    for recipe in (github_people, github_repositories):
        reading = new_reading()
        tables = read(recipe, connect(), reading)

        assert CANARY not in json.dumps([reading.pages, reading.requests]) + repr(tables)
        assert reading.dropped


def test_every_fine_grained_token_comes_with_its_end(hub: Hub, connect: Connect) -> None:
    """None where it has none; neither its owner's address nor anything else that no column names."""
    hub.found["/orgs/acme/personal-access-tokens"] = [
        {
            "id": number,
            "owner": account(2),
            "repository_selection": "all",
            "permissions": {"repository": {"contents": "write"}},
            "access_granted_at": "2026-01-05T09:00:00Z",
            "token_id": 900 + number,
            "token_name": f"laptop-{number}",
            "token_expired": False,
            "token_expires_at": ends,
            "token_last_used_at": None,
        }
        for number, ends in ((60, "2026-06-01T00:00:00Z"), (61, None))
    ]
    reading = new_reading()
    found = read(github_personal_access_token, connect(), reading)["github_personal_access_token"]

    assert [
        ("60", "2", "user-2", "laptop-60", datetime(2026, 6, 1, tzinfo=UTC)),
        ("61", "2", "user-2", "laptop-61", None),
    ] == [(row["token_id"], row["owner_id"], row["owner"], row["name"], row["expires_at"]) for row in found]
    assert CANARY not in json.dumps([reading.pages, reading.requests]) + repr(found)


@pytest.mark.parametrize("status", [403, 404])
def test_tokens_that_may_not_be_listed_are_not_none(hub: Hub, connect: Connect, status: int) -> None:
    """Whoever is no app is refused, and told what it takes."""
    hub.found["/orgs/acme/personal-access-tokens"] = (status, {"message": "Resource not accessible"})
    with pytest.raises(Refused, match="of a GitHub App"):
        read(github_personal_access_token, connect())
