"""What does a period's evidence amount to, counted by hand and counted by the macros?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

OCCURRENCES = "select day(last_day), became from period_occurrences({}) where test_id = 'AC-01.a'"
STATEMENT = """
select
    expected,
    performed,
    late,
    failed,
    waived,
    no_occurrence,
    not_tested,
    errors,
    missed,
    pending,
    longest_gap,
    deviations,
    waived_deviations,
    longest_days,
    statement
from period_statement({})
where test_id = 'AC-01.a'
"""
NAMES = (
    "expected",
    "performed",
    "late",
    "failed",
    "waived",
    "no_occurrence",
    "not_tested",
    "errors",
    "missed",
    "pending",
    "longest_gap",
    "deviations",
    "waived_deviations",
    "longest_days",
)


def stated(company: Company, window: str) -> tuple[dict[str, int], str]:
    """Return what is not zero, and the sentence."""
    ((*counts, sentence),) = company.ask(STATEMENT.format(window))
    return {name: count for name, count in zip(NAMES, counts, strict=True) if count}, sentence


def test_a_daily_control_with_two_gaps_and_one_late_run(company: Company, at: At) -> None:
    """Ten days: one nobody judged, one that could not be told, one judged two days too late."""
    for day in (1, 2, 3, 5, 8, 9, 10):
        company.evaluate(day, {"AC-01.a": "PASS"})
    company.evaluate(6, {"AC-01.a": "NOT_TESTED"})
    company.evaluate(7, {"AC-01.a": "PASS"}, at=at(11))
    company.publish(at(13))
    window = "date '2026-03-01', date '2026-03-11'"

    assert [
        (1, "PERFORMED"),
        (2, "PERFORMED"),
        (3, "PERFORMED"),
        (4, "MISSED"),
        (5, "PERFORMED"),
        (6, "NOT_TESTED"),
        (7, "LATE"),
        (8, "PERFORMED"),
        (9, "PERFORMED"),
        (10, "PERFORMED"),
    ] == company.ask(OCCURRENCES.format(window))
    assert (
        {"expected": 10, "performed": 8, "late": 1, "not_tested": 1, "missed": 1, "longest_gap": 1},
        "tested 8 of 10 days (80.0 %), 1 of them late, missing 2: 2026-03-04 2026-03-06; 0 deviations",
    ) == stated(company, window)


def test_a_gap_is_as_long_as_its_days_in_a_row(company: Company, at: At) -> None:
    """Days 2 to 4 were lost to three different causes, and are one gap of three."""
    company.evaluate(1, {"AC-01.a": "PASS"})
    company.evaluate(2, {"AC-01.a": "NOT_TESTED"})
    company.evaluate(3, {"AC-01.a": "ERROR"})
    company.evaluate(5, {"AC-01.a": "NO_OCCURRENCE"})
    company.publish(at(8))

    assert (
        {
            "expected": 5,
            "performed": 1,
            "no_occurrence": 1,
            "not_tested": 1,
            "errors": 1,
            "missed": 1,
            "longest_gap": 3,
        },
        (
            "tested 1 of 5 days (20.0 %), nothing to test in 1, missing 3: "
            "2026-03-02 2026-03-03 2026-03-04; 0 deviations"
        ),
    ) == stated(company, "date '2026-03-01', date '2026-03-06'")


def test_a_quarterly_control_across_five_months(company: Company, at: At) -> None:
    """March to July: two quarters end in it. One was looked at, of the other nothing was."""
    company.evaluate(20, {"AC-01.a": "PASS"})
    company.publish(at(160), every="quarter")
    window = "date '2026-03-01', date '2026-08-01'"

    assert [
        (date(2026, 3, 1), date(2026, 3, 31), "PERFORMED"),
        (date(2026, 4, 1), date(2026, 6, 30), "MISSED"),
    ] == company.ask(
        f"select first_day, last_day, became from period_occurrences({window}) where test_id = 'AC-01.a'"
    )
    assert (
        {"expected": 2, "performed": 1, "missed": 1, "longest_gap": 1},
        "tested 1 of 2 quarters (50.0 %), missing 1: 2026-06-30; 0 deviations",
    ) == stated(company, window)


def test_a_test_that_was_changed_shows_that_two_versions_judged(company: Company, at: At) -> None:
    """Changed on day 12 of 13."""
    for day in range(1, 14):
        company.evaluate(day, {"AC-01.a": "PASS"}, definition="d1" if day < 12 else "d2")
    company.publish(at(15))

    assert (
        {"expected": 13, "performed": 13},
        "tested 13 of 13 days (100.0 %); 0 deviations; judged by 2 versions of the test",
    ) == stated(company, "date '2026-03-01', date '2026-03-14'")


def test_an_exception_mended_back_and_mended_again_deviated_twice(company: Company, at: At) -> None:
    """Two episodes of one exception, the second of two days."""
    for day, keys in ((1, ["k1"]), (2, []), (3, ["k1"]), (4, ["k1"]), (5, [])):
        company.evaluate(day, {"AC-01.a": "FAIL" if keys else "PASS"}, broke={"AC-01.a": keys})
    company.publish(at(7))

    assert (
        {"expected": 5, "performed": 5, "failed": 3, "deviations": 2, "longest_days": 2},
        "tested 5 of 5 days (100.0 %); 2 deviations, the longest seen over 2 days",
    ) == stated(company, "date '2026-03-01', date '2026-03-06'")


def test_a_waiver_that_expires_leaves_a_deviation(company: Company, at: At) -> None:
    """Waived on days 18 and 19, in force no more on day 20; another exception stays waived throughout."""
    for day in (18, 19, 20, 21):
        company.evaluate(
            day, {"AC-01.a": "PASS_WAIVED" if day < 20 else "FAIL"}, broke={"AC-01.a": ["k1"]},
            waiver="W-1" if day < 20 else None,
        )  # fmt: skip
        company.evaluate(day, {"AC-01.b": "PASS_WAIVED"}, broke={"AC-01.b": ["k2"]}, waiver="W-2")
    company.publish(at(23))
    window = "date '2026-03-18', date '2026-03-22'"

    assert (
        {"expected": 4, "performed": 4, "failed": 2, "waived": 2, "deviations": 1, "longest_days": 4},
        "tested 4 of 4 days (100.0 %); 1 deviation, the longest seen over 4 days",
    ) == stated(company, window)
    assert [("tested 4 of 4 days (100.0 %); 0 deviations; 1 waived",)] == company.ask(
        f"select statement from period_statement({window}) where test_id = 'AC-01.b'"
    )


def test_what_is_not_due_yet_is_neither_tested_nor_missing(company: Company, at: At) -> None:
    """On the third day the second is still open, and nothing is said of it."""
    company.evaluate(1, {"AC-01.a": "PASS"})
    company.publish(at(3))

    assert (
        {"expected": 1, "performed": 1, "pending": 2},
        "tested 1 of 1 days (100.0 %), 2 not due yet; 0 deviations",
    ) == stated(company, "date '2026-03-01', date '2026-03-04'")
    assert ({"pending": 2}, "nothing was due yet") == stated(company, "date '2026-03-02', date '2026-03-04'")


def test_a_share_never_reads_as_whole_while_one_is_missing(company: Company, at: At) -> None:
    """1 of 3 is 33.3, not rounded up; so 1,999 of 2,000 could never read 100."""
    company.evaluate(1, {"AC-01.a": "PASS"})
    company.evaluate(2, {"AC-01.a": "PASS"})
    company.publish(at(6))

    assert (
        {"expected": 3, "performed": 2, "missed": 1, "longest_gap": 1},
        "tested 2 of 3 days (66.6 %), missing 1: 2026-03-03; 0 deviations",
    ) == stated(company, "date '2026-03-01', date '2026-03-04'")


def test_a_result_whose_evidence_was_touched_was_not_tested(company: Company, at: At) -> None:
    """A pass that rests on a file which is no longer what was stored counts as an error."""
    entry = company.users(1, {"u1": "ACTIVE"})
    company.evaluate(1, {"AC-01.a": "PASS"}, read=[entry.body["snapshots"][0]["sha256"]])
    file = company.file(entry)
    file.chmod(0o644)
    file.write_bytes(b"something else")
    company.publish(at(4))

    assert [(1, "ERROR")] == company.ask(OCCURRENCES.format("date '2026-03-01', date '2026-03-02'"))


def test_each_criterion_belongs_to_one_category(company: Company, at: At) -> None:
    """The common criteria are Security's; the letters of the others say whose they are."""
    company.publish(at(2))

    assert [
        ("security", "availability", "processing_integrity", "confidentiality", "privacy")
    ] == company.ask(
        "select category_of('CC6.1'), category_of('A1.2'), category_of('PI1.4'), category_of('C1.1'), "
        "category_of('P4.3')"
    )
