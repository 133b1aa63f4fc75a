"""Does Dagster's run history take many events in whole or not at all?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from pipelines.run_history import RunHistory
from pipelines.runs import instance_of
from warehouse.store import Home

KEY = dg.AssetKey("okta_user")
LAST = 31


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Return the Dagster instance of a home in which nothing has run yet."""
    monkeypatch.setenv("DAGSTER_HOME", "")  # so that what is set here goes away again
    monkeypatch.setenv("EVIDENCE_HOME", "")
    with instance_of(Home(tmp_path)) as found:
        yield found


def report(instance: dg.DagsterInstance, *days: int) -> None:
    """Report that a dataset was captured on some days of March, until there is no such day."""
    for day in days:
        if day > LAST:
            raise ValueError(f"March has no day {day}")
        instance.report_runless_asset_event(dg.AssetMaterialization(KEY, partition=f"2026-03-{day:02}"))


def storage(instance: dg.DagsterInstance) -> RunHistory:
    """Return the home's own storage of events."""
    assert isinstance(instance.event_log_storage, RunHistory)
    return instance.event_log_storage


def rows(home: Path) -> dict[str, int]:
    """Return database -> how many events are in it, by the bytes on the disk; empty ones are left out."""
    found = {}
    for path in (home / "dagster" / "history" / "runs").rglob("*.db"):
        with closing(sqlite3.connect(path)) as connection:
            (count,) = connection.execute("select count(*) from event_logs").fetchone()
        if count:
            found[path.name] = count
    return found


def test_events_reported_together_are_all_there_at_the_end(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """They are seen inside already, and rest on the disk only when all of them do."""
    with storage(instance).together():
        report(instance, 1, 2, 3)
        inside, resting = instance.get_materialized_partitions(KEY), rows(tmp_path)

    assert {"2026-03-01", "2026-03-02", "2026-03-03"} == inside == instance.get_materialized_partitions(KEY)
    assert {} == resting
    assert {3} == set(rows(tmp_path).values())


def test_where_something_raises_none_of_the_events_reported_together_stays(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """In no database; what was there before stays, and what comes after is taken in as ever."""
    report(instance, 1)
    before = rows(tmp_path)
    with pytest.raises(ValueError, match="day 99"), storage(instance).together():
        report(instance, 2, 3, 99)

    assert {"2026-03-01"} == instance.get_materialized_partitions(KEY)
    assert before == rows(tmp_path)

    report(instance, 4)
    with storage(instance).together():
        report(instance, 5)

    assert {"2026-03-01", "2026-03-04", "2026-03-05"} == instance.get_materialized_partitions(KEY)
    assert {name: count + 2 for name, count in before.items()} == rows(tmp_path)
