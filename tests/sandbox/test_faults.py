from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from sandbox.faults import Fault, FaultRefused, Faults, NotTested, draw, load, save
from sandbox.kinds import KINDS, can_meet

FAULT = Fault(
    "one",
    "A fault.",
    "okta_no_factor",
    "AC-01",
    "AC-01.a",
    "NO_MFA",
    "person 33",
    date(2026, 3, 3),
    date(2026, 3, 5),
)


def test_the_list_in_the_repository_plants_every_kind(faults: Faults) -> None:
    """Whatever the sandbox can do wrong happens in the demo."""
    assert set(KINDS) == {fault.kind for fault in faults.all}


def test_drawn_lists_plant_every_kind_and_are_repeatable() -> None:
    """A drawn list is valid for any seed (Faults refuses others), complete, and always the same."""
    for seed in range(40):
        assert set(KINDS) == {fault.kind for fault in draw(seed)}
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_a_saved_list_is_loaded_unchanged(tmp_path: Path) -> None:
    """The launcher passes drawn lists to the sandbox's process in a file."""
    lacking = NotTested("SK-01.b", "no source")
    save(draw(3), tmp_path / "faults.yaml", [lacking])
    assert Faults(tuple(draw(3)), (lacking,)) == load(tmp_path / "faults.yaml")


def test_a_fault_is_expected_on_each_of_its_days() -> None:
    """Waived days are marked; days on which the source was down cannot be known."""
    waiver = replace(
        FAULT, id="two", kind="register_waiver", subject="one", first=date(2026, 3, 4), expect="waived"
    )
    found = Faults((FAULT, waiver)).expected(lambda fault, _: f"key of {fault.id}", {date(2026, 3, 5)})
    shared = {
        "fault": "one",
        "control": "AC-01",
        "test": "AC-01.a",
        "population_key": "key of one",
        "code": "NO_MFA",
        "seen_after": "0",
    }
    assert [
        {**shared, "day": "2026-03-03", "expect": "fail"},
        {**shared, "day": "2026-03-04", "expect": "waived"},
        {**shared, "day": "2026-03-05", "expect": "unknown"},
    ] == found


def test_a_fault_that_breaks_two_rules_is_expected_under_both() -> None:
    """Each with its own population key; a waiver of the one is none of the other."""
    conflict = replace(
        FAULT,
        kind="staff_conflict",
        control="AC-04",
        test="AC-04.b",
        code="SOD_CONFLICT",
        subject="person 82",
        last=FAULT.first,
    )
    waiver = replace(conflict, id="two", kind="register_waiver", subject="one", expect="waived")
    found = Faults((conflict, waiver)).expected(lambda _, test: f"key in {test}")
    assert [
        ("AC-04.b", "key in AC-04.b", "SOD_CONFLICT", "waived"),
        ("AC-04.a", "key in AC-04.a", "OUTSIDE_ROLE", "fail"),
    ] == [(entry["test"], entry["population_key"], entry["code"], entry["expect"]) for entry in found]


def test_an_event_of_a_day_of_outage_is_still_expected() -> None:
    """Events can be read later; only states are lost."""
    visit = replace(
        FAULT,
        kind="okta_admin_session_no_mfa",
        test="AC-01.c",
        code="ADMIN_SESSION_NO_MFA",
        subject="person 2",
        last=FAULT.first,
    )
    found = Faults((visit,)).expected(lambda *_: "key", {visit.first})
    assert ["fail"] == [entry["expect"] for entry in found]


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ([replace(FAULT, kind="fire")], "unknown kind 'fire'"),
        ([replace(FAULT, last=date(2026, 4, 1))], "must lie in 2026-03-01 to 2026-03-30"),
        ([replace(FAULT, subject="person 2")], "there is no 'person 2' to which it can happen alone"),
        ([replace(FAULT, code="WEAK_MFA_ONLY")], "found by AC-01.a as NO_MFA"),
        ([FAULT, FAULT], "another fault has the same id"),
        ([FAULT, replace(FAULT, id="two")], "two has the same subject on the same day"),
        ([replace(FAULT, expect="waived")], "a waiver is its own entry"),
        (
            [FAULT, replace(FAULT, id="w", kind="register_waiver", subject="none", expect="waived")],
            "it must name a fault's id",
        ),
    ],
)
def test_a_list_whose_results_cannot_be_foretold_is_refused(others: list[Fault], problem: str) -> None:
    """Each refusal says what is wrong with which fault."""
    with pytest.raises(FaultRefused) as refused:
        Faults(tuple(others))
    assert problem in str(refused.value)


def test_an_entry_with_other_fields_is_refused(tmp_path: Path) -> None:
    """A misspelt field is named together with its place."""
    path = tmp_path / "faults.yaml"
    path.write_text("{not_tested: [], faults: [{id: x, kindd: okta_no_factor}]}\n")
    with pytest.raises(FaultRefused, match=r"entry 1: missing \['code'.*not understood \['kindd'\]"):
        load(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- {id: x}", "expected a list of faults under `faults`, and one under `not_tested`"),
        ("{faults: []}", "expected a list of faults under `faults`, and one under `not_tested`"),
        ("{faults: [], not_tested: SK-01.b}", "found a str under `not_tested`, expected a list"),
        ("{faults: [], not_tested: [{test: SK-01.b}]}", "not_tested 1: expected the fields test and why"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """Tests without a source are named, with the reason, or there are none: never silently."""
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(FaultRefused) as refused:
        load(path)

    assert problem in str(refused.value)


def test_a_fault_of_a_test_without_a_source_is_refused() -> None:
    """Nobody could find it."""
    with pytest.raises(FaultRefused, match=r"AC-01\.a is listed as not tested"):
        Faults((FAULT,), (NotTested("AC-01.a", "no source"),))


def test_drawn_faults_never_meet_on_one_order_or_in_one_sum() -> None:
    """Two kinds that would blur each other are drawn on different days, for any seed."""
    for seed in range(40):
        drawn = [fault for fault in draw(seed) if fault.part != "registers"]
        met = [
            (seed, one.id, other.id)
            for one, other in combinations(drawn, 2)
            if one.first == other.first and can_meet(KINDS[one.kind], KINDS[other.kind])
        ]

        assert [] == met
