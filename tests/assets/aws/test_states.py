"""Do the states of an account come out as AWS has them, complete or not at all?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assets.aws.compute import aws_compute
from assets.aws.monitoring import aws_monitoring, recorded
from assets.aws.network import aws_network
from assets.aws.principals import aws_iam_principal, may_do_everything
from assets.aws.storage import aws_storage
from assets.capture import Reading
from assets.failures import PermanentFailure, TransientFailure
from sandbox import aws_network as network
from sandbox import aws_resources as resources
from sandbox.aws_answers import answers
from sandbox.aws_state import AwsState
from sandbox.aws_wire import Call, Facts, Refused
from sandbox.faults import Faults
from sandbox.org import AWS_ASSIGNMENTS, IAM_USERS
from sandbox.process import SEED
from tests.assets.aws.conftest import ACCOUNT, NOW, Cloud

CANARY = "sandbox-secret-value"
CALL = Call(ACCOUNT, NOW, {})
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture
def company(cloud: Cloud) -> Cloud:
    """Return the simulated company's production account."""
    cloud.answers |= answers(AwsState(SEED, Faults()))
    return cloud


def test_every_rule_of_a_security_group_is_one_row_over_pages(company: Cloud) -> None:
    """Open ones too."""
    rows = company.read(aws_network)["aws_security_group_rule"]
    asked = [line for line in company.asked if "DescribeSecurityGroupRules" in line]

    assert sorted(
        r["SecurityGroupRuleId"] for r in network.security_group_rules(CALL)["SecurityGroupRules"]
    ) == (sorted(row["rule_id"] for row in rows))
    assert {(443, "0.0.0.0/0"), (80, "0.0.0.0/0")} == {
        (row["from_port"], row["cidr_ipv4"]) for row in rows if not row["is_egress"] and row["cidr_ipv4"]
    }
    assert 2 == len(asked)


def test_certificates_of_every_kind_of_key_are_asked_for(company: Cloud) -> None:
    """Without a filter AWS leaves those of elliptic curves out."""
    (row,) = company.read(aws_network)["aws_acm_certificate"]

    assert ("EC_prime256v1", True, datetime(2027, 2, 11, 4, tzinfo=UTC)) == (
        row["key_algorithm"],
        row["in_use"],
        row["expires_at"],
    )


def test_listeners_say_what_tls_they_speak_and_whether_they_only_redirect(company: Cloud) -> None:
    """Of every balancer."""
    found = company.read(aws_network)
    rows = {row["port"]: row for row in found["aws_lb_listener"]}

    assert {443: (False, 1, True), 80: (True, 0, False)} == {
        port: (row["redirects_to_https"], len(row["certificate_arns"]), bool(row["ssl_policy"]))
        for port, row in rows.items()
    }
    assert ["eu-central-1a", "eu-central-1b"] == found["aws_lb"][0]["zones"]
    assert found["aws_vpc"][0]["vpc_id"] == found["aws_flow_log"][0]["resource_id"]


def test_what_runs_is_told_by_digest(company: Cloud) -> None:
    """Of every container of every service by what its tasks run, and of every function by its code."""
    rows = {row["service"]: row for row in company.read(aws_compute)["aws_runtime_version"]}

    assert {"storefront", "checkout", "payments-service", "stock-sync"} == set(rows)
    assert {"production"} == {row["environment"] for row in rows.values() if row["runtime"] == "ecs"}
    assert all(
        len(row["digests"]) == 1 and row["digests"][0].startswith("sha256:") and row["running"] == 2
        for row in rows.values()
        if row["runtime"] == "ecs"
    )
    assert rows["stock-sync"]["code_sha256"]
    assert [] == rows["stock-sync"]["digests"]


def test_a_deployment_under_way_shows_both_versions_and_a_service_at_rest_none(company: Cloud) -> None:
    """A service without tasks is listed nevertheless."""
    tasks = company.answers["ecs", "DescribeTasks"]

    def some(call: Call) -> Facts:
        found: Any = tasks(call)
        kept = [task for task in found["tasks"] if "checkout" not in task["group"]]
        for task in kept[:1]:
            task["containers"][0]["imageDigest"] = "sha256:new"
        return {"tasks": kept, "failures": []}

    company.answers["ecs", "DescribeTasks"] = some
    rows = {row["service"]: row for row in company.read(aws_compute)["aws_runtime_version"]}

    assert 2 == len(rows["storefront"]["digests"])
    assert ([], "checkout") == (rows["checkout"]["digests"], rows["checkout"]["unit"])


@pytest.mark.parametrize("operation", ["DescribeServices", "DescribeTasks"])
def test_what_has_gone_since_it_was_listed_fails_the_capture(company: Cloud, operation: str) -> None:
    """Left out, it would be missing from what claims to be whole."""
    gone = [{"arn": "arn:gone", "reason": "MISSING"}]
    company.says("ecs", operation, {"services": [], "tasks": [], "failures": gone})

    with pytest.raises(
        TransientFailure, match=r"did not know 1 of what was listed a moment before \(MISSING\)"
    ):
        company.read(aws_compute)


def test_a_functions_variables_reach_nothing(company: Cloud, reading: Reading) -> None:
    """They may be secrets, as those of the company's function are."""
    rows = company.read(aws_compute, reading)

    assert CANARY not in str([rows, reading.pages, reading.requests, reading.dropped])
    assert 1 == reading.dropped["aws_runtime_version: Environment"]


def test_a_group_counts_its_healthy_machines(company: Cloud) -> None:
    """One that is being replaced is not healthy."""
    group = network.groups(CALL)["AutoScalingGroups"][0]
    machines = [group["Instances"][0], group["Instances"][1] | {"LifecycleState": "Terminating"}]
    company.says(
        "autoscaling", "DescribeAutoScalingGroups", {"AutoScalingGroups": [group | {"Instances": machines}]}
    )
    (row,) = company.read(aws_compute)["aws_asg"]

    assert (2, 6, 1, 1) == (row["minimum"], row["maximum"], row["healthy"], row["policies"])


def test_a_bucket_says_what_is_set_on_it(company: Cloud) -> None:
    """What is not set is null, and no block counts unless all four are on."""
    company.says("s3", "GetBucketEncryption", Refused("ServerSideEncryptionConfigurationNotFoundError"))
    company.says("s3", "GetBucketVersioning", {})
    company.says("s3", "GetPublicAccessBlock", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}})
    company.says("s3", "GetBucketPolicyStatus", {"PolicyStatus": {"IsPublic": True}})
    company.says("s3", "GetObjectLockConfiguration", resources.LOCKED)
    company.says("s3", "GetBucketLifecycleConfiguration", resources.KEPT)
    (row,) = company.read(aws_storage)["aws_s3_bucket"]
    del row["created_at"]

    assert {
        "name": "sandbox-production-data",
        "encryption": None,
        "kms_key_id": None,
        "versioning": None,
        "object_lock_mode": "COMPLIANCE",
        "object_lock_days": 400,
        "public_access_blocked": False,
        "policy_public": True,
        "expires_after_days": 730,
    } == row


def test_a_bucket_that_may_not_be_asked_fails_the_capture(company: Cloud) -> None:
    """Nothing set and not allowed to know are two things."""
    company.says("s3", "GetBucketEncryption", Refused("AccessDenied", 403))

    with pytest.raises(PermanentFailure, match=r"the role lacks s3\.get_bucket_encryption"):
        company.read(aws_storage)


def test_keys_of_ours_say_whether_they_are_rotated(company: Cloud) -> None:
    """AWS's own, and those to be deleted, are not asked."""
    keys = {row["manager"]: row for row in company.read(aws_storage)["aws_kms_key"]}

    assert {"CUSTOMER": (True, 365), "AWS": (None, None)} == {
        manager: (row["rotation_enabled"], row["rotation_days"]) for manager, row in keys.items()
    }


def test_databases_volumes_and_backups_are_listed(company: Cloud) -> None:
    """With what they are encrypted with and when they were backed up."""
    found = company.read(aws_storage)

    assert {"aws_rds_instance": 1, "aws_rds_cluster": 0, "aws_ebs_volume": 2, "aws_backup_protection": 2} == {
        name: len(rows)
        for name, rows in found.items()
        if name.startswith(("aws_rds", "aws_ebs", "aws_backup_p"))
    }
    assert found["aws_rds_instance"][0]["encrypted"]
    assert found["aws_ebs_volume"][0]["attached_to"]
    assert found["aws_backup_vault"][0]["locked"]


LISTINGS = {
    "logGroups": (aws_monitoring, "logs", "DescribeLogGroups", r"describe_log_groups\(\)"),
    "MetricAlarms": (aws_monitoring, "cloudwatch", "DescribeAlarms", r"describe_alarms\(\) MetricAlarms"),
    "CompositeAlarms": (
        aws_monitoring,
        "cloudwatch",
        "DescribeAlarms",
        r"describe_alarms\(\) CompositeAlarms",
    ),
    "trailList": (aws_monitoring, "cloudtrail", "DescribeTrails", r"describe_trails\(\)"),
    "taskArns": (aws_compute, "ecs", "ListTasks", r"list_tasks\(.*\)"),
    "tasks": (aws_compute, "ecs", "DescribeTasks", r"describe_tasks\(.*\)"),
    "containers": (aws_compute, "ecs", "DescribeTasks", r"describe_tasks\(.*\)"),
    "Instances": (aws_compute, "autoscaling", "DescribeAutoScalingGroups", r"groups\(\)"),
    "GroupList": (aws_iam_principal, "iam", "GetAccountAuthorizationDetails", r"details\(\)"),
    "AttachedManagedPolicies": (aws_iam_principal, "iam", "GetAccountAuthorizationDetails", r"details\(\)"),
}
"""What is left out of an answer -> who reads it, the call, and how the failure names it."""


def without(found: Any, key: str) -> Any:
    """Return an answer without a field, wherever it stands."""
    if isinstance(found, dict):
        return {name: without(value, key) for name, value in found.items() if name != key}
    return [without(one, key) for one in found] if isinstance(found, list) else found


@pytest.mark.parametrize("key", LISTINGS)
def test_a_listing_without_what_it_lists_is_refused(company: Cloud, key: str) -> None:
    """An absent list is no empty one: nobody has said that there is none."""
    recipe, service, operation, named = LISTINGS[key]
    whole = company.answers[service, operation]
    nothing_else = key in ("logGroups", "taskArns")
    company.answers[service, operation] = lambda call: b"{}" if nothing_else else without(whole(call), key)

    with pytest.raises(PermanentFailure, match=rf"{named} answered without {key}\. Has its interface"):
        company.read(recipe)


def test_trails_log_groups_and_alarms_are_listed(company: Cloud) -> None:
    """With how long lines are kept and who is called."""
    found = company.read(aws_monitoring)
    (trail,) = found["aws_cloudtrail_trail"]

    assert (True, True, True, "All", []) == (
        trail["logging"],
        trail["multi_region"],
        trail["validation"],
        trail["management_events"],
        trail["data_event_resources"],
    )
    assert [365, 365, 365] == [row["retention_days"] for row in found["aws_log_group"]]
    assert [("checkout-errors", "5.0", True), ("checkout-slow", "1.5", True)] == [
        (row["name"], row["threshold"], row["actions_enabled"]) for row in found["aws_alarm"]
    ]


def _field(name: str, *values: str) -> Facts:
    return {"Field": name, "Equals": list(values)}


@pytest.mark.parametrize(
    ("selectors", "management", "kinds"),
    [
        ({}, "All", []),
        (
            {"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]},
            "WriteOnly",
            [],
        ),
        (
            {
                "EventSelectors": [
                    {"IncludeManagementEvents": False, "DataResources": [{"Type": "AWS::S3::Object"}]}
                ]
            },
            "None",
            ["AWS::S3::Object"],
        ),
        (
            {
                "AdvancedEventSelectors": [
                    {"FieldSelectors": [_field("eventCategory", "Management"), _field("readOnly", "true")]},
                    {"FieldSelectors": [_field("eventCategory", "Management"), _field("readOnly", "false")]},
                ]
            },
            "All",
            [],
        ),
        (
            {
                "AdvancedEventSelectors": [
                    {
                        "FieldSelectors": [
                            _field("eventCategory", "Data"),
                            _field("resources.type", "AWS::Lambda"),
                        ]
                    }
                ]
            },
            "None",
            ["AWS::Lambda"],
        ),
    ],
)
def test_what_a_trail_records_is_told_by_its_selectors(
    selectors: Facts, management: str, kinds: list[str]
) -> None:
    """Simple ones, advanced ones, and none at all."""
    assert {"management_events": management, "data_event_resources": kinds} == recorded(selectors)


def test_users_groups_and_roles_are_listed_with_who_may_do_everything(company: Cloud) -> None:
    """Somebody who may by a group is named too."""
    rows = {(row["kind"], row["name"]): row for row in company.read(aws_iam_principal)["aws_iam_principal"]}
    admins = {name for (_, name), row in rows.items() if row["is_admin"]}
    sets = {name for given in AWS_ASSIGNMENTS.values() for account, name in given if account == ACCOUNT}

    assert {user.name for user in IAM_USERS if user.account == ACCOUNT} == {
        name for kind, name in rows if kind == "user"
    }
    assert {"administrators", "break-glass"} == {name for name in admins if "SSO" not in name}
    assert {"AWSReservedSSO_Administrator"} == {name.rpartition("_")[0] for name in admins if "SSO" in name}
    assert len(sets) + 1 == len([name for kind, name in rows if kind == "role"])
    assert '"Federated"' in next(row["trust"] for (_, name), row in rows.items() if "SSO" in name)
    assert 1 == len(rows["group", "administrators"]["inline_sha256"])


@pytest.mark.parametrize(
    ("inline", "attached", "bounded", "expected"),
    [
        ([EVERYTHING], {}, False, True),
        ([{**EVERYTHING, "Action": ["s3:*", "*:*"], "Resource": ["*"]}], {}, False, True),
        ([], {"arn:aws:iam::aws:policy/AdministratorAccess": None}, False, True),
        ([{**EVERYTHING, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], {}, False, False),
        ([{**EVERYTHING, "Action": "iam:*"}], {}, False, False),
        ([{**EVERYTHING, "Resource": "arn:aws:s3:::x"}], {}, False, False),
        ([{**EVERYTHING, "Effect": "Deny"}], {}, False, False),
        ([EVERYTHING, {**EVERYTHING, "Effect": "Deny", "Action": "iam:*"}], {}, False, None),
        ([EVERYTHING], {}, True, None),
        ([], {"arn:aws:iam::1:policy/hidden": None}, False, None),
        ([], {}, False, False),
    ],
)
def test_whoever_may_do_everything_is_named_only_where_that_is_proven(
    inline: list[Facts], attached: dict[str, Any], bounded: bool, expected: bool | None
) -> None:
    """A boundary, a denial or a document that is not shown leaves it open."""
    documents = [{"Statement": statement} for statement in inline]

    assert expected is may_do_everything(documents, attached, bounded=bounded)


REFUSABLE = {
    aws_network: [("elbv2", "DescribeListeners"), ("acm", "ListCertificates"), ("ec2", "DescribeVpcs")],
    aws_storage: [
        ("rds", "DescribeDBClusters"),
        ("kms", "DescribeKey"),
        ("backup", "ListProtectedResources"),
    ],
    aws_compute: [("ecs", "ListTasks"), ("lambda", "ListFunctions"), ("autoscaling", "DescribePolicies")],
    aws_monitoring: [("cloudtrail", "GetEventSelectors"), ("cloudwatch", "DescribeAlarms")],
    aws_iam_principal: [("iam", "GetAccountAuthorizationDetails")],
}


@pytest.mark.parametrize(
    ("recipe", "call"),
    [(recipe, call) for recipe, calls in REFUSABLE.items() for call in calls],
    ids=lambda value: value.name if hasattr(value, "name") else value[1],
)
def test_a_call_that_is_refused_fails_the_capture_and_is_named(
    company: Cloud, recipe: Any, call: tuple[str, str]
) -> None:
    """In every protocol AWS has: nothing of the others is stored then."""
    company.says(*call, Refused("AccessDeniedException", 403))

    with pytest.raises(PermanentFailure, match=rf"the role lacks {call[0]}\.\w+, or may not be assumed"):
        company.read(recipe)
