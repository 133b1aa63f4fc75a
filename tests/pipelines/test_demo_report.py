"""Does the demo hold the company to what it cannot test, and tests to what they can?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipelines.demo import Plan
from pipelines.demo_report import Comparison, judged, lacking, show, untested
from pipelines.evaluation import controls
from sandbox.faults import load
from sandbox.process import FAULTS
from warehouse.store import Home

PLAN = Plan(days=2)
FIRST, SECOND = "2026-03-01", "2026-03-02"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home whose analysts' file has the verdicts of three tests on three days."""
    place = Home(tmp_path)
    with duckdb.connect(str(place.warehouse)) as connection:
        connection.execute("""
            create schema ctl;
            create table ctl.test_day (test_id varchar, result_day date, verdict varchar);
            insert into ctl.test_day values
                ('SK-01.b', '2026-03-01', 'NOT_TESTED'),
                ('SK-01.b', '2026-03-02', 'NOT_TESTED'),
                ('SK-01.b', '2026-03-03', 'NOT_TESTED'),
                ('AC-01.a', '2026-03-01', 'PASS'),
                ('AC-01.a', '2026-03-02', 'NOT_TESTED'),
                ('AC-02.a', '2026-03-02', 'FAIL')
        """)
    return place


def test_what_is_not_tested_is_told_by_test_and_day(home: Home) -> None:
    """Inside the plan's days only."""
    assert {("SK-01.b", FIRST), ("SK-01.b", SECOND), ("AC-01.a", SECOND)} == untested(home, PLAN, ["SK-01.b"])
    assert {("SK-01.b", FIRST), ("SK-01.b", SECOND)} == lacking(PLAN, ["SK-01.b"])


@pytest.mark.parametrize(
    ("test", "seen_after", "days"),
    [("AC-01.a", 0, 2), ("PI-03.a", 0, 3), ("PI-09.c", 2, 4), ("PI-03.a", 2, 4)],
)
def test_what_cannot_have_been_seen_yet_is_not_expected(test: str, seen_after: int, days: int) -> None:
    """Of the second day, at the earliest after so many days: by the cut-off, or when it comes late."""
    second = date(2026, 3, 2)

    assert not judged(Plan(days=days - 1), test, second, seen_after)
    assert judged(Plan(days=days), test, second, seen_after)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(days=2, okta_down=(date(2026, 3, 2),)),
        Plan(days=2, aws_unreachable=(("222222222222", date(2026, 3, 2)),)),
    ],
)
def test_what_an_outage_took_away_is_no_surprise(home: Home, plan: Plan) -> None:
    """But a test without a source stays untested through it."""
    assert {("SK-01.b", FIRST), ("SK-01.b", SECOND)} == untested(home, plan, ["SK-01.b"])


@pytest.mark.parametrize(
    ("due", "found", "said"),
    [
        ({("SK-01.b", FIRST)}, {("SK-01.b", FIRST)}, "Exactly the planted faults were found"),
        ({("SK-01.b", FIRST)}, set(), "TESTED WITHOUT A SOURCE  2026-03-01  SK-01.b"),
        (set(), {("AC-01.a", FIRST)}, "NOT TESTED  2026-03-01  AC-01.a"),
    ],
)
def test_a_demo_is_exact_only_where_what_can_be_tested_was(
    home: Home, due: set[tuple[str, str]], found: set[tuple[str, str]], said: str
) -> None:
    """A test that passes without its source would be a false pass."""
    comparison = Comparison(frozenset(), frozenset(), frozenset(due), frozenset(found))
    out = Console(record=True, width=150, file=None, quiet=False)
    with out.capture() as printed:
        show(comparison, home, out)

    assert (due == found) == comparison.exact
    assert said in printed.get()
    assert (due == found) == ("Exactly the planted faults" in printed.get())


def test_the_tests_without_a_source_exist_and_say_why() -> None:
    """As faults.yaml lists them."""
    known = {test.id for control in controls() for test in control.tests}
    listed = load(FAULTS).not_tested

    assert {item.test for item in listed} <= known
    assert all(item.why.endswith(".") for item in listed)
    assert "SK-01.b" in {item.test for item in listed}
