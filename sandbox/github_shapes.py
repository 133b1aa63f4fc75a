"""How does GitHub write accounts, teams, roles, repositories and what somebody may do in them?

One function per kind of object, with the fields that GitHub's published description asks for.
"""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Any

from sandbox.changes import Repository
from sandbox.company import Company
from sandbox.github_people import TEAMS, OrgRole, Team, User, user
from sandbox.org import ORG
from sandbox.part import instant

Record = dict[str, Any]
ORG_ID = 7_400_001
FOUNDED = instant(date(2023, 1, 3), 10)
"""When the organisation, its teams and its repositories were made."""
FLAGS = ("pull", "triage", "push", "maintain", "admin")
"""GitHub's permissions, the weakest first."""
ROLE_NAMES = dict(zip(FLAGS, ("read", "triage", "write", "maintain", "admin"), strict=True))
BRANCH = "main"
REPOSITORY_LINKS = (  # noqa: SIM905 - a list would be forty lines
    "archive assignees blobs branches collaborators comments commits compare contents contributors "
    "deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events "
    "issues keys labels languages merges milestones notifications pulls releases stargazers statuses "
    "subscribers subscription tags teams trees"
).split()


def text(moment: datetime | None) -> str | None:
    """Return an instant as GitHub writes it."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def node(kind: str, number: object) -> str:
    """Return GitHub's other identifier of a thing."""
    return f"{kind}_" + base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


class Shapes:
    """Objects with links that begin with the address GitHub is served at."""

    def __init__(self, company: Company, url: str) -> None:
        self.company = company
        self.url = url

    def user(self, one: User, *, kind: str = "User") -> Record:
        """Return an account as it stands in listings."""
        api = f"{self.url}/users/{one.login}"
        return {
            "login": one.login,
            "id": one.id,
            "node_id": node("U", one.id),
            "avatar_url": f"https://avatars.example/u/{one.id}?v=4",
            "gravatar_id": "",
            "url": api,
            "html_url": f"https://github.example/{one.login}",
            "followers_url": f"{api}/followers",
            "following_url": f"{api}/following{{/other_user}}",
            "gists_url": f"{api}/gists{{/gist_id}}",
            "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{api}/subscriptions",
            "organizations_url": f"{api}/orgs",
            "repos_url": f"{api}/repos",
            "events_url": f"{api}/events{{/privacy}}",
            "received_events_url": f"{api}/received_events",
            "type": kind,
            "site_admin": False,
        }

    def person(self, number: int) -> Record:
        """Return the account of a person by number."""
        return self.user(user(self.company.people[number]))

    def organisation(self) -> Record:
        """Return the organisation as the owner of something."""
        return self.user(User(ORG_ID, ORG), kind="Organization")

    def full_organisation(self, private: int) -> Record:
        """Return the organisation as an owner of it sees it."""
        return {
            "login": ORG,
            "id": ORG_ID,
            "node_id": node("O", ORG_ID),
            "url": f"{self.url}/orgs/{ORG}",
            "description": "A shop",
            "public_repos": 0,
            "total_private_repos": private,
            "owned_private_repos": private,
            "created_at": text(FOUNDED),
            "updated_at": text(FOUNDED),
            "type": "Organization",
            "billing_email": "billing@acme-shop.example",
            "default_repository_permission": "none",
            "members_can_create_repositories": False,
            "members_can_create_public_repositories": False,
            "two_factor_requirement_enabled": True,
            "web_commit_signoff_required": False,
            "plan": {"name": "enterprise", "space": 976562499, "private_repos": 999999, "filled_seats": 70},
        }

    def team(self, team: Team) -> Record:
        """Return a team."""
        parent = next((one for one in TEAMS if one.slug == team.parent), None)
        api = f"{self.url}/organizations/{ORG_ID}/team/{team.id}"
        return {
            "id": team.id,
            "node_id": node("T", team.id),
            "name": team.slug.replace("-", " ").title(),
            "slug": team.slug,
            "description": None,
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "permission": "pull",
            "url": api,
            "html_url": f"https://github.example/orgs/{ORG}/teams/{team.slug}",
            "members_url": f"{api}/members{{/member}}",
            "repositories_url": f"{api}/repos",
            "type": "organization",
            "parent": self.team(parent) | {"parent": None} if parent else None,
        }

    def org_role(self, role: OrgRole) -> Record:
        """Return a role in the organisation."""
        return {
            "id": role.id,
            "name": role.name,
            "description": role.description,
            "base_role": role.base_role,
            "source": "Predefined",
            "permissions": [],
            "organization": None,
            "created_at": text(FOUNDED),
            "updated_at": text(FOUNDED),
        }

    def repository(self, repository: Repository, pushed: datetime) -> Record:
        """Return a repository."""
        api = f"{self.url}/repos/{ORG}/{repository.name}"
        html = f"https://github.example/{ORG}/{repository.name}"
        return {
            "id": repository.id,
            "node_id": node("R", repository.id),
            "name": repository.name,
            "full_name": f"{ORG}/{repository.name}",
            "owner": self.organisation(),
            "private": True,
            "visibility": "private",
            "html_url": html,
            "description": None,
            "fork": False,
            "url": api,
            **{f"{word}_url": f"{api}/{word}" for word in REPOSITORY_LINKS},
            "git_url": f"git://github.example/{ORG}/{repository.name}.git",
            "ssh_url": f"git@github.example:{ORG}/{repository.name}.git",
            "clone_url": f"{html}.git",
            "svn_url": html,
            "mirror_url": None,
            "homepage": None,
            "language": "Python",
            "license": None,
            "forks": 0,
            "forks_count": 0,
            "stargazers_count": 0,
            "watchers": 0,
            "watchers_count": 0,
            "size": 1800,
            "default_branch": BRANCH,
            "open_issues": 0,
            "open_issues_count": 0,
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "has_pages": False,
            "has_downloads": False,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "allow_forking": False,
            "security_and_analysis": {
                "secret_scanning": {"status": "enabled"},
                "secret_scanning_push_protection": {"status": "enabled"},
            },
            "pushed_at": text(pushed),
            "created_at": text(FOUNDED),
            "updated_at": text(pushed),
        }

    def permissions(self, flag: str) -> Record:
        """Return what somebody or some team may do, as flags and as a role's name."""
        rank = FLAGS.index(flag)
        return {
            "permissions": {name: FLAGS.index(name) <= rank for name in FLAGS},
            "role_name": ROLE_NAMES[flag],
        }

    def app(self) -> Record:
        """Return the app that runs checks."""
        return {
            "id": 15368,
            "slug": "github-actions",
            "node_id": node("A", 15368),
            "owner": self.organisation(),
            "name": "GitHub Actions",
            "description": "Automate your workflow",
            "external_url": "https://help.github.example/en/actions",
            "html_url": "https://github.example/apps/github-actions",
            "created_at": text(FOUNDED),
            "updated_at": text(FOUNDED),
            "permissions": {"checks": "write", "contents": "write"},
            "events": ["check_run", "push"],
        }
