"""Does a client read a listing whole or fail, and begin every session with the credentials of its time?"""

from __future__ import annotations

import re

import pytest

from assets.aws.client import AwsClient
from assets.failures import PermanentFailure, TransientFailure
from sandbox.aws_wire import Call, Facts, Refused
from tests.assets.aws.conftest import ACCOUNT, SECRET_KEY, Cloud

ROLE = f"arn:aws:iam::{ACCOUNT}:role/evidence-reader"


@pytest.fixture
def roles(cloud: Cloud) -> Cloud:
    """Return an account whose role can be assumed, each time with other credentials."""
    granted = []

    def assume(_: Call) -> Facts:
        granted.append(f"ASIA{len(granted)}")
        credentials = {
            "AccessKeyId": granted[-1],
            "SecretAccessKey": "CanarySessionSecret",
            "SessionToken": "CanarySessionToken",
            "Expiration": "2026-03-11T12:00:00Z",
        }
        return {"Credentials": credentials}

    cloud.answers["sts", "AssumeRole"] = assume
    cloud.says("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": ROLE, "UserId": "A"})
    return cloud


def pages(cloud: Cloud, expire_at: int = 0) -> None:
    """List three VPCs, one a page; the n-th call, counted from one, says that the session has ended."""
    calls = []

    def listed(call: Call) -> Facts:
        calls.append(call)
        if len(calls) == expire_at:
            raise Refused("ExpiredToken", 400)
        at = int(call.asked.get("NextToken") or 0)
        return {"Vpcs": [{"VpcId": f"vpc-{at}"}], "NextToken": str(at + 1) if at < 2 else None}

    cloud.answers["ec2", "DescribeVpcs"] = listed


def ids(client: AwsClient) -> list[str]:
    """Return the VPCs a client lists."""
    return [
        record["VpcId"] for page in client.pages("ec2", "describe_vpcs", "Vpcs") for record in page.records
    ]


@pytest.mark.parametrize("expire_at", [0, 1, 2, 3])
def test_a_listing_whose_session_ends_on_the_way_is_begun_again(roles: Cloud, expire_at: int) -> None:
    """On any page: nothing is pieced together of two sessions, and nothing comes twice."""
    pages(roles, expire_at)
    client = roles.client(role_arn=ROLE)

    assert ["vpc-0", "vpc-1", "vpc-2"] == ids(client)

    client.close()


def test_every_client_begins_with_credentials_of_its_own(roles: Cloud) -> None:
    """Though the SDK's clients are made once: a role that was taken away is noticed by the next."""
    pages(roles)
    first, second = roles.client(role_arn=ROLE), roles.client(role_arn=ROLE)
    assert 3 == len(ids(first))
    first.close()
    assert 3 == len(ids(second))
    second.close()
    roles.says("sts", "AssumeRole", Refused("AccessDenied", 403))
    third = roles.client(role_arn=ROLE)

    with pytest.raises(PermanentFailure, match=r"sts\.assume_role\(.*\) answered AccessDenied \(403\)"):
        ids(third)

    assert ["AKIATEST", *["ASIA0"] * 3, "AKIATEST", *["ASIA1"] * 3, "AKIATEST"] == roles.signed
    third.close()


def test_a_client_that_was_closed_can_be_asked_again(roles: Cloud) -> None:
    """It assumes the role anew."""
    pages(roles)
    client = roles.client(role_arn=ROLE)
    ids(client)
    client.close()

    assert 3 == len(ids(client))
    assert 2 == len([line for line in roles.asked if "AssumeRole" in line])

    client.close()


def test_evidence_is_never_filed_under_another_account(roles: Cloud) -> None:
    """The role of evidence.yaml may be that of another account."""
    roles.says("sts", "GetCallerIdentity", {"Account": "222222222222", "Arn": "arn:other", "UserId": "A"})
    client = roles.client(role_arn=ROLE)

    with pytest.raises(PermanentFailure, match="the credentials belong to account 222222222222"):
        client.principal()

    client.close()


@pytest.mark.parametrize(
    ("code", "status", "kind", "message"),
    [
        ("RequestLimitExceeded", 400, TransientFailure, "answered RequestLimitExceeded (400). Nothing"),
        ("InternalError", 500, TransientFailure, "answered InternalError (500)."),
        ("UnauthorizedOperation", 403, PermanentFailure, "the role lacks ec2.describe_vpcs"),
        ("InvalidParameterValue", 400, PermanentFailure, "Is the region or the endpoint right?"),
    ],
)
def test_a_refusal_says_what_was_asked_what_came_and_whether_a_retry_helps(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str, status: int, kind: type[Exception], message: str
) -> None:
    """And shows no key of ours, nor does the client."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    cloud.says("ec2", "DescribeVpcs", Refused(code, status))
    client = cloud.client()

    with pytest.raises(kind, match=re.escape(message)) as failed:
        ids(client)

    assert SECRET_KEY not in f"{failed.value}{client!r}"
    client.close()


def test_a_listing_that_would_never_end_is_refused(cloud: Cloud) -> None:
    """A token that comes again is no next page."""
    cloud.says("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-0"}], "NextToken": "again"})
    client = cloud.client()

    with pytest.raises(TransientFailure, match=r"ec2.describe_vpcs failed \(PaginationError\)"):
        ids(client)

    client.close()
