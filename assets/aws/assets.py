"""What is captured from AWS, and what does each column mean?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assets.aws.client import AwsClient, flag, instant
from assets.capture import Reading, Row, capture, first, row
from warehouse.dataset import Column, Dataset, Kind, Privacy

TAGS = frozenset({"env", "provider", "owner", "provider_key_id"})
"""The tags of a secret that are kept."""

ACCOUNT = Dataset(
    name="aws_account",
    kind=Kind.STATE,
    title="One row per account of the organisation",
    key=("account_id",),
    columns=(
        Column("account_id", "text", "The account", source="Id", required=True),
        Column("name", "text", "Its name", source="Name"),
        Column("email_domain", "text", "Domain of its root user's address"),
        Column("status", "text", "ACTIVE, SUSPENDED or PENDING_CLOSURE", source="Status", required=True),
        Column("joined_at", "timestamp", "When it joined the organisation", source="JoinedTimestamp"),
    ),
)

IAM_USER = Dataset(
    name="aws_iam_user",
    kind=Kind.STATE,
    title="One row per IAM user",
    key=("user_name",),
    columns=(
        Column("user_name", "text", "The user", source="UserName", required=True, privacy=Privacy.WORKFORCE),
        Column("arn", "text", "Its ARN", source="Arn", required=True, privacy=Privacy.WORKFORCE),
        Column("user_id", "text", "Its unique id", source="UserId", required=True),
        Column("path", "text", "Its path", source="Path"),
        Column("created_at", "timestamp", "When it was created", source="CreateDate", required=True),
    ),
    may_be_empty=True,
)


def _key_columns(number: int) -> tuple[Column, ...]:
    prefix = f"access_key_{number}"
    return (
        Column(
            f"{prefix}_active", "bool", f"Whether access key {number} can be used", source=f"{prefix}_active"
        ),
        Column(
            f"{prefix}_last_rotated_at",
            "timestamp",
            f"When access key {number} was created",
            source=f"{prefix}_last_rotated",
        ),
        Column(
            f"{prefix}_last_used_at",
            "timestamp",
            f"When access key {number} was last used",
            source=f"{prefix}_last_used_date",
        ),
        Column(
            f"{prefix}_last_used_service",
            "text",
            f"What access key {number} was last used with",
            source=f"{prefix}_last_used_service",
        ),
    )


CREDENTIAL_REPORT = Dataset(
    name="aws_iam_credential_report",
    kind=Kind.STATE,
    title="One row per IAM user and one for the root user, as AWS's credential report has it",
    key=("user_name",),
    columns=(
        Column(
            "user_name",
            "text",
            "The user; <root_account> is the root user",
            source="user",
            required=True,
            privacy=Privacy.WORKFORCE,
        ),
        Column("arn", "text", "Its ARN", source="arn", required=True, privacy=Privacy.WORKFORCE),
        Column("user_created_at", "timestamp", "When it was created", source="user_creation_time"),
        Column(
            "password_enabled", "bool", "Whether it can sign in to the console", source="password_enabled"
        ),
        Column("password_last_used_at", "timestamp", "Last console sign-in", source="password_last_used"),
        Column("password_last_changed_at", "timestamp", "Last new password", source="password_last_changed"),
        Column("mfa_active", "bool", "Whether it has an MFA device", source="mfa_active"),
        *_key_columns(1),
        *_key_columns(2),
        Column(
            "report_generated_at",
            "timestamp",
            "When AWS made the report: its facts are of this instant",
            source="report_generated_at",
            required=True,
        ),
    ),
)

ACCOUNT_SUMMARY = Dataset(
    name="aws_account_summary",
    kind=Kind.STATE,
    title="One row per account: what IAM counts in it",
    key=("account_id",),
    columns=(
        Column("account_id", "text", "The account", required=True),
        Column("account_mfa_enabled", "bool", "Whether the root user has MFA", source="AccountMFAEnabled"),
        Column(
            "account_access_keys_present",
            "int",
            "Access keys of the root user",
            source="AccountAccessKeysPresent",
        ),
        Column("users", "int", "IAM users", source="Users"),
        Column("mfa_devices", "int", "MFA devices", source="MFADevices"),
    ),
)

ACCESS_KEY = Dataset(
    name="aws_access_key",
    kind=Kind.STATE,
    title="One row per access key of an IAM user",
    key=("access_key_id",),
    columns=(
        Column("access_key_id", "text", "The key's public half", source="AccessKeyId", required=True),
        Column("user_name", "text", "Its user", source="UserName", required=True, privacy=Privacy.WORKFORCE),
        Column("status", "text", "Active or Inactive", source="Status", required=True),
        Column("created_at", "timestamp", "When it was created", source="CreateDate", required=True),
        Column("last_used_at", "timestamp", "Last use; null: never", source="LastUsedDate"),
        Column("last_used_service", "text", "What it was last used with", source="ServiceName"),
        Column("last_used_region", "text", "Where it was last used", source="Region"),
    ),
    may_be_empty=True,
)

SECRET = Dataset(
    name="aws_secret",
    kind=Kind.STATE,
    title="One row per secret in the vault; its value is never read",
    key=("arn",),
    columns=(
        Column("arn", "text", "The secret", source="ARN", required=True),
        Column("name", "text", "Its name", source="Name", required=True),
        Column("kms_key_id", "text", "The key it is encrypted with; null: AWS's default", source="KmsKeyId"),
        Column("rotation_enabled", "bool", "Whether AWS rotates it", source="RotationEnabled"),
        Column(
            "rotation_days",
            "int",
            "How often AWS rotates it",
            unit="days",
            source="RotationRules.AutomaticallyAfterDays",
        ),
        Column("last_rotated_at", "timestamp", "Last rotation by AWS", source="LastRotatedDate"),
        Column("last_changed_at", "timestamp", "Last change of anything, tags too", source="LastChangedDate"),
        Column("last_accessed_at", "timestamp", "Day of its last use", source="LastAccessedDate"),
        Column("next_rotation_at", "timestamp", "Next rotation by AWS", source="NextRotationDate"),
        Column("tags", "json", "Its tags env, provider, owner and provider_key_id"),
    ),
    may_be_empty=True,
)

SECRET_VERSION = Dataset(
    name="aws_secret_version",
    kind=Kind.STATE,
    title="One row per version of a secret: when its value came to be",
    key=("arn", "version_id"),
    columns=(
        Column("arn", "text", "The secret", source="ARN", required=True),
        Column("version_id", "text", "The version", source="VersionId", required=True),
        Column("created_at", "timestamp", "When it was created: the age of the value", source="CreatedDate"),
        Column("stages", "text[]", "AWSCURRENT, AWSPREVIOUS, …", source="VersionStages"),
        Column("last_accessed_at", "timestamp", "Day of its last use", source="LastAccessedDate"),
    ),
    may_be_empty=True,
)


@capture(ACCOUNT, instances=first)
def aws_account(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every account of the organisation, suspended ones too, as the management account lists them."""
    for record in reading.records(client.pages("organizations", "list_accounts", "Accounts"), ACCOUNT):
        domain = str(record.get("Email", "")).rpartition("@")[2] or None
        yield row(ACCOUNT, record, email_domain=domain)


@capture(IAM_USER)
def aws_iam_user(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every IAM user; the root user is none."""
    for record in reading.records(client.pages("iam", "list_users", "Users"), IAM_USER):
        yield row(IAM_USER, record)


@capture(CREDENTIAL_REPORT)
def aws_iam_credential_report(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every user's password, MFA and key dates; the root user included."""
    instants = {c.name: c.source for c in CREDENTIAL_REPORT.columns if c.type == "timestamp"}
    flags = {c.name: c.source for c in CREDENTIAL_REPORT.columns if c.type == "bool"}
    for record in reading.records([client.credential_report()], CREDENTIAL_REPORT):
        computed: dict[str, Any] = {name: flag(record[source]) for name, source in flags.items()}
        computed |= {
            name: instant(record[source])
            for name, source in instants.items()
            if name != "report_generated_at"
        }
        yield row(CREDENTIAL_REPORT, record, **computed)


@capture(ACCOUNT_SUMMARY)
def aws_account_summary(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Whatever IAM counts: whether the root user has MFA or keys, seen a second way."""
    answer = client.call("iam", "get_account_summary")
    page = client.page(answer, [answer["SummaryMap"]], "iam.get_account_summary()")
    for record in reading.records([page], ACCOUNT_SUMMARY):
        enabled = record.get("AccountMFAEnabled")
        yield row(
            ACCOUNT_SUMMARY,
            record,
            account_id=client.instance,
            account_mfa_enabled=None if enabled is None else bool(enabled),
        )


@capture(ACCESS_KEY)
def aws_access_key(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every access key of every IAM user, with its last use."""
    for user in client.pages("iam", "list_users", "Users"):
        reading.request(user.request)
        for name in [record["UserName"] for record in user.records]:
            for page in client.pages("iam", "list_access_keys", "AccessKeyMetadata", UserName=name):
                yield from _keys(client, reading, page)


def _keys(client: AwsClient, reading: Reading, page: Any) -> Iterator[Row]:
    for key in reading.records([page], ACCESS_KEY):
        answer = client.call("iam", "get_access_key_last_used", AccessKeyId=key["AccessKeyId"])
        used = answer["AccessKeyLastUsed"]
        about = client.page(answer, [used], f"iam.get_access_key_last_used({key['AccessKeyId']})")
        for record in reading.records([about], ACCESS_KEY):
            known = {name: (None if value == "N/A" else value) for name, value in record.items()}
            yield row(ACCESS_KEY, {**key, **known})


@capture(SECRET)
def aws_secret(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every secret's dates and rotation; never its value."""
    for record in reading.records(client.pages("secretsmanager", "list_secrets", "SecretList"), SECRET):
        tags = {tag["Key"]: tag["Value"] for tag in record.get("Tags", ()) if tag["Key"] in TAGS}
        kept = {**record, "tags": tags}
        yield row(SECRET, kept, tags=_json(tags))


@capture(SECRET_VERSION)
def aws_secret_version(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every version of every secret: a secret is as old as its current version, whenever it was edited."""
    for page in client.pages("secretsmanager", "list_secrets", "SecretList"):
        reading.request(page.request)
        for arn in [record["ARN"] for record in page.records]:
            versions = client.pages(
                "secretsmanager", "list_secret_version_ids", "Versions", SecretId=arn, IncludeDeprecated=True
            )
            for record in reading.records(versions, SECRET_VERSION):
                yield row(SECRET_VERSION, {**record, "ARN": arn})


def _json(tags: dict[str, str]) -> str:
    import json

    return json.dumps(tags, sort_keys=True)
