"""Do rounds, missing and altered evidence and waivers add up to the right outcome, whatever goes wrong?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expectations.control import Control
from expectations.evaluate import Observation, TestOutcome, evaluate
from expectations.loading import load
from expectations.results import DATASETS, EXCEPTION, GX_RESULT, POPULATION, RESULT, tables
from expectations.waivers import in_force
from tests.expectations.conftest import DATASETS as DOORS
from tests.expectations.conftest import DAY, DOOR, SQL, doors, seen, stated
from warehouse.read import Fault, Unavailable, in_memory
from warehouse.snapshots import Slot

MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
LATER = MIDNIGHT + timedelta(hours=25)


def hour(number: int) -> datetime:
    """Return an instant of the day."""
    return MIDNIGHT + timedelta(hours=number)


def run(control: Control, *observed: Observation, day: date = DAY, **more: Any) -> TestOutcome:
    """Evaluate the only test."""
    return evaluate(control, control.tests[0], day=day, observed=observed, evaluated_at=LATER, **more)


def gone(instance: str, fault: Fault = Fault.MISSING) -> Unavailable:
    """Return a snapshot that cannot be read."""
    return Unavailable(Slot("house_door", instance, DAY), fault, "no snapshot of 2026-03-10")


def lives(outcome: TestOutcome) -> list[tuple[str, int, int, int | None]]:
    """Return the exceptions with the hours first seen, last seen and cleared."""
    return [
        (
            x.population_key,
            x.first_seen_at.hour,
            x.last_seen_at.hour,
            x.cleared_at.hour if x.cleared_at else None,
        )
        for x in outcome.exceptions
    ]


def test_a_fault_that_is_gone_in_the_evening_stays(control: Control) -> None:
    """The day is FAIL, and its exception is cleared at the first later round without it."""
    outcome = run(
        control,
        seen(8, doors(("front", 0), ("back", 1), ("attic", 0))),
        seen(20, doors(("front", 1), ("back", 0), ("attic", 0))),
        seen(22, doors(("front", 1), ("back", 0))),
    )

    assert "FAIL" == outcome.verdict
    assert "Worst of 3 rounds: 1 exception in 2 tested rows." == outcome.reason
    assert [("attic", 8, 20, 22), ("back", 20, 22, None), ("front", 8, 8, 20)] == lives(outcome)
    assert (3, 3, 0) == (outcome.population_count, outcome.exceptions_count, outcome.unknown_count)


def test_an_exception_that_comes_back_is_not_cleared(control: Control) -> None:
    """Only what is gone in the last round is gone."""
    outcome = run(
        control, seen(8, doors(("front", 0))), seen(12, doors(("front", 1))), seen(20, doors(("front", 0)))
    )

    assert [("front", 8, 20, None)] == lives(outcome)


def test_what_cannot_be_told_clears_nothing(control: Control) -> None:
    """A later round in which the attribute is unknown, or that could not be judged, is no clearance."""
    broken = Observation(hour(20), in_memory, frozenset({("house_door", "main")}))

    outcome = run(control, seen(8, doors(("front", 0))), seen(12, doors(("front", None))), broken)

    assert [("front", 8, 8, None)] == lives(outcome)
    assert "FAIL" == outcome.verdict
    assert {"front"} == outcome.unknown


def test_everything_missing_is_not_tested(control: Control) -> None:
    """Without evidence there is no population, and the reason names what is missing."""
    outcome = run(control, missing=[gone("main")])

    assert "NOT_TESTED" == outcome.verdict
    assert "Nothing of house_door can be read: house_door/main: no snapshot of 2026-03-10." == outcome.reason
    assert (0, 0) == (outcome.population_count, outcome.exceptions_count)
    assert outcome.result_row()["gx_unexpected_count"] is None


@pytest.mark.parametrize(("locks", "verdict"), [(0, "FAIL"), (1, "NOT_TESTED")])
def test_a_missing_instance_never_hides_a_failure(control: Control, locks: int, verdict: str) -> None:
    """The instances that were read are tested; the missing one is named either way."""
    outcome = run(control, seen(12, doors(("front", locks))), missing=[gone("annex")])

    assert verdict == outcome.verdict
    assert "house_door/annex: no snapshot" in outcome.reason
    assert ("house_door/annex: no snapshot of 2026-03-10",) == outcome.missing


def test_altered_evidence_is_an_error(control: Control) -> None:
    """Whether it is all there is or one of several, altered evidence is never judged."""
    altered = gone("main", Fault.ALTERED)

    alone, beside = (
        run(control, altered=[altered]),
        run(control, seen(12, doors(("a", 1))), altered=[altered]),
    )

    assert ["ERROR", "ERROR"] == [alone.verdict, beside.verdict]
    assert "stored evidence was altered: house_door/main" in alone.reason


def test_what_is_raised_is_the_verdict(control: Control) -> None:
    """SQL that fails on the data ends in ERROR with the message, not in a crash."""
    repeated = run(control, seen(12, doors(("front", 1), ("front", 1))))
    broken = run(control, Observation(hour(12), in_memory, frozenset({("house_door", "main")})))
    too_early = run(control, seen(12, doors(("front", 1))), day=date(2025, 1, 1))

    assert ["ERROR"] * 3 == [repeated.verdict, broken.verdict, too_early.verdict]
    assert "population_key is not unique" in repeated.reason
    assert "CatalogException" in broken.reason
    assert "parameter min_locks has no value in force on 2025-01-01" in too_early.reason


def test_engines_that_differ_leave_an_error(write: Callable[..., Path]) -> None:
    """Where Great Expectations and SQL refuse different rows the counts are kept."""
    content = stated()
    del content["parameters"]
    content["tests"][0]["expectations"] = [
        {"type": "expect_column_pair_values_to_be_equal", "column_A": "a", "column_B": "b", "code": "DIFFERS"}
    ]
    sql = SQL.replace(
        "    locks\n", "    date '2026-03-10' as a,\n    timestamptz '2026-03-10 00:00:00+00' as b\n"
    )

    outcome = run(load(write(content, sql), DOORS), seen(12, doors(("front", 1))))

    assert "ERROR" == outcome.verdict
    assert "DIFFERS: Great Expectations and SQL refuse different rows" in outcome.reason
    row = outcome.result_row()
    assert (1, 0) == (row["gx_unexpected_count"], row["sql_unexpected_count"])


def waiver(**changes: Any) -> dict[str, Any]:
    """Return a waiver in force all day."""
    return {
        "waiver_id": "W-1",
        "control_id": "HO-01",
        "test_id": "HO-01.a",
        "subject_pattern": "fr*",
        "exception_code": "NO_LOCK",
        "requested_by": "ana",
        "approved_by": "ben",
        "approved_at": MIDNIGHT - timedelta(days=1),
        "effective_from": MIDNIGHT,
        "expires_at": MIDNIGHT + timedelta(days=1),
        "revoked_at": None,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "accepts"),
    [
        ({}, True),
        ({"test_id": None, "exception_code": None, "subject_pattern": "*"}, True),
        ({"effective_from": hour(12), "expires_at": hour(12) + timedelta(days=366)}, True),
        ({"expires_at": hour(12)}, False),
        ({"effective_from": hour(13)}, False),
        ({"approved_at": hour(13)}, False),
        ({"revoked_at": hour(12)}, False),
        ({"revoked_at": hour(13)}, True),
        ({"subject_pattern": "back*"}, False),
        ({"exception_code": "OTHER"}, False),
        ({"test_id": "HO-01.b"}, False),
        ({"control_id": "HO-02"}, False),
        ({"approved_by": "Ana"}, False),
        ({"expires_at": MIDNIGHT + timedelta(days=366, seconds=1)}, False),
        ({"expires_at": None}, False),
    ],
)
def test_only_a_waiver_in_force_counts(control: Control, changes: dict[str, Any], accepts: bool) -> None:
    """It must be of this test, row and code, approved by another, in force when observed, not for ever."""
    outcome = run(control, seen(12, doors(("front", 0), ("back", 1))), waivers=[waiver(**changes)])

    assert ("PASS_WAIVED" if accepts else "FAIL") == outcome.verdict
    assert ((0, 1) if accepts else (1, 0)) == (outcome.exceptions_count, outcome.waived_count)


def test_a_waiver_that_can_never_count_is_told() -> None:
    """The reason says why it is ignored."""
    found = in_force([waiver(approved_by="ANA")], "HO-01", "HO-01.a", hour(12))

    assert ("waiver W-1 is ignored: the same person requested and approved it",) == found.ignored


def test_a_waiver_of_the_afternoon_does_not_mend_the_morning(control: Control) -> None:
    """An exception is waived only if it was in every round it was seen in."""
    outcome = run(
        control,
        seen(8, doors(("front", 0))),
        seen(20, doors(("front", 0))),
        waivers=[waiver(effective_from=hour(12))],
    )

    assert ("FAIL", 1, 0) == (outcome.verdict, outcome.exceptions_count, outcome.waived_count)
    assert ["exception", "waived"] == outcome.population["status"].to_pylist()


@pytest.mark.parametrize(
    ("changes", "accepts"),
    [
        ({}, True),
        ({"expires_at": MIDNIGHT + timedelta(hours=23, minutes=59)}, False),
        ({"effective_from": hour(24), "expires_at": hour(48)}, False),
        ({"approved_at": hour(24)}, False),
    ],
)
def test_what_is_read_after_midnight_is_still_about_its_day(
    control: Control, changes: dict[str, Any], accepts: bool
) -> None:
    """A waiver until the end of the day accepts what was read at one o'clock; one given since does not."""
    outcome = run(control, seen(25, doors(("front", 0), ("back", 1))), waivers=[waiver(**changes)])

    assert ("PASS_WAIVED" if accepts else "FAIL") == outcome.verdict


def test_everything_is_left_behind_as_declared(control: Control) -> None:
    """The four tables have the declared schemas, and name row, status, codes and facts."""
    rows = doors(("attic", None), ("back", 1), ("front", 0), ("shed", None), walled_up=["shed"])
    outcome = run(control, seen(12, rows))

    stored = tables([outcome])

    assert list(DATASETS) == list(stored)
    assert all(table.schema.equals(dataset.schema) for dataset, table in stored.items())
    population = stored[POPULATION].select(
        ["population_key", "status", "codes", "exempt_reason", "attributes"]
    )
    assert [
        ("attic", "unknown", ["UNKNOWN"], None, '{"locks":null}'),
        ("back", "pass", [], None, '{"locks":1}'),
        ("front", "exception", ["NO_LOCK"], None, '{"locks":0}'),
        ("shed", "exempt", [], "walled up", '{"locks":null}'),
    ] == [tuple(row.values()) for row in population.to_pylist()]
    result = stored[RESULT].to_pylist()[0]
    assert {
        "verdict": "FAIL",
        "reason": "1 exception in 3 tested rows, 1 unknown.",
        "population_count": 4,
        "exempt_count": 1,
        "exceptions_count": 1,
        "unknown_count": 1,
        "waived_count": 0,
        "missing": [],
        "snapshot_ids": [f"{12:064}"],
        "rounds": 1,
        "gx_unexpected_count": 1,
        "sql_unexpected_count": 1,
        "test_kind": "state",
        "keeps_failure": DOOR.accumulates,
        "final": True,
    } == {
        name: value
        for name, value in result.items()
        if "sha256" not in name and name[-3:] not in ("_id", "day", "_at")
    }
    exception = stored[EXCEPTION].to_pylist()[0]
    named = [exception[name] for name in ("population_key", "code", "severity", "detail")]
    assert ["front", "NO_LOCK", "High", '{"locks":0}'] == named
    assert ["NO_LOCK"] == stored[GX_RESULT]["code"].to_pylist()


def test_digests_tell_populations_apart(control: Control) -> None:
    """The same facts have the same digest, in whatever order they come; one other fact changes it."""
    first = run(control, seen(12, doors(("a", 1), ("b", 2)))).result_row()
    again = run(control, seen(12, doors(("b", 2), ("a", 1)))).result_row()
    other = run(control, seen(12, doors(("a", 1), ("b", 3)))).result_row()

    assert first["population_sha256"] == again["population_sha256"] != other["population_sha256"]
    assert first["result_id"] == again["result_id"]
