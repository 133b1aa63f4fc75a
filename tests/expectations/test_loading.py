"""Is a control refused that is empty, vague or does not fit the datasets, with a message that helps?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from expectations.control import ControlError, json_schema
from expectations.loading import discover, load
from tests.expectations.conftest import DATASETS, SQL, stated


def _set(path: str, value: Any) -> dict[str, Any]:
    """Return the content in order, but for one place."""
    content: Any = stated()
    *steps, last = path.split(".")
    place = content
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return dict(content)


EXPECTATION = "tests.0.expectations.0"
NULL = {
    "type": "expect_column_values_to_not_be_null",
    "column": "locks",
    "code": "X1",
    "when_null": "unknown",
}
NO_COLUMN = SQL.replace("    locks\n", "    lock\n")
TWO_TABLES = SQL.replace("from house_door", "from house_door join house_ring on true")
REFUSED: list[tuple[str, Any, str]] = [
    ("no tests", _set("tests", []), "it has no tests"),
    ("no expectation", _set("tests.0.expectations", []), "test a has no expectation"),
    ("mostly", _set(f"{EXPECTATION}.mostly", 0.98), "tests.0.expectations.0.mostly is not allowed"),
    ("criterion", _set("criteria", ["CC6.1", "CC99.1"]), "CC99.1 is none of the 61 criteria"),
    ("folder", _set("id", "HO-02"), "its id is HO-02, its folder HO-01-doors"),
    ("type", _set(f"{EXPECTATION}.type", "expect_table_row_count_to_equal"), "only row-level types are"),
    ("argument", _set(f"{EXPECTATION}.value_set", [1]), "does not take value_set"),
    ("lacking argument", _set(f"{EXPECTATION}.column", None), "lacks column"),
    ("no bound", _set(f"{EXPECTATION}.min_value", None), "refuses nothing without min_value or max_value"),
    ("float", _set(f"{EXPECTATION}.min_value", 0.5), "Input should be a valid integer"),
    ("large bound", _set(f"{EXPECTATION}.min_value", 2**53 + 1), "less than or equal to 9007199254740992"),
    ("unknown word", _set("tests.0.severty", "Low"), "tests.0.severty: Extra inputs are not permitted"),
    ("dataset", _set("tests.0.datasets", ["house_window"]), "there is no dataset house_window"),
    ("dataset not read", _set("tests.0.datasets", ["house_door", "house_ring"]), "never reads it"),
    ("parameter", _set(f"{EXPECTATION}.min_value", "$least"), "there is no parameter least"),
    ("column of the frame", _set(f"{EXPECTATION}.column", "bolts"), "tests column bolts, which the frame"),
    ("SQL file", _set("tests.0.sql", "b.sql"), "b.sql is missing; the folder has a-locks.sql"),
    ("test twice", _set("tests", stated()["tests"] * 2), "test a occurs twice"),
    (
        "code twice",
        _set("tests.0.expectations", stated()["tests"][0]["expectations"] * 2),
        "code NO_LOCK occurs twice",
    ),
    ("built-in parameter", _set("parameters.0.name", "day"), "parameter day is built in"),
    ("null judged", _set("tests.0.expectations", [NULL]), "remove when_null"),
    ("parameter not used", _set(f"{EXPECTATION}.min_value", 1), "parameter min_locks is used by no SQL"),
    ("no mapping", ["a"], "expected names and values"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_vague_control_is_refused(write: Callable[..., Path], content: Any, message: str) -> None:
    """What is wrong stands in the message, after the folder it is in."""
    with pytest.raises(ControlError) as refused:
        load(write(content), DATASETS)

    assert str(refused.value).startswith("HO-01-doors")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (NO_COLUMN, 'unknown column. Binder Error: Referenced column "lock"'),
        (NO_COLUMN, "house_door has door_id, owner, locks, walled_up, instance"),
        (TWO_TABLES, "List it under `datasets:`"),
        (SQL.replace("door_id as population_key", "door_id as key").replace("order by population_key", ""),
         "its frame lacks population_key"),
        (SQL.replace("as exempt_reason", "as exempt"), "its frame lacks exempt_reason"),
        (SQL.replace("    locks\n", "    sum(locks) over () as locks\n"), "of type HUGEINT"),
        (SQL.replace("order by", "order bye"), "cannot be parsed"),
        (SQL + ";select 1", "expected one SQL statement, found 2"),
        (SQL.replace("order by", "where locks < $most order by"), "there is no parameter most"),
        (None, "the folder has no SQL file"),
    ],
)  # fmt: skip
def test_sql_that_does_not_fit_is_refused(write: Callable[..., Path], sql: str | None, message: str) -> None:
    """SQL is bound to empty tables of the declared datasets before any evidence is read."""
    with pytest.raises(ControlError) as refused:
        load(write(sql=sql), DATASETS)

    assert message in str(refused.value)


def test_a_folder_without_control_is_refused(tmp_path: Path) -> None:
    """Neither an empty folder of controls nor one without control.yaml passes for a catalogue."""
    with pytest.raises(ControlError, match="expected a folder for each control, found none"):
        discover(DATASETS, tmp_path)
    (tmp_path / "HO-01-doors").mkdir()
    with pytest.raises(ControlError, match=r"it has no control\.yaml"):
        discover(DATASETS, tmp_path)


def test_two_folders_of_one_control_are_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    """A control has one folder."""
    write()
    write(name="HO-01-gates")

    with pytest.raises(ControlError, match=r"two folders are named HO-01-"):
        discover(DATASETS, tmp_path)


def test_parameters_count_from_their_day(write: Callable[..., Path]) -> None:
    """The newest value that is valid on the day counts; before the first there is none, which is an error."""
    control = load(write(), DATASETS)

    assert {"min_locks": 1} == control.parameters_on(date(2026, 5, 31))
    assert {"min_locks": 2} == control.parameters_on(date(2026, 6, 1))
    with pytest.raises(
        ControlError, match="no value in force on 2025-12-31; its first is valid from 2026-01-01"
    ):
        control.parameters_on(date(2025, 12, 31))


def test_digests_follow_what_counts(write: Callable[..., Path]) -> None:
    """A parameter announced for later changes nothing today; SQL, rules and parameters in force do."""
    day, later = date(2026, 3, 10), date(2026, 7, 1)
    before = load(write(), DATASETS)
    announced = stated()
    announced["parameters"][1]["value"] = 3
    after = load(write(announced), DATASETS)
    other_sql = load(write(sql=SQL + "-- one more line\n"), DATASETS)

    assert before.definition_sha256(day) == after.definition_sha256(day)
    assert before.definition_sha256(later) != after.definition_sha256(later)
    assert before.code_version != after.code_version
    assert before.definition_sha256(day) != other_sql.definition_sha256(day)
    assert before.tests[0].sql_sha256 != other_sql.tests[0].sql_sha256
    suite = before.tests[0].suite_sha256
    assert suite(before.parameters_on(day)) != suite(before.parameters_on(later))


def test_the_schema_for_editors_names_what_is_allowed() -> None:
    """Every criterion and every type of expectation is offered, and nothing unknown accepted."""
    schema = json_schema()

    assert 61 == len(schema["properties"]["criteria"]["items"]["enum"])
    assert 7 == len(schema["$defs"]["Expectation"]["properties"]["type"]["enum"])
    assert schema["additionalProperties"] is False
