"""Which permission does each of GitHub's addresses ask for, and which scopes could change something?

Fine-grained tokens and apps have permissions, each read or write; classic tokens have scopes, most of which
write. GitHub answers 404 as well as 403 where a permission is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

UNAUTHORISED, FORBIDDEN, NOT_FOUND = 401, 403, 404
MEMBERS = "organisation permission Members (read)"
ORG_ADMINISTRATION = "organisation permission Administration (read)"
ORG_ROLES = "organisation permission Custom organization roles (read)"
METADATA = "repository permission Metadata (read)"
ADMINISTRATION = "repository permission Administration (read)"
CONTENTS = "repository permission Contents (read)"
PULL_REQUESTS = "repository permission Pull requests (read)"
CHECKS = "repository permission Checks (read)"
DEPLOYMENTS = "repository permission Deployments (read)"
SECRET_ALERTS = "repository permission Secret scanning alerts (read)"  # noqa: S105 - a permission's name

PERSONAL_ACCESS_TOKENS = "organisation permission Personal access tokens (read), of a GitHub App"

NEEDED = (
    (r"/orgs/[^/]+/(members|outside_collaborators|teams).*", f"{MEMBERS}, of an owner of the organisation"),
    (r"/orgs/[^/]+/organization-roles.*", f"{ORG_ROLES} and {MEMBERS}"),
    (r"/orgs/[^/]+/personal-access-tokens", PERSONAL_ACCESS_TOKENS),
    (r"/orgs/[^/]+/secret-scanning/.*", f"{SECRET_ALERTS}, with secret scanning switched on"),
    (r"/orgs/[^/]+/repos", METADATA),
    (r"/orgs/[^/]+(/installations)?", ORG_ADMINISTRATION),
    (r"/repos/[^/]+/[^/]+/(keys|branches/.+/protection)", ADMINISTRATION),
    (r"/repos/[^/]+/[^/]+/(collaborators|rules/branches/.+)", METADATA),
    (r"/repos/[^/]+/[^/]+/commits/[^/]+/check-runs", CHECKS),
    (r"/repos/[^/]+/[^/]+/(pulls.*|commits/[^/]+/pulls)", PULL_REQUESTS),
    (r"/repos/[^/]+/[^/]+/deployments.*", DEPLOYMENTS),
    (r"/repos/[^/]+/[^/]+/(commits|compare/.+)", CONTENTS),
)
"""The path of a request -> what it needs; the first that fits counts."""

PROBES = (
    ("/orgs/{org}/installations?per_page=1", f"{ORG_ADMINISTRATION}: installed apps"),
    ("/orgs/{org}/members?filter=2fa_disabled&per_page=1", f"{MEMBERS}, of an owner: members without 2FA"),
    ("/orgs/{org}/organization-roles", f"{ORG_ROLES}: who holds a role in the organisation"),
    ("/orgs/{org}/secret-scanning/alerts?per_page=1&hide_secret=true", f"{SECRET_ALERTS}: leaked secrets"),
)
"""Address -> what cannot be read where it is refused."""
TOKEN_PROBES = (
    ("/orgs/{org}/personal-access-tokens?per_page=1", f"{PERSONAL_ACCESS_TOKENS}: fine-grained tokens"),
)
"""The same where fine-grained tokens are to be read."""
REPOSITORY_PROBES = (
    ("/repos/{repo}/collaborators?per_page=1", f"{METADATA}: who reaches a repository"),
    ("/repos/{repo}/branches/{branch}/protection", f"{ADMINISTRATION}: branch protection, deploy keys"),
    ("/repos/{repo}/commits?per_page=1", f"{CONTENTS}: commits"),
    ("/repos/{repo}/pulls?per_page=1", f"{PULL_REQUESTS}: pull requests and reviews"),
    ("/repos/{repo}/commits/{branch}/check-runs?per_page=1", f"{CHECKS}: results of checks"),
    ("/repos/{repo}/deployments?per_page=1", f"{DEPLOYMENTS}: deployments"),
)
"""The same of one repository, which stands for all."""

READING = frozenset(
    {
        "read:audit_log",
        "read:enterprise",
        "read:gpg_key",
        "read:network_configurations",
        "read:org",
        "read:packages",
        "read:project",
        "read:public_key",
        "read:repo_hook",
        "read:ssh_signing_key",
        "read:user",
        "user:email",
    }
)
"""Classic scopes that change nothing; every other one, known to us or not, is taken to write."""


def writing(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return the classic scopes among some that could change something."""
    return tuple(scope for scope in scopes if scope not in READING)


def hint(path: str, status: int) -> str:
    """Return what to do about a refusal."""
    if status == UNAUTHORISED:
        return "The token is unknown, expired or revoked. Issue a new one."
    if status in (FORBIDDEN, NOT_FOUND):
        needed = next((what for form, what in NEEDED if re.fullmatch(form, path)), "a read permission")
        return f"The token lacks the {needed}, or what it asks for does not exist. Grant it."
    return ""
