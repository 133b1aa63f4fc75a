from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.aws import AwsPart
from sandbox.aws_secrets import Secret, secrets_of
from sandbox.aws_state import AwsState
from sandbox.company import Company
from sandbox.faults import Faults, draw
from sandbox.org import AWS_ACCOUNTS, IAM_USERS, PERIOD_START
from sandbox.process import SEED

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOONS = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in range(1, 31)]
MANAGEMENT, STAGING, LOGGING = AWS_ACCOUNTS


class Cloud:
    """The accounts under test, reached as the product reaches them: through a role in each."""

    def __init__(self, part: AwsPart) -> None:
        self.part = part
        self.where = part.start()

    def client(self, service: str, account: str = MANAGEMENT) -> Any:
        """Return a client whose credentials are an assumed role's."""
        begun: Any = boto3.client(
            "sts",
            endpoint_url=self.where["endpoint_url"],
            region_name=self.where["region"],
            aws_access_key_id=self.where["access_key_id"],
            aws_secret_access_key=self.where["secret_access_key"],
        )
        granted = begun.assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/evidence-reader", RoleSessionName="evidence"
        )["Credentials"]
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.where["endpoint_url"],
            region_name=self.where["region"],
            aws_access_key_id=granted["AccessKeyId"],
            aws_secret_access_key=granted["SecretAccessKey"],
            aws_session_token=granted["SessionToken"],
        )

    def report(self, account: str) -> dict[str, dict[str, str]]:
        """Return the credential report by user."""
        lines = self.client("iam", account).get_credential_report()["Content"].decode().splitlines()
        return {line["user"]: line for line in csv.DictReader(lines, strict=True)}

    def said(self) -> dict[str, Any]:
        """Return what every account says of users, keys, MFA, secrets and buckets."""
        return {account: self._said(account) for account in AWS_ACCOUNTS}

    def _said(self, account: str) -> dict[str, Any]:
        iam, vault = self.client("iam", account), self.client("secretsmanager", account)
        users = [u for page in iam.get_paginator("list_users").paginate() for u in page["Users"]]
        names = [user["UserName"] for user in users]
        keys = [k for name in names for k in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
        secrets = vault.list_secrets()["SecretList"]
        database = self.client("rds", account).describe_db_instances()["DBInstances"][0]
        return {
            "users": users,
            "keys": keys,
            "used": [
                iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
                for key in keys
            ],
            "devices": [iam.list_mfa_devices(UserName=name)["MFADevices"] for name in names],
            "summary": iam.get_account_summary()["SummaryMap"],
            "report": self.report(account),
            "secrets": secrets,
            "versions": [
                vault.list_secret_version_ids(SecretId=secret["ARN"], IncludeDeprecated=True)["Versions"]
                for secret in secrets
            ],
            "buckets": self.client("s3", account).list_buckets()["Buckets"],
            "database": (database["DBInstanceArn"], database["InstanceCreateTime"]),
        }


@contextmanager
def serve(faults: Faults, at: datetime = NOON, **other: Any) -> Iterator[Cloud]:
    """Serve the demo's accounts; one at a time, since moto keeps one world a process."""
    cloud = Cloud(AwsPart(other.pop("seed", SEED), faults, at, **other))
    try:
        yield cloud
    finally:
        cloud.part.stop()
        cloud.part.stop()


def instants(said: Any) -> Iterator[datetime]:
    """Yield every instant in an answer, however deep."""
    if isinstance(said, datetime):
        yield said
    elif isinstance(said, dict):
        for value in said.values():
            yield from instants(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from instants(value)


def found_by_rules(
    state: AwsState, company: Company, vaults: Mapping[str, list[Secret]], at: datetime
) -> Counter[tuple[str, str]]:
    """Return (population key, code) of what the rules of AC-02, AC-07.d, GV-06.e, SK-01.a and SK-02 find."""
    found: Counter[tuple[str, str]] = Counter()
    for account in AWS_ACCOUNTS:
        found[f"aws:{account}", "NOT_READ_ONLY"] += state.reader_can_write(account, at)
        root = state.root(account, at)
        found[f"aws:{account}:<root_account>", "ROOT_NO_MFA"] += not root.mfa
        found[f"aws:{account}:<root_account>", "ROOT_KEY"] += root.key_since is not None
    for user in IAM_USERS:
        key = f"aws:{user.account}:{user.name}"
        found[key, "IAM_CONSOLE_NO_MFA"] += user.console and not state.console_mfa(user, at)
        active = [one for one in state.keys(user, at) if one.active(at)]
        assert len(active) <= 2
        for one in active:
            key = f"aws:{user.account}:{one.id}"
            ended = company.people[user.person].ended if user.person else None
            late = ended is not None and at > ended + timedelta(hours=24)
            found[f"{key}|E{1000 + (user.person or 0)}", "CREDENTIAL_LEFT"] += late
            found[key, "KEY_AGE"] += (at - one.created).days > 90
            found[key, "KEY_IDLE"] += (at - (one.last_used(at) or one.created)).days > 45
        if len(active) == 2:
            found[f"aws:{user.account}:{active[0].id}", "DOUBLE_KEY"] += (at - active[1].created).days > 7
    for account, secrets in vaults.items():
        for secret in secrets:
            current = max(secret.changes(at))
            found[f"{account}/{secret.name}", "ROTATION_OVERDUE"] += (at - current).days > 90
    return +found


def test_the_organisation_and_its_accounts_are_reached_through_roles(faults: Faults) -> None:
    """The management account lists all three; each role answers for its own account."""
    with serve(faults) as cloud:
        listed = cloud.client("organizations").list_accounts()["Accounts"]
        assert {(account, name, "ACTIVE") for account, name in AWS_ACCOUNTS.items()} == {
            (one["Id"], one["Name"], one["Status"]) for one in listed
        }
        for account in AWS_ACCOUNTS:
            assert account == cloud.client("sts", account).get_caller_identity()["Account"]
        about = cloud.client("iam").get_account_summary()["ResponseMetadata"]
        assert parsedate_to_datetime(about["HTTPHeaders"]["date"]) == NOON


def test_users_come_in_pages_and_none_twice(faults: Faults) -> None:
    """Fewer than asked for may come, and more may follow."""
    with serve(faults) as cloud:
        iam = cloud.client("iam")
        for asked in ({}, {"PageSize": 2}):
            pages = [
                [user["UserName"] for user in page["Users"]]
                for page in iam.get_paginator("list_users").paginate(PaginationConfig=asked)
            ]
            assert len(pages) >= 2
            assert sorted(user.name for user in IAM_USERS if user.account == MANAGEMENT) == [
                name for page in pages for name in page
            ]


def test_a_start_at_an_instant_and_an_advance_to_it_answer_the_same(faults: Faults) -> None:
    """Whatever is asked; and nothing is dated after the company's instant, by the machine's clock."""
    with serve(faults, NOONS[0]) as cloud:
        for noon in NOONS[:20]:
            cloud.part.advance(noon)
        advanced = cloud.said()
    with serve(faults, NOONS[19]) as cloud:
        assert advanced == cloud.said()
    assert NOONS[19] >= max(
        moment
        for one in advanced.values()
        for name, said in one.items()
        for moment in instants([{**s, "NextRotationDate": None} for s in said] if name == "secrets" else said)
    )


def test_the_credential_report_has_the_root_user_and_agrees_with_the_keys(faults: Faults) -> None:
    """The report is the other calls told a second way."""
    with serve(faults) as cloud:
        said = cloud.said()
        assert NOON == cloud.client("iam").get_credential_report()["GeneratedTime"]
    for account, one in said.items():
        report = one["report"]
        assert ["<root_account>", *(user["UserName"] for user in one["users"])] == list(report)
        assert ("not_supported", "true") == (
            report["<root_account>"]["password_enabled"],
            report["<root_account>"]["mfa_active"],
        )
        keys = zip(one["keys"], one["used"], strict=True)
        told = {
            (user, line[f"access_key_{n}_active"], line[f"access_key_{n}_last_rotated"], used)
            for user, line in report.items()
            for n in (1, 2)
            if (used := line[f"access_key_{n}_last_used_date"]) != "N/A"
        }
        assert {
            (
                key["UserName"],
                str(key["Status"] == "Active").lower(),
                key["CreateDate"].isoformat(),
                used["LastUsedDate"].isoformat(),
            )
            for key, used in keys
            if "LastUsedDate" in used
        } == told
        assert sum(user.account == account and user.console for user in IAM_USERS) + 1 == (
            one["summary"]["MFADevices"]
        ) + (account == STAGING)  # whose console user has none on this day


def test_a_secret_is_as_old_as_its_current_version(faults: Faults) -> None:
    """Versions are dated by the company's clock, the deprecated ones only on demand and in pages."""
    with serve(faults) as cloud:
        vault = cloud.client("secretsmanager")
        for secret in vault.list_secrets()["SecretList"]:
            arn = secret["ARN"]
            labelled = vault.list_secret_version_ids(SecretId=arn)["Versions"]
            assert [["AWSCURRENT"], ["AWSPREVIOUS"]] == [version["VersionStages"] for version in labelled]
            assert secret["LastChangedDate"] == labelled[0]["CreatedDate"] <= NOON
            every = vault.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True)["Versions"]
            first = vault.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True, MaxResults=3)
            rest = vault.list_secret_version_ids(
                SecretId=arn, IncludeDeprecated=True, NextToken=first["NextToken"]
            )
            assert every == first["Versions"] + rest["Versions"]
            assert len(every) > 3
            assert "NextToken" not in rest


def test_an_unreachable_account_refuses_its_role_on_that_day_only(faults: Faults) -> None:
    """As AWS does where a trust policy was changed."""
    with serve(faults, unreachable={STAGING: {date(2026, 3, 11)}}) as cloud:
        assert cloud.report(STAGING)
        cloud.part.advance(NOON + timedelta(days=1))
        with pytest.raises(ClientError) as refused:
            cloud.client("iam", STAGING)
        assert ("AccessDenied", 403) == (
            refused.value.response["Error"]["Code"],
            refused.value.response["ResponseMetadata"]["HTTPStatusCode"],
        )
        assert cloud.report(LOGGING)
        cloud.part.advance(NOON + timedelta(days=2))
        assert cloud.report(STAGING)


def test_planted_faults_are_served_on_their_days_and_not_after(faults: Faults) -> None:
    """The root users and the console user, over the wire."""
    with serve(faults, NOONS[0]) as cloud:
        seen: dict[str, list[int]] = {"root mfa": [], "root key": [], "console mfa": []}
        for noon in NOONS:
            cloud.part.advance(noon)
            summary = cloud.client("iam", STAGING).get_account_summary()["SummaryMap"]
            staging, logging = cloud.report(STAGING), cloud.report(LOGGING)
            assert staging["<root_account>"]["mfa_active"] == str(bool(summary["AccountMFAEnabled"])).lower()
            if staging["<root_account>"]["mfa_active"] == "false":
                seen["root mfa"].append(noon.day)
            if staging["qa-console"]["mfa_active"] == "false":
                seen["console mfa"].append(noon.day)
            if logging["<root_account>"]["access_key_1_active"] == "true":
                assert "2026-03-19T06:00:00+00:00" == logging["<root_account>"]["access_key_1_last_rotated"]
                seen["root key"].append(noon.day)
    assert {"root mfa": [13, 14, 15], "root key": [19, 20], "console mfa": [7, 8, 9, 10, 11]} == seen


@pytest.mark.parametrize("seed", [SEED, *range(1, 41)])
def test_the_rules_find_exactly_what_was_planted(seed: int, faults: Faults) -> None:
    """At every noon, in the demo's company and in forty drawn ones."""
    planted = faults if seed == SEED else Faults(tuple(draw(seed)))
    state, company, vaults = AwsState(seed, planted), Company(seed, planted), secrets_of(seed, planted)
    for noon in NOONS:
        expected = Counter(
            (state.population_key(fault), fault.code)
            for fault in planted.all
            if fault.part == "aws" and noon.date() in fault.days
        )
        assert expected == found_by_rules(state, company, vaults, noon)


def test_keys_of_many_ages_rotate_and_the_retired_are_left_inactive(faults: Faults) -> None:
    """An inactive key older than 90 days is there, so that counting it would be noticed."""
    state = AwsState(SEED, faults)
    machines = [user for user in IAM_USERS if user.machine]
    assert 14 == len(IAM_USERS)
    retired = {
        key.id
        for noon in NOONS
        for user in machines
        for key in state.keys(user, noon)
        if not key.active(noon) and (noon - key.created).days > 90
    }
    born = {
        key.id
        for user in machines
        for key in state.keys(user, NOONS[-1])
        if key.created.date() > PERIOD_START
    }
    assert retired
    assert born
