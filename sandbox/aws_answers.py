"""Which of AWS's calls does the sandbox answer itself, and with what?

Those that moto lacks, that it would date by the system's clock, or that would make it load half of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sandbox import aws_network, aws_resources
from sandbox.aws_bucket import Bucket
from sandbox.aws_principals import authorization
from sandbox.aws_recovery import Recovery
from sandbox.aws_running import Running
from sandbox.aws_state import AwsState
from sandbox.aws_trail import Trail
from sandbox.aws_wire import Answer
from sandbox.company import Company


def answers(state: AwsState) -> Mapping[tuple[str, str], Answer]:
    """Return (service, operation) -> what answers it."""
    running, recovery = Running(state.seed, state.faults), Recovery(state.seed)
    bucket = Bucket(Trail(state, Company(state.seed, state.faults), running))
    about = aws_resources.bucket
    return {
        ("iam", "GetAccountAuthorizationDetails"): partial(authorization, state),
        ("ecs", "ListClusters"): running.clusters,
        ("ecs", "ListServices"): running.listed,
        ("ecs", "DescribeServices"): running.described,
        ("ecs", "ListTasks"): running.tasks,
        ("ecs", "DescribeTasks"): running.described_tasks,
        ("lambda", "ListFunctions"): running.functions,
        ("autoscaling", "DescribeAutoScalingGroups"): aws_network.groups,
        ("autoscaling", "DescribePolicies"): aws_network.scaling_policies,
        ("ec2", "DescribeVpcs"): aws_network.vpcs,
        ("ec2", "DescribeSecurityGroupRules"): aws_network.security_group_rules,
        ("ec2", "DescribeFlowLogs"): aws_network.flow_logs,
        ("ec2", "DescribeVolumes"): aws_resources.volumes,
        ("elbv2", "DescribeLoadBalancers"): aws_network.balancers,
        ("elbv2", "DescribeListeners"): aws_network.listeners,
        ("acm", "ListCertificates"): aws_network.certificates,
        ("rds", "DescribeDBInstances"): aws_resources.databases,
        ("rds", "DescribeDBClusters"): aws_resources.clusters,
        ("s3", "ListBuckets"): aws_resources.buckets,
        ("s3", "GetBucketEncryption"): about({"ServerSideEncryptionConfiguration": aws_resources.ENCRYPTED}),
        ("s3", "GetBucketVersioning"): about({"Status": "Enabled"}),
        ("s3", "GetPublicAccessBlock"): about({"PublicAccessBlockConfiguration": aws_resources.BLOCKED}),
        ("s3", "GetBucketPolicyStatus"): about("NoSuchBucketPolicy", {"PolicyStatus": {"IsPublic": False}}),
        ("s3", "GetObjectLockConfiguration"): about(
            "ObjectLockConfigurationNotFoundError", aws_resources.LOCKED
        ),
        ("s3", "GetBucketLifecycleConfiguration"): about("NoSuchLifecycleConfiguration", aws_resources.KEPT),
        ("s3", "ListObjectsV2"): bucket.listing,
        ("s3", "GetObject"): bucket.content,
        ("kms", "ListKeys"): aws_resources.keys,
        ("kms", "DescribeKey"): aws_resources.key,
        ("kms", "GetKeyRotationStatus"): aws_resources.key_rotation,
        ("backup", "ListBackupVaults"): recovery.vaults,
        ("backup", "ListProtectedResources"): recovery.protected,
        ("backup", "ListBackupJobs"): recovery.backups,
        ("backup", "ListRestoreJobs"): recovery.restores,
        ("cloudtrail", "DescribeTrails"): aws_resources.trails,
        ("cloudtrail", "GetTrailStatus"): aws_resources.trail_status,
        ("cloudtrail", "GetEventSelectors"): aws_resources.trail_selectors,
        ("logs", "DescribeLogGroups"): aws_resources.log_groups,
        ("cloudwatch", "DescribeAlarms"): aws_resources.alarms,
    }
