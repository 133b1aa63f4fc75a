"""Do the controls find exactly what the worked cases say, and does every test have the cases it needs?

`<ID>/<test>.yaml` beside this module: rows per dataset (columns not given are null), and the whole outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from expectations.control import Control, Test
from expectations.evaluate import Observation, TestOutcome, evaluate
from expectations.loading import discover, views_of
from pipelines.catalogue import catalogue
from warehouse.dataset import Dataset
from warehouse.read import Fault, Unavailable, empty_view, in_memory
from warehouse.snapshots import Slot

FOLDER = Path(__file__).parent
KINDS = ("passing", "failing", "unknown", "empty", "nearest")
"""What every test has a case of; `exempt` too, where its SQL exempts rows."""
DAY = date(2026, 3, 10)
READ = pa.schema(
    [
        ("dataset", pa.string()),
        ("instance", pa.string()),
        ("day", pa.date32()),
        ("captured_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""What a case lists under `read`: the snapshots a test is told it had, those without rows too."""
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@cache
def controls() -> dict[str, tuple[Control, Test]]:
    """Return every test of every control by id."""
    found = discover(catalogue().datasets)
    return {test.id: (control, test) for control in found for test in control.tests}


def worked() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield (test id, the file's defaults, case)."""
    for path in sorted(FOLDER.glob("*/*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in content["cases"]:
            yield f"{path.parent.name}.{path.stem}", content.get("defaults", {}), case


CASES = list(worked())


@pytest.mark.parametrize(
    ("test_id", "defaults", "case"), CASES, ids=[f"{t}: {c['case']}" for t, _, c in CASES]
)
def test_outcome_is_the_worked_one(test_id: str, defaults: dict[str, Any], case: dict[str, Any]) -> None:
    """The verdict, every exception with its code, and every unknown, exempt and waived row are as worked."""
    outcome = outcome_of(test_id, defaults, case)

    assert {"population": sum(map(len, case["rows"].values())), **case["expect"]} == told(outcome)


def told(outcome: TestOutcome) -> dict[str, Any]:
    """Return an outcome as the worked cases write it: what is empty is left out, the population never."""
    lives = outcome.exceptions
    return {
        "verdict": outcome.verdict.value,
        **_unless_empty("exceptions", _by_key((x.population_key, x.code) for x in lives if not x.waiver_id)),
        **_unless_empty("waived", {x.population_key: x.waiver_id for x in lives if x.waiver_id}),
        **_unless_empty("unknown", sorted(outcome.unknown)),
        **_unless_empty("exempt", sorted({key for one in outcome.rounds for key in one.exempt})),
        "population": outcome.population_count,
    }


def _unless_empty(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {}


def _by_key(pairs: Iterator[tuple[str, str]]) -> dict[str, Any]:
    """Return the code of every key; a list where there are several."""
    found: dict[str, Any] = {}
    for key, code in sorted(pairs):
        found[key] = (
            code if key not in found else [*([found[key]], found[key])[isinstance(found[key], list)], code]
        )
    return found


def outcome_of(test_id: str, defaults: dict[str, Any], case: dict[str, Any]) -> TestOutcome:
    """Evaluate a test on the rows of a case."""
    control, test = controls()[test_id]
    tables = {view: catalogue().datasets[need.dataset] for need in test.needs for view in views_of(need)}
    strange = case["rows"].keys() - tables.keys()
    assert not strange, f"{test_id} does not read {strange}"
    return evaluate(
        control,
        test,
        day=DAY,
        observed=[
            Observation(
                NOON,
                _connector(tables, defaults, case["rows"], case.get("read", [])),
                frozenset((need.dataset, f"{need.source}-x") for need in test.needs),
                ("0" * 64,),
            )
        ],
        missing=[
            Unavailable(Slot(item["dataset"], item["instance"], DAY), Fault.MISSING, item["reason"])
            for item in case.get("missing", [])
        ],
        waivers=[{**_no_waiver(), **waiver} for waiver in case.get("waivers", [])],
        evaluated_at=NOON + timedelta(hours=13),
    )


def _no_waiver() -> dict[str, Any]:
    return {column.name: None for column in catalogue().datasets["register_waiver"].columns}


def _connector(
    datasets: Mapping[str, Dataset],
    defaults: Mapping[str, Any],
    rows: Mapping[str, Any],
    read: Sequence[Mapping[str, Any]],
) -> Callable[[], duckdb.DuckDBPyConnection]:
    def connect() -> duckdb.DuckDBPyConnection:
        connection = in_memory()
        connection.register("read_rows", pa.Table.from_pylist(list(read), schema=READ))
        connection.execute("create view snapshot_read as select * from read_rows")
        for view, dataset in datasets.items():
            given = [{**defaults.get(view, {}), **row} for row in rows.get(view, [])]
            if not given:
                connection.execute(empty_view(dataset, view))
                continue
            fields = [
                pa.field("instance", pa.string()),
                pa.field("day", pa.date32()),
                pa.field("captured_at", pa.timestamp("us", tz="UTC")),
                *(field.with_nullable(nullable=True) for field in dataset.schema),
            ]
            columns = {field.name for field in fields}
            for row in given:
                assert row.keys() <= columns, f"{view} has no {sorted(row.keys() - columns)}"
            connection.register(view, pa.Table.from_pylist(given, schema=pa.schema(fields)))
        return connection

    return connect


def test_every_test_has_worked_cases() -> None:
    """There is a file for every test, and no file for a test that does not exist."""
    assert sorted(controls()) == sorted({test_id for test_id, _, _ in CASES})


@pytest.mark.parametrize("test_id", sorted({test_id for test_id, _, _ in CASES}))
def test_every_kind_of_case_is_worked(test_id: str) -> None:
    """A test has a passing, failing, unknown and empty case, and the nearest thing it must not refuse."""
    _, test = controls()[test_id]
    exempts = "end as exempt_reason" in test.sql_text
    wanted = {*KINDS, *(["exempt"] if exempts else [])}
    found = {kind for name, _, case in CASES if name == test_id for kind in case["kinds"]}

    assert wanted == found


@pytest.mark.parametrize("test_id", sorted({test_id for test_id, _, _ in CASES}))
def test_every_code_is_worked(test_id: str) -> None:
    """For every code of a test there is a case that reports it."""
    _, test = controls()[test_id]
    found: set[str] = set()
    for name, _, case in CASES:
        if name == test_id:
            for codes in case["expect"].get("exceptions", {}).values():
                found.update([codes] if isinstance(codes, str) else codes)

    assert {expectation.code for expectation in test.expectations} == found - {"POPULATION_EMPTY"}
