"""What is owed an evaluation, what does one day's evaluation do, and what does it leave behind?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb
import pyarrow.parquet as pq

from assets.capture import day_window
from assets.derive import asks_when_read
from expectations.control import Control, Test
from expectations.loading import discover
from pipelines.catalogue import catalogue
from pipelines.session import Session, product_version
from warehouse.dataset import Dataset, Kind
from warehouse.ledger import Entry
from warehouse.read import Available, Need, Reader, Round
from warehouse.snapshots import Slot
from warehouse.store import Offered

if TYPE_CHECKING:
    import pyarrow as pa

    from assets.capture import Derivation
    from expectations.outcome import TestOutcome

Result: TypeAlias = Mapping[str, Any]
"""A row of ctl_result."""
Judges: TypeAlias = (
    "Callable[[Sequence[Control], date, Sequence[Mapping[str, Any]], Mapping[str, Result]], "
    "Iterable[TestOutcome]]"
)
"""(controls, day, waivers, newest results that may stand) -> outcomes of their tests that read evidence."""
Derives: TypeAlias = "Callable[[Sequence[Derivation], date], None]"
"""(derivations none of which reads another, day): computes them."""
INSTANCE = "main"
WAIVERS = "register_waiver"


class TooEarly(Exception):
    """Nothing that was asked about a day can be judged before its cut-off has passed."""


@cache
def controls() -> tuple[Control, ...]:
    """Return every control, found in its folder and bound to the declared datasets."""
    return discover(catalogue().datasets)


@dataclass(frozen=True)
class Evaluated:
    """What counts of a day after an evaluation of it."""

    day: date
    controls: tuple[Control, ...]
    """The controls that were judged."""
    results: tuple[Result, ...]
    entry: Entry

    def of(self, control: Control) -> list[Result]:
        """Return what counts of a control's tests."""
        return [row for row in self.results if row["control_id"] == control.id]


def derived_facts(session: Session, dataset: Dataset, day: date) -> dict[str, Any]:
    """Return rows and digests of a derived dataset on a day; empty where there is none."""
    found = [
        session.index.snapshots[Slot(dataset.name, instance, day)][-1]
        for instance in session.index.instances(dataset.name, day)
    ]
    if not found:
        return {}
    return {
        "dagster/partition_row_count": sum(snapshot.rows for snapshot in found),
        "sha256": {snapshot.slot.instance: snapshot.sha256 for snapshot in found},
    }


def worst_of(rows: Sequence[Result]) -> str:
    """Return the worst verdict of some results."""
    from expectations.verdicts import worst

    return worst(row["verdict"] for row in rows).value


def effective(session: Session, day: date) -> tuple[Result, ...]:
    """Return the result that counts of every test on a day, with the ledger entry it stands in.

    The newest counts, except that what a state failed once by the same definition stays failed: neither
    testing again nor taking evidence away improves a day.
    """
    counting: dict[str, dict[str, Any]] = {}
    for snapshot in session.index.snapshots.get(Slot("ctl_result", INSTANCE, day), []):
        file = session.store.home.path / snapshot.path
        for row in pq.read_table(file, partitioning=None).to_pylist():
            before = counting.get(row["test_id"])
            kept = (
                before is not None
                and before["verdict"] == "FAIL"
                and before["keeps_failure"]
                and before["definition_sha256"] == row["definition_sha256"]
            )
            if not kept:
                counting[row["test_id"]] = {**row, "entry": snapshot.entry}
    return tuple(counting[test] for test in sorted(counting))


def may_stand(session: Session, reader: Reader, day: date, evidence: Collection[str]) -> dict[str, Result]:
    """Return test -> its newest result about a day, where judging it again could bring the same.

    That is for its inputs to tell, see stands(). None may stand once the waivers were read again, or where
    a result is not what was stored.
    """
    newest: dict[str, Result] = {}
    known: set[str] = set()
    for snapshot in session.index.snapshots.get(Slot("ctl_result", INSTANCE, day), []):
        if reader.check(snapshot) is not None:
            return {}
        known.update(snapshot.header["evidence"])
        file = session.store.home.path / snapshot.path
        for row in pq.read_table(file, partitioning=None).to_pylist():
            newest[row["test_id"]] = row
    if any(path.split("/", 2)[1] == WAIVERS for path in set(evidence) - known):
        return {}
    return newest


def stands(control: Control, test: Test, day: date, result: Result, available: Available) -> bool:
    """Return whether a test would bring again what its newest result says.

    It was told by the same definition from byte for byte what there is to read now, in one round of events,
    and does not look at when that was read.
    """
    if result["verdict"] == "ERROR" or result["missing"] or len(available.rounds) != 1:
        return False
    return (
        test.kind == "event"
        and not (available.missing or available.altered)
        and not asks_when_read(test.sql_text)
        and result["definition_sha256"] == control.definition_sha256(day)
        and set(result["snapshot_ids"]) == {snapshot.sha256 for snapshot in available.rounds[0].all}
    )


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


def paths_around(session: Session, chosen: Sequence[Control], day: date) -> set[str]:
    """Return the files of other days that tests of a day read too, of what sources sent.

    Where one of those is read later, the day is judged again: so a change is known to be verified.
    """
    return {
        session.index.snapshots[Slot(need.dataset, instance, other)][-1].path
        for need in {need for control in chosen for need in needs_around(control.id)}
        if session.catalogue.datasets[need.dataset].follows is None
        for other in need.days(day)
        for instance in session.index.instances(need.dataset, other)
        if need.covers(instance)
    }


@cache
def needs_around(control_id: str) -> frozenset[Need]:
    """Return what a control's tests need of other days, themselves or in what is derived for them."""
    control = next(one for one in controls() if one.id == control_id)
    found = {need for test in control.tests for need in test.needs if need.around}
    for derivation in catalogue().derivations:
        if derivation.dataset.name in reads(control_id):
            found.update(
                Need(name, before=derivation.before.get(name, 0), after=derivation.after.get(name, 0))
                for name in {*derivation.before, *derivation.after}
            )
    return frozenset(found)


def judged_from(control: Control, day: date) -> datetime:
    """Return the instant from which a control can be judged about a day: when its cut-off has passed."""
    return day_window(day)[1] + timedelta(days=control.cutoff_days)


@cache
def left_for_later(due: frozenset[str]) -> frozenset[str]:
    """Return the derived datasets that only controls outside `due` read which wait for a cut-off.

    They are computed when the first of those is judged, from what has come until then.
    """
    waiting = {control.id for control in controls() if control.cutoff_days} - due
    others = {control.id for control in controls()} - waiting
    theirs = frozenset[str]().union(*map(reads, waiting))
    return theirs.intersection(_derived_names()) - frozenset[str]().union(*map(reads, others))


@cache
def derived_for(due: frozenset[str]) -> frozenset[str]:
    """Return the derived datasets that an evaluation of some controls makes, and not only makes anew."""
    whole = {control.id for control in controls() if not control.cutoff_days} <= due
    later = left_for_later(frozenset())
    first = _derived_names() - later if whole else frozenset[str]()
    return first | later.intersection(frozenset[str]().union(*map(reads, due)))


@cache
def _derived_names() -> frozenset[str]:
    found = catalogue().datasets.values()
    return frozenset(d.name for d in found if d.kind is Kind.DERIVED and d.source != "ctl")


def owed(session: Session) -> Iterator[tuple[date, frozenset[str]]]:
    """Yield (day, controls) for days that are over and controls whose evidence is newer than their results.

    A late read of an event day brings back only the controls that read it; one that fills a slot that was
    empty also those that watch over completeness.
    """
    start = session.calendar.start
    if start is None:
        return
    latest = _latest_evaluations(session)
    day = start
    while day_window(day)[1] <= session.clock.now():
        paths = evidence_paths(session, day)
        due = {
            control.id
            for control in controls()
            if judged_from(control, day) <= session.clock.now()
            and _is_owed(
                control,
                paths | paths_around(session, [control], day),
                latest.get((day.isoformat(), control.id)),
            )
        }
        if due:
            yield day, frozenset(due)
        day += timedelta(days=1)


def _latest_evaluations(session: Session) -> dict[tuple[str, str], frozenset[str]]:
    """Return (day, control) -> the evidence its newest evaluation knew."""
    return {
        (entry.body["day"], control): frozenset(entry.body["evidence"])
        for entry in session.store.ledger.entries
        if entry.kind == "evaluation"
        for control in entry.body["definitions"]
    }


def _is_owed(control: Control, paths: set[str], known: frozenset[str] | None) -> bool:
    if known is None:
        return True
    read = reads(control.id)
    if any(path.split("/", 2)[1] in read for path in paths - known):
        return True
    if not any(name.startswith("meta_") for name in read):
        return False
    return bool({path.rpartition("/")[0] for path in paths} - {path.rpartition("/")[0] for path in known})


@cache
def reads(control_id: str) -> frozenset[str]:
    """Return the datasets a control reads, and those from which these are derived."""
    control = next(one for one in controls() if one.id == control_id)
    found = {need.dataset for test in control.tests for need in test.needs} | {WAIVERS}
    for derivation in reversed(
        catalogue().derivations
    ):  # what is derived last may read what is derived first
        if derivation.dataset.name in found:
            found.update(derivation.inputs)
    return frozenset(found)


def evaluate(
    session: Session,
    day: date,
    wanted: Collection[str] | None = None,
    judges: Judges | None = None,
    derives: Derives | None = None,
    *,
    again: bool = True,
) -> Evaluated:
    """Derive a day's datasets, judge its controls (all, or those wanted) and store the results.

    A control is left out until its cut-off has passed; TooEarly is raised where none is left. Whatever goes
    wrong inside one test becomes its verdict; it never keeps another from being judged.
    `again` judges also the tests whose newest result was computed from the very bytes there are to read: who
    asks by hand wants that, who only looks for what newer evidence changes does not.
    `judges` judge what reads evidence in other processes, `derives` derive there; null: it is done here.
    """
    from expectations import results

    session.index.refresh()
    due = {control.id for control in controls() if judged_from(control, day) <= session.clock.now()}
    asked = frozenset(due if wanted is None else due.intersection(wanted))
    if not asked:
        raise TooEarly(
            f"{', '.join(sorted(wanted or ()))} cannot be judged about {day} yet: what belongs to that day "
            "may still arrive until the cut-off (`cutoff_days` in control.yaml). A later run judges it."
        )
    everything = {control.id for control in controls() if not control.cutoff_days} <= asked
    touched = None if everything else frozenset[str]().union(*map(reads, asked))
    definitions = {control.id: control.definition_sha256(day) for control in controls()}
    reader = session.derive(
        day, definitions, touched, left_out=left_for_later(asked) if everything else (), derives=derives
    )
    chosen = tuple(control for control in controls() if control.id in asked)
    evidence = evidence_paths(session, day) | paths_around(session, chosen, day)
    waivers = waivers_of(session, reader, day)
    tests = [(control, test) for control in chosen for test in control.tests]
    # A test of the results of this evaluation is to find them all.
    before = (
        {} if again or any(t.reads_results for _, t in tests) else may_stand(session, reader, day, evidence)
    )
    if judges is not None:
        outcomes = list(judges(chosen, day, waivers, before))
    else:
        outcomes = list(judged(session, reader, chosen, day, waivers, before))
    for control, test in tests:
        if test.reads_results:
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
            "evidence": sorted(evidence),
            "inputs": [],
            "definitions": {control.id: control.definition_sha256(day) for control in chosen},
            "confirmed": sorted({test.id for _, test in tests} - {outcome.test_id for outcome in outcomes}),
            "round": now.isoformat(),
            "captured_at": now.isoformat(),
            "run": session.run,
            "version": product_version(),
        },
        recorded_at=now,
    )
    session.index.refresh()
    return Evaluated(day, chosen, effective(session, day), entry)


def judged(
    session: Session,
    reader: Reader,
    chosen: Iterable[Control],
    day: date,
    waivers: Sequence[Mapping[str, Any]],
    before: Mapping[str, Result],
) -> Iterator[TestOutcome]:
    """Yield the outcomes of controls' tests that read evidence, but of those whose earlier result stands."""
    for control in chosen:
        for test in control.tests:
            if test.reads_results:
                continue
            result = before.get(test.id)
            if result is None or not stands(control, test, day, result, reader.available(test.needs, day)):
                yield judge(session, reader, control, test, day, waivers, ())


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
    over = now >= judged_from(control, day) + timedelta(days=control.lag_days)
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

    table = results.table(results.RESULT, [outcome.result_row() for outcome in outcomes])
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
    """Return how often each verdict occurs among the results that count of a day."""
    return Counter(row["verdict"] for row in effective(session, day))


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
            "every": control.every,
            "lag_days": control.lag_days,
            "cutoff_days": control.cutoff_days,
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
                    "reconciles": [rule.model_dump(mode="json") for rule in test.reconciles],
                }
                for test in control.tests
            ],
        }
        for control in found
    ]
