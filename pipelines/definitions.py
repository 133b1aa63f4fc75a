"""What does Dagster see? Every source, derived dataset and control, found by itself; jobs and schedules.

Dagster shows run history; the ledger is the evidence.
"""

# No postponed annotations here: Dagster compares that of `context` with its own classes.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.capture import Recipe
from assets.collect import header_facts
from pipelines import notebooks, schedules
from pipelines.catalogue import catalogue
from pipelines.configuration import Settings, load
from pipelines.controls import evaluation_assets
from pipelines.partitions import evidence_days, months
from pipelines.session import Collected, Session, day_of
from warehouse.dataset import Dataset

KINDS = {
    "okta": "okta",
    "aws": "aws",
    "github": "github",
    "shop": "postgres",
    "register": "file",
    "people": "file",
    "list": "file",
    "settlement": "file",
    "stripe": "stripe",
    "jira": "jira",
}
RETRY_SECONDS = 60


def code_location(settings: Settings) -> dg.Definitions:
    """Return all definitions for one home. Reads no source and needs no credential."""
    found = catalogue()
    days = evidence_days(settings)
    collected = [capture_asset(recipe, settings, days) for recipe in found.recipes.values()]
    return dg.Definitions(
        assets=[
            *collected,
            evaluation_assets(settings, days),
            *ledger_assets(settings, days),
            *(notebook_asset(name, settings, months(settings)) for name in notebooks.names()),
        ],
        jobs=schedules.jobs(found),
        schedules=schedules.schedules(settings, found),
        sensors=schedules.sensors(settings),
        executor=dg.in_process_executor,
    )


def capture_asset(
    recipe: Recipe, settings: Settings, days: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """Return the Dagster asset (or assets, of one transaction) a recipe becomes."""

    @dg.multi_asset(
        name=recipe.name,
        specs=[dataset_spec(dataset, recipe.doc, days) for dataset in recipe.datasets],
        partitions_def=days,
        pool=recipe.source,
        retry_policy=dg.RetryPolicy(
            max_retries=3,
            delay=0 if settings.home.sandbox.is_dir() else RETRY_SECONDS,
            backoff=dg.Backoff.EXPONENTIAL,
        ),
    )
    def captured(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        session = Session.of_run(settings, context.run_id)
        round_name = context.run.tags.get("evidence/round") or session.clock.now().isoformat()
        result = session.collect(recipe, day_of(context.partition_key), round_name)
        if result.failures:
            session.disconnect()  # what is tried again begins with new connections
            raise failure(result)
        for dataset in recipe.datasets:
            yield dg.MaterializeResult(
                asset_key=dataset.name,
                metadata=capture_metadata(result, dataset),
                data_version=dg.DataVersion(data_version(result, dataset)),
            )

    return captured


def failure(result: Collected) -> dg.Failure:
    """Return what Dagster shows of a capture that failed; only a transient failure is tried again."""
    reasons = {instance: str(why) for instance, why in result.failures}
    return dg.Failure(
        description="; ".join(f"{instance}: {why}" for instance, why in reasons.items()),
        metadata={"failed": reasons, "stored": [entry.body["instance"] for entry in result.entries]},
        allow_retries=result.retryable,
    )


def dataset_spec(dataset: Dataset, doc: str, days: dg.PartitionsDefinition[str]) -> dg.AssetSpec:
    """Return how Dagster shows a dataset."""
    return dg.AssetSpec(
        dataset.name,
        description=f"{dataset.title}.\n\n{doc}",
        group_name=dataset.source,
        kinds={KINDS.get(dataset.source, "duckdb"), "parquet", dataset.kind.value},
        owners=["team:compliance"],
        partitions_def=days,
        code_version=dataset.schema_sha256[:16],
        metadata={
            "dagster/column_schema": dg.TableSchema(
                columns=[
                    dg.TableColumn(
                        column.name,
                        column.type,
                        description=column.comment,
                        constraints=dg.TableColumnConstraints(nullable=not column.required),
                    )
                    for column in dataset.columns
                ]
            )
        },
    )


def capture_metadata(result: Collected, dataset: Dataset) -> dict[str, Any]:
    """Return the run headers of a capture, per instance, and its row count."""
    rows = sum(
        item["rows"]
        for entry in result.entries
        for item in entry.body["snapshots"]
        if item["dataset"] == dataset.name
    )
    headers = {entry.body["instance"]: header_facts(entry) for entry in result.entries}
    return {"dagster/partition_row_count": rows, "run header": headers}


def data_version(result: Collected, dataset: Dataset) -> str:
    """Return the digests of a capture's snapshots, one per instance."""
    return " ".join(
        item["sha256"][:32]
        for entry in result.entries
        for item in entry.body["snapshots"]
        if item["dataset"] == dataset.name
    )


def ledger_assets(
    settings: Settings, days: dg.PartitionsDefinition[str]
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """Return the two assets about the ledger itself: recorded gaps, and the analysts' file."""

    @dg.asset(
        key="gaps",
        group_name="ledger",
        kinds={"ledger"},
        owners=["team:compliance"],
        partitions_def=days,
        description="A gap for every closed slot, up to now, that has neither snapshot nor gap.",
    )
    def gaps(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        session = Session.of_run(settings, context.run_id)
        recorded = session.close()
        return dg.MaterializeResult(
            metadata={"gaps recorded": len(recorded), "slots": [str(gap.slot) for gap in recorded]}
        )

    @dg.asset(
        key="warehouse",
        group_name="ledger",
        kinds={"duckdb"},
        owners=["team:compliance"],
        pool="publish",
        description="The analysts' DuckDB file, built aside and swapped in.",
    )
    def warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from pipelines.publishing import publish

        session = Session.of_run(settings, context.run_id)
        published = publish(session)
        return dg.MaterializeResult(metadata=published.facts())

    return gaps, warehouse


def notebook_asset(
    name: str, settings: Settings, months: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """Return the asset of a notebook: executed about a month, its copy kept as evidence."""

    @dg.asset(
        key=dg.AssetKey(["notebook", name]),
        group_name="notebooks",
        kinds={"jupyter", "duckdb"},
        owners=["team:finance"],
        partitions_def=months,
        deps=["warehouse"],
        pool="notebook",
        description=f"{notebooks.title_of(name)}\n\nExecuted about a month on the analysts' file.",
    )
    def executed(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        session = Session.of_run(settings, context.run_id)
        first, last = notebooks.month_of(context.partition_key[:7])
        folder = settings.home.path / "reports" / "notebooks"
        made = notebooks.execute(settings.home, name, first, last, "EUR", folder)
        kept = notebooks.keep(session, made, last)
        digests = {document.file_name: document.sha256 for document in kept}
        return dg.MaterializeResult(metadata={"sha256": digests, "page": dg.MetadataValue.path(made.page)})

    return executed


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of the home in force, for `dg` and the web page."""
    return code_location(load())
