"""Who reaches which account through IAM Identity Center? Captured from the management account alone.

Identity Center has no public interface for its users' MFA: where an identity provider signs people in, that
one's factors are the evidence (AC-01).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assets.aws.client import AwsClient
from assets.capture import Page, Reading, Row, capture, first, row
from assets.failures import PermanentFailure
from warehouse.dataset import Column, Dataset, Kind, Privacy

USER = Dataset(
    name="aws_identitystore_user",
    kind=Kind.STATE,
    title="One row per user of Identity Center",
    key=("user_id",),
    columns=(
        Column("user_id", "text", "The user", source="UserId", required=True),
        Column("user_name", "text", "What is typed to sign in", source="UserName", privacy=Privacy.WORKFORCE),
        Column("status", "text", "ENABLED or DISABLED; null: not said", source="UserStatus"),
    ),
)

GROUP = Dataset(
    name="aws_identitystore_group",
    kind=Kind.STATE,
    title="One row per group of Identity Center",
    key=("group_id",),
    columns=(
        Column("group_id", "text", "The group", source="GroupId", required=True),
        Column("name", "text", "Its name", source="DisplayName"),
    ),
)

GROUP_MEMBER = Dataset(
    name="aws_identitystore_group_member",
    kind=Kind.STATE,
    title="One row per user in a group of Identity Center",
    key=("group_id", "user_id"),
    columns=(
        Column("group_id", "text", "The group", source="GroupId", required=True),
        Column("user_id", "text", "The user", source="MemberId.UserId", required=True),
    ),
    may_be_empty=True,
)

PERMISSION_SET = Dataset(
    name="aws_permission_set",
    kind=Kind.STATE,
    title="One row per permission set",
    key=("permission_set_arn",),
    columns=(
        Column("permission_set_arn", "text", "The permission set", source="PermissionSetArn", required=True),
        Column("name", "text", "Its name", source="Name", required=True),
        Column("session_duration", "text", "How long a session lasts, ISO 8601", source="SessionDuration"),
        Column("managed_policies", "text[]", "Names of the managed policies in it", required=True),
        Column("has_inline_policy", "bool", "Whether it has a policy of its own", required=True),
    ),
)

ASSIGNMENT = Dataset(
    name="aws_sso_assignment",
    kind=Kind.STATE,
    title="One row per permission set given to a user or group in an account",
    key=("account_id", "permission_set_arn", "principal_type", "principal_id"),
    columns=(
        Column("account_id", "text", "The account", source="AccountId", required=True),
        Column("permission_set_arn", "text", "The permission set", source="PermissionSetArn", required=True),
        Column("principal_type", "text", "USER or GROUP", source="PrincipalType", required=True),
        Column("principal_id", "text", "The user or group", source="PrincipalId", required=True),
    ),
    may_be_empty=True,
)


@capture(USER, instances=first)
def aws_identitystore_user(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every user whom the identity provider has pushed to AWS."""
    pages = client.pages("identitystore", "list_users", "Users", IdentityStoreId=store(client, reading)[0])
    for record in reading.records(pages, USER):
        yield row(USER, record)


@capture(GROUP, instances=first)
def aws_identitystore_group(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every group."""
    for record in reading.records(groups(client, reading), GROUP):
        yield row(GROUP, record)


@capture(GROUP_MEMBER, instances=first)
def aws_identitystore_group_member(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every member of every group."""
    identity_store, _ = store(client, reading)
    for page in groups(client, reading):
        reading.request(page.request)
        for group in page.records:
            members = client.pages(
                "identitystore",
                "list_group_memberships",
                "GroupMemberships",
                IdentityStoreId=identity_store,
                GroupId=group["GroupId"],
            )
            for record in reading.records(members, GROUP_MEMBER):
                yield row(GROUP_MEMBER, record)


@capture(PERMISSION_SET, instances=first)
def aws_permission_set(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every permission set with the policies in it."""
    _, center = store(client, reading)
    for arn in permission_sets(client, reading, center):
        which = {"InstanceArn": center, "PermissionSetArn": arn}
        answer = client.call("sso-admin", "describe_permission_set", **which)
        page = client.page(answer, [answer["PermissionSet"]], f"sso-admin.describe_permission_set({arn})")
        attached = client.pages(
            "sso-admin", "list_managed_policies_in_permission_set", "AttachedManagedPolicies", **which
        )
        names = sorted(policy["Name"] for one in attached for policy in one.records)
        inline = client.call("sso-admin", "get_inline_policy_for_permission_set", **which)
        for record in reading.records([page], PERMISSION_SET):
            yield row(
                PERMISSION_SET,
                record,
                managed_policies=names,
                has_inline_policy=bool(inline.get("InlinePolicy")),
            )


@capture(ASSIGNMENT, instances=first)
def aws_sso_assignment(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Who is given what in every account of the organisation, suspended accounts too."""
    _, center = store(client, reading)
    sets = list(permission_sets(client, reading, center))
    accounts = client.pages("organizations", "list_accounts", "Accounts")
    for account in [record["Id"] for page in accounts for record in page.records]:
        for arn in sets:
            given = client.pages(
                "sso-admin",
                "list_account_assignments",
                "AccountAssignments",
                InstanceArn=center,
                AccountId=account,
                PermissionSetArn=arn,
            )
            for record in reading.records(given, ASSIGNMENT):
                yield row(ASSIGNMENT, record)


def store(client: AwsClient, reading: Reading) -> tuple[str, str]:
    """Return the identity store and the Identity Center of the organisation.

    Raises PermanentFailure where there is none: an organisation without it does not list these datasets.
    """
    found: list[Any] = []
    for page in client.pages("sso-admin", "list_instances", "Instances"):
        reading.request(page.request)
        found += page.records
    if len(found) != 1:
        raise PermanentFailure(
            f"aws {client.instance}: sso-admin.list_instances named {len(found)} Identity Centers, expected "
            "one. Is the first account of evidence.yaml the one that Identity Center is run from?"
        )
    return str(found[0]["IdentityStoreId"]), str(found[0]["InstanceArn"])


def groups(client: AwsClient, reading: Reading) -> Iterator[Page]:
    """Yield the pages of all groups."""
    yield from client.pages(
        "identitystore", "list_groups", "Groups", IdentityStoreId=store(client, reading)[0]
    )


def permission_sets(client: AwsClient, reading: Reading, center: str) -> Iterator[str]:
    """Yield the address of every permission set."""
    answers = client.texts("sso-admin", "list_permission_sets", "PermissionSets", InstanceArn=center)
    for arn in answers:
        reading.request(f"sso-admin.list_permission_sets -> {arn}")
        yield arn
