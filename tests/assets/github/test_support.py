"""Is a support agent with access to a repository found from GitHub's answers, by whichever way it came?"""

from __future__ import annotations

from typing import Any

import pytest

from assets import access, identity
from assets.github.code import github_repositories
from assets.github.people import github_people
from tests.assets.derivations import derived
from tests.assets.github.conftest import Connect, Hub, Within, read
from tests.controls.test_worked_cases import outcome_of, told

ORG, REPO = "/orgs/acme", "/repos/acme/shop"
ENGINEER, AGENT = 1, 2
PEOPLE = {ENGINEER: "engineering", AGENT: "customer-support", 3: "customer-support-lead"}
"""Account -> what HR calls the work; the lead of support has no account on GitHub at all."""


def account(number: int, **more: Any) -> dict[str, Any]:
    """Return an account as it stands in listings."""
    return {"id": number, "login": f"user-{number}", "type": "User", **more}


@pytest.fixture
def org(hub: Hub) -> Hub:
    """Return an organisation with one repository, which an engineer reaches and an agent does not."""
    hub.found |= {
        ORG: {
            "id": 1,
            "login": "acme",
            "default_repository_permission": "none",
            "public_repos": 0,
            "total_private_repos": 1,
        },
        f"{ORG}/members": [],
        f"{ORG}/members?role=member": [account(ENGINEER), account(AGENT)],
        f"{ORG}/outside_collaborators": [],
        f"{ORG}/teams": [{"id": 10, "slug": "texts", "name": "Texts"}],
        f"{ORG}/teams/texts/members": [],
        f"{ORG}/teams/texts/repos": [],
        f"{ORG}/organization-roles": Within("roles", [{"id": 20, "name": "reader", "base_role": "read"}]),
        f"{ORG}/organization-roles/20/users": [],
        f"{ORG}/organization-roles/20/teams": [],
        f"{ORG}/installations": Within("installations", []),
        f"{ORG}/repos": [{"id": 5, "name": "shop", "default_branch": "main", "private": True}],
        f"{REPO}/collaborators?affiliation=all": [reaching(ENGINEER)],
        f"{REPO}/collaborators?affiliation=direct": [reaching(ENGINEER)],
        f"{REPO}/keys": [],
        f"{REPO}/rules/branches/main": [],
        f"{REPO}/branches/main/protection": (404, {"message": "Branch not protected"}),
    }
    return hub


def reaching(number: int, role: str = "read") -> dict[str, Any]:
    """Return a collaborator."""
    return account(number, permissions={"pull": True, "push": role == "write"}, role_name=role)


def by_nobody(_: Hub) -> None:
    """Leave everything as it is."""


def by_team(org: Hub) -> None:
    """Add the agent to a team that may write."""
    shop = {"id": 5, "name": "shop", "permissions": {"pull": True, "push": True}, "role_name": "write"}
    org.found |= {
        f"{ORG}/teams/texts/members?role=member": [account(AGENT)],
        f"{ORG}/teams/texts/repos": [shop],
        f"{REPO}/collaborators?affiliation=all": [reaching(ENGINEER), reaching(AGENT, "write")],
    }


def directly(org: Hub) -> None:
    """Add the agent to the repository itself."""
    both = [reaching(ENGINEER), reaching(AGENT)]
    org.found |= {f"{REPO}/collaborators?affiliation={word}": both for word in ("all", "direct")}


def by_role(org: Hub) -> None:
    """Give the agent a role in the organisation, which reaches every repository."""
    org.found |= {
        f"{ORG}/organization-roles/20/users": [account(AGENT, assignment="direct")],
        f"{REPO}/collaborators?affiliation=all": [reaching(ENGINEER), reaching(AGENT)],
    }


@pytest.mark.parametrize(
    ("given", "ways"),
    [
        (by_nobody, set()),
        (by_team, {("repo:shop:write", "team:texts")}),
        (directly, {("repo:shop:read", "direct")}),
        (by_role, {("repo:shop:read", "org-role:reader")}),
    ],
)
def test_support_with_access_to_code_is_found_by_every_way_and_none_is_reported_as_such(
    org: Hub, connect: Connect, given: Any, ways: set[tuple[str, str]]
) -> None:
    """From the wire to the verdict: the way is named; where there is none, all of support is looked at."""
    given(org)
    client = connect()
    tables = read(github_people, client) | read(github_repositories, client)
    people = [
        {"person_id": f"P{n}", "name": f"N{n}", "work_email": f"p{n}@acme.example", "job_role": role}
        for n, role in PEOPLE.items()
    ]
    entitlements = derived(
        access.GITHUB_ENTITLEMENTS,
        "acme",
        **{name: tables[name] for name in access.GITHUB_ENTITLEMENTS.inputs},
    )
    accounts = derived(
        access.GITHUB_ACCOUNTS, "acme", **{name: tables[name] for name in access.GITHUB_ACCOUNTS.inputs}
    )
    persons = derived(
        identity.DIRECT_PERSONS,
        "github-acme",
        access_account=accounts,
        people_person=people,
        register_identity_link=[
            {"system_id": "github", "account": f"user-{n}", "person_id": f"P{n}"} for n in (ENGINEER, AGENT)
        ],
    )
    outcome = outcome_of(
        "AC-04.d",
        {name: {"instance": "github-acme"} for name in ("access_entitlement", "identity_person")}
        | {"people_person": {"instance": "main", "type": "employee"}},
        {
            "rows": {
                "people_person": people,
                "access_entitlement": entitlements,
                "identity_person": persons,
            }
        },
    )

    assert ways == {
        (row["entitlement"], row["via"])
        for row in entitlements
        if row["account_key"] == f"github:acme:{AGENT}"
    }
    assert {
        "verdict": "FAIL" if ways else "PASS",
        **({"exceptions": {f"P{AGENT}": "SUPPORT_HAS_REPO"}} if ways else {}),
        "population": 2,
    } == told(outcome)
