"""What does GitHub answer about people, teams, roles, repositories and what guards them?"""

from __future__ import annotations

from datetime import timedelta

from sandbox.changes import REPOSITORIES, Repository
from sandbox.github_answers import GithubError
from sandbox.github_people import READER, TEAMS, machine
from sandbox.github_shapes import BRANCH, FLAGS, ORG_ID, Record, text
from sandbox.github_target import Counted, Target
from sandbox.github_work import CHECKS
from sandbox.org import GITHUB_KEY_ID, ORG, PERIOD_END, PERIOD_START, TOKEN_OWNERS
from sandbox.part import instant

RULESET = 5_600_001
CLASSIC = "storefront"
"""The repository whose main branch has classic protection besides the organisation's rules."""
LEAKED = ("data-pipeline", 1)
"""The one secret that was ever pushed, long ago, and its alert's number."""
CANARY = "ghp_" + "leaked" * 6


def organisation(t: Target) -> Record:
    """Answer GET /orgs/{org}, as an owner is told."""
    required = not t.api.org.planted("github_2fa_off")
    return t.api.work.full_organisation(len(REPOSITORIES)) | {"two_factor_requirement_enabled": required}


def members(t: Target) -> list[Record]:
    """Answer GET /orgs/{org}/members: all, owners, others, or those whose second factor is weak."""
    role, filtered = t.query.get("role", "all"), t.query.get("filter", "all")
    if filtered not in ("all", "2fa_disabled", "2fa_insecure"):
        raise GithubError(422, "Validation Failed")
    found = t.api.org.users
    if filtered != "all":
        kind = "github_no_2fa" if filtered == "2fa_disabled" else "github_insecure_2fa"
        numbers = {fault.number for fault in t.api.org.planted(kind)}
        found = [one for one in found if one.person and one.person.number in numbers]
    return [t.user(one) for one in found if role in ("all", t.api.org.role(one))]


def team_members(t: Target) -> list[Record]:
    """Answer GET /orgs/{org}/teams/{slug}/members; the first in a team maintains it."""
    role = t.query.get("role", "all")
    found = t.api.org.members(t.team())
    roles = {one.id: "member" if n else "maintainer" for n, one in enumerate(found)}
    return [t.user(one) for one in found if role in ("all", roles[one.id])]


def team_repositories(t: Target) -> list[Record]:
    """Answer GET /orgs/{org}/teams/{slug}/repos."""
    team = t.team()
    return [
        repository(t, found) | t.api.work.permissions(team.permission)
        for found in REPOSITORIES
        if found.name in team.repositories
    ]


def role_users(t: Target) -> list[Record]:
    """Answer GET /orgs/{org}/organization-roles/{id}/users: those who hold it themselves or by a team."""
    role = t.role()
    by_team = {m.id for team in TEAMS if team.slug in role.teams for m in t.api.org.members(team)}
    itself = {one.id for one in t.api.org.users if one.person and one.person.number in role.numbers}
    return [
        t.user(one) | {"assignment": "direct" if one.id in itself else "indirect", "inherited_from": []}
        for one in t.api.org.users
        if one.id in itself | by_team
    ]


def role_teams(t: Target) -> list[Record]:
    """Answer GET /orgs/{org}/organization-roles/{id}/teams."""
    held = t.role().teams
    return [t.api.work.team(team) | {"assignment": "direct"} for team in TEAMS if team.slug in held]


def repository(t: Target, found: Repository) -> Record:
    """Return a repository; its last push is the newest commit of its main branch or of a pull request."""
    pushes = [commit.at for commit in t.api.main(found)[:1]] + [pull.created for pull in t.api.pulls(found)]
    return t.api.work.repository(found, max(pushes))


def collaborators(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/collaborators: everybody, or those added to the repository itself."""
    name = t.here.name
    grants = t.api.org.grants(name)
    if t.query.get("affiliation", "all") == "direct":
        grants = {account: grants[account] for account in t.api.org.direct(name)}
    strongest = {account: max(held, key=FLAGS.index) for account, held in grants.items()}
    return [
        t.user(one) | t.api.work.permissions(strongest[one.id])
        for one in t.api.org.users
        if one.id in strongest
    ]


def keys(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/keys: the cluster reads the infrastructure, a bot writes to the handbook."""
    standing = {"infrastructure": (66_001, "cluster", True), "handbook": (GITHUB_KEY_ID, "publisher", False)}
    found = [standing[t.here.name]] if t.here.name in standing else []
    found += [
        (stray_key(fault.number), "quick fix", False)
        for fault in t.api.org.planted("github_write_key")
        if REPOSITORIES[fault.number - 1] == t.here
    ]
    return [
        {
            "id": number,
            "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIsandbox",
            "url": f"{t.api.url}/repos/{ORG}/{t.here.name}/keys/{number}",
            "title": title,
            "verified": True,
            "created_at": "2024-02-01T09:00:00Z",
            "read_only": read_only,
            "added_by": READER.login,
            "last_used": "2026-02-20T09:00:00Z",
            "enabled": True,
        }
        for number, title, read_only in found
    ]


def stray_key(number: int) -> int:
    """Return the id of the key that a fault adds to the n-th repository."""
    return 66_100 + number


def token_id(number: int) -> int:
    """Return the id of the n-th fine-grained token."""
    return 25_300 + number


def personal_access_tokens(t: Target) -> list[Record]:
    """Answer GET /orgs/{org}/personal-access-tokens: each has an end, but for those planted as without."""
    endless = {fault.number for fault in t.api.org.planted("github_token_endless")}
    listing = f"{t.api.url}/organizations/{ORG_ID}/personal-access-tokens"
    return [
        {
            "id": token_id(number),
            "owner": t.api.work.person(person),
            "repository_selection": "subset",
            "repositories_url": f"{listing}/{token_id(number)}/repositories",
            "permissions": {"repository": {"metadata": "read", "contents": "read"}},
            "access_granted_at": text(instant(PERIOD_START - timedelta(days=90), 9)),
            "token_id": 4_700_000 + number,
            "token_name": f"laptop-{number}",
            "token_expired": False,
            "token_expires_at": None
            if number in endless
            else text(instant(PERIOD_END + timedelta(days=60), 9)),
            "token_last_used_at": text(instant(PERIOD_START - timedelta(days=9), 9)),
        }
        for number, person in enumerate(TOKEN_OWNERS, 1)
    ]


def rules(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/rules/branches/{b}: the organisation's, where code reaches production."""
    if not t.here.production or t.rest[0] != BRANCH:
        return []
    review = {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    }
    checks = {
        "required_status_checks": [{"context": name} for name in CHECKS],
        "strict_required_status_checks_policy": False,
    }
    found = (("deletion", None), ("non_fast_forward", None), ("pull_request", review))
    return [
        {
            "type": kind,
            "ruleset_source_type": "Organization",
            "ruleset_source": ORG,
            "ruleset_id": RULESET,
            **({"parameters": parameters} if parameters else {}),
        }
        for kind, parameters in (*found, ("required_status_checks", checks))
    ]


def protection(t: Target) -> Record:
    """Answer GET /repos/{o}/{r}/branches/{b}/protection."""
    if t.rest[0] != BRANCH:
        raise GithubError(404, "Branch not found")
    if t.here.name != CLASSIC:
        raise GithubError(404, "Branch not protected")
    api = f"{t.api.url}/repos/{ORG}/{t.here.name}/branches/{BRANCH}/protection"
    return {
        "url": api,
        "required_status_checks": {
            "url": f"{api}/required_status_checks",
            "strict": False,
            "contexts": list(CHECKS),
            "contexts_url": f"{api}/required_status_checks/contexts",
            "checks": [{"context": name, "app_id": 15368} for name in CHECKS],
        },
        "required_pull_request_reviews": {
            "url": f"{api}/required_pull_request_reviews",
            "dismiss_stale_reviews": True,
            "require_code_owner_reviews": False,
            "require_last_push_approval": False,
            "required_approving_review_count": 1,
        },
        "required_signatures": {"url": f"{api}/required_signatures", "enabled": False},
        "enforce_admins": {"url": f"{api}/enforce_admins", "enabled": True},
        "required_linear_history": {"enabled": True},
        "allow_force_pushes": {"enabled": False},
        "allow_deletions": {"enabled": False},
    }


def secret_alerts(t: Target) -> list[Record]:
    """Answer GET /orgs/{org}/secret-scanning/alerts; unless asked to hide it, the answer has the secret."""
    name, number = LEAKED
    found = next(r for r in REPOSITORIES if r.name == name)
    return [
        {
            "number": number,
            "created_at": "2025-06-02T08:11:00Z",
            "updated_at": "2025-06-02T10:40:00Z",
            "url": f"{t.api.url}/repos/{ORG}/{name}/secret-scanning/alerts/{number}",
            "html_url": f"https://github.example/{ORG}/{name}/security/secret-scanning/{number}",
            "state": "resolved",
            "resolution": "revoked",
            "resolved_at": "2025-06-02T10:40:00Z",
            "resolved_by": t.user(machine(READER)),
            "secret_type": "github_personal_access_token",
            "secret_type_display_name": "GitHub Personal Access Token",
            "secret": None if t.query.get("hide_secret") == "true" else CANARY,
            "validity": "inactive",
            "publicly_leaked": False,
            "multi_repo": False,
            "push_protection_bypassed": False,
            "repository": repository(t, found),
        }
    ]


def installations(t: Target) -> Counted:
    """Answer GET /orgs/{org}/installations: the app that runs checks."""
    app = t.api.work.app()
    return Counted(
        "installations",
        [
            {
                "id": 480_001,
                "app_id": app["id"],
                "app_slug": app["slug"],
                "account": t.api.work.organisation(),
                "repository_selection": "all",
                "permissions": app["permissions"],
                "events": app["events"],
                "created_at": app["created_at"],
                "updated_at": app["updated_at"],
                "suspended_at": None,
                "target_type": "Organization",
                "target_id": ORG_ID,
            }
        ],
    )
