"""Does each test and day show the verdict that counts, and does nobody test until it is green?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.dataset import Dataset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

DAYS = """
select
    test_id,
    day(result_day),
    verdict
from ctl.test_day
where evaluations > 0
order by result_day, test_id
"""
OPEN = """
select
    population_key,
    day(open_since),
    day(result_day),
    days_open,
    day(due_at)
from ctl.open_exceptions
"""


def test_the_newest_evaluation_counts(company: Company, at: At) -> None:
    """What could not be told at first may be told later; every evaluation stays readable."""
    company.evaluate(1, {"AC-01.a": "NOT_TESTED"})
    company.evaluate(1, {"AC-01.a": "PASS"}, at=at(3))
    company.publish(at(3))

    assert [("AC-01.a", 1, "PASS")] == company.ask(DAYS)
    assert [("NOT_TESTED",), ("PASS",)] == company.ask("select verdict from ctl.test_result order by entry")


def test_a_failure_of_a_state_is_never_tested_away(company: Company, at: At) -> None:
    """The same definition cannot turn FAIL into PASS; its exceptions stay too."""
    company.evaluate(1, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["k1"]})
    company.evaluate(1, {"AC-01.a": "PASS"}, at=at(3))
    company.evaluate(1, {"AC-01.a": "ERROR"}, at=at(4))
    company.publish(at(4))

    assert [("AC-01.a", 1, "FAIL")] == company.ask(DAYS)
    assert [("k1",)] == company.ask("select population_key from ctl.exception")


def test_another_definition_judges_anew(company: Company, at: At) -> None:
    """A rule that was wrong and was mended is not bound by what it found; both definitions are shown."""
    company.evaluate(1, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["k1"]})
    company.evaluate(1, {"AC-01.a": "PASS"}, at=at(3), definition="d2")
    company.evaluate(2, {"AC-01.a": "PASS"}, at=at(3), definition="d1")
    company.publish(at(3))

    assert [("AC-01.a", 1, "PASS"), ("AC-01.a", 2, "PASS")] == company.ask(DAYS)
    assert [] == company.ask("from ctl.exception")
    assert [("d2", 1), ("d1", 1)] == company.ask("select definition_sha256, days from ctl.test_definition")


def test_a_failure_of_events_gives_way_to_a_later_read(company: Company, at: At) -> None:
    """Of an event day the newest read counts, and so does its result."""
    company.evaluate(1, {"AC-01.a": "FAIL"}, keeps_failure=False, test_kind="event")
    company.evaluate(1, {"AC-01.a": "PASS"}, at=at(3), keeps_failure=False, test_kind="event")
    company.publish(at(3))

    assert [("AC-01.a", 1, "PASS")] == company.ask(DAYS)


def test_the_exceptions_of_a_state_are_the_union_over_its_evaluations(company: Company, at: At) -> None:
    """A later evaluation that finds another exception does not remove the first."""
    company.evaluate(1, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["k1"]})
    company.evaluate(1, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["k2"]}, at=at(3))
    company.publish(at(3))

    assert [("k1",), ("k2",)] == company.ask("select population_key from ctl.exception order by 1")


def test_a_control_shows_the_worst_of_its_tests(company: Company, at: At) -> None:
    """FAIL hides behind nothing; the counts say the rest."""
    company.evaluate(1, {"AC-01.a": "ERROR", "AC-01.b": "FAIL"}, broke={"AC-01.b": ["k1"]})
    company.evaluate(2, {"AC-01.a": "NO_OCCURRENCE", "AC-01.b": "PASS"})
    company.publish(at(3, 2))

    assert [
        (1, "FAIL", "AC-01.a: it is ERROR; AC-01.b: it is FAIL", 2, 1, 1, 0, 1),
        (2, "PASS", None, 2, 0, 0, 1, 0),
    ] == company.ask(
        "select day(result_day), verdict, reason, tests, failed, errors, no_occurrence, exceptions_count "
        "from ctl.control_day"
    )
    assert [(1, "FAIL"), (2, "PASS")] == company.ask('select day(result_day), "AC-01" from ctl.matrix')


def test_a_day_nobody_evaluated_was_not_tested(company: Company, at: At) -> None:
    """A day over for more than a day without an evaluation shows NOT_TESTED; one just over shows nothing."""
    company.evaluate(2, {"AC-01.a": "PASS", "AC-01.b": "PASS"})
    company.publish(at(4, 2))

    assert [
        ("AC-01.a", 1, "NOT_TESTED", 0),
        ("AC-01.b", 1, "NOT_TESTED", 0),
        ("AC-01.a", 2, "PASS", 1),
        ("AC-01.b", 2, "PASS", 1),
    ] == company.ask(
        "select test_id, day(result_day), verdict, evaluations from ctl.test_day order by result_day, test_id"
    )


def test_an_exception_is_open_while_the_last_complete_test_finds_it(company: Company, at: At) -> None:
    """Open since the first day of the episode, due as its control says; a day untested closes nothing."""
    company.evaluate(1, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["goes", "stays", "returns"]})
    company.evaluate(2, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["stays"]})
    company.evaluate(3, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["stays", "returns"]})
    company.evaluate(4, {"AC-01.a": "NOT_TESTED"})
    company.publish(at(5, 2))

    assert [("stays", 1, 3, 4, 6), ("returns", 3, 3, 2, 8)] == company.ask(OPEN)
    assert [(1, 1), (3, 2)] == company.ask(
        "select day(result_day), episode from ctl.exception where population_key = 'returns' order by 1"
    )


def test_a_test_that_lacked_an_instance_closes_nothing(company: Company, at: At) -> None:
    """The exception may be in the account that could not be read."""
    company.evaluate(1, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["k1"]})
    company.evaluate(2, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["k2"]}, missing=["aws_user/2222: gone"])
    company.publish(at(3, 2))

    assert [("k1", 1, 1, 2, 6), ("k2", 2, 2, 1, 7)] == company.ask(OPEN)


def test_a_population_is_that_of_the_evaluation_that_counts(company: Company, at: At) -> None:
    """Rows of an evaluation that was replaced are in ev, and not here."""
    company.evaluate(1, {"AC-01.a": "PASS"}, looked_at=["k1"])
    company.evaluate(1, {"AC-01.a": "PASS"}, looked_at=["k1", "k2"], at=at(3))
    company.publish(at(3))

    assert [("k1",), ("k2",)] == company.ask("select population_key from ctl.population order by 1")
    assert [(3,)] == company.ask("select count(*) from ev.ctl_population")


def test_a_waiver_is_shown_as_last_seen(company: Company, at: At, declared: Mapping[str, Dataset]) -> None:
    """A revoked waiver shows its revocation; one taken out of the register stays visible."""
    waiver = {"waiver_id": "W-1", "control_id": "AC-01", "subject_pattern": "k*", "reason": "new phones"}
    full = {
        column.name: waiver.get(column.name, at(1) if column.type == "timestamp" else "someone")
        for column in declared["waiver"].columns
    }
    company.capture(declared["waiver"], 1, [full | {"revoked_at": None}], instance="main")
    company.capture(declared["waiver"], 2, [full | {"revoked_at": at(2)}], instance="main")
    company.capture(declared["waiver"], 3, [], instance="main")
    company.publish(at(3))

    assert [("W-1", 2, 2)] == company.ask(
        "select waiver_id, day(revoked_at), day(observed_last) from ctl.waiver"
    )
