"""What may our own role or user in an account do, by the policies attached to it?

What a policy allows is read from its document: whatever is not plainly a read counts as writing. Boundaries
and the organisation's own limits only take away, so they are not asked about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from assets.aws.client import AwsClient
from assets.capture import Access
from assets.failures import PermanentFailure

READ_ONLY = re.compile(
    r"arn:aws[a-z-]*:iam::aws:policy/(job-function/)?(ReadOnlyAccess|SecurityAudit|ViewOnlyAccess)"
)
"""AWS's own policies that only read: their documents are long, and AWS keeps them."""
READING = re.compile(
    r"[a-z0-9-]+:(Get|List|Describe|BatchGet|Lookup|Search|Simulate|Head)[A-Za-z]*\*?"
    r"|iam:Generate(CredentialReport|ServiceLastAccessedDetails)"
    r"|kms:Decrypt",
)
"""Actions that change nothing. IAM makes its reports only when asked to, which changes nothing else; what is
read of an encrypted bucket is decrypted on the way."""
NEEDED = (
    "acm:ListCertificates",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribePolicies",
    "backup:ListBackupJobs",
    "backup:ListBackupVaults",
    "backup:ListProtectedResources",
    "backup:ListRestoreJobs",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcs",
    "ecs:DescribeServices",
    "ecs:DescribeTasks",
    "ecs:ListClusters",
    "ecs:ListServices",
    "ecs:ListTasks",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "iam:GenerateCredentialReport",
    "iam:GetAccessKeyLastUsed",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:ListAccessKeys",
    "iam:ListUsers",
    "kms:DescribeKey",
    "kms:GetKeyRotationStatus",
    "kms:ListKeys",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetObject",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:ListSecrets",
)
"""What every account's role needs; SETUP.md shows it as a policy."""
PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:(?:sts::\d{12}:assumed-role/(?P<role>[^/]+)/|iam::\d{12}:user/(?:.*/)?(?P<user>[^/]+)$)"
)
ROOT = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:root")


@dataclass(frozen=True)
class Policy:
    """A policy that holds for us. Its statements are null where AWS does not let us read them."""

    name: str
    statements: tuple[Mapping[str, Any], ...] | None
    known_to_read: bool = False

    @property
    def writes(self) -> bool | None:
        """Whether it allows anything that is not plainly a read; null: it cannot be told."""
        if self.known_to_read:
            return False
        if self.statements is None:
            return None
        return any(not _reads(statement) for statement in self.statements)

    def allows(self, action: str) -> bool:
        """Return whether a statement names an action."""
        return any(
            fnmatchcase(action.lower(), pattern.lower())
            for statement in self.statements or ()
            if statement.get("Effect") == "Allow"
            for pattern in _listed(statement.get("Action"))
        )


def access(client: AwsClient) -> Access:
    """Return what the policies of our role or user allow. Raises SourceFailure where none can be listed."""
    arn = client.principal()
    if ROOT.fullmatch(arn):
        return Access(("root",), ("root",))
    found = PRINCIPAL.match(arn)
    if found is None:
        return Access(None, None, ("a role or a user of IAM: of nobody else does AWS tell the policies",))
    policies = list(_policies(client, found["role"], found["user"]))
    names = tuple(sorted(policy.name for policy in policies))
    writing = tuple(sorted(policy.name for policy in policies if policy.writes))
    unknown = any(policy.writes is None for policy in policies)
    lacking = () if unknown or any(policy.known_to_read for policy in policies) else _lacking(policies)
    return Access(names, None if unknown and not writing else writing, lacking)


def _lacking(policies: list[Policy]) -> tuple[str, ...]:
    return tuple(action for action in NEEDED if not any(policy.allows(action) for policy in policies))


def _policies(client: AwsClient, role: str | None, user: str | None) -> Iterator[Policy]:
    if role is not None:
        yield from _of(client, "role", "Role", role)
        return
    yield from _of(client, "user", "User", str(user))
    for page in client.pages("iam", "list_groups_for_user", "Groups", UserName=user):
        for group in page.records:
            yield from _of(client, "group", "Group", str(group["GroupName"]))


def _of(client: AwsClient, kind: str, word: str, name: str) -> Iterator[Policy]:
    """Yield the policies of a role, user or group: those attached, and those written into it."""
    which = {f"{word}Name": name}
    for page in client.pages("iam", f"list_attached_{kind}_policies", "AttachedPolicies", **which):
        for attached in page.records:
            yield _attached(client, str(attached["PolicyName"]), str(attached["PolicyArn"]))
    for inline in client.texts("iam", f"list_{kind}_policies", "PolicyNames", **which):
        try:
            answer = client.call("iam", f"get_{kind}_policy", **which, PolicyName=inline)
        except PermanentFailure:
            yield Policy(f"{kind} policy {inline}", None)
        else:
            yield Policy(f"{kind} policy {inline}", _statements(answer["PolicyDocument"]))


def _attached(client: AwsClient, name: str, arn: str) -> Policy:
    if READ_ONLY.fullmatch(arn):
        return Policy(name, None, known_to_read=True)
    try:
        version = client.call("iam", "get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = client.call("iam", "get_policy_version", PolicyArn=arn, VersionId=version)
    except PermanentFailure:
        return Policy(name, None)
    return Policy(name, _statements(answer["PolicyVersion"]["Document"]))


def _statements(document: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the statements of a policy's document, which the SDK decodes only sometimes."""
    parsed = json.loads(unquote(document)) if isinstance(document, str) else document
    return tuple(_listed(parsed["Statement"]))


def _reads(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return True
    actions = _listed(statement.get("Action"))
    return "NotAction" not in statement and all(READING.fullmatch(str(action)) for action in actions)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
