"""Which databases, volumes, buckets, keys, trails, log groups and alarms are in the company's AWS accounts?

Made long ago and left alone since: nothing here depends on a fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sandbox.aws_recovery import bucket_name, database_arn
from sandbox.aws_secrets import REGION
from sandbox.aws_wire import Call, Facts, Refused
from sandbox.org import AWS_ACCOUNTS
from sandbox.part import instant

LONG_AGO = instant(date(2024, 6, 3), 9)
"""When all of it was made."""
TRAIL_BUCKET = "sandbox-acme-trail"
LOGGING = "333333333333"
ZONES = [f"{REGION}a", f"{REGION}b"]


def ident(prefix: str, *topic: object) -> str:
    """Return an identifier such as vpc-0123456789abcdef0."""
    return f"{prefix}-{hashlib.sha256('/'.join(map(str, topic)).encode()).hexdigest()[:17]}"


def uuid(*topic: object) -> str:
    """Return an identifier such as that of a key."""
    digest = hashlib.sha256("/".join(map(str, topic)).encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def name_of(call: Call) -> str:
    """Return what the account is called."""
    return AWS_ACCOUNTS[call.account]


def has_network(call: Call) -> bool:
    """Return whether anything runs in the account that people reach."""
    return name_of(call) != "logging"


def databases(call: Call) -> Facts:
    """Answer DescribeDBInstances."""
    return {
        "DBInstances": [
            {
                "DBInstanceIdentifier": f"{name_of(call)}-db",
                "DBInstanceArn": database_arn(call.account),
                "DBInstanceClass": "db.t4g.medium",
                "Engine": "postgres",
                "EngineVersion": "17.4",
                "DBInstanceStatus": "available",
                "MasterUsername": "postgres",
                "MultiAZ": name_of(call) == "production",
                "StorageEncrypted": True,
                "KmsKeyId": _key_arn(call, "data"),
                "PubliclyAccessible": False,
                "BackupRetentionPeriod": 14,
                "DeletionProtection": True,
                "IAMDatabaseAuthenticationEnabled": True,
                "CACertificateIdentifier": "rds-ca-rsa2048-g1",
                "ReadReplicaDBInstanceIdentifiers": [],
                "LatestRestorableTime": call.now - timedelta(minutes=5),
                "InstanceCreateTime": LONG_AGO,
            }
        ]
    }


def clusters(_: Call) -> Facts:
    """Answer DescribeDBClusters: the company has none."""
    return {"DBClusters": []}


def volumes(call: Call) -> Facts:
    """Answer DescribeVolumes."""
    count = 2 if name_of(call) == "production" else 0
    return {
        "Volumes": [
            {
                "VolumeId": ident("vol", call.account, n),
                "State": "in-use",
                "Encrypted": True,
                "KmsKeyId": _key_arn(call, "data"),
                "Size": 40,
                "AvailabilityZone": ZONES[n],
                "Attachments": [{"InstanceId": machine(call, n), "State": "attached"}],
                "CreateTime": LONG_AGO,
            }
            for n in range(count)
        ]
    }


def buckets(call: Call) -> Facts:
    """Answer ListBuckets."""
    names = [bucket_name(call.account), *([TRAIL_BUCKET] if call.account == LOGGING else [])]
    return {"Buckets": [{"Name": name, "CreationDate": LONG_AGO} for name in sorted(names)]}


def bucket(of_all: Facts | str, of_trail: Facts | None = None) -> Callable[[Call], Facts | None]:
    """Return what answers about one bucket; a text is the code of the error that says there is none of it."""

    def answer(call: Call) -> Facts | None:
        asked = call.asked["Bucket"]
        if asked not in {TRAIL_BUCKET, *map(bucket_name, AWS_ACCOUNTS)}:
            return None
        found = of_trail if asked == TRAIL_BUCKET and of_trail is not None else of_all
        if isinstance(found, str):
            raise Refused(found)
        return found

    return answer


BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
ENCRYPTED = {
    "Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/data"}}
    ]
}
LOCKED = {
    "ObjectLockConfiguration": {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}},
    }
}
KEPT = {"Rules": [{"ID": "end", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 730}}]}


def keys(call: Call) -> Facts:
    """Answer ListKeys."""
    return {"Keys": [{"KeyId": _key(call, name), "KeyArn": _key_arn(call, name)} for name in ("data", "aws")]}


def key(call: Call) -> Facts:
    """Answer DescribeKey."""
    own = call.asked["KeyId"] == _key(call, "data")
    return {
        "KeyMetadata": {
            "KeyId": call.asked["KeyId"],
            "Arn": _key_arn(call, "data" if own else "aws"),
            "AWSAccountId": call.account,
            "CreationDate": LONG_AGO,
            "Enabled": True,
            "KeyState": "Enabled",
            "KeyManager": "CUSTOMER" if own else "AWS",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "Origin": "AWS_KMS",
        }
    }


def key_rotation(call: Call) -> Facts:
    """Answer GetKeyRotationStatus."""
    year = timedelta(days=365)
    following = LONG_AGO + year * ((call.now - LONG_AGO) // year + 1)
    return {
        "KeyId": call.asked["KeyId"],
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": 365,
        "NextRotationDate": following,
    }


def trail_arn(account: str) -> str:
    """Return the address of an account's trail."""
    return f"arn:aws:cloudtrail:{REGION}:{account}:trail/{trail_name(account)}"


def trail_name(account: str) -> str:
    """Return the name of an account's trail."""
    return f"acme-{AWS_ACCOUNTS[account]}"


def trails(call: Call) -> Facts:
    """Answer DescribeTrails: each account has one, and all write to the bucket of the logging account."""
    return {
        "trailList": [
            {
                "Name": trail_name(call.account),
                "TrailARN": trail_arn(call.account),
                "HomeRegion": REGION,
                "S3BucketName": TRAIL_BUCKET,
                "IncludeGlobalServiceEvents": True,
                "IsMultiRegionTrail": True,
                "IsOrganizationTrail": False,
                "LogFileValidationEnabled": True,
                "HasCustomEventSelectors": False,
                "HasInsightSelectors": False,
            }
        ]
    }


def trail_status(call: Call) -> Facts:
    """Answer GetTrailStatus."""
    return {
        "IsLogging": True,
        "StartLoggingTime": LONG_AGO,
        "LatestDeliveryTime": _delivered(call.now),
        "LatestDigestDeliveryTime": _delivered(call.now),
    }


def trail_selectors(call: Call) -> Facts:
    """Answer GetEventSelectors."""
    everything = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
    return {"TrailARN": trail_arn(call.account), "EventSelectors": everything}


def log_groups(call: Call) -> Facts:
    """Answer DescribeLogGroups."""
    kept = 365 if name_of(call) == "production" else 90
    names = [f"/ecs/{name}" for name in ("checkout", "payments-service", "storefront")]
    return {
        "logGroups": [
            {
                "logGroupName": name,
                "logGroupArn": f"arn:aws:logs:{REGION}:{call.account}:log-group:{name}",
                "creationTime": int(LONG_AGO.timestamp() * 1000),
                "retentionInDays": kept,
                "metricFilterCount": 1,
                "storedBytes": 7340032,
            }
            for name in (names if has_network(call) else [])
        ]
    }


def alarms(call: Call) -> Facts:
    """Answer DescribeAlarms."""
    wanted = [
        ("checkout-errors", "HTTPCode_Target_5XX_Count", 5.0),
        ("checkout-slow", "TargetResponseTime", 1.5),
    ]
    return {
        "CompositeAlarms": [],
        "MetricAlarms": [
            {
                "AlarmName": name,
                "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{call.account}:alarm:{name}",
                "MetricName": metric,
                "Namespace": "AWS/ApplicationELB",
                "Statistic": "Sum",
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": limit,
                "Period": 300,
                "EvaluationPeriods": 1,
                "ActionsEnabled": True,
                "AlarmActions": [f"arn:aws:sns:{REGION}:{call.account}:on-call"],
                "StateValue": "OK",
            }
            for name, metric, limit in (wanted if name_of(call) == "production" else [])
        ],
    }


def machine(call: Call, n: int) -> str:
    """Return the name of one of an account's machines."""
    return ident("i", call.account, n)


def _key(call: Call, name: str) -> str:
    return uuid("key", call.account, name)


def _key_arn(call: Call, name: str) -> str:
    return f"arn:aws:kms:{REGION}:{call.account}:key/{_key(call, name)}"


def _delivered(now: datetime) -> datetime:
    return now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
