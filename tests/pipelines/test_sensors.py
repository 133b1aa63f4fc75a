"""Is evidence that came late judged, and are people told what a publication shows?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import dagster as dg
import pyarrow.parquet as pq
import pytest

from pipelines import schedules
from pipelines.configuration import Settings, load
from pipelines.runs import quiet
from warehouse.snapshots import Index, Slot
from warehouse.store import Home, Offered, Store

DAY = date(2026, 3, 3)


@pytest.fixture
def settings(eight_days: Home, copy_of: Callable[[Home], Home], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a home of its own."""
    quiet()
    home = copy_of(eight_days)
    monkeypatch.setenv("EVIDENCE_HOME", str(home.path))
    return load(home, home.path / "evidence.yaml")


def late(settings: Settings, cursor: str | None) -> tuple[dg.SensorEvaluationContext, list[dg.RunRequest]]:
    """Let the sensor look; return its context and the runs it asks for."""
    (sensor,) = schedules.sensors(settings)
    context = dg.build_sensor_context(cursor=cursor)
    found = sensor(context)
    assert hasattr(found, "__iter__")
    return context, [one for one in found if isinstance(one, dg.RunRequest)]


def read_again(home: Home) -> None:
    """Store another read of a day's sign-ins, which has a row fewer, two days after the last one."""
    store = Store(home)
    index = Index(store.ledger)
    from pipelines.catalogue import catalogue

    dataset = catalogue().datasets["okta_system_log"]
    newest = index.snapshots[Slot(dataset.name, "acme", DAY)][-1]
    table = pq.read_table(home.path / newest.path, partitioning=None)
    when = store.ledger.entries[-1].recorded_at + timedelta(days=2)
    header = {name: value for name, value in newest.header.items() if name not in {"snapshots", "sandbox"}}
    store.write(
        [Offered(dataset, table.slice(1), rows_reported=table.num_rows - 1)],
        kind="snapshot",
        instance="acme",
        day=DAY,
        header={**header, "captured_at": when.isoformat(), "round": when.isoformat()},
        recorded_at=when,
    )


def test_where_everything_was_judged_no_run_is_asked_for(settings: Settings) -> None:
    """And the ledger's end is remembered, so that the next look costs nothing."""
    context, runs = late(settings, None)

    assert [] == runs
    assert str(Store(settings.home).ledger.entries[-1].number) == context.cursor
    assert [] == late(settings, context.cursor)[1]


def test_evidence_that_came_late_brings_its_day_back(settings: Settings) -> None:
    """One run about that day, of the controls that read it; asked once while nothing else comes."""
    before, _ = late(settings, None)
    read_again(settings.home)
    context, runs = late(settings, before.cursor)

    assert [DAY.isoformat()] == [run.partition_key for run in runs]
    assert "control/AC-01" in {key.to_user_string() for key in runs[0].asset_selection or ()}
    assert [] == late(settings, context.cursor)[1]
