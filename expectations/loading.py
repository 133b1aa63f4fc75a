"""Which controls are there, and is each written so that it can be tested?

Every folder under controls/ is one. What is empty, vague or does not bind to the declared datasets is refused
here, before any evidence is read: a control that cannot fail proves nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml
from pydantic import ValidationError

from expectations.control import (
    BUILT_IN,
    Control,
    ControlError,
    ControlFile,
    ParameterValue,
    Test,
    TestFile,
    parameters_of,
)
from expectations.criteria import criteria
from warehouse.dataset import Dataset
from warehouse.read import Need, empty_view, in_memory, snapshot_read

FOLDER = Path(__file__).parent / "controls"
FRAME_COLUMNS = {
    "population_key": "varchar",
    "subject_label": "varchar",
    "occurred_at": "timestamptz",
    "instance": "varchar",
    "exempt_reason": "varchar",
}
"""What every frame has beside its attributes, and the types these are cast to."""
INEXACT = ("DOUBLE", "FLOAT", "DECIMAL", "HUGEINT", "UHUGEINT")
"""Types that Great Expectations and DuckDB do not compare alike to the last digit."""


def discover(datasets: Mapping[str, Dataset], folder: Path = FOLDER) -> tuple[Control, ...]:
    """Return every control, in the order of their ids. Raises ControlError."""
    connection = in_memory()
    try:
        found = [
            load(path, datasets, connection)
            for path in sorted(folder.iterdir())
            if path.is_dir() and not path.name.startswith((".", "_"))
        ]
    finally:
        connection.close()
    if not found:
        raise ControlError(f"{folder}: expected a folder for each control, found none")
    ids = Counter(control.id for control in found)
    if twice := [name for name, times in ids.items() if times > 1]:
        raise ControlError(f"{folder}: two folders are named {', '.join(twice)}-…; a control has one")
    return tuple(found)


def load(
    folder: Path, datasets: Mapping[str, Dataset], connection: duckdb.DuckDBPyConnection | None = None
) -> Control:
    """Return the control of one folder. Raises ControlError with what is wrong and how to mend it."""
    file = folder / "control.yaml"
    where = f"{folder.name}/control.yaml"
    if not file.is_file():
        raise ControlError(f"{folder.name}: it has no control.yaml. Write one, or remove the folder.")
    stated = _parse(file, where)
    if not folder.name.startswith(f"{stated.id}-"):
        raise ControlError(
            f"{where}: its id is {stated.id}, its folder {folder.name}. Name the folder "
            f"{stated.id}-<what-it-is-about>: one word must find everything about a control."
        )
    if unknown := set(stated.criteria) - criteria().keys():
        raise ControlError(
            f"{where}: {', '.join(sorted(unknown))} is none of the {len(criteria())} criteria in "
            "criteria.csv, such as CC6.1, A1.2 or PI1.3."
        )
    values: dict[str, ParameterValue] = {p.name: p.value for p in stated.parameters}
    if clash := values.keys() & BUILT_IN:
        raise ControlError(f"{where}: parameter {', '.join(sorted(clash))} is built in; choose another name.")
    own = connection or in_memory()
    try:
        tests = [
            _test(stated, test, folder, values, datasets, own)
            for test in _unique(stated.tests, lambda test: test.id, f"{where}: test")
        ]
    finally:
        if connection is None:
            own.close()
    used = {name for test in tests for name in test.sql_parameters} | {
        name for test in tests for expectation in test.expectations for name in expectation.parameters
    }
    used |= {
        name.removeprefix(f"{stated.id}.")
        for test in tests
        for need in test.needs
        for name in datasets[need.dataset].parameters
    }
    if idle := values.keys() - used:
        raise ControlError(
            f"{where}: parameter {', '.join(sorted(idle))} is used by no SQL and no expectation. Remove it: "
            "a number that is shown but not applied misleads."
        )
    return Control(**_fields(stated, "tests"), tests=tuple(tests))


def _parse(file: Path, where: str) -> ControlFile:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ControlError(f"{where}: it is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise ControlError(f"{where}: expected names and values, beginning with id and title.")
    for path in _places(content, "mostly"):
        raise ControlError(
            f"{where}: {path} is not allowed. It would let a share of the rows break the rule and still "
            "pass; exempt rows by a register, or accept single ones by a waiver."
        )
    if not content.get("tests"):
        raise ControlError(f"{where}: it has no tests. Add at least one: an untested control proves nothing.")
    for test in content["tests"]:
        if isinstance(test, dict) and not test.get("expectations"):
            raise ControlError(
                f"{where}: test {test.get('id')} has no expectation, so that it could never fail. Add one."
            )
    try:
        return ControlFile.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise ControlError(f"{where}: {problems}. `evidence schema` prints what is allowed.") from error


def _places(value: Any, key: str, path: str = "") -> Iterator[str]:
    """Yield where a key occurs, at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else str(name)
            if name == key:
                yield here
            yield from _places(inner, key, here)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, key, f"{path}.{number}")


def _unique(items: Any, name_of: Any, what: str) -> Any:
    times = Counter(name_of(item) for item in items)
    if twice := sorted(name for name, n in times.items() if n > 1):
        raise ControlError(f"{what} {', '.join(twice)} occurs twice; give each its own.")
    return items


def _fields(model: ControlFile | TestFile, *but: str) -> dict[str, Any]:
    return {name: getattr(model, name) for name in type(model).model_fields if name not in but}


def _test(
    control: ControlFile,
    stated: TestFile,
    folder: Path,
    values: dict[str, ParameterValue],
    datasets: Mapping[str, Dataset],
    connection: duckdb.DuckDBPyConnection,
) -> Test:
    """Return a test with its SQL, which binds to empty tables of the declared datasets."""
    where = f"{folder.name}: test {stated.id}"
    _unique(stated.expectations, lambda expectation: expectation.code, f"{where}: code")
    path = folder / stated.sql
    if not path.is_file():
        there = ", ".join(sorted(file.name for file in folder.glob("*.sql"))) or "no SQL file"
        raise ControlError(f"{where}: {stated.sql} is missing; the folder has {there}.")
    sql = path.read_text(encoding="utf-8")
    where = f"{where} ({stated.sql})"
    try:
        used = parameters_of(sql)
    except ControlError as error:
        raise ControlError(f"{where}: {error}") from error
    asked = used | {name for expectation in stated.expectations for name in expectation.parameters}
    if unknown := asked - values.keys() - BUILT_IN:
        raise ControlError(
            f"{where}: there is no parameter {', '.join(sorted(unknown))}. Declare it under `parameters:` in "
            f"control.yaml; built in are {', '.join(sorted(BUILT_IN))}."
        )
    views = {view: need.dataset for need in stated.needs for view in views_of(need)}
    for view, name in views.items():
        if name not in datasets:
            raise ControlError(
                f"{where}: there is no dataset {name}. There are {', '.join(sorted(datasets))}."
            )
        if not re.search(rf"\b(from|join)\s+{view}\b", sql):
            raise ControlError(
                f"{where}: it declares dataset {view} but never reads it, so that a day without {view} would "
                "not be tested for no reason. Remove it from `datasets:`, or join it."
            )
    declared = {view: datasets[name] for view, name in views.items()}
    frame = _bind(where, sql, declared, _sample(used, values), connection)
    _check_frame(where, frame, stated)
    return Test(
        **(_fields(stated) | {"id": f"{control.id}.{stated.id}"}),
        sql_text=sql,
        keeps_failure=any(datasets[need.dataset].accumulates for need in stated.needs if not need.around),
    )


def views_of(need: Need) -> list[str]:
    """Return the views a statement has for a need."""
    names = [f"{need.dataset}_before"] * bool(need.before) + [f"{need.dataset}_after"] * bool(need.after)
    return names or [need.dataset]


def _sample(used: frozenset[str], values: Mapping[str, ParameterValue]) -> dict[str, Any]:
    """Return a value for every parameter a statement uses, so that it binds."""
    instant = datetime(2000, 1, 1, tzinfo=UTC)
    built_in: dict[str, Any] = {
        "day": date(2000, 1, 1),
        "day_start": instant,
        "day_end": instant,
        "observed_at": instant,
    }
    return {name: built_in[name] if name in built_in else values[name] for name in used}


def _bind(
    where: str,
    sql: str,
    declared: Mapping[str, Dataset],
    parameters: Mapping[str, Any],
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, str]:
    """Return the frame's columns and their types. Raises ControlError where the SQL does not bind."""
    try:
        connection.execute(snapshot_read())
        for view, dataset in declared.items():
            connection.execute(empty_view(dataset, view))
        described = connection.execute(sql, dict(parameters)).description or []
        return {str(column[0]): str(column[1]) for column in described}
    except duckdb.Error as error:
        raise ControlError(f"{where}: {_explain(str(error), declared)}") from error
    finally:
        for name in declared:
            connection.execute(f"drop view if exists {name}")


def _explain(message: str, declared: Mapping[str, Dataset]) -> str:
    """Return DuckDB's complaint with what could have been meant."""
    first = message.split("\n", 1)[0]
    if "column" in first:
        columns = "; ".join(
            f"{name} has {', '.join(column.name for column in dataset.columns)}, instance, day, captured_at"
            for name, dataset in declared.items()
        )
        return f"unknown column. {first} The test's datasets: {columns}."
    if "Table with name" in first:
        return f"{first} List it under `datasets:`; this test declares {', '.join(declared)}."
    return f"its SQL does not run on empty tables. {message}"


def _check_frame(where: str, frame: Mapping[str, str], stated: TestFile) -> None:
    """Refuse a frame that lacks a column, or tests one that cannot be judged exactly."""
    if lacking := [name for name in FRAME_COLUMNS if name not in frame]:
        raise ControlError(
            f"{where}: its frame lacks {', '.join(lacking)}. Every test selects "
            f"{', '.join(FRAME_COLUMNS)}, then its attributes; a null exempt_reason means the row is tested."
        )
    for expectation in stated.expectations:
        for column in expectation.columns:
            if column not in frame:
                raise ControlError(
                    f"{where}: expectation {expectation.code} tests column {column}, which the frame lacks; "
                    f"it has {', '.join(frame)}."
                )
            if frame[column].startswith(INEXACT):
                raise ControlError(
                    f"{where}: expectation {expectation.code} tests column {column} of type {frame[column]}, "
                    "on which two engines may differ. Cast it to bigint, text, boolean, date or timestamptz."
                )
