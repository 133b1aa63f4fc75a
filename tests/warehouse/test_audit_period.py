"""Which period is meant, which controls are in its scope, and what lies outside it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from warehouse.audit.period import NoPeriod, Period, chosen, statement
from warehouse.dataset import Dataset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]


def audit(audit_id: str, report_type: int, first: int, last: int, *categories: str) -> dict[str, Any]:
    """Return a row of the register, about days of March 2026."""
    return {
        "audit_id": audit_id,
        "report_type": report_type,
        "period_start": date(2026, 3, first),
        "period_end": date(2026, 3, last),
        "categories": list(categories),
        "criteria_version": "2017",
        "auditor": "Sample & Partners",
    }


@contextmanager
def published(company: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file."""
    with duckdb.connect(str(company.home.warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@pytest.fixture
def two_audits(company: Company, at: At, declared: Mapping[str, Dataset]) -> Company:
    """Return a company judged on six days, with an audit of a date and one of a period."""
    rows = [audit("soc2-type1", 1, 3, 3, "security"), audit("soc2-type2", 2, 2, 5, "availability")]
    company.capture(declared["period"], 1, rows, instance="main")
    for day in range(1, 7):
        company.evaluate(day, {"AC-01.a": "PASS", "AC-01.b": "FAIL"}, broke={"AC-01.b": ["k1"]})
    company.publish(at(9))
    return company


def test_a_type_1_report_is_about_one_date(two_audits: Company) -> None:
    """One day is expected of each test; the days around it are kept, and not counted."""
    with published(two_audits) as connection:
        found = statement(connection, chosen(connection, "soc2-type1"))

    assert [
        ("AC-01.a", "tested 1 of 1 days (100.0 %); 0 deviations"),
        ("AC-01.b", "tested 1 of 1 days (100.0 %); 1 deviation, the longest seen over 1 day"),
    ] == [(row["test_id"], row["statement"]) for row in found.tests]
    assert {"days_before": 2, "days_after": 3} == found.outside
    assert not found.is_whole
    assert [(date(2026, 3, 3), date(2026, 3, 3), 1)] == [
        (row["first_day"], row["last_day"], row["days"]) for row in found.deviations
    ]


def test_an_audit_of_another_category_has_none_of_these_controls_in_scope(two_audits: Company) -> None:
    """AC-01 serves the common criteria, which are Security's: of Availability alone nothing is covered."""
    with published(two_audits) as connection:
        found = statement(connection, chosen(connection, "soc2-type2"))

    assert ([], [], [], []) == (found.controls, found.tests, found.deviations, found.datasets)
    assert not found.is_whole, "where nothing was tested nothing is shown"


def test_where_there_are_two_audits_one_has_to_be_named(two_audits: Company) -> None:
    """And a name that is none is refused with those there are."""
    with published(two_audits) as connection:
        with pytest.raises(NoPeriod, match="Which audit is meant"):
            chosen(connection, None)
        with pytest.raises(NoPeriod, match="soc2-type1, soc2-type2"):
            chosen(connection, "2025")


def test_where_nothing_deviated_and_nothing_is_missing_it_is_whole(company: Company, at: At) -> None:
    """A waived exception does not make it less so; a day not tested does."""
    company.evaluate(
        1, {"AC-01.a": "PASS", "AC-01.b": "PASS_WAIVED"}, broke={"AC-01.b": ["k1"]}, waiver="W-1"
    )
    company.evaluate(2, {"AC-01.a": "PASS", "AC-01.b": "NOT_TESTED"})
    company.publish(at(5))

    with published(company) as connection:
        first, both = (
            statement(connection, Period(date(2026, 3, 1), date(2026, 3, last))) for last in (1, 2)
        )
    assert (True, False) == (first.is_whole, both.is_whole)
    assert [("AC-01.b", "NOT_TESTED", "it is NOT_TESTED")] == [
        (row["test_id"], row["became"], row["reason"]) for row in both.missing
    ]


def test_a_period_that_is_not_over_is_not_whole(company: Company, at: At) -> None:
    """Every day that is due was tested and passed; the third is not due yet."""
    for day in (1, 2):
        company.evaluate(day, {"AC-01.a": "PASS", "AC-01.b": "PASS"})
    company.publish(at(4))

    with published(company) as connection:
        over, running = (
            statement(connection, Period(date(2026, 3, 1), date(2026, 3, last))) for last in (2, 3)
        )
    assert (True, False) == (over.is_whole, running.is_whole)
