"""Who has an account where, with which second factor, and which credentials are there? Over every system.

Neutral: a control that reads these needs no change when a new system is connected. Collected: nothing new;
computed from the systems' snapshots. Never: a guess who is behind an account. Scopes: none.

What some systems tell nobody, or their administrators alone, so that it need not be looked for:
- Sign-ins of GitHub and Jira, and so there is no access_login of either. GitHub's are only in the audit log
  of Enterprise Cloud, Atlassian's in the organisation's, which needs an organisation administrator's key.
  What stands in for both is the identity provider: where it alone signs people in, nobody gets in but
  through a sign-in of Okta's, which is in access_login. AC-07.b names such systems (`signed_in_upstream`).
- Sign-ins of dropped lists, of whose accounts only the last one may be known (`last_login_at`).
- What an account of Jira may do, and so there is no access_entitlement of it: see assets/jira. What stands in
  is who is assigned Jira at the identity provider.
- API tokens of Jira's accounts, and so there is no access_credential of it: an organisation administrator's
  key alone lists them. Nor of the shop, IAM Identity Center and dropped lists: they tell of no such thing.
- GitHub's fine-grained tokens where we are no GitHub App (`personal_access_tokens: true`), and Stripe's keys
  where the account takes no part in the preview that lists them (`preview: true`). Neither is expected then.
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
        Column("status_changed_at", "timestamp", "When it got its status; null: the system does not say"),
        Column("upstream_id", "text", "Its user's id at the identity provider that signs it in; null: none"),
    ),
)

ENTITLEMENT = Dataset(
    name="access_entitlement",
    kind=Kind.DERIVED,
    follows=Kind.STATE,
    title="One row per thing an account may do, by each way it got there: effective access",
    key=("account_key", "entitlement", "via"),
    columns=(
        Column("account_key", "text", "The account", required=True),
        Column("system_id", "text", "The system: okta, aws_sso, shop, …", required=True),
        Column(
            "entitlement", "text", "What it may do: app:…, repo:…, account:…, a permission", required=True
        ),
        Column("via", "text", "How: direct, or the group, team or role that gives it", required=True),
        Column("granted_at", "timestamp", "When it was granted; null: the system does not say"),
        Column("expires_at", "timestamp", "When it ends by itself; null: never"),
    ),
    may_be_empty=True,
)

LOGIN = Dataset(
    name="access_login",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per sign-in to any system on the day, failed ones included",
    key=("login_key",),
    columns=(
        Column("login_key", "text", "System, instance and the sign-in's own id", required=True),
        Column("system_id", "text", "The system", required=True),
        Column("account_key", "text", "The account; null: none was found for what was typed"),
        Column("occurred_at", "timestamp", "When", required=True),
        Column("outcome", "text", "success, failure or unknown", required=True),
        Column("method", "text", "How, in the system's own words; null: not said"),
    ),
    may_be_empty=True,
)

CREDENTIAL = Dataset(
    name="access_credential",
    kind=Kind.DERIVED,
    follows=Kind.STATE,
    title="One row per long-lived credential of any system",
    key=("credential_key",),
    columns=(
        Column("credential_key", "text", "System, instance and the credential's public id", required=True),
        Column("system_id", "text", "The system: aws, github, okta, stripe", required=True),
        Column("account_key", "text", "The account it belongs to; null: it is no account's"),
        Column("native_id", "text", "Its public id in that system", required=True),
        Column(
            "kind",
            "text",
            "access_key, api_token, deploy_key (it may write), read_only_deploy_key, personal_access_token, "
            "secret_key, publishable_key; test_… where it moves no money",
            required=True,
        ),
        Column("active", "bool", "Whether it can be used", required=True),
        Column("created_at", "timestamp", "When it was created: its age; null: the system does not say"),
        Column("last_used_at", "timestamp", "Last use; null: never, or the system does not say"),
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
AWS_SSO_ACCOUNTS = Derivation(
    ACCOUNT, sql_beside(__file__, "account_aws_sso.sql"), ("aws_identitystore_user",), named="aws_sso"
)
GITHUB_ACCOUNTS = Derivation(
    ACCOUNT, sql_beside(__file__, "account_github.sql"), ("github_member", "github_outside_collaborator")
)
JIRA_ACCOUNTS = Derivation(ACCOUNT, sql_beside(__file__, "account_jira.sql"), ("jira_user",))
AWS_CREDENTIALS = Derivation(CREDENTIAL, sql_beside(__file__, "credential_aws.sql"), ("aws_access_key",))
OKTA_CREDENTIALS = Derivation(CREDENTIAL, sql_beside(__file__, "credential_okta.sql"), ("okta_api_token",))
GITHUB_CREDENTIALS = Derivation(
    CREDENTIAL, sql_beside(__file__, "credential_github.sql"), ("github_deploy_key",)
)
GITHUB_TOKENS = Derivation(
    CREDENTIAL,
    sql_beside(__file__, "credential_github_token.sql"),
    ("github_personal_access_token",),
    named="github_token",
)
STRIPE_CREDENTIALS = Derivation(
    CREDENTIAL, sql_beside(__file__, "credential_stripe.sql"), ("stripe_api_key",)
)
OKTA_ENTITLEMENTS = Derivation(
    ENTITLEMENT,
    sql_beside(__file__, "entitlement_okta.sql"),
    ("okta_app_assignment", "okta_app", "okta_admin_role", "okta_group_member"),
)
AWS_SSO_ENTITLEMENTS = Derivation(
    ENTITLEMENT,
    sql_beside(__file__, "entitlement_aws_sso.sql"),
    ("aws_sso_assignment", "aws_permission_set", "aws_identitystore_group_member", "aws_identitystore_group"),
    named="aws_sso",
)
SHOP_ENTITLEMENTS = Derivation(ENTITLEMENT, sql_beside(__file__, "entitlement_shop.sql"), ("shop_user_role",))
GITHUB_ENTITLEMENTS = Derivation(
    ENTITLEMENT,
    sql_beside(__file__, "entitlement_github.sql"),
    (
        "github_repo_collaborator",
        "github_member",
        "github_org",
        "github_org_role",
        "github_org_role_holder",
        "github_repository",
        "github_team",
        "github_team_member",
        "github_team_repository",
    ),
)
OKTA_LOGINS = Derivation(LOGIN, sql_beside(__file__, "login_okta.sql"), ("okta_system_log",))
AWS_LOGINS = Derivation(LOGIN, sql_beside(__file__, "login_aws.sql"), ("aws_cloudtrail_event",))
SHOP_LOGINS = Derivation(LOGIN, sql_beside(__file__, "login_shop.sql"), ("shop_login_event",))
LIST_ACCOUNTS = Derivation(ACCOUNT, sql_beside(__file__, "account_list.sql"), ("list_account",))
LIST_ENTITLEMENTS = Derivation(
    ENTITLEMENT, sql_beside(__file__, "entitlement_list.sql"), ("list_entitlement",)
)
