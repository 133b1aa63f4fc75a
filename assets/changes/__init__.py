"""By which ticket, review, checks and approval did each change reach production, and who verified it?

It begins with what was deployed, never with tickets: a deployment that no ticket knows has its row like any
other, with the links that are missing left empty. What counts as an approval and as a verification is said by
dated parameters of control CM-01. Collected: nothing new; computed from GitHub's and Jira's snapshots of the
day, of the 14 days before (reviews and checks of what was merged earlier) and of the day after (the end of a
deployment, its verification). Never: a guess which ticket was meant. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind, Privacy

MERGED_BEFORE = 14
"""How many days before its deployment a change may have been merged for its reviews to be shown."""

LIFECYCLE = Dataset(
    name="change_lifecycle",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per commit that a production deployment of the day brought, with every link of its chain",
    key=("deployment_key", "sha"),
    parameters=("CM-01.ticket_types", "CM-01.approved_statuses", "CM-01.verified_statuses"),
    may_be_empty=True,
    columns=(
        Column("deployment_key", "text", "The deployment: github, instance, repository, id", required=True),
        Column("repository", "text", "Name of the repository", required=True),
        Column("environment", "text", "Where to", required=True),
        Column("deployment_started_at", "timestamp", "When the deployment was asked for", required=True),
        Column("deployment_started_by", "text", "Who asked for it", privacy=Privacy.WORKFORCE),
        Column(
            "deployment_state",
            "text",
            "success, or unknown: by the end of the day after nothing said how it ended; failed ones have no "
            "row",
            required=True,
        ),
        Column("deployed_at", "timestamp", "When it first succeeded; null: not known to have"),
        Column(
            "sha", "text", "The commit; of a deployment that brought none, the one deployed", required=True
        ),
        Column("change_key", "text", "The commit: github, instance, repository, sha", required=True),
        Column("is_new", "bool", "Whether it had not run in that environment before", required=True),
        Column("committed_at", "timestamp", "When it was committed"),
        Column("commit_author", "text", "Who wrote it", privacy=Privacy.WORKFORCE),
        Column(
            "pull_request_key",
            "text",
            "The pull request it came by, merged before the deployment; null: none",
        ),
        Column("pull_request_number", "int", "Its number in the repository"),
        Column("pull_request_author", "text", "Who opened it", privacy=Privacy.WORKFORCE),
        Column("pull_request_created_at", "timestamp", "When it was opened"),
        Column("merged_at", "timestamp", "When it was merged"),
        Column("merged_by", "text", "Who merged it; null: not read", privacy=Privacy.WORKFORCE),
        Column(
            "reviewed_at", "timestamp", "Last approving review by somebody but its author; null: none read"
        ),
        Column("reviewed_by", "text", "Who gave that review", privacy=Privacy.WORKFORCE),
        Column("checks", "int", "Checks of its newest commit, the last run of each; null: not read"),
        Column("checks_failed", "int", "Those of them that did not succeed"),
        Column("checked_at", "timestamp", "When the last of them was completed"),
        Column(
            "ticket_keys", "text[]", "Keys that pull request and commit name, existing or not", required=True
        ),
        Column("ticket_key", "text", "The ticket among them that it rests on; null: none of them exists"),
        Column("ticket_type", "text", "What kind of ticket"),
        Column("ticket_is_allowed", "bool", "Whether a change may rest on such a ticket"),
        Column("ticket_created_at", "timestamp", "When it was created"),
        Column("ticket_created_by", "text", "The Jira account that created it"),
        Column(
            "approved_at",
            "timestamp",
            "Last approval before the deployment that was not withdrawn, else the first after; null: none",
        ),
        Column("approved_by", "text", "The Jira account that gave it"),
        Column(
            "verified_at", "timestamp", "First verification after the deployment had ended; null: none yet"
        ),
        Column("verified_by", "text", "The Jira account that verified it"),
        Column(
            "verified_early_at", "timestamp", "Last verification before the deployment had ended; null: none"
        ),
        Column(
            "tickets_read_until",
            "timestamp",
            "Up to when tickets were read: what came later is not known",
            required=True,
        ),
    ),
)

LIFECYCLES = Derivation(
    LIFECYCLE,
    sql_beside(__file__, "lifecycle.sql"),
    (
        "github_deployment",
        "github_deployment_status",
        "github_deployment_commit",
        "github_commit",
        "github_commit_pull_request",
        "github_pull_request",
        "github_pr_review",
        "github_check_run",
        "jira_issue",
    ),
    before={
        "github_pull_request": MERGED_BEFORE,
        "github_pr_review": MERGED_BEFORE,
        "github_check_run": MERGED_BEFORE,
    },
    after={"github_deployment_status": 1, "jira_issue": 1},
)
