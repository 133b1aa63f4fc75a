"""Does who reaches which account come out whole, from a server that speaks AWS's protocol?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from assets.aws.client import AwsClient
from assets.aws.identity_center import (
    aws_identitystore_group,
    aws_identitystore_group_member,
    aws_identitystore_user,
    aws_permission_set,
    aws_sso_assignment,
)
from assets.capture import Reading, Recipe, Row, day_window
from assets.failures import PermanentFailure
from sandbox.aws import AwsPart
from sandbox.aws_identity import group_name, permission_set_arn
from sandbox.faults import Faults
from sandbox.org import AWS_ASSIGNMENTS, AWS_PERMISSION_SETS, GROUP_DEPARTMENTS
from sandbox.process import SEED

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def client() -> Iterator[AwsClient]:
    """Serve the company's AWS and read it as the product does."""
    part = AwsPart(SEED, Faults(), NOON)
    where = part.start()
    account = where["accounts"][0]
    found = AwsClient(
        instance=account,
        access_key_id=where["access_key_id"],
        secret_access_key=where["secret_access_key"],
        role_arn=f"arn:aws:iam::{account}:role/evidence-reader",
        endpoint_url=where["endpoint_url"],
        region=where["region"],
    )
    yield found
    found.close()
    part.stop()


def rows(client: AwsClient, recipe: Recipe) -> list[Row]:
    """Return what a recipe reads."""
    day = date(2026, 3, 10)
    read = recipe.read(client, Reading(day, client.instance, *day_window(day), hmac=str))
    assert not isinstance(read, dict)
    return list(read)  # type: ignore[arg-type]


def test_every_assignment_is_listed(client: AwsClient) -> None:
    """For each group, account and permission set."""
    names = {group["group_id"]: group["name"] for group in rows(client, aws_identitystore_group)}
    found = {
        (names[row["principal_id"]], row["account_id"], row["permission_set_arn"])
        for row in rows(client, aws_sso_assignment)
    }
    expected = {
        (group_name(department), account, permission_set_arn(name))
        for department, given in AWS_ASSIGNMENTS.items()
        for account, name in given
    }

    assert expected == found


def test_every_permission_set_says_what_is_in_it(client: AwsClient) -> None:
    """Name, length of a session and policies."""
    found = {
        row["name"]: (row["session_duration"], row["managed_policies"], row["has_inline_policy"])
        for row in rows(client, aws_permission_set)
    }

    assert found == {
        name: (f"PT{hours}H", list(policies), False)
        for name, (hours, policies) in AWS_PERMISSION_SETS.items()
    }


def test_every_user_is_in_the_group_of_their_department_and_in_no_other(client: AwsClient) -> None:
    """Users and memberships agree."""
    users = {row["user_id"] for row in rows(client, aws_identitystore_user)}
    members = rows(client, aws_identitystore_group_member)
    groups = {row["name"] for row in rows(client, aws_identitystore_group)}

    assert {group_name(department) for department in GROUP_DEPARTMENTS["app-aws"]} == groups
    assert sorted(users) == sorted(row["user_id"] for row in members)


def test_an_account_without_identity_center_is_refused_with_what_to_do(client: AwsClient) -> None:
    """Nothing is stored, rather than an empty list."""
    from moto.ssoadmin.models import ssoadmin_backends

    center = ssoadmin_backends[client.instance][client.region]
    kept, center.instances = center.instances, []
    try:
        with pytest.raises(PermanentFailure, match=r"named 0 Identity Centers, expected one"):
            rows(client, aws_identitystore_user)
    finally:
        center.instances = kept
