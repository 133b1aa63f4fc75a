"""What is owed an evaluation, what does one day's evaluation do, and what does it leave behind?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq

from assets.capture import day_window
from expectations.control import Control, Test
from expectations.loading import discover
from pipelines.catalogue import catalogue
from pipelines.session import Session, product_version
from warehouse.dataset import Dataset
from warehouse.ledger import Entry
from warehouse.read import Need, Reader, Round
from warehouse.snapshots import Slot
from warehouse.store import Offered

if TYPE_CHECKING:
    import pyarrow as pa

    from expectations.outcome import TestOutcome

INSTANCE = "main"
WAIVERS = "register_waiver"


@cache
def controls() -> tuple[Control, ...]:
    """Return every control, found in its folder and bound to the declared datasets."""
    return discover(catalogue().datasets)


@dataclass(frozen=True)
class Evaluated:
    """One day's evaluation, as stored."""

    day: date
    controls: tuple[Control, ...]
    outcomes: tuple[TestOutcome, ...]
    entry: Entry
    session: Session = field(repr=False)

    def of(self, control: Control) -> list[TestOutcome]:
        """Return the outcomes of a control's tests."""
        return [outcome for outcome in self.outcomes if outcome.control_id == control.id]

    def verdict_of(self, control: Control) -> str:
        """Return the worst verdict of a control's tests."""
        from expectations.verdicts import worst

        return worst(outcome.verdict for outcome in self.of(control)).value

    def derived_facts(self, dataset: Dataset) -> dict[str, Any]:
        """Return rows and digests of a derived dataset on the day; empty where there is none."""
        found = [
            snapshots[-1]
            for slot, snapshots in self.session.index.snapshots.items()
            if slot.dataset == dataset.name and slot.day == self.day and snapshots
        ]
        if not found:
            return {}
        return {
            "dagster/partition_row_count": sum(snapshot.rows for snapshot in found),
            "sha256": {snapshot.slot.instance: snapshot.sha256 for snapshot in found},
        }


def evidence_paths(session: Session, day: date) -> set[str]:
    """Return the files of a day that count: every capture of a state, the newest read of an event day."""
    paths = set()
    for slot in session.index.of_day(day):
        dataset = session.catalogue.datasets.get(slot.dataset)
        if dataset is None or dataset.follows is not None:
            continue
        for snapshot in session.index.captures(slot, accumulates=dataset.accumulates):
            paths.add(snapshot.path)
    return paths


def owed(session: Session) -> Iterator[date]:
    """Yield the days that are over and whose evidence is newer than their last whole evaluation."""
    start = session.calendar.start
    if start is None:
        return
    day = start
    while day_window(day)[1] <= session.clock.now():
        last = _last_evaluation(session, day)
        if last is None or evidence_paths(session, day) - set(last.body["evidence"]):
            yield day
        day += timedelta(days=1)


def _last_evaluation(session: Session, day: date) -> Entry | None:
    wanted = day.isoformat()
    for entry in reversed(session.store.ledger.entries):
        if entry.kind == "evaluation" and entry.body["day"] == wanted and entry.body["whole"]:
            return entry
    return None


def evaluate(session: Session, day: date, wanted: Collection[str] | None = None) -> Evaluated:
    """Derive a day's datasets, judge its controls (all, or those wanted) and store the results.

    Whatever goes wrong inside one test becomes its verdict; it never keeps another from being judged.
    """
    from expectations import results

    session.index.refresh()
    reader = session.derive(day)
    chosen = tuple(control for control in controls() if wanted is None or control.id in wanted)
    evidence = evidence_paths(session, day)
    waivers = waivers_of(session, reader, day)
    outcomes: list[TestOutcome] = []
    tests = [(control, test) for control in chosen for test in control.tests]
    for control, test in sorted(tests, key=lambda pair: pair[1].reads_results):
        outcomes.append(judge(session, reader, control, test, day, waivers, outcomes))
    outcomes.sort(key=lambda outcome: outcome.test_id)
    now = session.clock.now()
    entry = session.store.write(
        [Offered(dataset, table) for dataset, table in results.tables(outcomes).items()],
        kind="evaluation",
        instance=INSTANCE,
        day=day,
        header={
            "evaluation": True,
            "whole": wanted is None,
            "evidence": sorted(evidence),
            "inputs": [],
            "definitions": {control.id: control.definition_sha256(day) for control in chosen},
            "round": now.isoformat(),
            "captured_at": now.isoformat(),
            "run": session.run,
            "version": product_version(),
        },
        recorded_at=now,
    )
    session.index.refresh()
    return Evaluated(day, chosen, tuple(outcomes), entry, session)


def judge(
    session: Session,
    reader: Reader,
    control: Control,
    test: Test,
    day: date,
    waivers: Sequence[Mapping[str, Any]],
    so_far: Sequence[TestOutcome],
) -> TestOutcome:
    """Judge one test about one day."""
    from expectations.evaluate import Observation, evaluate, observations

    now = session.clock.now()
    over = now >= day_window(day)[1] + timedelta(days=control.lag_days)
    if test.reads_results:
        observed = (
            Observation(
                now,
                lambda: _results_so_far(so_far),
                frozenset((need.dataset, INSTANCE) for need in test.needs),
            ),
        )
        return evaluate(
            control, test, day=day, observed=observed, waivers=waivers, evaluated_at=now, final=over
        )
    available = reader.available(test.needs, day)
    return evaluate(
        control,
        test,
        day=day,
        observed=observations(available, _connector(reader, test.needs)),
        missing=available.missing,
        altered=available.altered,
        waivers=waivers,
        evaluated_at=now,
        final=over,
    )


def _connector(reader: Reader, needs: Sequence[Need]) -> Callable[[Round], duckdb.DuckDBPyConnection]:
    return lambda chosen: reader.connect(chosen, needs)


def _results_so_far(outcomes: Sequence[TestOutcome]) -> duckdb.DuckDBPyConnection:
    """Return a connection in which ctl_result holds what this evaluation has found up to now."""
    from expectations import results
    from warehouse.read import in_memory

    table = results.tables(outcomes)[results.RESULT]
    connection = in_memory()
    connection.register("results_so_far", table)
    connection.execute(
        "create view ctl_result as select 'main' as instance, result_day as day, "
        "evaluated_at as captured_at, * from results_so_far"
    )
    return connection


def waivers_of(session: Session, reader: Reader, day: date) -> list[dict[str, Any]]:
    """Return the waivers as the day's last readable capture of their register has them.

    Where the register could not be read nothing is waived: an exception then stands.
    """
    available = reader.available([Need(WAIVERS)], day)
    if not available.rounds:
        return []
    rows: list[dict[str, Any]] = []
    for snapshot in available.rounds[-1].snapshots:
        table: pa.Table = pq.read_table(session.store.home.path / snapshot.path, partitioning=None)
        rows += table.to_pylist()
    return rows


def verdicts(session: Session, day: date) -> Counter[str]:
    """Return how often each verdict occurs in the newest evaluation of a day."""
    found = session.index.snapshots.get(Slot("ctl_result", INSTANCE, day), [])
    if not found:
        return Counter()
    table = pq.read_table(session.store.home.path / found[-1].path, columns=["verdict"], partitioning=None)
    return Counter(table["verdict"].to_pylist())


def definition_rows(found: Sequence[Control]) -> list[dict[str, Any]]:
    """Return the controls as plain facts, for the analysts' file and the documents."""
    return [
        {
            "control_id": control.id,
            "title": control.title,
            "criteria": list(control.criteria),
            "owner": control.owner,
            "severity": control.severity,
            "frequency": control.frequency,
            "lag_days": control.lag_days,
            "remediation_days": control.remediation_days,
            "note": control.note,
            "code_version": control.code_version,
            "parameters": [parameter.model_dump(mode="json") for parameter in control.parameters],
            "tests": [
                {
                    "test_id": test.id,
                    "title": test.title,
                    "exception_when": test.exception_when,
                    "kind": test.kind,
                    "subject_type": test.subject_type,
                    "datasets": [need.dataset for need in test.needs],
                    "codes": [expectation.code for expectation in test.expectations],
                    "sql": test.sql_text,
                    "sql_sha256": test.sql_sha256,
                    "note": test.note,
                }
                for test in control.tests
            ],
        }
        for control in found
    ]


def last_closed_day(session: Session) -> date:
    """Return the newest day that is over."""
    return session.clock.now().astimezone(UTC).date() - timedelta(days=1)
