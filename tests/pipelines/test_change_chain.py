"""Does CM-01 find exactly the changes that went wrong, over a month of another company, read day by day?

Connectors, derivation and tests run as in the pipeline, on the company's GitHub and Jira; the store between
them alone is left out. The company of the repository's own list of faults is the demo's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from assets.capture import Reading, Recipe, day_window
from assets.changes import LIFECYCLE, LIFECYCLES
from assets.github.client import GithubClient
from assets.jira.client import JiraClient
from expectations.control import Control, Test
from expectations.evaluate import Observation, evaluate
from pipelines.catalogue import catalogue
from pipelines.evaluation import controls
from sandbox.changes import KINDS, Changes
from sandbox.faults import Faults, draw
from sandbox.github import GithubPart
from sandbox.jira import JiraPart
from sandbox.org import ORG, PERIOD_END, PERIOD_START
from warehouse.read import Need, empty_view, in_memory, snapshot_read
from warehouse.snapshots import Slot, Snapshot
from warehouse.store import conform, table_of

RECIPES = ("github_delivery", "github_changes", "jira_issue")
DAYS = [PERIOD_START + timedelta(days=n) for n in range((PERIOD_END - PERIOD_START).days + 1)]
Tables = dict[tuple[str, date], pa.Table]
"""(dataset, day) -> what was read of it."""


def month(seed: int, faults: Faults) -> Tables:
    """Read a month as it is read: every day once it is over."""
    found: Tables = {}
    start = datetime(PERIOD_START.year, PERIOD_START.month, PERIOD_START.day, tzinfo=UTC)
    with ExitStack() as stack:
        github, jira = GithubPart(seed, faults, start), JiraPart(seed, faults, start)
        for part in (github, jira):
            stack.callback(part.stop)
        here, there = github.start(), jira.start()
        clients: dict[str, Any] = {
            "github": GithubClient(
                instance=ORG, org=here["org"], token=here["token"], base_url=here["base_url"]
            ),
            "jira": JiraClient(
                instance=ORG,
                base_url=there["base_url"],
                email=there["email"],
                token=there["token"],
                projects=tuple(there["projects"]),
            ),
        }
        for client in clients.values():
            stack.enter_context(closing(client))
        for day in DAYS:
            for part in (github, jira):
                part.advance(day_window(day)[1] + timedelta(minutes=30))
            for name in RECIPES:
                recipe = catalogue().recipes[name]
                found |= read(recipe, clients[recipe.source], day)
    return found


def read(recipe: Recipe, client: Any, day: date) -> Tables:
    """Read one recipe of one day."""
    filled: Any = recipe.read(client, Reading(day, ORG, *day_window(day), hmac=str))
    return {
        (dataset.name, day): conform(dataset, table_of(dataset, list(filled[dataset.name])))
        for dataset in recipe.datasets
    }


def views(
    connection: duckdb.DuckDBPyConnection, tables: Tables, need: Need, day: date, instance: str = ORG
) -> Iterator[tuple[str, date]]:
    """Make the views of a need, as the reader makes them; yield what was read."""
    names = {"": [day]} if not need.around else {}
    if need.before:
        names["_before"] = [d for d in need.days(day) if d < day]
    if need.after:
        names["_after"] = [d for d in need.days(day) if d > day]
    for suffix, days in names.items():
        there = [d for d in days if (need.dataset, d) in tables]
        parts = []
        for other in there:
            connection.register(f"t_{need.dataset}_{other:%Y%m%d}", tables[need.dataset, other])
            parts.append(
                f"select '{instance}' as instance, date '{other}' as day, now() as captured_at, * "
                f"from t_{need.dataset}_{other:%Y%m%d}"
            )
            yield need.dataset, other
        connection.execute(
            f"create or replace view {need.dataset}{suffix} as {' union all '.join(parts)}"
            if parts
            else empty_view(catalogue().datasets[need.dataset], need.dataset + suffix)
        )


def lifecycle(tables: Tables, day: date, control: Control) -> pa.Table:
    """Derive the chains of a day."""
    needs = [Need(name) for name in LIFECYCLES.inputs]
    needs += [Need(name, before=days) for name, days in LIFECYCLES.before.items()]
    needs += [Need(name, after=days) for name, days in LIFECYCLES.after.items()]
    with in_memory() as connection:
        was_read = [pair for need in needs for pair in views(connection, tables, need, day)]
        snapshots = [snapshot(dataset, other) for dataset, other in was_read]
        connection.execute(snapshot_read(snapshots))
        values = control.parameters_on(day)
        wanted = {name.partition(".")[2] for name in LIFECYCLE.parameters}
        parameters = {"instance": ORG, **{name: values[name] for name in wanted}}
        found = connection.sql(LIFECYCLES.sql.read_text(), params=parameters).to_arrow_table()
        return conform(LIFECYCLE, found)


def snapshot(dataset: str, day: date) -> Snapshot:
    """Return what names a dataset of a day as read."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Snapshot(0, Slot(dataset, ORG, day), "", "", 0, noon, noon, "", (), {})


def judged(tables: Tables, control: Control, test: Test, day: date) -> Mapping[tuple[str, str], str]:
    """Return (key, code) of what a test refuses on a day, and of what it cannot tell."""

    def connect() -> duckdb.DuckDBPyConnection:
        connection = in_memory()
        for need in test.needs:
            where = f"github-{ORG}" if need.dataset == LIFECYCLE.name else ORG
            list(views(connection, tables, need, day, where))
        return connection

    seen = Observation(
        datetime(day.year, day.month, day.day, 23, tzinfo=UTC),
        connect,
        frozenset((need.dataset, "x") for need in test.needs),
    )
    outcome = evaluate(control, test, day=day, observed=[seen], evaluated_at=day_window(day)[1])
    assert outcome.verdict.value != "ERROR", outcome.reason
    refused = {(life.population_key, life.code): test.id for life in outcome.exceptions}
    return refused | {(key, "UNKNOWN"): test.id for key in outcome.unknown}


@pytest.mark.parametrize("seed", [1])
def test_exactly_the_changes_that_went_wrong_are_found(seed: int) -> None:
    """Each by its tests, on its day, with its code, and no other."""
    faults = Faults(tuple(draw(seed)))
    changes = Changes(seed, faults)
    control = next(control for control in controls() if control.id == "CM-01")
    tables = month(seed, faults)
    service_account = catalogue().datasets["register_service_account"]
    for day in DAYS:
        tables[service_account.name, day] = service_account.schema.empty_table()
        tables[LIFECYCLE.name, day] = lifecycle(tables, day, control)
    found = {
        (test.id, key, code, day.isoformat())
        for day in DAYS
        for test in control.tests
        for key, code in judged(tables, control, test, day)
    }
    expected = {
        (entry["test"], entry["population_key"], entry["code"], entry["day"])
        for entry in Faults(tuple(faults.of(*KINDS))).expected(changes.population_key)
    }

    assert expected == found
    assert {f.test for f in faults.of(*KINDS)} == {test.id for test in control.tests}
