"""What guards the default branches, and which secrets were found in code?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from assets.capture import Reading, Rows, capture, field_of
from assets.github.client import SAID, GithubClient
from assets.github.people import rows
from assets.rest import Refused
from warehouse.dataset import Column, Dataset, Kind, Privacy

BRANCH_RULE = Dataset(
    name="github_branch_rule",
    kind=Kind.STATE,
    title="One row per rule of a ruleset in force for a default branch",
    key=("repository", "branch", "ruleset_id", "rule_type"),
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("branch", "text", "The default branch", required=True),
        Column("ruleset_id", "text", "The ruleset", source="ruleset_id", required=True),
        Column("ruleset_source_type", "text", "Repository, Organization, …", source="ruleset_source_type"),
        Column("ruleset_source", "text", "Which one", source="ruleset_source"),
        Column("rule_type", "text", "pull_request, non_fast_forward, …", source="type", required=True),
        Column("parameters", "json", "What exactly it asks, as GitHub has it", source="parameters"),
    ),
)

BRANCH_PROTECTION = Dataset(
    name="github_branch_protection",
    kind=Kind.STATE,
    title="One row per default branch with classic branch protection, which stands beside the rules",
    key=("repository", "branch"),
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("branch", "text", "The default branch", required=True),
        Column(
            "required_approvals",
            "int",
            "Reviews that must approve; null: no pull request is asked for",
            source="required_pull_request_reviews.required_approving_review_count",
        ),
        Column(
            "dismiss_stale_reviews",
            "bool",
            "Whether a new commit undoes approvals",
            source="required_pull_request_reviews.dismiss_stale_reviews",
        ),
        Column(
            "require_code_owner_reviews",
            "bool",
            "Whether an owner of the code must approve",
            source="required_pull_request_reviews.require_code_owner_reviews",
        ),
        Column(
            "require_last_push_approval",
            "bool",
            "Whether another than the last to push must approve",
            source="required_pull_request_reviews.require_last_push_approval",
        ),
        Column(
            "bypass_allowances",
            "text[]",
            "Who needs no pull request: user:…, team:…, app:…, sorted",
            required=True,
            privacy=Privacy.WORKFORCE,
        ),
        Column(
            "required_checks",
            "text[]",
            "Checks that must succeed; null: none is asked for",
            source="required_status_checks.contexts",
        ),
        Column(
            "checks_on_newest_base",
            "bool",
            "Whether they must have run on the newest base",
            source="required_status_checks.strict",
        ),
        Column(
            "enforce_admins", "bool", "Whether administrators are bound too", source="enforce_admins.enabled"
        ),
        Column(
            "allow_force_pushes",
            "bool",
            "Whether history may be changed",
            source="allow_force_pushes.enabled",
        ),
        Column("allow_deletions", "bool", "Whether it may be deleted", source="allow_deletions.enabled"),
        Column(
            "require_signatures",
            "bool",
            "Whether commits must be signed; null: not said",
            source="required_signatures.enabled",
        ),
    ),
)

SECRET_ALERT = Dataset(
    name="github_secret_alert",
    kind=Kind.STATE,
    title="One row per secret found in code, resolved ones included; never the secret",
    key=("repository", "number"),
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", source="repository.name", required=True),
        Column("number", "int", "Number of the alert in the repository", source="number", required=True),
        Column("secret_type", "text", "Whose kind of secret it is", source="secret_type", required=True),
        Column("state", "text", "open or resolved", source="state", required=True),
        Column("resolution", "text", "revoked, false_positive, …; null: open", source="resolution"),
        Column("validity", "text", "active, inactive or unknown", source="validity"),
        Column("is_publicly_leaked", "bool", "Whether it is public elsewhere", source="publicly_leaked"),
        Column(
            "push_protection_bypassed",
            "bool",
            "Whether somebody pushed it against the warning",
            source="push_protection_bypassed",
        ),
        Column("created_at", "timestamp", "When it was found", source="created_at", required=True),
        Column("resolved_at", "timestamp", "When it was resolved; null: open", source="resolved_at"),
        Column(
            "resolved_by", "text", "Who resolved it", source="resolved_by.login", privacy=Privacy.WORKFORCE
        ),
    ),
)


@capture(SECRET_ALERT)
def github_secret_alert(client: GithubClient, reading: Reading) -> Rows:
    """Every secret found in code, asked for without the secret itself."""
    pages = client.pages(f"/orgs/{client.org}/secret-scanning/alerts", key=by_alert, hide_secret=True)
    return rows(reading, pages, SECRET_ALERT)


def rules(client: GithubClient, reading: Reading, where: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return every rule of a ruleset in force for a default branch, the organisation's rulesets included."""
    path = f"/repos/{client.org}/{where['repository']}/rules/branches/{quote(where['branch'], safe='')}"
    return rows(reading, client.pages(path, key=by_rule), BRANCH_RULE, **where)


def protection(client: GithubClient, reading: Reading, where: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the classic protection of a default branch: one row, or none where GitHub says there is none."""
    path = f"/repos/{client.org}/{where['repository']}/branches/{quote(where['branch'], safe='')}/protection"
    try:
        page = client.one(path)
    except Refused as refused:
        if refused.code not in SAID:
            raise
        reading.request(f"GET {path} ({refused.status}: {refused.code})")
        return []
    allowed = field_of(page.records[0], "required_pull_request_reviews.bypass_pull_request_allowances") or {}
    passing = [f"user:{user['login']}" for user in allowed.get("users") or []]
    passing += [f"{kind[:-1]}:{one['slug']}" for kind in ("teams", "apps") for one in allowed.get(kind) or []]
    return rows(reading, [page], BRANCH_PROTECTION, **where, bypass_allowances=sorted(passing))


def by_rule(record: Mapping[str, Any]) -> object:
    """Return what tells the rules in force for a branch apart."""
    return record.get("ruleset_id"), record.get("type")


def by_alert(record: Mapping[str, Any]) -> object:
    """Return what tells the alerts of an organisation apart."""
    return field_of(record, "repository.name"), record.get("number")
