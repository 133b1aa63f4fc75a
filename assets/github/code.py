"""Which repositories are there, and who reaches each of them by which way?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assets.capture import Reading, Rows, captures, row
from assets.failures import PermanentFailure, TransientFailure
from assets.github.client import GithubClient
from assets.github.guards import BRANCH_PROTECTION, BRANCH_RULE, protection, rules
from assets.github.people import listed, rows
from warehouse.dataset import Column, Dataset, Kind, Privacy

PERMISSIONS = (
    ("admin", "admin"),
    ("maintain", "maintain"),
    ("push", "write"),
    ("triage", "triage"),
    ("pull", "read"),
)
"""GitHub's flags and what people call them, the strongest first."""

REPOSITORY = Dataset(
    name="github_repository",
    kind=Kind.STATE,
    title="One row per repository of the organisation, archived ones included",
    key=("repository_id",),
    columns=(
        Column("repository_id", "text", "The repository", source="id", required=True),
        Column("repository", "text", "Its name", source="name", required=True),
        Column("visibility", "text", "public, private or internal", source="visibility"),
        Column("is_private", "bool", "Whether it is not public", source="private", required=True),
        Column("is_archived", "bool", "Whether nothing can change in it", source="archived"),
        Column("is_disabled", "bool", "Whether GitHub has closed it", source="disabled"),
        Column("is_fork", "bool", "Whether it came from another one", source="fork"),
        Column("default_branch", "text", "Its main branch", source="default_branch"),
        Column("allow_forking", "bool", "Whether it may be forked", source="allow_forking"),
        Column(
            "secret_scanning",
            "text",
            "enabled or disabled; null: not told",
            source="security_and_analysis.secret_scanning.status",
        ),
        Column(
            "push_protection",
            "text",
            "Whether secrets are refused on push: enabled or disabled; null: not told",
            source="security_and_analysis.secret_scanning_push_protection.status",
        ),
        Column("created_at", "timestamp", "When it was created", source="created_at"),
        Column("pushed_at", "timestamp", "Last push to any branch; null: never", source="pushed_at"),
    ),
)

TEAM_REPOSITORY = Dataset(
    name="github_team_repository",
    kind=Kind.STATE,
    title="One row per repository a team reaches",
    key=("team_id", "repository_id"),
    may_be_empty=True,
    columns=(
        Column("team_id", "text", "The team", required=True),
        Column("repository_id", "text", "The repository", source="id", required=True),
        Column("repository", "text", "Its name", source="name", required=True),
        Column("permission", "text", "read, triage, write, maintain or admin", required=True),
        Column(
            "role_name", "text", "Name of the role, which may be the organisation's own", source="role_name"
        ),
    ),
)

REPO_COLLABORATOR = Dataset(
    name="github_repo_collaborator",
    kind=Kind.STATE,
    title="One row per account that reaches a repository, with its strongest permission and one way to it",
    key=("repository", "user_id"),
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("user_id", "text", "The account", source="id", required=True),
        Column("login", "text", "Its name", source="login", required=True, privacy=Privacy.WORKFORCE),
        Column("permission", "text", "read, triage, write, maintain or admin", required=True),
        Column(
            "role_name", "text", "Name of the role, which may be the organisation's own", source="role_name"
        ),
        Column(
            "grant_source",
            "text",
            "direct (added to the repository itself), team, or organisation (an owner, a role or the base "
            "permission); the first that holds",
            required=True,
        ),
    ),
)

DEPLOY_KEY = Dataset(
    name="github_deploy_key",
    kind=Kind.STATE,
    title="One row per key that reaches one repository without an account",
    key=("repository", "key_id"),
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("key_id", "text", "The key", source="id", required=True),
        Column("is_read_only", "bool", "Whether it can only read", source="read_only", required=True),
        Column("is_enabled", "bool", "Whether it is let in; null: not said", source="enabled"),
        Column("is_verified", "bool", "Whether its owner has shown to have it", source="verified"),
        Column("added_by", "text", "Who added it", source="added_by", privacy=Privacy.WORKFORCE),
        Column("created_at", "timestamp", "When it was added", source="created_at"),
        Column("last_used_at", "timestamp", "Last use; null: never", source="last_used"),
    ),
)


@captures(REPOSITORY, TEAM_REPOSITORY, REPO_COLLABORATOR, DEPLOY_KEY, BRANCH_RULE, BRANCH_PROTECTION)
def github_repositories(client: GithubClient, reading: Reading) -> Mapping[str, Rows]:
    """Every repository, everybody who reaches it, and what guards its default branch."""
    found = list(repositories(client, reading, REPOSITORY))
    names = {record["name"] for record in found}
    by_team = [(s, r) for s, r in team_repositories(client, reading) if r["repository"] in names]
    people = people_in(client, reading, (slug for slug, _ in by_team))
    filled: dict[str, list[Any]] = {
        REPOSITORY.name: [row(REPOSITORY, record) for record in found],
        TEAM_REPOSITORY.name: [found for _, found in by_team],
        REPO_COLLABORATOR.name: [],
        DEPLOY_KEY.name: [],
        BRANCH_RULE.name: [],
        BRANCH_PROTECTION.name: [],
    }
    for record in found:
        name = record["name"]
        path = f"/repos/{client.org}/{name}"
        in_teams = {user for slug, r in by_team if r["repository"] == name for user in people[slug]}
        filled[REPO_COLLABORATOR.name] += collaborators(client, reading, name, in_teams)
        filled[DEPLOY_KEY.name] += rows(reading, client.pages(f"{path}/keys"), DEPLOY_KEY, repository=name)
        where = {"repository": name, "branch": record["default_branch"]}
        filled[BRANCH_RULE.name] += rules(client, reading, where)
        filled[BRANCH_PROTECTION.name] += protection(client, reading, where)
    return filled


def repositories(
    client: GithubClient, reading: Reading, dataset: Dataset | None = None
) -> Iterator[Mapping[str, Any]]:
    """Yield the repositories to be read: the organisation's, or those configured.

    A token that was given some repositories only is shown no others, without a word. The organisation's own
    counts tell: where fewer are listed than it has, nothing is read.
    """
    [org] = listed(reading, [client.one(f"/orgs/{client.org}")])
    pages = list(client.pages(f"/orgs/{client.org}/repos", type="all"))
    found = [record for page in pages for record in page.records]
    counted = [org.get("public_repos"), org.get("total_private_repos")]
    if len(found) < sum(count for count in counted if isinstance(count, int)):
        raise PermanentFailure(
            f"github {reading.instance}: {len(found)} repositories are listed, {client.org} says it has "
            f"{counted[0]} public and {counted[1]} others. Give the token all repositories."
        )
    if missing := set(client.only) - {record["name"] for record in found}:
        raise PermanentFailure(
            f"github {reading.instance}: evidence.yaml names {', '.join(sorted(missing))}, which "
            f"{client.org} does not have. Mend the list, or the token's choice of repositories."
        )
    if dataset is None:
        listed(reading, pages)
    else:
        found = list(reading.records(pages, dataset))
    yield from (record for record in found if not client.only or record["name"] in client.only)


def team_repositories(client: GithubClient, reading: Reading) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name of the team, row) of every repository that every team reaches."""
    for team in listed(reading, client.pages(f"/orgs/{client.org}/teams")):
        pages = client.pages(f"/orgs/{client.org}/teams/{team['slug']}/repos")
        for record in reading.records(pages, TEAM_REPOSITORY):
            permission = permission_of(record)
            yield team["slug"], row(TEAM_REPOSITORY, record, team_id=str(team["id"]), permission=permission)


def people_in(client: GithubClient, reading: Reading, slugs: Iterable[str]) -> dict[str, set[str]]:
    """Return team -> the accounts in it."""
    return {
        slug: {
            str(r["id"]) for r in listed(reading, client.pages(f"/orgs/{client.org}/teams/{slug}/members"))
        }
        for slug in sorted(set(slugs))
    }


def collaborators(
    client: GithubClient, reading: Reading, name: str, in_teams: set[str]
) -> Iterator[dict[str, Any]]:
    """Yield everybody who reaches a repository; whoever was added to it directly is known by that."""
    path = f"/repos/{client.org}/{name}/collaborators"
    direct = {str(r["id"]) for r in listed(reading, client.pages(path, affiliation="direct"))}
    everybody = list(reading.records(client.pages(path, affiliation="all"), REPO_COLLABORATOR))
    if gone := direct - {str(record.get("id")) for record in everybody}:
        raise TransientFailure(
            f"github {reading.instance}: {path} named {len(gone)} accounts as direct and not among all. "
            "Somebody lost access while it was read."
        )
    for record in everybody:
        user_id = str(record.get("id"))
        source = "direct" if user_id in direct else "team" if user_id in in_teams else "organisation"
        yield row(
            REPO_COLLABORATOR,
            record,
            repository=name,
            permission=permission_of(record),
            grant_source=source,
        )


def permission_of(record: Mapping[str, Any]) -> str:
    """Return the strongest permission a record says somebody has. Raises PermanentFailure for none."""
    flags = record.get("permissions") or {}
    for flag, word in PERMISSIONS:
        if flags.get(flag) is True:
            return word
    raise PermanentFailure(
        "github: a collaborator or a team's repository came without a permission that is known. Has the "
        "interface changed?"
    )
