"""Which backups and restores did AWS Backup begin on the day, and how did they end?

A job belongs to the day it was begun on. AWS lists jobs of the last 30 days only, so one that was never read
in that time can never be had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from assets.aws.client import AwsClient
from assets.capture import Reading, Row, Rows, captures, row
from warehouse.dataset import Column, Dataset, Kind

KEPT_DAYS = 30

RESTORE_JOB = Dataset(
    name="aws_restore_job",
    kind=Kind.EVENT,
    retention_days=KEPT_DAYS,
    title="One row per restore that AWS Backup began on the day",
    key=("restore_job_id",),
    columns=(
        Column("restore_job_id", "text", "The job", source="RestoreJobId", required=True),
        Column("status", "text", "COMPLETED, RUNNING, FAILED, …", source="Status", required=True),
        Column("begun_at", "timestamp", "When it began", source="CreationDate", required=True),
        Column("completed_at", "timestamp", "When it ended", source="CompletionDate"),
        Column("resource_type", "text", "RDS, S3, EBS, …", source="ResourceType"),
        Column("source_arn", "text", "What had been backed up", source="SourceResourceArn"),
        Column("recovery_point_arn", "text", "The backup it was made from", source="RecoveryPointArn"),
        Column("created_arn", "text", "What it made", source="CreatedResourceArn"),
        Column("bytes", "int", "How much it restored", unit="bytes", source="BackupSizeInBytes"),
        Column(
            "expected_minutes",
            "int",
            "How long AWS expected it to take",
            unit="minutes",
            source="ExpectedCompletionTimeMinutes",
        ),
        Column("validation_status", "text", "SUCCESSFUL, FAILED, …", source="ValidationStatus"),
        Column("deletion_status", "text", "Whether what it made was deleted again", source="DeletionStatus"),
    ),
    may_be_empty=True,
)

BACKUP_JOB = Dataset(
    name="aws_backup_job",
    kind=Kind.EVENT,
    retention_days=KEPT_DAYS,
    title="One row per backup that AWS Backup began on the day",
    key=("backup_job_id",),
    columns=(
        Column("backup_job_id", "text", "The job", source="BackupJobId", required=True),
        Column("state", "text", "COMPLETED, RUNNING, FAILED, EXPIRED, …", source="State", required=True),
        Column("begun_at", "timestamp", "When it began", source="CreationDate", required=True),
        Column("completed_at", "timestamp", "When it ended", source="CompletionDate"),
        Column("resource_type", "text", "RDS, S3, EBS, …", source="ResourceType"),
        Column("resource_arn", "text", "What was backed up", source="ResourceArn"),
        Column("recovery_point_arn", "text", "The backup it made", source="RecoveryPointArn"),
        Column("vault", "text", "The vault that lies in", source="BackupVaultName"),
        Column("bytes", "int", "How much it is", unit="bytes", source="BackupSizeInBytes"),
        Column("encrypted", "bool", "Whether it is encrypted", source="IsEncrypted"),
    ),
    may_be_empty=True,
)


@captures(RESTORE_JOB, BACKUP_JOB)
def aws_backup_jobs(client: AwsClient, reading: Reading) -> Mapping[str, Rows]:
    """Read every job begun on the day; it is read again a day later, when it has ended."""
    return {
        RESTORE_JOB.name: _jobs(client, reading, RESTORE_JOB, "list_restore_jobs", "RestoreJobs"),
        BACKUP_JOB.name: _jobs(client, reading, BACKUP_JOB, "list_backup_jobs", "BackupJobs"),
    }


def _jobs(client: AwsClient, reading: Reading, dataset: Dataset, operation: str, key: str) -> Iterator[Row]:
    # AWS does not say whether a job begun at the very bound is listed, so a second more is asked for.
    begin = reading.start - timedelta(seconds=1)
    pages = client.pages("backup", operation, key, ByCreatedAfter=begin, ByCreatedBefore=reading.end)
    for record in reading.records(pages, dataset):
        found = row(dataset, record)
        if reading.start <= found["begun_at"] < reading.end:
            yield found
