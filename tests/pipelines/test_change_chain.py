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
from assets.derive import NotInForce
from assets.github.client import GithubClient
from assets.jira.client import JiraClient
from expectations.control import Control, Test
from expectations.evaluate import Observation, evaluate
from pipelines.catalogue import catalogue
from pipelines.evaluation import controls, needs_around
from pipelines.session import parameter
from sandbox.changes import KINDS, Changes
from sandbox.faults import Faults, draw
from sandbox.github import GithubPart
from sandbox.jira import JiraPart
from sandbox.org import ORG, PERIOD_END, PERIOD_START
from warehouse.read import Need, empty_view, in_memory, snapshot_read
from warehouse.snapshots import Index, Slot, Snapshot
from warehouse.store import Home, Store, conform, table_of

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


def test_a_day_is_judged_again_when_the_day_after_has_been_read(eight_days: Home) -> None:
    """Once by its own tickets, once by those of the day after; the last day waits for that."""
    entries = [e for e in Store(eight_days).ledger.entries if e.kind == "evaluation"]
    judged_days = [e.body["day"] for e in entries if "CM-01" in e.body["definitions"]]
    days = [f"2026-03-0{n}" for n in range(1, 9)]

    assert {day: 1 if day == days[-1] else 2 for day in days} == {d: judged_days.count(d) for d in days}


def test_a_chain_says_of_which_files_of_other_days_it_was_made(eight_days: Home) -> None:
    """Tickets of the day and the day after; reviews of the days before; the parameters in force."""
    index = Index(Store(eight_days).ledger)
    found = index.snapshots[Slot(LIFECYCLE.name, f"github-{ORG}", date(2026, 3, 3))][-1]
    read_of = {(path.split("/")[1], path.split("day=")[1][:10]) for path in found.inputs}

    assert {("jira_issue", f"2026-03-0{n}") for n in (3, 4)} == {p for p in read_of if p[0] == "jira_issue"}
    assert {("github_pr_review", f"2026-03-0{n}") for n in (1, 2, 3)} == {
        pair for pair in read_of if pair[0] == "github_pr_review"
    }
    assert ["Approved"] == found.header["parameters"]["CM-01.approved_statuses"]


def test_what_is_derived_from_other_days_is_owed_with_them() -> None:
    """The control reads none itself but for the statuses of test a."""
    around = {(need.dataset, need.before, need.after) for need in needs_around("CM-01")}

    assert {
        ("github_deployment_status", 0, 1),
        ("jira_issue", 0, 1),
        ("github_pull_request", 14, 0),
        ("github_pr_review", 14, 0),
        ("github_check_run", 14, 0),
    } == around
    assert frozenset() == needs_around("AC-02")


@pytest.mark.parametrize(
    ("name", "day", "said"),
    [
        ("CM-01.ticket_types", date(2024, 12, 31), "first is valid from 2025-01-01"),
        ("CM-01.colour", date(2026, 3, 1), "CM-01.colour has no value in force on 2026-03-01"),
        ("CM-99.ticket_types", date(2026, 3, 1), "there is no control CM-99"),
    ],
)
def test_a_parameter_that_is_not_in_force_is_named(name: str, day: date, said: str) -> None:
    """So that a derived dataset that needs it is missing with a reason."""
    with pytest.raises(NotInForce, match=said):
        parameter(name, day)
