"""Which fine-grained personal access tokens reach the organisation?

Read only where evidence.yaml says `personal_access_tokens: true`: GitHub lists them to a GitHub App alone.
Classic tokens it lists to nobody.
"""

from __future__ import annotations

from assets.capture import Reading, Rows, capture
from assets.github.client import GithubClient
from assets.github.people import rows
from warehouse.dataset import Column, Dataset, Kind, Privacy

PERSONAL_ACCESS_TOKEN = Dataset(
    name="github_personal_access_token",
    kind=Kind.STATE,
    title="One row per fine-grained token that was let into the organisation; its value is shown to nobody",
    key=("token_id",),
    may_be_empty=True,
    columns=(
        Column(
            "token_id",
            "text",
            "The token, as the organisation's settings name it",
            source="id",
            required=True,
        ),
        Column("name", "text", "What it was called", source="token_name", privacy=Privacy.WORKFORCE),
        Column("owner", "text", "Whose rights it has", source="owner.login", privacy=Privacy.WORKFORCE),
        Column("owner_id", "text", "That account", source="owner.id", required=True),
        Column(
            "repository_selection",
            "text",
            "none, all or subset of the repositories",
            source="repository_selection",
        ),
        Column("permissions", "json", "What it may do, as GitHub has it", source="permissions"),
        Column("granted_at", "timestamp", "When it was let in", source="access_granted_at"),
        Column("is_expired", "bool", "Whether its end has come", source="token_expired", required=True),
        Column("expires_at", "timestamp", "When it ends by itself; null: never", source="token_expires_at"),
        Column("last_used_at", "timestamp", "Last use; null: never", source="token_last_used_at"),
    ),
)


@capture(PERSONAL_ACCESS_TOKEN, flag="personal_access_tokens")
def github_personal_access_token(client: GithubClient, reading: Reading) -> Rows:
    """Every fine-grained token with whose it is, what it may do and when it ends."""
    return rows(reading, client.pages(f"/orgs/{client.org}/personal-access-tokens"), PERSONAL_ACCESS_TOKEN)
