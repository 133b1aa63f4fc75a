"""Where does an account keep data, encrypted with what, open to whom, and what would bring it back?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assets.aws.client import AwsClient
from assets.aws.listing import listed
from assets.capture import Reading, Row, Rows, captures, field_of, row
from warehouse.dataset import Column, Dataset, Kind

PUBLIC_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
NONE_SET = {
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
}
"""What S3 answers where a bucket has none of something."""

RDS_INSTANCE = Dataset(
    name="aws_rds_instance",
    kind=Kind.STATE,
    title="One row per database instance",
    key=("arn",),
    columns=(
        Column("arn", "text", "The instance", source="DBInstanceArn", required=True),
        Column("name", "text", "Its name", source="DBInstanceIdentifier", required=True),
        Column("cluster", "text", "The cluster it belongs to; null: none", source="DBClusterIdentifier"),
        Column("engine", "text", "postgres, mysql, …", source="Engine"),
        Column("engine_version", "text", "The engine's version", source="EngineVersion"),
        Column("status", "text", "available, stopped, …", source="DBInstanceStatus"),
        Column("multi_az", "bool", "Whether a standby waits in another zone", source="MultiAZ"),
        Column("encrypted", "bool", "Whether it is encrypted at rest", source="StorageEncrypted"),
        Column("kms_key_id", "text", "The key it is encrypted with", source="KmsKeyId"),
        Column("public", "bool", "Whether it has a public address", source="PubliclyAccessible"),
        Column(
            "backup_days", "int", "How long backups are kept", unit="days", source="BackupRetentionPeriod"
        ),
        Column(
            "deletion_protection", "bool", "Whether it cannot be deleted at once", source="DeletionProtection"
        ),
        Column(
            "iam_authentication",
            "bool",
            "Whether IAM may sign in to it",
            source="IAMDatabaseAuthenticationEnabled",
        ),
        Column(
            "certificate_authority", "text", "Who signs its certificate", source="CACertificateIdentifier"
        ),
        Column("replicas", "text[]", "Its read replicas", source="ReadReplicaDBInstanceIdentifiers"),
        Column(
            "restorable_until_at",
            "timestamp",
            "Latest instant it can be restored to",
            source="LatestRestorableTime",
        ),
        Column("created_at", "timestamp", "When it was created", source="InstanceCreateTime"),
    ),
    may_be_empty=True,
)

RDS_CLUSTER = Dataset(
    name="aws_rds_cluster",
    kind=Kind.STATE,
    title="One row per database cluster",
    key=("arn",),
    columns=(
        Column("arn", "text", "The cluster", source="DBClusterArn", required=True),
        Column("name", "text", "Its name", source="DBClusterIdentifier", required=True),
        Column("engine", "text", "aurora-postgresql, …", source="Engine"),
        Column("engine_version", "text", "The engine's version", source="EngineVersion"),
        Column("status", "text", "available, stopped, …", source="Status"),
        Column("multi_az", "bool", "Whether it has instances in several zones", source="MultiAZ"),
        Column("encrypted", "bool", "Whether it is encrypted at rest", source="StorageEncrypted"),
        Column("kms_key_id", "text", "The key it is encrypted with", source="KmsKeyId"),
        Column(
            "backup_days", "int", "How long backups are kept", unit="days", source="BackupRetentionPeriod"
        ),
        Column(
            "deletion_protection", "bool", "Whether it cannot be deleted at once", source="DeletionProtection"
        ),
        Column(
            "iam_authentication",
            "bool",
            "Whether IAM may sign in to it",
            source="IAMDatabaseAuthenticationEnabled",
        ),
        Column("created_at", "timestamp", "When it was created", source="ClusterCreateTime"),
    ),
    may_be_empty=True,
)

EBS_VOLUME = Dataset(
    name="aws_ebs_volume",
    kind=Kind.STATE,
    title="One row per volume",
    key=("volume_id",),
    columns=(
        Column("volume_id", "text", "The volume", source="VolumeId", required=True),
        Column("state", "text", "in-use, available, …", source="State"),
        Column("encrypted", "bool", "Whether it is encrypted at rest", source="Encrypted"),
        Column("kms_key_id", "text", "The key it is encrypted with", source="KmsKeyId"),
        Column("attached_to", "text[]", "Machines it is attached to", required=True),
        Column("created_at", "timestamp", "When it was created", source="CreateTime"),
    ),
    may_be_empty=True,
)

S3_BUCKET = Dataset(
    name="aws_s3_bucket",
    kind=Kind.STATE,
    title="One row per bucket",
    key=("name",),
    columns=(
        Column("name", "text", "The bucket", source="Name", required=True),
        Column("created_at", "timestamp", "When it was created", source="CreationDate"),
        Column("encryption", "text", "aws:kms, AES256, …; null: AWS's default"),
        Column("kms_key_id", "text", "The key it is encrypted with; null: none named"),
        Column("versioning", "text", "Enabled or Suspended; null: never switched on"),
        Column("object_lock_mode", "text", "COMPLIANCE or GOVERNANCE by default; null: none"),
        Column("object_lock_days", "int", "How long an object is locked by default", unit="days"),
        Column("public_access_blocked", "bool", "Whether all four blocks are on", required=True),
        Column("policy_public", "bool", "Whether its policy lets everybody in; false: it has no policy too"),
        Column("expires_after_days", "int", "Shortest lifetime of an object; null: for ever", unit="days"),
    ),
    may_be_empty=True,
)

KMS_KEY = Dataset(
    name="aws_kms_key",
    kind=Kind.STATE,
    title="One row per key of the key service",
    key=("key_id",),
    columns=(
        Column("key_id", "text", "The key", source="KeyId", required=True),
        Column("arn", "text", "Its ARN", source="Arn", required=True),
        Column("state", "text", "Enabled, Disabled, PendingDeletion, …", source="KeyState", required=True),
        Column("manager", "text", "AWS or CUSTOMER", source="KeyManager", required=True),
        Column("usage", "text", "ENCRYPT_DECRYPT, SIGN_VERIFY, …", source="KeyUsage"),
        Column("spec", "text", "SYMMETRIC_DEFAULT, RSA_2048, …", source="KeySpec"),
        Column("created_at", "timestamp", "When it was created", source="CreationDate"),
        Column("deletion_at", "timestamp", "When it will be deleted", source="DeletionDate"),
        Column(
            "rotation_enabled",
            "bool",
            "Whether AWS rotates it; null: AWS's own, or of a kind that cannot be",
            source="KeyRotationEnabled",
        ),
        Column("rotation_days", "int", "How often it is rotated", unit="days", source="RotationPeriodInDays"),
        Column("next_rotation_at", "timestamp", "When it is rotated next", source="NextRotationDate"),
    ),
    may_be_empty=True,
)

BACKUP_VAULT = Dataset(
    name="aws_backup_vault",
    kind=Kind.STATE,
    title="One row per vault of AWS Backup",
    key=("arn",),
    columns=(
        Column("arn", "text", "The vault", source="BackupVaultArn", required=True),
        Column("name", "text", "Its name", source="BackupVaultName", required=True),
        Column("kms_key_arn", "text", "The key it is encrypted with", source="EncryptionKeyArn"),
        Column("recovery_points", "int", "How many backups lie in it", source="NumberOfRecoveryPoints"),
        Column("locked", "bool", "Whether backups cannot be deleted before their time", source="Locked"),
        Column(
            "min_retention_days",
            "int",
            "Shortest retention allowed",
            unit="days",
            source="MinRetentionDays",
        ),
        Column("created_at", "timestamp", "When it was created", source="CreationDate"),
    ),
    may_be_empty=True,
)

BACKUP_PROTECTION = Dataset(
    name="aws_backup_protection",
    kind=Kind.STATE,
    title="One row per resource that AWS Backup has backed up",
    key=("resource_arn",),
    columns=(
        Column("resource_arn", "text", "The resource", source="ResourceArn", required=True),
        Column("resource_type", "text", "RDS, S3, EBS, …", source="ResourceType"),
        Column("last_backup_at", "timestamp", "Its last backup", source="LastBackupTime"),
        Column("vault_arn", "text", "Where that lies", source="LastBackupVaultArn"),
    ),
    may_be_empty=True,
)


@captures(RDS_INSTANCE, RDS_CLUSTER, EBS_VOLUME, S3_BUCKET, KMS_KEY, BACKUP_VAULT, BACKUP_PROTECTION)
def aws_storage(client: AwsClient, reading: Reading) -> Mapping[str, Rows]:
    """Read databases, volumes, keys and backups of the account's region, and buckets of every region."""

    def plain(dataset: Dataset, service: str, operation: str, key: str) -> Iterator[Row]:
        return listed(client, reading, dataset, (service, operation, key))

    return {
        RDS_INSTANCE.name: plain(RDS_INSTANCE, "rds", "describe_db_instances", "DBInstances"),
        RDS_CLUSTER.name: plain(RDS_CLUSTER, "rds", "describe_db_clusters", "DBClusters"),
        EBS_VOLUME.name: _volumes(client, reading),
        S3_BUCKET.name: _buckets(client, reading),
        KMS_KEY.name: _keys(client, reading),
        BACKUP_VAULT.name: plain(BACKUP_VAULT, "backup", "list_backup_vaults", "BackupVaultList"),
        BACKUP_PROTECTION.name: plain(BACKUP_PROTECTION, "backup", "list_protected_resources", "Results"),
    }


def _volumes(client: AwsClient, reading: Reading) -> Iterator[Row]:
    for record in reading.records(client.pages("ec2", "describe_volumes", "Volumes"), EBS_VOLUME):
        attachments = client.within(record, "Attachments", "ec2.describe_volumes()")
        machines = [one["InstanceId"] for one in attachments if "InstanceId" in one]
        yield row(EBS_VOLUME, record, attached_to=sorted(machines))


def _buckets(client: AwsClient, reading: Reading) -> Iterator[Row]:
    for record in reading.records(client.pages("s3", "list_buckets", "Buckets"), S3_BUCKET):
        yield row(S3_BUCKET, record, **_bucket(client, reading, record["Name"]))


def _bucket(client: AwsClient, reading: Reading, name: str) -> dict[str, Any]:
    """Return what is set on a bucket; it is asked one by one, since S3 lists none of it."""

    def asked(operation: str, path: str) -> Any:
        """Return what stands at a path of the answer; None where the bucket has none of it."""
        reading.request(f"s3.{operation}(Bucket={name})")
        absent = frozenset({NONE_SET[operation]} if operation in NONE_SET else ())
        answer = client.known("s3", operation, absent, Bucket=name)
        return None if answer is None else field_of(answer, path)

    rules = asked("get_bucket_encryption", "ServerSideEncryptionConfiguration.Rules") or []
    default: Mapping[str, Any] = next(
        (rule["ApplyServerSideEncryptionByDefault"] for rule in rules if rule), {}
    )
    blocked = asked("get_public_access_block", "PublicAccessBlockConfiguration") or {}
    lock = asked("get_object_lock_configuration", "ObjectLockConfiguration.Rule.DefaultRetention") or {}
    lifetimes = [
        rule["Expiration"]["Days"]
        for rule in asked("get_bucket_lifecycle_configuration", "Rules") or []
        if rule.get("Status") == "Enabled" and "Days" in (rule.get("Expiration") or {})
    ]
    policy = client.known("s3", "get_bucket_policy_status", frozenset({"NoSuchBucketPolicy"}), Bucket=name)
    reading.request(f"s3.get_bucket_policy_status(Bucket={name})")
    return {
        "encryption": default.get("SSEAlgorithm"),
        "kms_key_id": default.get("KMSMasterKeyID"),
        "versioning": asked("get_bucket_versioning", "Status"),
        "object_lock_mode": lock.get("Mode"),
        "object_lock_days": lock.get("Days") or (365 * lock["Years"] if lock.get("Years") else None),
        "public_access_blocked": all(blocked.get(block) is True for block in PUBLIC_BLOCKS),
        "policy_public": False if policy is None else field_of(policy, "PolicyStatus.IsPublic"),
        "expires_after_days": min(lifetimes, default=None),
    }


def _keys(client: AwsClient, reading: Reading) -> Iterator[Row]:
    for page in client.pages("kms", "list_keys", "Keys"):
        reading.request(page.request)
        for key in [record["KeyId"] for record in page.records]:
            answer = client.call("kms", "describe_key", KeyId=key)
            about = dict(answer["KeyMetadata"])
            if about["KeyManager"] == "CUSTOMER" and about.get("KeySpec") == "SYMMETRIC_DEFAULT":
                if about["KeyState"] in {"Enabled", "Disabled"}:
                    rotation = client.call("kms", "get_key_rotation_status", KeyId=key)
                    reading.request(f"kms.get_key_rotation_status({key})")
                    about |= {name: value for name, value in rotation.items() if name != "KeyId"}
                about.pop("ResponseMetadata", None)
            described = client.page(answer, [about], f"kms.describe_key({key})")
            for record in reading.records([described], KMS_KEY):
                yield row(KMS_KEY, record)
