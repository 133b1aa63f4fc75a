"""How do older days, replayed without runs, appear in Dagster as if a run had made them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

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


@dataclass(frozen=True)
class Counting:
    """What counts of a day after its evaluations, as Dagster is to show it."""

    day: date
    facts: Mapping[str, Mapping[str, Any]]
    """Derived dataset -> what is told of it."""
    results: Sequence[evaluation.Result]

    @classmethod
    def of(cls, session: Session, day: date) -> Self:
        """Return what counts of a day now."""
        facts = {
            dataset.name: evaluation.derived_facts(session, dataset, day) for dataset in controls.derived()
        }
        return cls(
            day, {name: found for name, found in facts.items() if found}, evaluation.effective(session, day)
        )


def report_evaluations(instance: dg.DagsterInstance, days: Iterable[Counting]) -> None:
    """Report the derived datasets and controls of days no run evaluated.

    A day that Dagster shows already is left alone, for it keeps one runless check result a day: a day is
    reported once nothing will change it any more.
    """
    listed = list(days)
    with _together(instance):
        for name in {name for one in listed for name in one.facts}:
            key = dg.AssetKey(name)
            there = instance.get_materialized_partitions(key)
            for one in listed:
                if name in one.facts and one.day.isoformat() not in there:
                    instance.report_runless_asset_event(
                        dg.AssetMaterialization(key, partition=one.day.isoformat(), metadata=one.facts[name])
                    )
        for control in evaluation.controls():
            key = controls.control_key(control.id)
            there = instance.get_materialized_partitions(key)
            for one in listed:
                rows = [row for row in one.results if row["control_id"] == control.id]
                if rows and one.day.isoformat() not in there:
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
