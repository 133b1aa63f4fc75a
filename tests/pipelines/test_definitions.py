"""Do the Dagster definitions load offline, with everything in its place?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from pipelines import notebooks
from pipelines.catalogue import catalogue
from pipelines.configuration import Settings, parse
from pipelines.definitions import code_location
from pipelines.evaluation import controls
from pipelines.runs import quiet
from warehouse.store import Home

EXAMPLE = Path(__file__).parents[2] / "evidence.example.yaml"


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    """Return the definitions of a company that exists on paper only: no credential is set."""
    quiet()
    configuration = parse(EXAMPLE.read_text(encoding="utf-8"), str(EXAMPLE))
    return code_location(Settings(Home(tmp_path), configuration, {}))


def test_every_dataset_and_every_control_is_an_asset(definitions: dg.Definitions) -> None:
    """Found in the folders; nothing was registered by hand, nothing is left out."""
    graph = definitions.resolve_asset_graph()
    datasets = {name for name, dataset in catalogue().datasets.items() if dataset.source != "ctl"}
    expected = datasets | {f"control/{control.id}" for control in controls()} | {"gaps", "warehouse"}
    expected |= {f"notebook/{name}" for name in notebooks.names()}

    assert expected == {key.to_user_string() for key in graph.get_all_asset_keys()}


def test_every_test_is_a_check_of_its_control(definitions: dg.Definitions) -> None:
    """One check per test, named after it."""
    graph = definitions.resolve_asset_graph()
    expected = {
        (f"control/{control.id}", test.id.replace("-", "_").replace(".", "_"))
        for control in controls()
        for test in control.tests
    }

    assert expected == {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}


def test_the_jobs_and_schedules_are_there(definitions: dg.Definitions) -> None:
    """Each schedule starts the job of its name."""
    names = [
        "close_day",
        "collect_events",
        "collect_states",
        "evaluate_day",
        "month_end_notebooks",
        "publish",
    ]

    assert names == sorted(job.name for job in definitions.jobs or ())
    assert names == sorted(schedule.name for schedule in definitions.schedules or ())
    assert ["late_evidence"] == [sensor.name for sensor in definitions.sensors or ()]


def test_assets_say_who_owns_them_and_what_they_are(definitions: dg.Definitions) -> None:
    """Group, kinds, owner and description are what the web page shows."""
    graph = definitions.resolve_asset_graph()
    lacking = [
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if not (graph.get(key).group_name and graph.get(key).owners and graph.get(key).description)
    ]

    assert [] == lacking
    assert "okta" == graph.get(dg.AssetKey("okta_user")).group_name


def test_todays_partition_exists_since_a_state_is_captured_inside_its_day(
    definitions: dg.Definitions,
) -> None:
    """Partitions are UTC days from the configured start, today included."""
    partitions = definitions.resolve_asset_graph().get(dg.AssetKey("okta_user")).partitions_def
    assert isinstance(partitions, dg.DailyPartitionsDefinition)

    assert (date(2026, 12, 1), "UTC", 1) == (
        partitions.start.date(),
        partitions.timezone,
        partitions.end_offset,
    )
