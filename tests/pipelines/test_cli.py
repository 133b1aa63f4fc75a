"""Does the command answer as its help says: what it prints, where, and with which exit code?"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from warehouse.snapshots import Index
from warehouse.store import Home, Store

Evidence: TypeAlias = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["bogus"], 64, "No such command"),
        (["collect", "--day", "yesterday"], 64, "is no date"),
        (["test", "--day", "2026-03-01", "--from", "2026-03-01"], 64, "exclude each other"),
        (["demo", "--aws-unreachable", "222222222222"], 64, "write 222222222222:2026-03-14"),
        (["status"], 1, "Run `evidence publish` first"),
        (["verify"], 1, "There is no evidence home"),
        (["collect"], 1, "There is no evidence.yaml. Looked for"),
        (["query", "select 1"], 1, "Run `evidence publish` first"),
    ],
)
def test_what_cannot_be_done_says_what_to_do_and_leaves_nothing(
    tmp_path: Path, evidence: Evidence, arguments: list[str], code: int, said: str
) -> None:
    """Wrong usage is 64, a failure is 1; no traceback, nothing half-written."""
    answer = evidence(tmp_path / "home", *arguments, environment={"EVIDENCE_CONFIG": ""})

    assert code == answer.code
    assert said in " ".join(answer.err.split())
    assert "Traceback" not in answer.err
    assert not (tmp_path / "home").exists()


def test_an_answer_comes_as_table_csv_or_json(eight_days: Home, evidence: Evidence) -> None:
    """The same rows in three forms; what is cut off is said."""
    sql = "select control_id, severity from ctl.control order by control_id limit 2"
    asked = [
        evidence(eight_days.path, "query", sql, "--format", form).out for form in ("csv", "json", "table")
    ]
    expected = [
        {"control_id": "AC-01", "severity": "Critical"},
        {"control_id": "AC-02", "severity": "Critical"},
    ]
    cut = evidence(eight_days.path, "query", "from ev.okta_user", "--limit", "3", "--format", "csv")

    assert expected == list(csv.DictReader(io.StringIO(asked[0])))
    assert expected == json.loads(asked[1])
    assert "2 rows" in asked[2]
    assert (4, True) == (len(cut.out.splitlines()), "More than 3 rows" in cut.err)


def test_a_query_cannot_write(eight_days: Home, evidence: Evidence) -> None:
    """The file is opened read-only."""
    answer = evidence(eight_days.path, "query", "delete from ctl.control")

    assert 1 == answer.code
    assert "read-only" in answer.err


def test_collecting_a_state_of_a_day_that_is_over_is_refused(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """The command says why for each instance, stores nothing and exits with 2."""
    home = copy_of(eight_days)
    before = len(Index(Store(home).ledger).by_path)
    answer = evidence(home.path, "collect", "--source", "register", "--only", "states", "--day", "2026-03-02")

    assert 2 == answer.code
    assert "today's answer would be false evidence" in " ".join(answer.out.split())
    assert before == len(Index(Store(home).ledger).by_path)


def test_testing_with_nothing_new_changes_nothing(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """No day is owed after the demo, and asking again says so."""
    home = copy_of(eight_days)
    before = [entry.sha256 for entry in Store(home).ledger.entries]
    answer = evidence(home.path, "test")

    assert "No day has evidence newer than its last evaluation." in answer.out
    assert before == [entry.sha256 for entry in Store(home).ledger.entries]


def test_schemas_are_printed_for_editors(tmp_path: Path, evidence: Evidence) -> None:
    """Of a control, of evidence.yaml and of every register."""
    names = evidence(tmp_path, "schema").out.split()
    schemas = [json.loads(evidence(tmp_path, "schema", name).out) for name in ("control", "register_waiver")]

    assert {"control", "evidence", "register_system", "register_waiver"} <= set(names)
    assert ["object", "array"] == [schema["type"] for schema in schemas]
