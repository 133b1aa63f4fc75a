"""How does a control become a Dagster asset with one check per test?

One multi-asset, so that one process imports Great Expectations once: derived datasets, then every control.
Its check says the verdict of its own day; the verdict also stands in the materialisation's metadata, since
Dagster shows the check that ran last where it knows no partition.
"""

# No postponed annotations here: Dagster compares that of `context` with its own classes.

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.catalogue import catalogue
from pipelines.configuration import Settings
from pipelines.evaluation import Result, controls, derived_facts, derived_for, worst_of
from pipelines.session import OWED, Session, day_of
from warehouse.dataset import Dataset, Kind

if TYPE_CHECKING:
    from expectations.control import Control

GOOD = frozenset({"PASS", "PASS_WAIVED", "NO_OCCURRENCE"})


def control_key(control_id: str) -> dg.AssetKey:
    """Return the asset key of a control: control/AC-01."""
    return dg.AssetKey(["control", control_id])


def check_name(test_id: str) -> str:
    """Return the name of a test's check: AC_01_a."""
    return test_id.replace("-", "_").replace(".", "_")


def derived() -> list[Dataset]:
    """Return the derived datasets an evaluation computes before it judges."""
    return [
        dataset
        for dataset in catalogue().datasets.values()
        if dataset.kind is Kind.DERIVED and dataset.source != "ctl"
    ]


def evaluated_keys() -> list[dg.AssetKey]:
    """Return the keys of all assets an evaluation makes."""
    return [
        *(dg.AssetKey(dataset.name) for dataset in derived()),
        *(control_key(control.id) for control in controls()),
    ]


def keys_of(due: Collection[str]) -> list[dg.AssetKey]:
    """Return the asset keys of some controls, and of the derived datasets an evaluation refreshes first."""
    refreshed = [dg.AssetKey(name) for name in sorted(derived_for(frozenset(due)))]
    return [*refreshed, *(control_key(control) for control in sorted(due))]


def evaluation_assets(settings: Settings, days: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the one multi-asset that derives and judges a day."""
    found = catalogue()
    inputs: dict[str, set[str]] = {}
    for derivation in found.derivations:
        inputs.setdefault(derivation.dataset.name, set()).update(derivation.inputs)
    specs = [
        dg.AssetSpec(
            dataset.name,
            description=dataset.title,
            group_name=dataset.source,
            kinds={"duckdb", "parquet", "derived"},
            owners=["team:compliance"],
            partitions_def=days,
            code_version=dataset.schema_sha256[:16],
            deps=sorted(inputs.get(dataset.name, ())),
            skippable=True,
        )
        for dataset in derived()
    ]
    checks = []
    for control in controls():
        specs.append(control_spec(control, days, found.datasets))
        checks += [
            dg.AssetCheckSpec(
                check_name(test.id),
                asset=control_key(control.id),
                description=f"{test.id}: {test.title}",
                partitions_def=days,
            )
            for test in control.tests
        ]

    @dg.multi_asset(
        name="evaluation",
        specs=specs,
        check_specs=checks,
        partitions_def=days,
        can_subset=True,
        pool="evaluation",
    )
    def evaluation(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        from pipelines.evaluation import evaluate

        session = Session.of_run(settings, context.run_id)
        wanted = {key.path[1] for key in context.selected_asset_keys if key.path[0] == "control"}
        day = day_of(context.partition_key)
        evaluated = evaluate(session, day, wanted, again=OWED not in context.run.tags)
        for dataset in derived():
            key = dg.AssetKey(dataset.name)
            if key in context.selected_asset_keys and (facts := derived_facts(session, dataset, day)):
                yield dg.MaterializeResult(asset_key=key, metadata=facts)
        for control in evaluated.controls:
            rows = evaluated.of(control)
            yield dg.MaterializeResult(asset_key=control_key(control.id), metadata=control_metadata(rows))
            for row in rows:
                yield dg.AssetCheckResult(
                    asset_key=control_key(control.id),
                    check_name=check_name(row["test_id"]),
                    passed=passed(row),
                    severity=severity(row),
                    description=row["reason"],
                    metadata=check_metadata(row),
                )

    return evaluation


def control_spec(
    control: "Control", days: dg.PartitionsDefinition[str], datasets: dict[str, Dataset]
) -> dg.AssetSpec:
    """Return how Dagster shows a control."""
    needed = {need.dataset for test in control.tests for need in test.needs}
    tests = "\n".join(f"- **{test.id}** {test.title}" for test in control.tests)
    return dg.AssetSpec(
        control_key(control.id),
        description=f"{control.title}\n\nCriteria: {', '.join(control.criteria)}\n\n{tests}",
        group_name="controls",
        kinds={"greatexpectations", "duckdb"},
        owners=[f"team:{control.owner}"],
        partitions_def=days,
        code_version=control.code_version,
        deps=sorted(name for name in needed if datasets[name].source != "ctl"),
        tags={"severity": control.severity.lower()},
        metadata={"criteria": list(control.criteria)},
        skippable=control.cutoff_days > 0,  # until the cut-off of a day there is nothing to say about it
    )


def passed(row: Result) -> bool:
    """Return whether a check shows green: never for what could not be told."""
    return row["verdict"] in GOOD


def severity(row: Result) -> dg.AssetCheckSeverity:
    """Return ERROR where the control was found broken, WARN where that could not be told."""
    warns = row["verdict"] == "NOT_TESTED"
    return dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR


def control_metadata(rows: Sequence[Result]) -> dict[str, Any]:
    """Return a control's verdict of the day and those of its tests."""
    return {
        "day": rows[0]["result_day"].isoformat(),
        "verdict": worst_of(rows),
        "tests": {row["test_id"]: row["verdict"] for row in rows},
        "exceptions": sum(row["exceptions_count"] for row in rows),
        "ledger entries": sorted({row["entry"] for row in rows}),
    }


def check_metadata(row: Result) -> dict[str, Any]:
    """Return what a check shows beside its colour."""
    return {
        "day": row["result_day"].isoformat(),
        "verdict": row["verdict"],
        "reason": row["reason"],
        "population": row["population_count"],
        "exempt": row["exempt_count"],
        "exceptions": row["exceptions_count"],
        "unknown": row["unknown_count"],
        "waived": row["waived_count"],
        "ledger entry": row["entry"],
    }
