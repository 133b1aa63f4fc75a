"""Which changes were merged and deployed on a day, who reviewed them, and what did their checks say?

Every dataset is an event of a UTC day, and is read again 24 and 48 hours later:

* pull requests by the instant they were merged, with everything that hangs below them at the time of reading;
* commits of the default branch by the instant they were committed;
* deployments by the instant they were created, with the commits since the deployment before;
* deployment statuses by their own instant, since they come hours or days after their deployment.
"""

from __future__ import annotations

from warehouse.dataset import Column, Dataset, Kind, Privacy

KEPT_DAYS = 400
"""GitHub archives checks after so many days; what is read together with them is asked for no later."""

PULL_REQUEST = Dataset(
    name="github_pull_request",
    kind=Kind.EVENT,
    title="One row per pull request merged on the day, into whatever branch: all of them",
    key=("repository", "number"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("number", "int", "Its number in the repository", source="number", required=True),
        Column("pull_request_id", "text", "GitHub's id of it", source="id", required=True),
        Column(
            "title_keys",
            "text[]",
            "Ticket keys in its title, branch and its commits' messages, sorted; the texts are not kept",
            required=True,
        ),
        Column("author_login", "text", "Who opened it", source="user.login", privacy=Privacy.WORKFORCE),
        Column("author_id", "text", "The account that opened it; null: a deleted one", source="user.id"),
        Column("author_type", "text", "User or Bot", source="user.type"),
        Column("base_branch", "text", "The branch it was merged into", source="base.ref", required=True),
        Column("is_default_branch", "bool", "Whether that is the repository's default branch", required=True),
        Column("base_sha", "text", "Commit it started from", source="base.sha"),
        Column("head_sha", "text", "Newest commit of its branch", source="head.sha", required=True),
        Column("merge_sha", "text", "Commit the base branch got", source="merge_commit_sha"),
        Column("created_at", "timestamp", "When it was opened", source="created_at", required=True),
        Column("merged_at", "timestamp", "When it was merged", source="merged_at", required=True),
        Column(
            "merged_by_login", "text", "Who merged it", source="merged_by.login", privacy=Privacy.WORKFORCE
        ),
        Column("merged_by_id", "text", "The account that merged it", source="merged_by.id"),
        Column("is_draft", "bool", "Whether it was a draft", source="draft"),
        Column("commits", "int", "Commits in it", source="commits", required=True),
        Column("additions", "int", "Lines added", source="additions", unit="lines"),
        Column("deletions", "int", "Lines deleted", source="deletions", unit="lines"),
        Column("changed_files", "int", "Files changed", source="changed_files"),
        Column("labels", "text[]", "Names of its labels, sorted", required=True),
    ),
)

PR_REVIEW = Dataset(
    name="github_pr_review",
    kind=Kind.EVENT,
    title="One row per review of a pull request merged on the day, whenever it was submitted",
    key=("repository", "review_id"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("number", "int", "Number of the pull request", required=True),
        Column("review_id", "text", "The review", source="id", required=True),
        Column("reviewer_login", "text", "Who reviewed", source="user.login", privacy=Privacy.WORKFORCE),
        Column("reviewer_id", "text", "The account that reviewed; null: a deleted one", source="user.id"),
        Column("reviewer_type", "text", "User or Bot", source="user.type"),
        Column(
            "state",
            "text",
            "APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING",
            source="state",
            required=True,
        ),
        Column("submitted_at", "timestamp", "When it was submitted; null: not yet", source="submitted_at"),
        Column("commit_sha", "text", "Commit that was reviewed", source="commit_id"),
        Column(
            "author_association",
            "text",
            "What the reviewer is to the repository when read: MEMBER, COLLABORATOR, NONE, …",
            source="author_association",
        ),
    ),
)

PR_COMMIT = Dataset(
    name="github_pr_commit",
    kind=Kind.EVENT,
    title="One row per commit of a pull request merged on the day",
    key=("repository", "number", "sha"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("number", "int", "Number of the pull request", required=True),
        Column("sha", "text", "The commit", source="sha", required=True),
        Column(
            "author_login",
            "text",
            "Who wrote it; null: its address belongs to no account",
            source="author.login",
            privacy=Privacy.WORKFORCE,
        ),
        Column("author_id", "text", "The account that wrote it", source="author.id"),
        Column(
            "author_email",
            "text",
            "Address the author gave; anybody can give any",
            source="commit.author.email",
            privacy=Privacy.WORKFORCE,
        ),
        Column(
            "co_authors",
            "text[]",
            "Addresses in Co-authored-by trailers, sorted",
            privacy=Privacy.WORKFORCE,
            required=True,
        ),
        Column("authored_at", "timestamp", "When it was written", source="commit.author.date"),
        Column("committed_at", "timestamp", "When it was committed", source="commit.committer.date"),
        Column(
            "is_verified", "bool", "Whether its signature is valid", source="commit.verification.verified"
        ),
        Column("title_keys", "text[]", "Ticket keys in its message, sorted", required=True),
    ),
)

CHECK_RUN = Dataset(
    name="github_check_run",
    kind=Kind.EVENT,
    title="One row per check on the newest commit of a pull request merged on the day, repeated runs too",
    key=("repository", "check_run_id"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("check_run_id", "text", "The run", source="id", required=True),
        Column("head_sha", "text", "The commit that was checked", source="head_sha", required=True),
        Column("name", "text", "Name of the check", source="name", required=True),
        Column("status", "text", "queued, in_progress, completed, …", source="status", required=True),
        Column("conclusion", "text", "success, failure, …; null: not completed", source="conclusion"),
        Column("started_at", "timestamp", "When it started", source="started_at"),
        Column("completed_at", "timestamp", "When it was completed; null: not yet", source="completed_at"),
        Column("app_slug", "text", "The app that ran it", source="app.slug"),
    ),
)

COMMIT = Dataset(
    name="github_commit",
    kind=Kind.EVENT,
    title="One row per commit made on the day to a default branch, or brought by a deployment of the day",
    key=("repository", "sha"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("sha", "text", "The commit", source="sha", required=True),
        Column(
            "author_login",
            "text",
            "Who wrote it; null: its address belongs to no account",
            source="author.login",
            privacy=Privacy.WORKFORCE,
        ),
        Column("author_id", "text", "The account that wrote it", source="author.id"),
        Column(
            "committer_login", "text", "Who committed it", source="committer.login", privacy=Privacy.WORKFORCE
        ),
        Column(
            "author_email",
            "text",
            "Address the author gave; anybody can give any",
            source="commit.author.email",
            privacy=Privacy.WORKFORCE,
        ),
        Column("authored_at", "timestamp", "When it was written", source="commit.author.date"),
        Column(
            "committed_at",
            "timestamp",
            "When it was committed",
            source="commit.committer.date",
            required=True,
        ),
        Column("parents", "int", "Commits it follows: two or more is a merge", required=True),
        Column(
            "is_verified", "bool", "Whether its signature is valid", source="commit.verification.verified"
        ),
        Column("title_keys", "text[]", "Ticket keys in its message, sorted", required=True),
    ),
)

COMMIT_PULL_REQUEST = Dataset(
    name="github_commit_pull_request",
    kind=Kind.EVENT,
    title="One row per pull request that a commit in github_commit came by, unmerged ones too",
    key=("repository", "sha", "number"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("sha", "text", "The commit", required=True),
        Column("number", "int", "Number of the pull request", source="number", required=True),
        Column("state", "text", "open or closed", source="state", required=True),
        Column("created_at", "timestamp", "When it was opened", source="created_at", required=True),
        Column("merged_at", "timestamp", "When it was merged; null: it was not", source="merged_at"),
        Column("base_branch", "text", "The branch it is for", source="base.ref", required=True),
        Column("is_default_branch", "bool", "Whether that is the repository's default branch", required=True),
        Column("merge_sha", "text", "Commit the base branch got", source="merge_commit_sha"),
        Column("author_login", "text", "Who opened it", source="user.login", privacy=Privacy.WORKFORCE),
        Column("author_id", "text", "The account that opened it", source="user.id"),
        Column("title_keys", "text[]", "Ticket keys in its title and branch, sorted", required=True),
    ),
)

DEPLOYMENT = Dataset(
    name="github_deployment",
    kind=Kind.EVENT,
    title="One row per deployment created on the day",
    key=("repository", "deployment_id"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("deployment_id", "text", "The deployment", source="id", required=True),
        Column("sha", "text", "The commit it brought", source="sha", required=True),
        Column("ref", "text", "What was asked to be deployed: a branch, tag or commit", source="ref"),
        Column("environment", "text", "Where to", source="environment", required=True),
        Column(
            "is_production",
            "bool",
            "Whether GitHub calls the environment a production one, or it is named production",
            required=True,
        ),
        Column(
            "is_transient", "bool", "Whether the environment goes away again", source="transient_environment"
        ),
        Column(
            "creator_login", "text", "Who asked for it", source="creator.login", privacy=Privacy.WORKFORCE
        ),
        Column("creator_id", "text", "The account that asked for it", source="creator.id"),
        Column("creator_type", "text", "User or Bot", source="creator.type"),
        Column("created_at", "timestamp", "When it was asked for", source="created_at", required=True),
        Column(
            "base_deployment_id",
            "text",
            "The last deployment before it to that environment that succeeded; null: none, or no production",
        ),
        Column("base_sha", "text", "The commit that one brought"),
    ),
)

DEPLOYMENT_STATUS = Dataset(
    name="github_deployment_status",
    kind=Kind.EVENT,
    title="One row per status that a deployment of the last 30 days got on the day",
    key=("repository", "status_id"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("deployment_id", "text", "The deployment", required=True),
        Column("status_id", "text", "The status", source="id", required=True),
        Column(
            "state",
            "text",
            "waiting, queued, in_progress, pending, success, failure, error or inactive",
            source="state",
            required=True,
        ),
        Column("environment", "text", "Where to", source="environment"),
        Column("creator_login", "text", "Who set it", source="creator.login", privacy=Privacy.WORKFORCE),
        Column("creator_id", "text", "The account that set it", source="creator.id"),
        Column("created_at", "timestamp", "When it was set", source="created_at", required=True),
    ),
)

DEPLOYMENT_COMMIT = Dataset(
    name="github_deployment_commit",
    kind=Kind.EVENT,
    title="One row per commit that a production deployment of the day brought; github_commit describes each",
    key=("repository", "deployment_id", "sha"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("repository", "text", "Name of the repository", required=True),
        Column("deployment_id", "text", "The deployment", required=True),
        Column("sha", "text", "The commit", source="sha", required=True),
        Column("committed_at", "timestamp", "When it was committed", source="commit.committer.date"),
    ),
)
