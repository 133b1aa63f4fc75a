"""When does what run, and what does a missed tick cost?

A state of a day that is over cannot be had, so its missed ticks stay missed and become gaps. Events, tests
and gaps are caught up with by asking the ledger what is owed, never by counting ticks: an unpartitioned
schedule launches only the latest of the ticks it missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.catalogue import Catalogue
from pipelines.configuration import Settings
from warehouse.dataset import Kind

if TYPE_CHECKING:
    from pipelines.session import Session

EVENTS_AT = "30 0 * * *"
EVALUATE_AT = "0 1 * * *"
CLOSE_AT = "30 1 * * *"
PUBLISH_AT = "0 2 * * *"
MONTH_END_AT = "0 6 5 * *"
"""By then the month's last days have been read again and their cut-off has passed."""


def jobs(found: Catalogue) -> list[dg.JobDefinition | dg.UnresolvedAssetJobDefinition]:
    """Return the jobs there are. One run reads one source, so that a broken source holds up no other."""
    return [
        dg.define_asset_job(
            "collect_states",
            selection=keys(found, states=True),
            description="Capture every state and register of today. Refuses any other day.",
        ),
        dg.define_asset_job(
            "collect_events",
            selection=keys(found, states=False),
            description="Read the events of a day that is over.",
        ),
        dg.define_asset_job(
            "evaluate_day",
            selection=dg.AssetSelection.assets(*evaluated()),
            description="Derive a day's datasets and judge every control test about it.",
        ),
        dg.define_asset_job(
            "close_day",
            selection=dg.AssetSelection.assets("gaps"),
            description="Record a gap for every closed slot that has neither snapshot nor gap.",
        ),
        dg.define_asset_job(
            "publish",
            selection=dg.AssetSelection.assets("warehouse"),
            description="Build the analysts' DuckDB file aside and swap it in.",
        ),
        dg.define_asset_job(
            "month_end_notebooks",
            selection=dg.AssetSelection.groups("notebooks"),
            description="Execute finance's notebooks about a month and keep the executed copies as evidence.",
        ),
    ]


def keys(found: Catalogue, *, states: bool, source: str | None = None) -> list[dg.AssetKey]:
    """Return the asset keys of a source's (or every source's) states and registers, or of its events."""
    return [
        dg.AssetKey(dataset.name)
        for recipe in found.recipes.values()
        if recipe.kind.bound_to_its_day == states and source in (None, recipe.source)
        for dataset in recipe.datasets
    ]


def evaluated() -> list[dg.AssetKey]:
    """Return the asset keys that `evaluate_day` makes."""
    from pipelines.controls import evaluated_keys

    return evaluated_keys()


def schedules(settings: Settings, found: Catalogue) -> list[dg.ScheduleDefinition]:
    """Return the schedules; all run by default once the daemon does."""
    by_state = {recipe.source: None for recipe in found.recipes.values() if recipe.kind.bound_to_its_day}

    @dg.schedule(
        name="collect_states",
        job_name="collect_states",
        cron_schedule=[_cron(moment) for moment in settings.configuration.state_rounds],
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def states(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        tick = context.scheduled_execution_time.astimezone(UTC)
        for source in by_state:
            selection = keys(found, states=True, source=source)
            yield request(f"states {source} {tick.date()}", tick, tick.date(), source, selection)

    @dg.schedule(
        name="collect_events",
        job_name="collect_events",
        cron_schedule=EVENTS_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def events(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        from pipelines.session import Session

        tick = context.scheduled_execution_time.astimezone(UTC)
        for source, day, selection in unsettled(Session.open(settings, run="schedule")):
            yield request(f"events {source} {day}", tick, day, source, selection)

    @dg.schedule(
        name="evaluate_day",
        job_name="evaluate_day",
        cron_schedule=EVALUATE_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def evaluations(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        from pipelines.controls import keys_of
        from pipelines.evaluation import owed
        from pipelines.session import OWED, Session

        tick = context.scheduled_execution_time.astimezone(UTC)
        for day, due in owed(Session.open(settings, run="schedule")):
            yield dg.RunRequest(
                run_key=f"evaluate {day} {tick.isoformat()}",
                partition_key=day.isoformat(),
                asset_selection=keys_of(due),
                tags={OWED: "yes"},
            )

    @dg.schedule(
        name="close_day",
        job_name="close_day",
        cron_schedule=CLOSE_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def closing(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        ended = context.scheduled_execution_time.astimezone(UTC).date() - timedelta(days=1)
        return dg.RunRequest(run_key=f"close {ended}", partition_key=ended.isoformat())

    @dg.schedule(
        name="month_end_notebooks",
        job_name="month_end_notebooks",
        cron_schedule=MONTH_END_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def month_end(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        ended = context.scheduled_execution_time.astimezone(UTC).date().replace(day=1) - timedelta(days=1)
        month = ended.replace(day=1).isoformat()
        return dg.RunRequest(run_key=f"notebooks {month}", partition_key=month)

    publishing = dg.ScheduleDefinition(
        name="publish",
        job_name="publish",
        cron_schedule=PUBLISH_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return [states, events, evaluations, closing, month_end, publishing]


def unsettled(session: Session) -> Iterator[tuple[str, date, list[dg.AssetKey]]]:
    """Yield each source and event day that should be read now, with the assets of the recipes that want it.

    A source's other recipes are left out: reading a settled day again stores what is known already.
    """
    wanted: dict[tuple[str, date], list[dg.AssetKey]] = {}
    for recipe in session.catalogue.recipes.values():
        if recipe.kind is Kind.EVENT:
            for day in session.unsettled(recipe):
                found = wanted.setdefault((recipe.source, day), [])
                found.extend(dg.AssetKey(dataset.name) for dataset in recipe.datasets)
    for (source, day), selection in sorted(wanted.items()):
        yield source, day, selection


def request(what: str, tick: datetime, day: date, source: str, selection: list[dg.AssetKey]) -> dg.RunRequest:
    """Return the run that reads one source for one day."""
    return dg.RunRequest(
        run_key=f"{what} {tick.isoformat()}",
        partition_key=day.isoformat(),
        asset_selection=selection,
        tags={"evidence/round": tick.isoformat(), "evidence/source": source},
    )


def _cron(moment: str) -> str:
    hour, minute = moment.split(":")
    return f"{int(minute)} {int(hour)} * * *"


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Return the sensors: late evidence is judged, and people are told where somebody is to be told."""

    @dg.sensor(
        name="late_evidence",
        job_name="evaluate_day",
        minimum_interval_seconds=600,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Judge a day again when evidence of it came after it was judged.",
    )
    def late(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        from pipelines.controls import keys_of
        from pipelines.evaluation import owed
        from pipelines.session import OWED, Session

        session = Session.open(settings, run="sensor")
        entries = session.store.ledger.entries
        head = str(entries[-1].number)
        if head == context.cursor:
            yield dg.SkipReason("nothing was recorded since")
            return
        # What was never judged is for the schedule, which waits until a day's sources were read.
        judged = {entry.body["day"] for entry in entries if entry.kind == "evaluation"}
        for day, due in owed(session):
            if day.isoformat() in judged:
                yield dg.RunRequest(
                    run_key=f"late {day} {head}",
                    partition_key=day.isoformat(),
                    asset_selection=keys_of(due),
                    tags={OWED: "yes"},
                )
        context.update_cursor(head)

    return [late, *([_notify(settings)] if settings.configuration.notify is not None else [])]


def _notify(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="notify",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tell webhook and e-mail what the newest publication shows and nobody was told yet.",
    )
    def notify(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        from pipelines.notices import summary, tell
        from pipelines.query import connect

        if not settings.home.warehouse.is_file():
            return dg.SkipReason("nothing was published yet")
        with connect(settings.home) as connection:
            ((published,),) = connection.execute(
                "select published_at::varchar from meta.published"
            ).fetchall()
        if published == context.cursor:
            return dg.SkipReason(f"what was published at {published} was told")
        told = tell(settings)  # raises where a channel failed: the next tick tries again
        context.update_cursor(published)
        return dg.SkipReason(f"told: {summary(told)}")

    return notify
