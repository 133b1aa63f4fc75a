"""Does the connector read from the policies of its own role or user whether they let it write?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from assets.aws.access import NEEDED, Policy
from assets.aws.client import AwsClient
from assets.capture import Access
from sandbox.aws import AwsPart
from sandbox.faults import Faults
from sandbox.process import SEED

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ACCOUNT = "111111111111"
OURS = "role policy evidence-reader"


def statement(*actions: str, **more: Any) -> dict[str, Any]:
    """Return a statement that allows some actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | more


def document(*statements: dict[str, Any]) -> str:
    """Return a policy's document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("allowed", "writes"),
    [
        (statement("iam:ListUsers", "s3:GetObject", "ec2:Describe*", "cloudtrail:LookupEvents"), False),
        (statement("iam:GenerateCredentialReport"), False),
        (statement("ec2:Describe*") | {"Action": "ec2:DescribeInstances"}, False),
        (statement("s3:DeleteObject", Effect="Deny"), False),
        (statement("s3:PutObject"), True),
        (statement("*"), True),
        (statement("s3:*"), True),
        (statement("iam:G*"), True),
        (statement("kms:GenerateDataKey"), True),
        (statement("iam:PassRole"), True),
        ({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}, True),
    ],
)
def test_whatever_is_not_plainly_a_read_counts_as_writing(allowed: dict[str, Any], writes: bool) -> None:
    """By its action; a statement that takes away gives nothing."""
    assert writes is Policy("it", (allowed,)).writes


def test_a_policy_that_may_not_be_read_cannot_be_told() -> None:
    """Unless it is one of AWS's own that only read."""
    assert (None, False) == (Policy("it", None).writes, Policy("it", None, known_to_read=True).writes)


@pytest.fixture
def cloud() -> Iterator[tuple[AwsClient, Any]]:
    """Serve the company's AWS; yield our client and an administrator's."""
    part = AwsPart(SEED, Faults(), NOON)
    where = part.start()
    client, administrator = (
        AwsClient(
            instance=ACCOUNT,
            access_key_id=where["access_key_id"],
            secret_access_key=where["secret_access_key"],
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            endpoint_url=where["endpoint_url"],
            region=where["region"],
        )
        for role in ("evidence-reader", "administrator")
    )
    iam = administrator._client("iam")  # noqa: SLF001 - the sandbox lets every role do everything
    yield client, iam
    client.close()
    administrator.close()
    part.stop()


def test_our_role_reads_and_lacks_nothing(cloud: tuple[AwsClient, Any]) -> None:
    """As the sandbox has it, by a policy written into the role."""
    client, _ = cloud

    assert Access((OURS,), ()) == client.access()


def test_policies_attached_and_written_in_are_both_seen(cloud: tuple[AwsClient, Any]) -> None:
    """One attached that writes, and the least one in place of ours, of which a need is missing."""
    client, iam = cloud
    attached = iam.create_policy(PolicyName="clean-up", PolicyDocument=document(statement("s3:DeleteObject")))
    iam.attach_role_policy(RoleName="evidence-reader", PolicyArn=attached["Policy"]["Arn"])
    iam.put_role_policy(
        RoleName="evidence-reader",
        PolicyName="evidence-reader",
        PolicyDocument=document(statement(*NEEDED[1:])),
    )

    assert Access(("clean-up", OURS), ("clean-up",), (NEEDED[0],)) == client.access()


def test_a_user_has_the_policies_of_its_groups_too(cloud: tuple[AwsClient, Any]) -> None:
    """Where no role is assumed."""
    client, iam = cloud
    iam.create_user(UserName="reader")
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=document(statement(*NEEDED)))
    iam.put_group_policy(
        GroupName="readers", PolicyName="lent", PolicyDocument=document(statement("sns:Publish"))
    )
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    client.role_arn, client.access_key_id, client.secret_access_key = (
        None,
        key["AccessKeyId"],
        key["SecretAccessKey"],
    )

    assert f"arn:aws:iam::{ACCOUNT}:user/reader" == client.principal()
    assert Access(("group policy lent", "user policy own"), ("group policy lent",)) == client.access()


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", Access(("root",), ("root",))),
        (
            f"arn:aws:sts::{ACCOUNT}:federated-user/x",
            Access(None, None, ("a role or a user of IAM: of nobody else does AWS tell the policies",)),
        ),
    ],
)
def test_the_root_user_can_write_and_of_others_it_cannot_be_told(arn: str, expected: Access) -> None:
    """Without asking AWS."""
    client = AwsClient(instance=ACCOUNT, region="eu-central-1")
    client._principal = arn  # noqa: SLF001 - who we are, without asking

    assert expected == client.access()


def test_a_policy_whose_document_is_denied_cannot_be_told(
    cloud: tuple[AwsClient, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only if nothing else writes: then that is enough to know."""
    client, iam = cloud
    attached = iam.create_policy(PolicyName="theirs", PolicyDocument=document(statement("s3:GetObject")))
    iam.attach_role_policy(RoleName="evidence-reader", PolicyArn=attached["Policy"]["Arn"])
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "GetPolicy")
    client.principal()
    ours = client._client("iam")  # noqa: SLF001 - what AWS would refuse

    def get_policy(**_: Any) -> None:
        raise denied

    monkeypatch.setattr(ours, "get_policy", get_policy)

    assert Access((OURS, "theirs"), None) == client.access()
