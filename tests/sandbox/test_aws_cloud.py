"""Does the rest of the company's AWS agree with its other parts, at every instant, over the wire?"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest

from sandbox.aws import AwsPart
from sandbox.aws_recovery import RESTORED_ON, restore_job_ids
from sandbox.aws_resources import TRAIL_BUCKET
from sandbox.aws_running import Running
from sandbox.aws_secrets import secrets_of
from sandbox.aws_state import AwsState
from sandbox.faults import Faults, draw
from sandbox.org import AWS_ACCOUNTS, IAM_USERS
from sandbox.process import SEED

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PRODUCTION, STAGING, LOGGING = AWS_ACCOUNTS
Ask = Callable[..., Any]
LISTINGS = (
    ("iam", "get_account_authorization_details", {}),
    ("ec2", "describe_vpcs", {}),
    ("ec2", "describe_security_group_rules", {}),
    ("ec2", "describe_flow_logs", {}),
    ("ec2", "describe_volumes", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("acm", "list_certificates", {"Includes": {"keyTypes": ["EC_prime256v1"]}}),
    ("autoscaling", "describe_auto_scaling_groups", {}),
    ("autoscaling", "describe_policies", {}),
    ("rds", "describe_db_instances", {}),
    ("rds", "describe_db_clusters", {}),
    ("s3", "list_buckets", {}),
    ("kms", "list_keys", {}),
    ("backup", "list_backup_vaults", {}),
    ("backup", "list_protected_resources", {}),
    ("backup", "list_backup_jobs", {}),
    ("backup", "list_restore_jobs", {}),
    ("cloudtrail", "describe_trails", {}),
    ("logs", "describe_log_groups", {}),
    ("cloudwatch", "describe_alarms", {}),
    ("lambda", "list_functions", {}),
    ("ecs", "list_clusters", {}),
)
FUTURE = {"NotAfter", "NextRotationDate"}
"""What may lie ahead of the company's instant."""


class Cloud:
    """The accounts, asked by the vendor's own library."""

    def __init__(self, part: AwsPart) -> None:
        self.part = part
        self.where = part.start()
        self._clients: dict[tuple[str, str], Any] = {}
        self._granted: dict[str, Any] = {}

    def client(self, service: str, account: str = PRODUCTION) -> Any:
        """Return a client of one account."""
        make: Any = boto3.client
        settings = {"endpoint_url": self.where["endpoint_url"], "region_name": self.where["region"]}
        if account not in self._granted:
            begun = make(
                "sts",
                aws_access_key_id=self.where["access_key_id"],
                aws_secret_access_key=self.where["secret_access_key"],
                **settings,
            )
            role = f"arn:aws:iam::{account}:role/evidence-reader"
            self._granted[account] = begun.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        if (service, account) not in self._clients:
            granted = self._granted[account]
            self._clients[service, account] = make(
                service,
                aws_access_key_id=granted["AccessKeyId"],
                aws_secret_access_key=granted["SecretAccessKey"],
                aws_session_token=granted["SessionToken"],
                **settings,
            )
        return self._clients[service, account]

    def ask(self, service: str, operation: str, account: str = PRODUCTION, **arguments: Any) -> Any:
        """Return what one listing answers, without what is about the answer."""
        client = self.client(service, account)
        if client.can_paginate(operation):
            return [said(page) for page in client.get_paginator(operation).paginate(**arguments)]
        return said(getattr(client, operation)(**arguments))

    def objects(self, prefix: str) -> dict[str, Any]:
        """Return key -> content of what lies in the trail's bucket below a prefix."""
        s3 = self.client("s3", LOGGING)
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=TRAIL_BUCKET, Prefix=prefix, PaginationConfig={"PageSize": 3}
        )
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        found = {key: s3.get_object(Bucket=TRAIL_BUCKET, Key=key)["Body"].read() for key in keys}
        return {key: gzip.decompress(content) for key, content in found.items()}

    def records(self, account: str, day: date) -> list[dict[str, Any]]:
        """Return what the trail wrote down of an account on a day."""
        folder = f"AWSLogs/{account}/CloudTrail/"
        files = {key: content for key, content in self.objects(folder).items() if f"{day:%Y/%m/%d}" in key}
        return [record for content in files.values() for record in json.loads(content)["Records"]]

    def everything(self) -> dict[str, Any]:
        """Return what every account answers to every listing."""
        return {
            f"{account} {service} {operation}": self.ask(service, operation, account, **arguments)
            for account in AWS_ACCOUNTS
            for service, operation, arguments in LISTINGS
        }


def said(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without what is about it."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@contextmanager
def serve(faults: Faults, at: datetime = NOON, seed: int = SEED) -> Iterator[Cloud]:
    """Serve the company's accounts."""
    cloud = Cloud(AwsPart(seed, faults, at))
    try:
        yield cloud
    finally:
        cloud.part.stop()


def instants(found: Any, name: str = "") -> Iterator[datetime]:
    """Yield every instant in an answer, however deep, but those that may lie ahead."""
    if isinstance(found, datetime) and name not in FUTURE:
        yield found
    elif isinstance(found, dict):
        for key, value in found.items():
            yield from instants(value, key)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from instants(value, name)


def test_a_start_at_an_instant_and_an_advance_to_it_answer_the_same(faults: Faults) -> None:
    """Whatever is asked, the trail's files too; and nothing is dated after the company's instant."""
    with serve(faults, NOON - timedelta(days=9)) as cloud:
        cloud.part.advance(NOON)
        advanced, files = cloud.everything(), cloud.objects("AWSLogs/")
    with serve(faults) as cloud:
        assert advanced == cloud.everything()
        assert files == cloud.objects("AWSLogs/")
    assert NOON >= max(instants(advanced))
    assert 3 * 9 * 2 <= len(files)


def test_the_trails_files_come_when_they_are_delivered_and_their_digests_know_them(faults: Faults) -> None:
    """Nothing of today at noon; of every earlier day a digest a region that names exactly the day's files."""
    with serve(faults) as cloud:
        for account in AWS_ACCOUNTS:
            logs = cloud.objects(f"AWSLogs/{account}/CloudTrail/")
            digests = cloud.objects(f"AWSLogs/{account}/CloudTrail-Digest/")
            named = [one for content in digests.values() for one in json.loads(content)["logFiles"]]
            assert {key: hashlib.sha256(content).hexdigest() for key, content in logs.items()} == {
                one["s3Object"]: one["hashValue"] for one in named
            }
            assert 2 * 9 == len(digests)
            assert not [key for key in (*logs, *digests) if "2026/03/10" in key]


def test_what_the_trail_wrote_down_agrees_with_keys_secrets_and_sign_ins(faults: Faults) -> None:
    """On every day of the period: whoever made a key, replaced a secret or signed in stands in it."""
    state = AwsState(SEED, faults)
    with serve(faults, datetime(2026, 3, 31, 12, tzinfo=UTC)) as cloud:
        for account in AWS_ACCOUNTS:
            for number in (1, 5, 9, 13, 14, 19, 23, 30):
                day = date(2026, 3, number)
                records = cloud.records(account, day)
                assert 5 <= len(records) <= 60
                assert len(records) == len({record["eventID"] for record in records})
                assert {day.isoformat()} == {record["eventTime"][:10] for record in records}
                users = [user for user in IAM_USERS if user.account == account]
                assert sorted(
                    key.id for user in users for key in state.every_key(user) if key.created.date() == day
                ) == sorted(
                    record["responseElements"]["accessKey"]["accessKeyId"]
                    for record in records
                    if record["eventName"] == "CreateAccessKey" and record["userIdentity"]["type"] != "Root"
                )
                assert sorted(
                    secret.arn
                    for secret in secrets_of(SEED, faults)[account]
                    for changed in secret.changes(datetime(2026, 3, 31, tzinfo=UTC))
                    if changed.date() == day
                ) == sorted(
                    record["requestParameters"]["secretId"]
                    for record in records
                    if record["eventName"] == "PutSecretValue"
                )
                morning = datetime(2026, 3, number, 6, tzinfo=UTC)
                assert {
                    (user.name, "Yes" if state.console_mfa(user, morning) else "No")
                    for user in users
                    if user.console and user.name != "break-glass"
                } == {
                    (record["userIdentity"]["userName"], record["additionalEventData"]["MFAUsed"])
                    for record in records
                    if record["eventName"] == "ConsoleLogin"
                    and record["userIdentity"]["type"] == "IAMUser"
                    and record["responseElements"]["ConsoleLogin"] == "Success"
                }


def test_a_key_of_the_root_user_is_made_in_the_trail(faults: Faults) -> None:
    """On the day the fault begins."""
    fault = faults.of("aws_root_key")[0]
    with serve(faults, datetime(2026, 3, 31, 12, tzinfo=UTC)) as cloud:
        records = cloud.records(fault.subject, fault.first)
    assert ["CreateAccessKey"] == [
        record["eventName"] for record in records if record["userIdentity"]["type"] == "Root"
    ]


@pytest.mark.parametrize("number", [1, 10, 20])
def test_what_runs_is_what_was_deployed_last(faults: Faults, number: int) -> None:
    """In production by the last deployment that succeeded, in staging by the last commit of main."""
    at = datetime(2026, 3, number, 12, tzinfo=UTC)
    running = Running(SEED, faults)
    with serve(faults, at) as cloud:
        for account, cluster in ((PRODUCTION, "shop"), (STAGING, "shop-staging")):
            ecs = cloud.client("ecs", account)
            tasks = ecs.describe_tasks(cluster=cluster, tasks=ecs.list_tasks(cluster=cluster)["taskArns"])
            services = ecs.list_services(cluster=cluster)["serviceArns"]
            assert 3 == len(ecs.describe_services(cluster=cluster, services=services)["services"])
            images = {
                (container["name"], container["image"].rpartition(":")[2], container["imageDigest"])
                for task in tasks["tasks"]
                for container in task["containers"]
            }
            assert {
                (r.name, version.sha[:12], version.digest)
                for r in running.services
                for version in [running.version(r, account, at)]
            } == images
    deployed = [d for d in running.changes.deployments if d.succeeded <= at]
    assert {d.sha for d in deployed} >= {
        running.version(r, PRODUCTION, at).sha for r in running.services if running.deployments(r)
    }


@pytest.mark.parametrize("seed", [SEED, 7])
def test_the_restores_of_the_recovery_test_are_listed_for_thirty_days(seed: int) -> None:
    """And running until they have ended; other accounts restored nothing."""
    noon = datetime(RESTORED_ON.year, RESTORED_ON.month, RESTORED_ON.day, 12, tzinfo=UTC)
    faults = Faults() if seed == SEED else Faults(tuple(draw(seed)))
    for at, expected in (
        (noon - timedelta(hours=7), {}),
        (noon - timedelta(hours=5), dict.fromkeys(restore_job_ids(seed), "RUNNING")),
        (noon, dict.fromkeys(restore_job_ids(seed), "COMPLETED")),
        (noon + timedelta(days=31), {}),
    ):
        with serve(faults, at, seed) as cloud:
            pages = cloud.ask("backup", "list_restore_jobs")
            jobs = [job for page in pages for job in page["RestoreJobs"]]
            assert expected == {job["RestoreJobId"]: job["Status"] for job in jobs}
            assert [[]] == [page["RestoreJobs"] for page in cloud.ask("backup", "list_restore_jobs", STAGING)]


def test_users_of_the_authorization_details_are_those_of_the_other_calls(faults: Faults) -> None:
    """With the same dates."""
    with serve(faults) as cloud:
        for account in AWS_ACCOUNTS:
            users = [u for page in cloud.ask("iam", "list_users", account) for u in page["Users"]]
            (details,) = cloud.ask("iam", "get_account_authorization_details", account)
            assert {(user["UserName"], user["CreateDate"]) for user in users} == {
                (user["UserName"], user["CreateDate"]) for user in details["UserDetailList"]
            }
