"""Who has an account where, with which second factor, and which credentials are there? Over every system.

Neutral: a control that reads these needs no change when a new system is connected. Collected: nothing new;
computed from the systems' snapshots. Never: a guess who is behind an account. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind, Privacy

ACCOUNT = Dataset(
    name="access_account",
    kind=Kind.DERIVED,
    follows=Kind.STATE,
    title="One row per account of any system",
    key=("account_key",),
    columns=(
        Column("account_key", "text", "System, instance and the account's own id", required=True),
        Column("system_id", "text", "The system: okta, aws, …", required=True),
        Column("native_id", "text", "Its id in that system", required=True),
        Column("login", "text", "What is typed to sign in", privacy=Privacy.WORKFORCE),
        Column("account_type", "text", "person, service, root or unknown, as the system says", required=True),
        Column("status", "text", "Its status in that system", required=True),
        Column("enabled", "bool", "Whether it can be signed in with", required=True),
        Column("mfa", "text", "strong, weak, none, upstream or unknown", required=True),
        Column("strong_factor_count", "int", "Active factors beyond password, mail, question, SMS and call"),
        Column("phishing_resistant_factor_count", "int", "Active factors that cannot be phished"),
        Column("weak_factor_count", "int", "Active SMS and call factors"),
        Column("is_admin", "bool", "Whether it administers the system; null: not collected"),
        Column("console_access", "bool", "Whether a person can sign in with a password", required=True),
        Column("created_at", "timestamp", "When it was created"),
        Column("last_login_at", "timestamp", "Last interactive sign-in; null: never"),
    ),
)

CREDENTIAL = Dataset(
    name="access_credential",
    kind=Kind.DERIVED,
    follows=Kind.STATE,
    title="One row per long-lived credential of any system",
    key=("credential_key",),
    columns=(
        Column("credential_key", "text", "System, instance and the credential's public id", required=True),
        Column("system_id", "text", "The system: aws, …", required=True),
        Column("account_key", "text", "The account it belongs to", required=True),
        Column("native_id", "text", "Its public id in that system", required=True),
        Column("kind", "text", "access_key", required=True),
        Column("active", "bool", "Whether it can be used", required=True),
        Column("created_at", "timestamp", "When it was created: its age", required=True),
        Column("last_used_at", "timestamp", "Last use; null: never"),
    ),
    may_be_empty=True,
)

OKTA_ACCOUNTS = Derivation(
    ACCOUNT,
    sql_beside(__file__, "account_okta.sql"),
    ("okta_user", "okta_user_factor", "okta_admin_role", "okta_group_member"),
)
AWS_ACCOUNTS = Derivation(ACCOUNT, sql_beside(__file__, "account_aws.sql"), ("aws_iam_credential_report",))
SHOP_ACCOUNTS = Derivation(ACCOUNT, sql_beside(__file__, "account_shop.sql"), ("shop_user", "shop_user_role"))
AWS_CREDENTIALS = Derivation(CREDENTIAL, sql_beside(__file__, "credential_aws.sql"), ("aws_access_key",))
