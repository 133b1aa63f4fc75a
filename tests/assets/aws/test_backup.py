"""Are the jobs of a day those that were begun on it, each with how it ended?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assets.aws.backup import aws_backup_jobs
from sandbox.aws_answers import answers
from sandbox.aws_recovery import restore_job_ids
from sandbox.aws_state import AwsState
from sandbox.aws_wire import Call, Facts
from sandbox.faults import Faults
from sandbox.process import SEED
from tests.assets.aws.conftest import Cloud, new_reading

BEGIN = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def company(cloud: Cloud) -> Cloud:
    """Return the simulated company's production account."""
    cloud.answers |= answers(AwsState(SEED, Faults()))
    return cloud


def test_the_restores_of_a_day_come_over_pages(company: Cloud) -> None:
    """Those that the recovery test of the first day claims, and no others on any other day."""
    found = company.read(aws_backup_jobs, new_reading(datetime(2026, 3, 1, tzinfo=UTC).date()))

    assert sorted(restore_job_ids(SEED)) == sorted(r["restore_job_id"] for r in found["aws_restore_job"])
    assert {("COMPLETED", "SUCCESSFUL", "SUCCESSFUL")} == {
        (row["status"], row["validation_status"], row["deletion_status"]) for row in found["aws_restore_job"]
    }
    assert [] == company.read(aws_backup_jobs)["aws_restore_job"]


def test_every_nights_backups_are_listed(company: Cloud) -> None:
    """Each with its vault and its end."""
    rows = company.read(aws_backup_jobs)["aws_backup_job"]

    assert [("COMPLETED", "RDS", "main"), ("COMPLETED", "S3", "main")] == sorted(
        (row["state"], row["resource_type"], row["vault"]) for row in rows
    )
    assert all(row["encrypted"] and row["completed_at"] > row["begun_at"] for row in rows)


def test_a_job_belongs_to_the_day_it_was_begun_on(cloud: Cloud) -> None:
    """The first instant of the day is of it, the first of the next is not; the bounds asked for are wider."""
    asked = []

    def job(at: datetime) -> Facts:
        return {"BackupJobId": f"{at:%d %H:%M:%S}", "State": "RUNNING", "CreationDate": at}

    def jobs(call: Call) -> Facts:
        asked.append((call.asked["ByCreatedAfter"], call.asked["ByCreatedBefore"]))
        second = timedelta(seconds=1)
        day = timedelta(days=1)
        return {"BackupJobs": [job(at) for at in (BEGIN - second, BEGIN, BEGIN + day - second, BEGIN + day)]}

    cloud.answers["backup", "ListBackupJobs"] = jobs
    cloud.says("backup", "ListRestoreJobs", {"RestoreJobs": []})
    rows = cloud.read(aws_backup_jobs)["aws_backup_job"]

    assert ["10 00:00:00", "10 23:59:59"] == [row["backup_job_id"] for row in rows]
    assert [None, None] == [row["completed_at"] for row in rows]
    assert [(BEGIN - timedelta(seconds=1), BEGIN + timedelta(days=1))] == asked
