"""Who belongs to the organisation, in which teams and roles, and which apps are installed in it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assets.capture import Page, Reading, Row, Rows, captures, row
from assets.failures import TransientFailure
from assets.github.client import UNPROCESSABLE, GithubClient
from assets.rest import Refused
from warehouse.dataset import Column, Dataset, Kind, Privacy

ORG = Dataset(
    name="github_org",
    kind=Kind.STATE,
    title="One row: the organisation and what it asks of everybody",
    key=("org_id",),
    columns=(
        Column("org_id", "text", "The organisation", source="id", required=True),
        Column("login", "text", "Its name in addresses", source="login", required=True),
        Column(
            "two_factor_required",
            "bool",
            "Whether members must have a second factor; null: only an owner is told",
            source="two_factor_requirement_enabled",
        ),
        Column(
            "default_repository_permission",
            "text",
            "What every member may do in every repository: none, read, write or admin",
            source="default_repository_permission",
            required=True,
        ),
        Column(
            "members_can_create_repositories",
            "bool",
            "Whether members make repositories",
            source="members_can_create_repositories",
        ),
        Column(
            "members_can_create_public_repositories",
            "bool",
            "Whether members make public ones",
            source="members_can_create_public_repositories",
        ),
        Column("plan", "text", "What was bought: free, team, enterprise, …", source="plan.name"),
        Column("public_repositories", "int", "Public repositories, as GitHub counts", source="public_repos"),
        Column(
            "private_repositories",
            "int",
            "Other repositories, as GitHub counts; null: not told",
            source="total_private_repos",
        ),
        Column("created_at", "timestamp", "When it was created", source="created_at"),
    ),
)

MEMBER = Dataset(
    name="github_member",
    kind=Kind.STATE,
    title="One row per member of the organisation, owners included",
    key=("user_id",),
    columns=(
        Column("user_id", "text", "The account", source="id", required=True),
        Column("login", "text", "Its name", source="login", required=True, privacy=Privacy.WORKFORCE),
        Column("user_type", "text", "User or Bot", source="type"),
        Column("role", "text", "admin (an owner) or member", required=True),
        Column(
            "org_roles", "text[]", "Names of the organisation roles it holds itself, sorted", required=True
        ),
        Column(
            "two_fa",
            "text",
            "enabled, insecure (text messages), disabled, or unknown where GitHub does not tell",
            required=True,
        ),
        Column("is_site_admin", "bool", "Whether it administers GitHub itself", source="site_admin"),
    ),
)

OUTSIDE_COLLABORATOR = Dataset(
    name="github_outside_collaborator",
    kind=Kind.STATE,
    title="One row per account that reaches a repository and is no member",
    key=("user_id",),
    may_be_empty=True,
    columns=(
        Column("user_id", "text", "The account", source="id", required=True),
        Column("login", "text", "Its name", source="login", required=True, privacy=Privacy.WORKFORCE),
        Column("user_type", "text", "User or Bot", source="type"),
        Column(
            "two_fa",
            "text",
            "enabled, insecure (text messages), disabled, or unknown where GitHub does not tell",
            required=True,
        ),
    ),
)

TEAM = Dataset(
    name="github_team",
    kind=Kind.STATE,
    title="One row per team",
    key=("team_id",),
    may_be_empty=True,
    columns=(
        Column("team_id", "text", "The team", source="id", required=True),
        Column("slug", "text", "Its name in addresses", source="slug", required=True),
        Column("name", "text", "Its name", source="name"),
        Column("privacy", "text", "closed (visible to members) or secret", source="privacy"),
        Column("parent_team_id", "text", "The team it is part of; null: none", source="parent.id"),
    ),
)

TEAM_MEMBER = Dataset(
    name="github_team_member",
    kind=Kind.STATE,
    title="One row per account in a team, members of teams below it included",
    key=("team_id", "user_id"),
    may_be_empty=True,
    columns=(
        Column("team_id", "text", "The team", required=True),
        Column("user_id", "text", "The account", source="id", required=True),
        Column("login", "text", "Its name", source="login", required=True, privacy=Privacy.WORKFORCE),
        Column("role", "text", "maintainer or member", required=True),
    ),
)

ORG_ROLE = Dataset(
    name="github_org_role",
    kind=Kind.STATE,
    title="One row per organisation role, GitHub's own included",
    key=("role_id",),
    may_be_empty=True,
    columns=(
        Column("role_id", "text", "The role", source="id", required=True),
        Column("name", "text", "Its name", source="name", required=True),
        Column(
            "base_role",
            "text",
            "What it may do in every repository: read, triage, write, maintain, admin; null: nothing",
            source="base_role",
        ),
        Column("origin", "text", "Predefined, Organization or Enterprise", source="source"),
        Column("permissions", "text[]", "What it may do besides", source="permissions"),
    ),
)

ORG_ROLE_HOLDER = Dataset(
    name="github_org_role_holder",
    kind=Kind.STATE,
    title="One row per account or team that holds an organisation role",
    key=("role_id", "holder_type", "holder_id"),
    may_be_empty=True,
    columns=(
        Column("role_id", "text", "The role", required=True),
        Column("holder_type", "text", "user or team", required=True),
        Column("holder_id", "text", "The account or team", source="id", required=True),
        Column(
            "login", "text", "Name of the account; null: a team", source="login", privacy=Privacy.WORKFORCE
        ),
        Column("slug", "text", "Name of the team; null: an account", source="slug"),
        Column(
            "assignment",
            "text",
            "direct, indirect (through a team) or mixed; null: not said",
            source="assignment",
        ),
    ),
)

APP_INSTALLATION = Dataset(
    name="github_app_installation",
    kind=Kind.STATE,
    title="One row per app installed in the organisation",
    key=("installation_id",),
    may_be_empty=True,
    columns=(
        Column("installation_id", "text", "The installation", source="id", required=True),
        Column("app_id", "text", "The app", source="app_id", required=True),
        Column("app_slug", "text", "Its name", source="app_slug"),
        Column(
            "repository_selection", "text", "all or selected", source="repository_selection", required=True
        ),
        Column("permissions", "json", "What it may do, as GitHub has it", source="permissions"),
        Column("events", "text[]", "What it is told of", source="events"),
        Column("created_at", "timestamp", "When it was installed", source="created_at"),
        Column("updated_at", "timestamp", "When it was last changed", source="updated_at"),
        Column("suspended_at", "timestamp", "When it was suspended; null: it is not", source="suspended_at"),
    ),
)


@captures(ORG, MEMBER, OUTSIDE_COLLABORATOR, TEAM, TEAM_MEMBER, ORG_ROLE, ORG_ROLE_HOLDER, APP_INSTALLATION)
def github_people(client: GithubClient, reading: Reading) -> Mapping[str, Rows]:
    """Everybody in the organisation, with role, teams and second factor, and every installed app."""
    org = f"/orgs/{client.org}"
    roles = rows(reading, client.pages(f"{org}/organization-roles", within="roles"), ORG_ROLE)
    holders = [holder for role in roles for holder in holders_of(client, reading, role["role_id"])]
    teams = rows(reading, client.pages(f"{org}/teams"), TEAM)
    apps = client.pages(f"{org}/installations", within="installations")
    return {
        ORG.name: rows(reading, [client.one(org)], ORG),
        MEMBER.name: members(client, reading, names_held(roles, holders)),
        OUTSIDE_COLLABORATOR.name: outside_collaborators(client, reading),
        TEAM.name: teams,
        TEAM_MEMBER.name: [member for team in teams for member in members_of(client, reading, team)],
        ORG_ROLE.name: roles,
        ORG_ROLE_HOLDER.name: holders,
        APP_INSTALLATION.name: rows(reading, apps, APP_INSTALLATION),
    }


def rows(reading: Reading, pages: Iterable[Page], dataset: Dataset, **computed: Any) -> list[dict[str, Any]]:
    """Return a row of every record, each with the same computed columns."""
    return [row(dataset, record, **computed) for record in reading.records(pages, dataset)]


def holders_of(client: GithubClient, reading: Reading, role_id: str) -> list[dict[str, Any]]:
    """Return who holds an organisation role: accounts and teams."""
    path = f"/orgs/{client.org}/organization-roles/{role_id}"
    users = rows(
        reading,
        client.pages(f"{path}/users"),
        ORG_ROLE_HOLDER,
        role_id=role_id,
        holder_type="user",
        slug=None,
    )
    return users + rows(
        reading,
        client.pages(f"{path}/teams"),
        ORG_ROLE_HOLDER,
        role_id=role_id,
        holder_type="team",
        login=None,
    )


def names_held(roles: Iterable[Row], holders: Iterable[Row]) -> dict[str, list[str]]:
    """Return account -> names of the organisation roles it holds itself."""
    names = {role["role_id"]: role["name"] for role in roles}
    held: dict[str, list[str]] = {}
    for holder in holders:
        if holder["holder_type"] == "user" and holder["assignment"] != "indirect":
            held.setdefault(holder["holder_id"], []).append(names[holder["role_id"]])
    return held


def members(client: GithubClient, reading: Reading, held: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Return every member, once as an owner or once as a member."""
    path = f"/orgs/{client.org}/members"
    two_fa = second_factors(client, reading, path)
    found: dict[str, dict[str, Any]] = {}
    for role in ("admin", "member"):
        for record in reading.records(client.pages(path, role=role), MEMBER):
            user_id = str(record.get("id"))
            if user_id in found:
                raise TransientFailure(
                    f"github {reading.instance}: somebody became or ceased to be an owner while {path} was "
                    "read, so others may be missing."
                )
            found[user_id] = row(
                MEMBER,
                record,
                role=role,
                org_roles=sorted(held.get(user_id, [])),
                two_fa=two_fa(user_id),
            )
    return list(found.values())


def outside_collaborators(client: GithubClient, reading: Reading) -> list[dict[str, Any]]:
    """Return every account that reaches a repository and is no member."""
    path = f"/orgs/{client.org}/outside_collaborators"
    two_fa = second_factors(client, reading, path)
    return [
        row(OUTSIDE_COLLABORATOR, record, two_fa=two_fa(str(record.get("id"))))
        for record in reading.records(client.pages(path), OUTSIDE_COLLABORATOR)
    ]


def second_factors(client: GithubClient, reading: Reading, path: str) -> Callable[[str], str]:
    """Return a function that says of an account of a listing what its second factor is."""
    disabled = without(client, reading, path, "2fa_disabled")
    insecure = without(client, reading, path, "2fa_insecure")

    def two_fa(user_id: str) -> str:
        if disabled is None:
            return "unknown"
        if user_id in disabled:
            return "disabled"
        if insecure is None:
            return "unknown"
        return "insecure" if user_id in insecure else "enabled"

    return two_fa


def without(client: GithubClient, reading: Reading, path: str, filtered: str) -> set[str] | None:
    """Return the accounts a filter about second factors names; None where GitHub does not offer it to us."""
    try:
        pages = list(client.pages(path, filter=filtered))
    except Refused as refused:
        if refused.status != UNPROCESSABLE:
            raise
        reading.request(f"GET {path}?filter={filtered} (422: not offered to this token)")
        return None
    return {str(record.get("id")) for record in listed(reading, pages)}


def members_of(client: GithubClient, reading: Reading, team: Row) -> list[dict[str, Any]]:
    """Return every account in a team, its maintainers as such."""
    path = f"/orgs/{client.org}/teams/{team['slug']}/members"
    return [
        member
        for role in ("maintainer", "member")
        for member in rows(
            reading, client.pages(path, role=role), TEAM_MEMBER, team_id=team["team_id"], role=role
        )
    ]


def listed(reading: Reading, pages: Iterable[Page]) -> list[Mapping[str, Any]]:
    """Return the records of a listing that is needed for what it leads to, and keep what was asked."""
    found: list[Mapping[str, Any]] = []
    for page in pages:
        reading.request(page.request)
        if page.server_date is not None:
            reading.server_dates.append(page.server_date)
        found += page.records
    return found
