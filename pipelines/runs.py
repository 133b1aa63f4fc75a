"""How is a job run in this home's own Dagster instance, so that its run history is whole?"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from warehouse.store import Home

if TYPE_CHECKING:
    import dagster as dg

    from pipelines.configuration import Settings

DAGSTER_YAML = """\
# Dagster's own settings for this evidence home. Run history lives here; the evidence is in ../ledger.
telemetry:
  enabled: false
nux:
  enabled: false   # no sign-up window
event_log_storage:
  module: pipelines.run_history
  class: RunHistory
  config:
    base_dir: history/runs   # relative to this file's folder
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  max_runtime_seconds: 7200
run_retries:
  enabled: true
  max_retries: 0   # steps retry their transient failures themselves; a permanent one needs a person
scheduler:
  module: dagster._core.scheduler
  class: DagsterDaemonScheduler
  config:
    max_catchup_runs: 31
concurrency:
  pools:
    default_limit: 1   # one run at a time reads a source; one publishes
    granularity: run
"""


def prepare(home: Home) -> None:
    """Make Dagster's home inside the evidence home, and point Dagster at it."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        settings.write_text(DAGSTER_YAML, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["EVIDENCE_HOME"] = str(home.path)


@contextmanager
def instance_of(home: Home) -> Iterator[dg.DagsterInstance]:
    """Yield the home's Dagster instance."""
    prepare(home)
    quiet()
    import dagster as dg

    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        yield instance


def quiet() -> None:
    """Silence the one preview warning we knowingly cause: asset checks with partitions."""
    import dagster as dg

    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    warnings.filterwarnings("ignore", category=dg.BetaWarning)


def execute(
    settings: Settings,
    job: str,
    *,
    partition: str | None = None,
    selection: Sequence[dg.AssetKey] | None = None,
    tags: Mapping[str, str] | None = None,
    alone: bool = False,
) -> dg.ExecuteInProcessResult:
    """Run one job to its end and return what became of it; a failed step does not raise.

    `alone` says that nobody else uses the home's Dagster meanwhile: its events are then stored together.
    """
    with instance_of(settings.home) as instance, ExitStack() as stack:
        from pipelines.run_history import RunHistory
        from pipelines.session import Session

        definition = _job(settings, job)
        if alone and isinstance(instance.event_log_storage, RunHistory):
            stack.enter_context(instance.event_log_storage.together())
        try:
            return definition.execute_in_process(
                instance=instance,
                partition_key=partition,
                asset_selection=list(selection) if selection is not None else None,
                tags=dict(tags or {}),
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        finally:
            Session.end_run()


def _job(settings: Settings, job: str) -> dg.JobDefinition:
    """Return a job of the definitions, which are made once for the same settings: that takes a while."""
    global _definitions  # noqa: PLW0603 - one home is at work in a process, rarely a second after it
    if _definitions is None or _definitions[0] is not settings:
        from pipelines.definitions import code_location

        _definitions = settings, code_location(settings)
    return _definitions[1].resolve_job_def(job)


_definitions: tuple[Settings, dg.Definitions] | None = None


class RunFailed(Exception):
    """A run failed that had to succeed; the message says why."""


def insist(result: dg.ExecuteInProcessResult, job: str) -> None:
    """Raise RunFailed with the reasons of a run's failed steps, if it failed."""
    if not result.success:
        raise RunFailed(
            f"The run of {job} ({result.run_id}) failed, and nothing after it was done. "
            f"{' '.join(reasons(result))} See it in Dagster (`make ui`); the next start continues from here."
        )


def reasons(result: dg.ExecuteInProcessResult) -> list[str]:
    """Return why the steps of a run failed, as their failures say."""
    found = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            shown = data.user_failure_data
            said = shown.description if shown is not None else data.error.message if data.error else None
            found.append(f"{event.step_key}: {said or 'no reason was given'}")
    return found
