"""Do the macros answer what their names say, and refuse to answer from stale evidence?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.dataset import Dataset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]


def moment(day: int, hour: int = 13) -> str:
    """Return an instant of March 2026 in SQL."""
    return f"timestamptz '2026-03-{day:02d} {hour:02d}:00:00+00'"


def test_as_of_answers_from_the_capture_in_force_and_says_how_old_it_was(company: Company, at: At) -> None:
    """At noon and an hour the noon capture counts; an hour before noon, that of the day before."""
    company.users(1, {"u1": "ON"})
    company.users(2, {"u1": "OFF"})
    company.publish(at(2, 14))
    question = "select user_id, status, day(captured_at), age from as_of('demo_user', {})"

    assert [("u1", "OFF", 2, timedelta(hours=1))] == company.ask(question.format(moment(2)))
    assert [("u1", "ON", 1, timedelta(hours=23))] == company.ask(question.format(moment(2, 11)))


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        (moment(3, 1), "acme was last captured at 2026-03-01 12:00:00Z"),
        (moment(1, 11), "acme had not been captured yet"),
    ],
)
def test_as_of_refuses_what_nobody_knew(company: Company, at: At, when: str, fault: str) -> None:
    """Stale evidence and none at all are refused, with what to do instead."""
    company.users(1, {"u1": "ON"})
    company.publish(at(3, 2))
    with pytest.raises(duckdb.InvalidInputException, match=fault) as refusal:
        company.ask(f"select count(*) from as_of('demo_user', {when})")

    assert "any_age := true" in str(refusal.value)


def test_as_of_answers_from_stale_evidence_when_asked(company: Company, at: At) -> None:
    """max_age allows an age and no more; any_age allows all."""
    company.users(1, {"u1": "ON"})
    company.publish(at(9, 2))
    question = "select user_id from as_of('demo_user', {}, {})"

    assert [("u1",)] == company.ask(question.format(moment(3), "max_age := interval 3 days"))
    assert [("u1",)] == company.ask(question.format(moment(9), "any_age := true"))
    with pytest.raises(duckdb.InvalidInputException, match="last captured"):
        company.ask(question.format(moment(9), "max_age := interval 3 days"))


def test_as_of_refuses_when_one_of_two_instances_is_stale(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """An answer that lacks an account is not the answer; an account no longer expected is not missed."""
    user = declared["user"]
    company.expect((user, "acme"), (user, "other"))
    company.users(1, {"u1": "ON"})
    company.users(1, {"x1": "ON"}, instance="other")
    company.users(3, {"u1": "ON"})
    company.expect((user, "acme"), day=4)
    company.users(5, {"u1": "ON"})
    company.publish(at(5, 14))
    question = "select user_id from as_of('demo_user', {}) order by 1"

    assert [("u1",), ("x1",)] == company.ask(question.format(moment(1)))
    assert [("u1",)] == company.ask(question.format(moment(5)))
    with pytest.raises(duckdb.InvalidInputException, match="other was last captured at 2026-03-01"):
        company.ask(question.format(moment(3)))


def test_as_of_events_is_all_days_in_the_newest_read_by_then(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """A later read of a day counts from the instant it was made."""
    sale = declared["sale"]
    company.capture(sale, 1, [{"sale_id": "s1", "paid_minor": 5}])
    company.capture(sale, 2, [{"sale_id": "s2", "paid_minor": 6}])
    company.capture(sale, 1, [{"sale_id": "s1", "paid_minor": 7}], at=at(3, 2))
    company.publish(at(3, 3))
    question = "select sale_id, paid_minor from as_of('demo_sale', {}) order by 1"

    assert [("s1", 5)] == company.ask(question.format(moment(2, 1)))
    assert [("s1", 5), ("s2", 6)] == company.ask(question.format(moment(3, 1)))
    assert [("s1", 7), ("s2", 6)] == company.ask(question.format(moment(3, 3)))


def test_as_of_events_refuses_a_missing_day(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """All days means all: a day never read is named, unless everything is allowed."""
    company.capture(declared["sale"], 1, [{"sale_id": "s1"}])
    company.capture(declared["sale"], 3, [{"sale_id": "s3"}])
    company.publish(at(4, 2))
    with pytest.raises(duckdb.InvalidInputException, match="acme has no read of the events of 2026-03-02"):
        company.ask(f"from as_of('demo_sale', {moment(4, 1)})")

    assert [("s1",), ("s3",)] == company.ask(
        f"select sale_id from as_of('demo_sale', {moment(4, 1)}, any_age := true) order by 1"
    )


def test_latest_is_the_last_capture_with_its_age(company: Company, at: At) -> None:
    """The age is that at publication."""
    company.users(1, {"u1": "ON"})
    company.users(2, {"u1": "OFF"})
    company.publish(at(2, 15))

    assert [("u1", "OFF", timedelta(hours=3))] == company.ask(
        "select user_id, status, age from latest('demo_user')"
    )


def test_changes_shows_rows_before_and_after(company: Company, at: At) -> None:
    """Added, removed, modified; what stayed the same is left out."""
    company.users(1, {"goes": "ON", "stays": "ON", "turns": "ON"})
    company.users(2, {"comes": "ON", "stays": "ON", "turns": "OFF"})
    company.publish(at(2, 14))

    assert [
        ("acme", ["comes"], "added", None, "ON"),
        ("acme", ["goes"], "removed", "ON", None),
        ("acme", ["turns"], "modified", "ON", "OFF"),
    ] == company.ask(
        "select instance, row_key, change, before.status, after.status "
        f"from changes('demo_user', {moment(1)}, {moment(2)})"
    )


def test_changes_refuses_stale_evidence_too(company: Company, at: At) -> None:
    """It answers from as_of, and says so."""
    company.users(1, {"u1": "ON"})
    company.publish(at(9))
    with pytest.raises(duckdb.InvalidInputException, match="last captured"):
        company.ask(f"from changes('demo_user', {moment(1)}, {moment(9)})")


def test_coverage_counts_days_up_to_but_without_the_last(company: Company, at: At) -> None:
    """Complete, missing and pending days; the window is half open."""
    company.users(1, {"u1": "ON"})
    company.users(3, {"u1": "ON"})
    company.close(at(4, 1))
    company.publish(at(4, 1))

    assert [("demo_user", "acme", 4, 2, 1, 1, ["2026-03-02"])] == company.ask(
        "select * replace (missing_days::varchar[] as missing_days) "
        "from coverage('demo_user', date '2026-03-01', date '2026-04-01')"
    )
    assert [("acme", 1, 1)] == company.ask(
        "select instance, expected_days, complete_days "
        f"from coverage('demo_user', date '2026-03-01', {moment(2, 0)})"
    )


def test_coverage_gaps_say_why(company: Company, at: At) -> None:
    """Each missing day with its cause and the ledger entry that records it."""
    company.users(1, {"u1": "ON"})
    company.close(at(3, 1))
    gap = company.store.ledger.entries[-2]
    company.publish(at(3, 1))

    assert [("acme", 2, "no run was made", True)] == company.ask(
        "select instance, day(day), cause, gap_entry is not null "
        "from coverage_gaps('demo_user', date '2026-03-01', date '2026-04-01')"
    )
    assert "gap" == gap.kind


def test_control_timeline_joins_days_with_one_verdict(company: Company, at: At) -> None:
    """A run of days ends with another verdict, and with a day without one."""
    verdicts = {1: "PASS", 2: "PASS", 3: "FAIL", 4: "PASS"}
    for day, verdict in verdicts.items():
        company.evaluate(day, {"AC-01.a": verdict, "AC-01.b": "PASS"})
    company.publish(at(5, 2))

    assert [
        ("AC-01", "PASS", 1, 2, 2),
        ("AC-01", "FAIL", 3, 3, 1),
        ("AC-01", "PASS", 4, 4, 1),
    ] == company.ask(
        "select control_id, verdict, day(first_day), day(last_day), days "
        "from control_timeline('AC-01', date '2026-03-01', date '2026-04-01')"
    )


def test_population_is_what_was_looked_at_in_the_window(company: Company, at: At) -> None:
    """From the first instant, up to but without the second."""
    company.evaluate(1, {"AC-01.a": "PASS"}, looked_at=["k1"])
    company.evaluate(2, {"AC-01.a": "PASS"}, looked_at=["k2"])
    company.publish(at(3, 2))

    assert [("k1", "account", "pass")] == company.ask(
        "select population_key, subject_type, status "
        f"from population('AC-01.a', date '2026-03-01', {moment(2, 0)})"
    )


def test_anybody_with_sha256_draws_the_same_sample(company: Company, at: At) -> None:
    """The order is that of sha256(seed + key); a key of several days is drawn once."""
    keys = [f"k{number}" for number in range(20)]
    company.evaluate(1, {"AC-01.a": "PASS"}, looked_at=keys)
    company.evaluate(2, {"AC-01.a": "PASS"}, looked_at=keys)
    company.publish(at(3, 2))
    drawn = sorted(keys, key=lambda key: hashlib.sha256(f"auditor{key}".encode()).hexdigest())[:3]

    assert [(place, key, 20) for place, key in enumerate(drawn, start=1)] == company.ask(
        "select ordinal, population_key, population_count "
        "from draw_sample('AC-01.a', date '2026-03-01', date '2026-04-01', 3, 'auditor')"
    )


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_a_day_is_a_utc_day_in_every_time_zone(company: Company, at: At, zone: str) -> None:
    """The session's zone moves no day."""
    company.publish(at(1))
    with duckdb.connect(str(company.home.warehouse), read_only=True) as connection:
        connection.execute(f"set timezone = '{zone}'")

        assert [("2026-03-02", "2026-03-02")] == connection.execute(
            "select utc_day(timestamptz '2026-03-02 00:00:00+00')::varchar, "
            "utc_day(date '2026-03-02')::varchar"
        ).fetchall()


def test_verdicts_are_ranked_from_the_worst(company: Company, at: At) -> None:
    """So that withholding an input never hides a failure."""
    company.publish(at(1))

    worst_first = ["FAIL", "ERROR", "NOT_TESTED", "PASS_WAIVED", "PASS", "NO_OCCURRENCE"]

    assert worst_first == [
        verdict
        for (verdict,) in company.ask(
            f"select verdict from unnest({sorted(worst_first)}) as t(verdict) order by verdict_rank(verdict)"
        )
    ]


def test_evidence_of_an_exception_goes_down_to_what_the_source_said(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """On each of its days: the derived file the test read, then what that was derived from; nothing else."""
    for day in (1, 2):
        source = company.users(day, {"u1": f"ON {day}"})
        company.users(day, {"u2": "ELSEWHERE"}, instance="other")
        path = str(company.file(source).relative_to(company.home.path))
        rows = [{"account_key": f"u{day}"}]
        made = company.capture(declared["account"], day, rows, instance="demo-acme", inputs=[path])
        read = [company.file(made).stem]
        company.evaluate(day, {"AC-01.a": "FAIL"}, read=read, broke={"AC-01.a": ["u1"]})
    company.publish(at(3))

    assert [
        (1, 0, "demo_account", "demo-acme", 1, True),
        (1, 1, "demo_user", "acme", 1, True),
        (2, 0, "demo_account", "demo-acme", 2, True),
        (2, 1, "demo_user", "acme", 2, True),
    ] == company.ask(
        "select day(result_day), depth, dataset, instance, day(day), verifies "
        "from evidence_of('AC-01.a/u1/NO_FACTOR')"
    )
    assert [] == company.ask("from evidence_of('no such exception')")


def test_equal_captures_of_two_days_are_told_apart_by_the_day(company: Company, at: At) -> None:
    """They share a digest; the test of a day read that of its own day."""
    for day in (1, 2):
        read = company.file(company.users(day, {"u1": "ON"})).stem
    company.evaluate(2, {"AC-01.a": "FAIL"}, read=[read], broke={"AC-01.a": ["u1"]})
    company.publish(at(3))

    assert [(2,)] == company.ask("select day(day) from evidence_of('AC-01.a/u1/NO_FACTOR')")


def test_the_last_instant_of_a_day_is_in_utc(company: Company, at: At) -> None:
    """Whatever the session's time zone."""
    company.publish(at(2))

    assert [("2026-03-29 23:59:59.999999",)] == company.ask(
        "select strftime(timezone('UTC', day_end(date '2026-03-29')), '%Y-%m-%d %H:%M:%S.%f')"
    )
