"""How do older days, replayed without runs, appear in Dagster as if a run had made them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import dagster as dg

from pipelines import controls, evaluation
from pipelines.definitions import capture_metadata, data_version
from pipelines.run_history import RunHistory
from pipelines.session import Collected, Session
from warehouse.snapshots import Gap

DATA_VERSION = "dagster/data_version"


def report_captures(instance: dg.DagsterInstance, results: Iterable[Collected]) -> None:
    """Report captures' datasets; where an instance failed Dagster shows none, as after a failed run."""
    with _together(instance):
        for result in results:
            for dataset in () if result.failures else result.recipe.datasets:
                instance.report_runless_asset_event(
                    dg.AssetMaterialization(
                        dataset.name,
                        partition=result.day.isoformat(),
                        metadata=capture_metadata(result, dataset),
                        tags={DATA_VERSION: data_version(result, dataset)},
                    )
                )


@contextmanager
def _together(instance: dg.DagsterInstance) -> Iterator[None]:
    """Take in the events reported inside at once, where the home's Dagster can."""
    storage = instance.event_log_storage
    if isinstance(storage, RunHistory):
        with storage.together():
            yield
    else:  # settings a person has written
        yield


def report_closing(instance: dg.DagsterInstance, day: date, gaps: Sequence[Gap]) -> None:
    """Report that a day was closed."""
    slots = [str(gap.slot) for gap in gaps]
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            "gaps", partition=day.isoformat(), metadata={"gaps recorded": len(gaps), "slots": slots}
        )
    )


def report_evaluations(instance: dg.DagsterInstance, session: Session, days: Sequence[date]) -> None:
    """Report the derived datasets and controls of days no run evaluated, as they count now.

    Once, when the replay is over: Dagster keeps one runless check result a day.
    """
    with _together(instance):
        for dataset in controls.derived():
            key = dg.AssetKey(dataset.name)
            there = instance.get_materialized_partitions(key)
            for day in days:
                if day.isoformat() not in there and (
                    facts := evaluation.derived_facts(session, dataset, day)
                ):
                    instance.report_runless_asset_event(
                        dg.AssetMaterialization(key, partition=day.isoformat(), metadata=facts)
                    )
        keys = {control.id: controls.control_key(control.id) for control in evaluation.controls()}
        there_of = {key: instance.get_materialized_partitions(key) for key in keys.values()}
        for day in days:
            found = evaluation.effective(session, day)
            for control_id, key in keys.items():
                rows = [row for row in found if row["control_id"] == control_id]
                if rows and day.isoformat() not in there_of[key]:
                    _report(instance, key, rows)


def _report(instance: dg.DagsterInstance, key: dg.AssetKey, rows: Sequence[evaluation.Result]) -> None:
    partition = rows[0]["result_day"].isoformat()
    for row in rows:
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=key,
                check_name=controls.check_name(row["test_id"]),
                passed=controls.passed(row),
                severity=controls.severity(row),
                description=row["reason"],
                metadata=controls.check_metadata(row),
                partition=partition,
            )
        )
    # The materialisation last: it says that the checks are there too.
    instance.report_runless_asset_event(
        dg.AssetMaterialization(key, partition=partition, metadata=controls.control_metadata(rows))
    )
