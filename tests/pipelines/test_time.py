"""Does a day keep what was true on it, however often it is collected or tested again?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from assets.collect import DayRefused
from pipelines import demo, evaluation, publishing
from pipelines.clock import SandboxClock
from pipelines.session import Session
from pipelines.workers import wanted
from sandbox.process import Company
from warehouse.period import Calendar
from warehouse.snapshots import Slot
from warehouse.store import Home

DAY = date(2026, 3, 12)
"""The morning after a console user went without MFA for five days: mended at 06:00."""


def at(hour: int, day: date = DAY) -> datetime:
    """Return an instant of a day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


class Running:
    """A home beside a running company."""

    def __init__(self, home: Home, company: Company, start: datetime) -> None:
        self.clock = SandboxClock(home.sandbox / "clock")
        self.company = company
        self.clock.set(start)
        self.session = Session.open(demo.settings_of(home), run="test")

    def collect(self, moment: datetime, *sources: str) -> None:
        """Move to a moment and capture the states of some sources."""
        self.clock.set(moment)
        self.company.advance(moment)
        for recipe in wanted(states=True):
            if recipe.source in sources:
                result = self.session.collect(recipe, moment.date(), moment.isoformat())

                assert () == result.failures
        self.session.disconnect()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Return a home beside the company at two in the morning of the day."""
    home = Home(tmp_path)
    with demo.company(home, demo.Plan(), at(2)) as company:
        yield Running(home, company, at(2))


def judged(running: Running) -> tuple[str, list[tuple[str, str, str | None]]]:
    """Evaluate AC-02 and return the verdict of test b, and its exceptions with the instant they were gone."""
    evaluation.evaluate(running.session, DAY, {"AC-02"})
    row = next(r for r in evaluation.effective(running.session, DAY) if r["test_id"] == "AC-02.b")
    path = running.session.index.snapshots[Slot("ctl_exception", "main", DAY)][-1].path
    found = duckdb.sql(
        "select population_key, code, strftime(cleared_at at time zone 'utc', '%H:%M') "
        f"from read_parquet('{running.session.store.home.path / path}', hive_partitioning = false) "
        "where test_id = 'AC-02.b'"
    ).fetchall()
    return row["verdict"], found


def test_a_fault_seen_in_the_morning_and_gone_in_the_evening_leaves_the_day_failed(running: Running) -> None:
    """One exception, cleared at 20:00; capturing or testing again any number of times improves nothing."""
    running.collect(at(2), "aws", "register")
    running.collect(at(20), "aws", "register")
    running.clock.set(at(1, DAY + timedelta(days=1)))
    expected = ("FAIL", [("aws:222222222222:qa-console", "IAM_CONSOLE_NO_MFA", "20:00")])

    assert expected == judged(running)
    assert expected == judged(running)


def test_capturing_until_green_is_impossible(running: Running) -> None:
    """Three more captures after the fault was mended: the worst of the day still counts."""
    running.collect(at(2), "aws", "register")
    for hour in (14, 18, 22):
        running.collect(at(hour), "aws", "register")
    running.clock.set(at(1, DAY + timedelta(days=1)))

    assert ("FAIL", [("aws:222222222222:qa-console", "IAM_CONSOLE_NO_MFA", "14:00")]) == judged(running)


def test_who_left_a_day_later_is_never_shown_as_gone_on_the_day(running: Running) -> None:
    """As of any instant the warehouse answers with what had been captured by then."""
    for day in range(12, 20):
        running.collect(at(12, date(2026, 3, day)), "okta")
    publishing.publish(running.session)
    with duckdb.connect(str(running.session.store.home.warehouse), read_only=True) as connection:
        left = connection.execute(
            """
            select
                user_id,
                min(day) as day
            from ev.okta_user
            where status = 'DEPROVISIONED'
            group by user_id
            having min(day) > date '2026-03-12'
            """
        ).fetchall()
        shown = [
            connection.execute(
                "select status from as_of('okta_user', ?::timestamptz) where user_id = ?",
                [f"{day - timedelta(days=1)} 23:59:59+00", user],
            ).fetchall()[0][0]
            for user, day in left
        ]

    assert left
    assert "DEPROVISIONED" not in shown


def test_a_state_of_yesterday_is_refused_and_leaves_a_gap(running: Running) -> None:
    """Today's answer is no evidence for another day: nothing is stored, and the ledger says so."""
    recipe = running.session.catalogue.recipes["okta_user"]
    yesterday = DAY - timedelta(days=1)

    result = running.session.collect(recipe, yesterday, "late")
    slot = Slot("okta_user", "acme", yesterday)

    assert [DayRefused] == [type(why) for _, why in result.failures]
    assert slot not in running.session.index.snapshots
    assert slot in running.session.index.gaps


def test_three_days_without_any_run_become_exactly_their_gaps(tmp_path: Path) -> None:
    """The next close_day records each closed slot once, and nothing that can still be collected in time."""
    home, fourth = Home(tmp_path), date(2026, 3, 4)
    with demo.company(home, demo.Plan(), at(2, fourth)) as company:
        session = Running(home, company, at(2, fourth)).session
    gaps = session.close()
    calendar = Calendar(session.index.configurations)
    expected = {
        slot
        for day in (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))
        for slot, item in calendar.slots(day)
        if item.kind.bound_to_its_day or day <= date(2026, 3, 2)
    }

    assert expected == {gap.slot for gap in gaps}
    assert {"no run was made"} == {gap.cause for gap in gaps}
    assert [] == session.close()
