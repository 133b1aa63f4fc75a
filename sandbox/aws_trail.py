"""What did the company's CloudTrail write down on a day, and in which files does it lie in the bucket?

About twenty events an account and day, of what the other parts say happened: sign-ins to the console, keys
made and deleted, secrets replaced, services deployed, backups and restores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.aws_principals import reserved_role
from sandbox.aws_recovery import RESTORED_ON, RESTORES, bucket_name, database_arn, restore_job_ids
from sandbox.aws_resources import uuid
from sandbox.aws_running import CLUSTERS, Running
from sandbox.aws_secrets import REGION, Secret, secrets_of
from sandbox.aws_state import AwsState
from sandbox.company import Company
from sandbox.org import AWS_ACCOUNTS, AWS_ASSIGNMENTS, IAM_USERS, READER_ROLE, IamUser
from sandbox.part import instant, rng

GLOBAL_REGION = "us-east-1"
"""Where CloudTrail writes down what happens to IAM."""
OFFICE = "198.51.100.7"
Record = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Who calls: as CloudTrail writes them down, and the address they come from."""

    identity: Record
    address: str = OFFICE


class Trail:
    """The trails of all accounts."""

    def __init__(self, state: AwsState, company: Company, running: Running) -> None:
        self._state = state
        self._company = company
        self._running = running
        self._secrets = secrets_of(state.seed, state.faults)

    def records(self, account: str, day: date) -> list[Record]:
        """Return what happened in an account on a day, in order of time."""
        found = [
            *self._signing_in(account, day),
            *self._keys(account, day),
            *self._root(account, day),
            *self._vault(account, day),
            *self._deploying(account, day),
            *self._recovering(account, day),
            *self._reading(account, day),
        ]
        for n, record in enumerate(found):
            record["eventID"] = uuid(self._state.seed, "trail", account, day, n)
            record["requestID"] = uuid(self._state.seed, "request", account, day, n)
        return sorted(found, key=lambda record: (record["eventTime"], record["eventID"]))

    def _event(
        self,
        account: str,
        at: datetime,
        call: str,
        caller: Caller,
        asked: Record | None = None,
        *,
        answered: Record | None = None,
        **other: Any,
    ) -> Record:
        """Return one record. `call` is the service and what was called of it: `iam CreateAccessKey`."""
        service, name = call.split(" ")
        return {
            "eventVersion": "1.11",
            "userIdentity": caller.identity,
            "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": GLOBAL_REGION if service == "iam" else REGION,
            "sourceIPAddress": caller.address,
            "userAgent": "aws-cli/2.31.0",
            "requestParameters": asked,
            "responseElements": answered,
            "readOnly": name.startswith(("Get", "List", "Describe")),
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
            **other,
        }

    def _signing_in(self, account: str, day: date) -> Iterator[Record]:
        """Console users sign in every morning, staff through Identity Center: their factor AWS cannot see."""
        for user in IAM_USERS:
            at = instant(day, 6)
            if user.account == account and self._state.password_last_used(user, at) == at:
                used = self._state.console_mfa(user, at)
                yield self._sign_in(account, at, _user(user), "Success", mfa=used)
                if rng(self._state.seed, "mistyped", user.subject, day).random() < 0.1:
                    early = at - timedelta(minutes=1)
                    yield self._sign_in(account, early, _user(user), "Failure", mfa=False)
        chance = rng(self._state.seed, "console", account, day)
        given = [(team, name) for team, sets in AWS_ASSIGNMENTS.items() for to, name in sets if to == account]
        for team, name in given:
            at = instant(day, 8) + timedelta(minutes=chance.randrange(300))
            people = [
                one
                for one in self._company.existing(at)
                if not one.service and one.active(at) and one.job(at).department == team
            ]
            person = chance.choice(people)
            yield self._sign_in(account, at, _staff(account, name, person.login), "Success", mfa=False)

    def _sign_in(self, account: str, at: datetime, caller: Caller, result: str, *, mfa: bool) -> Record:
        refused: Record = {"errorMessage": "Failed authentication"} if result == "Failure" else {}
        return self._event(
            account,
            at,
            "signin ConsoleLogin",
            caller,
            answered={"ConsoleLogin": result},
            eventType="AwsConsoleSignIn",
            additionalEventData={
                "LoginTo": "https://console.aws.amazon.com/console/home",
                "MobileVersion": "No",
                "MFAUsed": "Yes" if mfa else "No",
            },
            **refused,
        )

    def _keys(self, account: str, day: date) -> Iterator[Record]:
        """Keys are made, switched off and deleted as their lives have it."""
        by = _staff(account, "Administrator", self._administrator(day))
        for user in IAM_USERS:
            for key in self._state.every_key(user) if user.account == account else ():
                asked = {"userName": user.name, "accessKeyId": key.id}
                if key.created.date() == day:
                    made = {"accessKey": {"accessKeyId": key.id, "status": "Active", "userName": user.name}}
                    yield self._event(
                        account,
                        key.created,
                        "iam CreateAccessKey",
                        by,
                        {"userName": user.name},
                        answered=made,
                    )
                if key.deactivated is not None and key.deactivated.date() == day:
                    off = {**asked, "status": "Inactive"}
                    yield self._event(account, key.deactivated, "iam UpdateAccessKey", by, off)
                if key.deleted.date() == day:
                    yield self._event(account, key.deleted, "iam DeleteAccessKey", by, asked)

    def _root(self, account: str, day: date) -> Iterator[Record]:
        root = Caller(
            {
                "type": "Root",
                "principalId": account,
                "arn": f"arn:aws:iam::{account}:root",
                "accountId": account,
            }
        )
        for fault in self._state.faults.of("aws_root_key", "aws_root_no_mfa"):
            if fault.subject == account and fault.first == day:
                name = "CreateAccessKey" if fault.kind == "aws_root_key" else "DeactivateMFADevice"
                yield self._event(account, instant(day, 6), f"iam {name}", root)

    def _vault(self, account: str, day: date) -> Iterator[Record]:
        """Secrets are replaced. AWS hides the value; here it stands, to see that nobody keeps it."""
        by = _staff(account, "Administrator", self._administrator(day))
        for secret in self._secrets.get(account, []):
            for changed in secret.changes(instant(day, 23)):
                if changed.date() == day:
                    yield self._replaced(account, secret, changed, by)

    def _replaced(self, account: str, secret: Secret, changed: datetime, by: Caller) -> Record:
        asked = {
            "secretId": secret.arn,
            "clientRequestToken": secret.version_id(changed),
            "secretString": f"sandbox-secret-value-of-{secret.name}",
        }
        return self._event(account, changed, "secretsmanager PutSecretValue", by, asked)

    def _deploying(self, account: str, day: date) -> Iterator[Record]:
        if AWS_ACCOUNTS[account] != "production":
            return
        deploy = next(user for user in IAM_USERS if user.name == "ci-deploy")
        cluster, _ = CLUSTERS[account]
        for repository in self._running.services:
            for n, deployment in enumerate(self._running.deployments(repository), 1):
                if deployment.created.date() == day:
                    definition = f"{repository.name}:{n + 1}"
                    by = _user(deploy, self._key(deploy, deployment.created))
                    secret = {"name": "API_KEY", "value": f"sandbox-secret-value-of-{repository.name}"}
                    containers = [{"name": repository.name, "environment": [secret]}]
                    registered = {"family": repository.name, "containerDefinitions": containers}
                    at = deployment.created
                    yield self._event(account, at, "ecs RegisterTaskDefinition", by, registered)
                    asked = {"cluster": cluster, "service": repository.name, "taskDefinition": definition}
                    at += timedelta(seconds=20)
                    yield self._event(account, at, "ecs UpdateService", by, asked)

    def _recovering(self, account: str, day: date) -> Iterator[Record]:
        if AWS_ACCOUNTS[account] == "logging":
            return
        service = Caller({"type": "AWSService", "invokedBy": "backup.amazonaws.com"}, "backup.amazonaws.com")
        sources = {"RDS": database_arn(account), "S3": f"arn:aws:s3:::{bucket_name(account)}"}
        for arn in sources.values():
            yield self._event(
                account, instant(day, 2), "backup StartBackupJob", service, {"resourceArn": arn}
            )
        if AWS_ACCOUNTS[account] == "production" and day == RESTORED_ON:
            by = _staff(account, "Administrator", self._administrator(day))
            for kind, job in zip(RESTORES, restore_job_ids(self._state.seed), strict=True):
                asked = {"resourceType": kind, "recoveryPointArn": sources[kind]}
                done = {"restoreJobId": job}
                yield self._event(
                    account, instant(day, 6), "backup StartRestoreJob", by, asked, answered=done
                )

    def _reading(self, account: str, day: date) -> Iterator[Record]:
        """Machines ask who they are and list what they need."""
        reader = Caller({"type": "AWSAccount", "principalId": "AIDASANDBOX", "accountId": "333333333333"})
        role = {"roleArn": f"arn:aws:iam::{account}:role/{READER_ROLE}", "roleSessionName": "evidence"}
        yield self._event(account, instant(day, 12), "sts AssumeRole", reader, role)
        for user in IAM_USERS:
            at = instant(day, 6)
            if user.account != account or user.console or (key := self._key(user, at)) is None:
                continue
            for n, call in enumerate(("sts GetCallerIdentity", "s3 ListBuckets", "ec2 DescribeInstances")):
                yield self._event(account, at + timedelta(seconds=n), call, _user(user, key))

    def _key(self, user: IamUser, at: datetime) -> str | None:
        active = [key.id for key in self._state.keys(user, at) if key.active(at)]
        return active[-1] if active else None

    def _administrator(self, day: date) -> str:
        """Return the login of somebody who administers the accounts."""
        at = instant(day, 6)
        return next(
            one.login
            for one in self._company.existing(at)
            if not one.service and one.active(at) and one.job(at).department == "IT Operations"
        )


def _user(user: IamUser, key: str | None = None) -> Caller:
    digest = hashlib.sha256(user.subject.encode()).hexdigest()[:16].upper()
    return Caller(
        {
            "type": "IAMUser",
            "principalId": f"AIDA{digest}",
            "arn": f"arn:aws:iam::{user.account}:user/{user.name}",
            "accountId": user.account,
            "userName": user.name,
            **({"accessKeyId": key} if key else {}),
        }
    )


def _staff(account: str, permission_set: str, login: str) -> Caller:
    role = reserved_role(permission_set)
    issuer = {
        "type": "Role",
        "arn": f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/{role}",
        "accountId": account,
        "userName": role,
    }
    return Caller(
        {
            "type": "AssumedRole",
            "principalId": f"AROASANDBOX:{login}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{login}",
            "accountId": account,
            "sessionContext": {
                "sessionIssuer": issuer,
                "attributes": {"creationDate": "2026-03-01T00:00:00Z", "mfaAuthenticated": "false"},
            },
        }
    )
