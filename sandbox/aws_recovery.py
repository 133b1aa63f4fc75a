"""Which backups and restores did AWS Backup make in the company's accounts?

Every night's backups, and the restores of the recovery test that the register of tests claims.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from sandbox.aws_secrets import REGION
from sandbox.aws_wire import Call, Facts
from sandbox.org import AWS_ACCOUNTS, PERIOD_START
from sandbox.part import instant

PRODUCTION = "111111111111"
RESTORED_ON = PERIOD_START
"""When the company restored its backups to try its recovery plan: the first day evidence is collected of."""
RESTORES = ("RDS", "S3")
"""What was restored then: the database and the bucket."""
KEPT = timedelta(days=30)
"""AWS Backup lists jobs that long."""
VAULT = "main"
GIBIBYTE = 2**30


def database_arn(account: str) -> str:
    """Return the address of an account's database."""
    return f"arn:aws:rds:{REGION}:{account}:db:{AWS_ACCOUNTS[account]}-db"


def bucket_name(account: str) -> str:
    """Return the name of an account's bucket."""
    return f"sandbox-{AWS_ACCOUNTS[account]}-data"


def job_id(*topic: object) -> str:
    """Return the name of a job."""
    digest = hashlib.sha256("/".join(map(str, ("backup", *topic))).encode()).hexdigest().upper()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def restore_job_ids(seed: int) -> list[str]:
    """Return the restores that really happened in the recovery test, in the order of RESTORES."""
    return [job_id(seed, "restore", kind) for kind in RESTORES]


class Recovery:
    """AWS Backup in all accounts."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def vaults(self, call: Call) -> Facts:
        """Answer ListBackupVaults."""
        vault = {
            "BackupVaultName": VAULT,
            "BackupVaultArn": vault_arn(call.account),
            "CreationDate": instant(date(2024, 6, 3), 9),
            "EncryptionKeyArn": f"arn:aws:kms:{REGION}:{call.account}:alias/data",
            "NumberOfRecoveryPoints": 35,
            "Locked": AWS_ACCOUNTS[call.account] == "production",
            "MinRetentionDays": 35,
        }
        return {"BackupVaultList": [vault] if _has_backups(call.account) else []}

    def protected(self, call: Call) -> Facts:
        """Answer ListProtectedResources."""
        return {
            "Results": [
                {
                    "ResourceArn": arn,
                    "ResourceType": kind,
                    "LastBackupTime": self._last_night(call.now) + timedelta(minutes=40),
                    "LastBackupVaultArn": vault_arn(call.account),
                }
                for kind, arn in _backed_up(call.account)
            ]
        }

    def backups(self, call: Call) -> Facts:
        """Answer ListBackupJobs."""
        first, last = _window(call)
        days = [first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]
        jobs = [self._backup(call, day, kind, arn) for day in days for kind, arn in _backed_up(call.account)]
        return {"BackupJobs": [job for job in jobs if first <= job["CreationDate"] < last]}

    def restores(self, call: Call) -> Facts:
        """Answer ListRestoreJobs."""
        first, last = _window(call)
        jobs = [self._restore(call, kind) for kind in RESTORES] if call.account == PRODUCTION else []
        return {"RestoreJobs": [job for job in jobs if first <= job["CreationDate"] < last]}

    def _last_night(self, now: datetime) -> datetime:
        tonight = instant(now.date(), 2)
        return tonight if now >= tonight + timedelta(hours=1) else tonight - timedelta(days=1)

    def _backup(self, call: Call, day: date, kind: str, arn: str) -> Facts:
        begun = instant(day, 2)
        done = begun + timedelta(minutes=40)
        found = job_id(self._seed, call.account, day, kind)
        return {
            "AccountId": call.account,
            "BackupJobId": found,
            "BackupVaultName": VAULT,
            "BackupVaultArn": vault_arn(call.account),
            "RecoveryPointArn": recovery_point(call.account, found),
            "ResourceArn": arn,
            "ResourceType": kind,
            "CreationDate": begun,
            "State": "COMPLETED" if done <= call.now else "RUNNING",
            "PercentDone": "100.0" if done <= call.now else "40.0",
            "BackupSizeInBytes": 18 * GIBIBYTE,
            "IsEncrypted": True,
            **({"CompletionDate": done} if done <= call.now else {}),
        }

    def _restore(self, call: Call, kind: str) -> Facts:
        begun = instant(RESTORED_ON, 6)
        done = begun + timedelta(minutes=95)
        source = dict(_backed_up(call.account))[kind]
        point = job_id(self._seed, call.account, RESTORED_ON, kind)
        return {
            "AccountId": call.account,
            "RestoreJobId": job_id(self._seed, "restore", kind),
            "RecoveryPointArn": recovery_point(call.account, point),
            "SourceResourceArn": source,
            "CreationDate": begun,
            "Status": "COMPLETED" if done <= call.now else "RUNNING",
            "PercentDone": "100.0" if done <= call.now else "40.0",
            "BackupSizeInBytes": 18 * GIBIBYTE,
            "ExpectedCompletionTimeMinutes": 120,
            "ResourceType": kind,
            **(
                {
                    "CompletionDate": done,
                    "CreatedResourceArn": f"{source}-recovery-test",
                    "ValidationStatus": "SUCCESSFUL",
                    "DeletionStatus": "SUCCESSFUL",
                }
                if done <= call.now
                else {}
            ),
        }


def vault_arn(account: str) -> str:
    """Return the address of an account's vault."""
    return f"arn:aws:backup:{REGION}:{account}:backup-vault:{VAULT}"


def recovery_point(account: str, job: str) -> str:
    """Return the address of the backup that a job made."""
    return f"arn:aws:backup:{REGION}:{account}:recovery-point:{job}"


def _has_backups(account: str) -> bool:
    return AWS_ACCOUNTS[account] != "logging"


def _backed_up(account: str) -> list[tuple[str, str]]:
    """Return kind and address of what is backed up every night."""
    if not _has_backups(account):
        return []
    return [("RDS", database_arn(account)), ("S3", f"arn:aws:s3:::{bucket_name(account)}")]


def _window(call: Call) -> tuple[datetime, datetime]:
    """Return from when to when jobs are asked for, as far as they are known and kept."""
    first = max(call.asked.get("ByCreatedAfter", call.now - KEPT), call.now - KEPT)
    return first, min(call.asked.get("ByCreatedBefore", call.now), call.now)
