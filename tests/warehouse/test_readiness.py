"""Is what stands between today and an audit found, and what to do first named first?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from warehouse.audit.readiness import lacking
from warehouse.dataset import Dataset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]


def found(company: Company) -> list[tuple[str, str, str, str | None]]:
    """Return what is lacking: what, of what, more of it, until when."""
    with duckdb.connect(str(company.home.warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return [(one.what, one.subject, one.detail, one.until) for one in lacking(connection)]


def period(company: Company, declared: Mapping[str, Dataset]) -> None:
    """Register an audit, so that its absence is not what is found."""
    row = {
        "audit_id": "2026",
        "report_type": 2,
        "period_start": datetime(2026, 3, 1).date(),  # noqa: DTZ001 - a day
        "period_end": datetime(2026, 3, 31).date(),  # noqa: DTZ001
        "categories": ["security"],
        "criteria_version": "2017",
        "auditor": None,
    }
    company.capture(declared["period"], 1, [row], instance="main")


def test_where_nothing_is_lacking_nothing_is_said(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Users captured, sales too, both tests passed, an audit registered."""
    period(company, declared)
    company.users(1, {"u1": "ACTIVE"})
    company.capture(declared["sale"], 1, [{"sale_id": "s1", "paid_minor": 1}])
    company.evaluate(1, {"AC-01.a": "PASS", "AC-01.b": "NO_OCCURRENCE"})
    company.publish(at(2, 2))

    assert [] == found(company)


def test_what_is_lost_for_good_on_a_known_day_comes_first(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Sales of the first day can still be read for a while, users of it never; both were missed."""
    period(company, declared)
    company.users(2, {"u1": "ACTIVE"})
    company.evaluate(1, {"AC-01.a": "NOT_TESTED"})
    company.evaluate(2, {"AC-01.a": "FAIL", "AC-01.b": "PASS"}, broke={"AC-01.a": ["u1"]})
    company.close(at(4))
    company.publish(at(4))

    first, *others = found(company)
    assert ("becomes a permanent gap", "demo_sale of acme", "2026-05-30") == (first[0], first[1], first[3])
    assert [("has no passing day", "AC-01")] == [one[:2] for one in others]


def test_each_thing_that_is_lacking_is_named(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """A dataset never captured, a test that cannot tell, an exception past its days, no audit registered."""
    company.capture(declared["sale"], 1, [{"sale_id": "s1", "paid_minor": 1}])
    company.evaluate(1, {"AC-01.a": "FAIL", "AC-01.b": "PASS"}, broke={"AC-01.a": ["k1"]})
    company.evaluate(2, {"AC-01.a": "ERROR", "AC-01.b": "PASS"})
    company.evaluate(8, {"AC-01.a": "ERROR", "AC-01.b": "PASS"})
    company.publish(at(9, 2))

    assert [
        ("is not collected", "demo_user", "no capture of it was ever stored; read by AC-01.a AC-01.b", None),
        ("could not be tested on its last day", "AC-01.a", "error on 2026-03-08: it is ERROR", None),
        ("has no passing day", "AC-01", "8 day(s) tested, none of them without an exception", None),
        ("is overdue", "AC-01.a NO_FACTOR", "1 exception(s), the oldest due on 2026-03-06", None),
        ("is a period nobody registered", "observation_period", "the register has no audit", None),
    ] == [one for one in found(company) if one[0] != "becomes a permanent gap"]
