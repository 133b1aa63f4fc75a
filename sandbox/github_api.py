"""Which of GitHub's endpoints does the sandbox serve?"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.changes import REPOSITORIES, Repository
from sandbox.github_access import (
    collaborators,
    installations,
    keys,
    members,
    organisation,
    personal_access_tokens,
    protection,
    repository,
    role_teams,
    role_users,
    rules,
    secret_alerts,
    team_members,
    team_repositories,
)
from sandbox.github_answers import missing
from sandbox.github_delivery import (
    check_runs,
    commit_pulls,
    commits,
    compare,
    deployment_statuses,
    deployments,
    one_commit,
    pull_commits,
    pulls,
    reviews,
)
from sandbox.github_people import ORG_ROLES, READER, TEAMS, machine
from sandbox.github_shapes import ORG_ID, Record
from sandbox.github_target import Api, Counted, Query, Target
from sandbox.org import ORG

Answers = Callable[[Target], Record | list[Record] | Counted]
ROUTES: tuple[tuple[re.Pattern[str], Answers], ...] = tuple(
    (re.compile(pattern), answer)
    for pattern, answer in (
        ("/user", lambda t: t.user(machine(READER)) | {"name": None, "created_at": "2025-01-02T09:00:00Z"}),
        ("/rate_limit", lambda _: {"resources": {}, "rate": {}}),
        ("/orgs", organisation),
        ("/orgs/members", members),
        ("/orgs/outside_collaborators", lambda _: []),
        ("/orgs/teams", lambda t: [t.api.work.team(team) for team in TEAMS]),
        ("/orgs/teams?/([^/]+)/members", team_members),
        ("/orgs/teams?/([^/]+)/repos", team_repositories),
        ("/orgs/organization-roles", lambda t: Counted("roles", [t.api.work.org_role(r) for r in ORG_ROLES])),
        ("/orgs/organization-roles/([^/]+)/users", role_users),
        ("/orgs/organization-roles/([^/]+)/teams", role_teams),
        ("/orgs/installations", installations),
        ("/orgs/personal-access-tokens", personal_access_tokens),
        ("/orgs/secret-scanning/alerts", secret_alerts),
        ("/orgs/repos", lambda t: [repository(t, found) for found in REPOSITORIES]),
        ("/repos", lambda t: repository(t, t.here)),
        ("/repos/collaborators", collaborators),
        ("/repos/keys", keys),
        ("/repos/rules/branches/(.+)", rules),
        ("/repos/branches/(.+)/protection", protection),
        ("/repos/pulls", pulls),
        ("/repos/pulls/([^/]+)", lambda t: t.api.work.pull_request(t.pull(), t.api.now, detailed=True)),
        ("/repos/pulls/([^/]+)/reviews", reviews),
        ("/repos/pulls/([^/]+)/commits", pull_commits),
        ("/repos/commits", commits),
        ("/repos/commits/([^/]+)", one_commit),
        ("/repos/commits/([^/]+)/pulls", commit_pulls),
        ("/repos/commits/([^/]+)/check-runs", check_runs),
        ("/repos/compare/(.+)", compare),
        ("/repos/deployments", deployments),
        ("/repos/deployments/([^/]+)/statuses", deployment_statuses),
    )
)
"""The path below the organisation or the repository -> what answers; the first that fits counts."""
BELOW = (
    re.compile(f"/orgs/{ORG}(?P<rest>/.*)?"),
    re.compile(f"/organizations/{ORG_ID}(?P<rest>/.*)?"),
)


def answer(api: Api, path: str, query: Query) -> Record | list[Record] | Counted:
    """Return what GitHub answers to a GET. Raises GithubError."""
    found: Repository | None = None
    short = path
    for pattern in BELOW:
        if matched := pattern.fullmatch(path):
            short = "/orgs" + (matched["rest"] or "")
    if matched := re.fullmatch(f"/repos/{ORG}/([^/]+)(/.*)?|/repositories/([0-9]+)(/.*)?", path):
        name, rest, number, other = matched.groups()
        found = next((r for r in REPOSITORIES if name == r.name or number == str(r.id)), None)
        if found is None:
            raise missing()
        short = "/repos" + (rest or other or "")
    for route, answers in ROUTES:
        if matched := route.fullmatch(short):
            return answers(Target(api, query, found, matched.groups()))
    raise missing()
