"""How do older days, replayed without runs, appear in Dagster as if a run had made them?"""

from __future__ import annotations

import dagster as dg

from pipelines import controls
from pipelines.definitions import capture_metadata, data_version
from pipelines.evaluation import Evaluated
from pipelines.session import Collected

DATA_VERSION = "dagster/data_version"


def report_capture(instance: dg.DagsterInstance, result: Collected) -> None:
    """Report a capture's datasets; where an instance failed Dagster shows none, as after a failed run."""
    if result.failures:
        return
    for dataset in result.recipe.datasets:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                dataset.name,
                partition=result.day.isoformat(),
                metadata=capture_metadata(result, dataset),
                tags={DATA_VERSION: data_version(result, dataset)},
            )
        )


def report_evaluation(instance: dg.DagsterInstance, evaluated: Evaluated) -> None:
    """Report a day's controls and their checks."""
    partition = evaluated.day.isoformat()
    for control in evaluated.controls:
        key = controls.control_key(control.id)
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                key, partition=partition, metadata=controls.control_metadata(evaluated, control)
            )
        )
        for outcome in evaluated.of(control):
            instance.report_runless_asset_event(
                dg.AssetCheckEvaluation(
                    asset_key=key,
                    check_name=controls.check_name(outcome.test_id),
                    passed=controls.passed(outcome),
                    severity=controls.severity(outcome),
                    description=outcome.reason,
                    metadata=controls.check_metadata(evaluated, outcome),
                    partition=partition,
                )
            )
