"""Which users, groups and roles does IAM list in the company's accounts, with which policies?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sandbox.aws_state import ROOT_CREATED, AwsState
from sandbox.aws_wire import Call, Facts
from sandbox.org import AWS_ACCOUNTS, AWS_ASSIGNMENTS, AWS_PERMISSION_SETS, IAM_USERS, READER_ROLE
from sandbox.part import instant

READS = (
    *("iam:Get*", "iam:List*", "iam:GenerateCredentialReport", "secretsmanager:List*", "sso:List*"),
    *(f"{service}:Describe*" for service in ("ec2", "elasticloadbalancing", "ecs", "autoscaling", "rds")),
    *(f"{service}:Describe*" for service in ("kms", "logs", "cloudwatch", "cloudtrail")),
    *(f"{service}:List*" for service in ("acm", "ecs", "lambda", "kms", "backup", "s3")),
    *(f"{service}:Get*" for service in ("kms", "cloudtrail", "s3")),
)
"""What our own role may do: more than it needs, and nothing that writes."""
LENT = "lent-to-a-clean-up"
"""The policy by which our own role could write, while a fault gives it one."""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{next(iter(AWS_ACCOUNTS))}:root"},
        }
    ],
}
"""Who may assume our own role."""
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SOME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}],
}
MACHINES = "arn:aws:iam::{}:policy/machines"


def policy(*actions: str) -> dict[str, Any]:
    """Return a policy that allows some actions on everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def reader_policies(state: AwsState, account: str, at: datetime) -> dict[str, dict[str, Any]]:
    """Return the policies written into our own role at an instant, by name."""
    found = {READER_ROLE: policy(*READS)}
    if state.reader_can_write(account, at):
        found[LENT] = policy("s3:ListBucket", "s3:DeleteObject")
    return found


def reserved_role(permission_set: str) -> str:
    """Return the name of the role that Identity Center makes of a permission set in an account."""
    digest = hashlib.sha256(permission_set.encode()).hexdigest()[:16]
    return f"AWSReservedSSO_{permission_set}_{digest}"


def authorization(state: AwsState, call: Call) -> Facts:
    """Answer GetAccountAuthorizationDetails, in one page."""
    machines = MACHINES.format(call.account)
    users = [
        {
            "Path": "/",
            "UserName": user.name,
            "UserId": "AIDA" + _digest(user.subject)[:16].upper(),
            "Arn": f"arn:aws:iam::{call.account}:user/{user.name}",
            "CreateDate": state.created(user),
            "UserPolicyList": [],
            "GroupList": ["administrators"] if user.name == "break-glass" else [],
            "AttachedManagedPolicies": [] if user.console else [_attached(machines)],
        }
        for user in IAM_USERS
        if user.account == call.account
    ]
    administrators = {
        "Path": "/",
        "GroupName": "administrators",
        "GroupId": "AGPA" + _digest(call.account)[:16].upper(),
        "Arn": f"arn:aws:iam::{call.account}:group/administrators",
        "CreateDate": ROOT_CREATED,
        "GroupPolicyList": [{"PolicyName": "everything", "PolicyDocument": _encoded(ALL)}],
        "AttachedManagedPolicies": [],
    }
    given = {name for sets in AWS_ASSIGNMENTS.values() for account, name in sets if account == call.account}
    roles = [
        _role(
            call,
            reserved_role(name),
            "/aws-reserved/sso.amazonaws.com/",
            _federated(call),
            attached=[f"arn:aws:iam::aws:policy/{policy}" for policy in AWS_PERMISSION_SETS[name][1]],
        )
        for name in sorted(given)
    ]
    own = reader_policies(state, call.account, call.now)
    roles.append(_role(call, READER_ROLE, "/", TRUST, inline=own))
    policies = [_policy(machines, "machines", SOME)]
    policies.append(_policy("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess", ALL))
    return {
        "UserDetailList": users,
        "GroupDetailList": [administrators],
        "RoleDetailList": roles,
        "Policies": policies,
        "IsTruncated": False,
    }


def _federated(call: Call) -> dict[str, Any]:
    """Return who may assume a role of Identity Center."""
    provider = f"arn:aws:iam::{call.account}:saml-provider/AWSSSO_DO_NOT_DELETE"
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithSAML"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role(
    call: Call,
    name: str,
    path: str,
    trust: Mapping[str, Any],
    *,
    attached: Sequence[str] = (),
    inline: Mapping[str, Mapping[str, Any]] | None = None,
) -> Facts:
    own = (inline or {}).items()
    return {
        "Path": path,
        "RoleName": name,
        "RoleId": "AROA" + _digest(f"{call.account}/{name}")[:16].upper(),
        "Arn": f"arn:aws:iam::{call.account}:role{path}{name}",
        "CreateDate": ROOT_CREATED,
        "AssumeRolePolicyDocument": _encoded(trust),
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": word, "PolicyDocument": _encoded(text)} for word, text in own],
        "AttachedManagedPolicies": [_attached(arn) for arn in attached],
        "RoleLastUsed": {
            "LastUsedDate": instant(call.now.date()) - timedelta(hours=8),
            "Region": "eu-central-1",
        },
    }


def _policy(arn: str, name: str, document: dict[str, Any]) -> Facts:
    return {
        "PolicyName": name,
        "PolicyId": "ANPA" + _digest(arn)[:16].upper(),
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "IsAttachable": True,
        "PolicyVersionList": [
            {
                "VersionId": "v1",
                "IsDefaultVersion": True,
                "CreateDate": ROOT_CREATED,
                "Document": _encoded(document),
            }
        ],
    }


def _attached(arn: str) -> dict[str, str]:
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}


def _encoded(document: Mapping[str, Any]) -> str:
    """Return a document as IAM sends it: JSON, percent-encoded."""
    return quote(json.dumps(document))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
