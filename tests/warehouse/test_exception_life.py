"""Is the life of an exception told as it was: seen, ticketed, claimed, gone, verified, back?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from warehouse.dataset import Dataset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

ID = "AC-01.a/k1/NO_FACTOR"
STATUS = "select episode, status, day(first_day), day(last_day), is_overdue from ctl.exception_episode"
EVENTS = "select event, day(event_at), hour(event_at), actor from ctl.exception_event order by seq"


def found(company: Company, *days: int, among: range, **more: Any) -> None:
    """Judge each day of some: on `days` the row breaks the rule, on the others it does not."""
    for day in among:
        keys = ["k1"] if day in days else []
        company.evaluate(day, {"AC-01.a": "FAIL" if keys else "PASS"}, broke={"AC-01.a": keys}, **more)


def told(
    company: Company, declared: Mapping[str, Dataset], day: int, *actions: tuple[datetime, str, str]
) -> None:
    """Capture the register of a day: what was done, when and by whom."""
    rows = [
        {"exception_id": ID, "done_at": at, "event": event, "actor": actor, "ticket_key": None, "note": None}
        for at, event, actor in actions
    ]
    company.capture(declared["action"], day, rows, instance="main")


def test_what_is_seen_and_nobody_touches_is_open(company: Company, at: At) -> None:
    """Due after the five days its control gives; overdue from then on."""
    found(company, 1, 2, among=range(1, 3))
    company.publish(at(4))
    assert [(1, "OPEN", 1, 2, False)] == company.ask(STATUS)

    company.publish(at(7))
    assert [(1, "OPEN", 1, 2, True)] == company.ask(STATUS)


def test_it_is_cleared_by_evidence_and_verified_by_a_second_person(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Ticketed, claimed on day 2, gone on day 3, looked at by somebody else on day 5."""
    found(company, 1, 2, among=range(1, 5))
    told(
        company,
        declared,
        5,
        (at(2, 9), "ticketed", "ann"),
        (at(2, 16), "remediation_claimed", "ann"),
        (at(5, 10), "verified", "bob"),
    )
    company.publish(at(6))

    assert [(1, "VERIFIED", 1, 2, False)] == company.ask(STATUS)
    assert [
        ("opened", 1, 12, None),
        ("ticketed", 2, 9, "ann"),
        ("reobserved", 2, 12, None),
        ("remediation_claimed", 2, 16, "ann"),
        ("cleared", 4, 1, None),
        ("verified", 5, 10, "bob"),
    ] == company.ask(EVENTS)


def test_nobody_verifies_what_they_claimed_themselves(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """The same person looking again is a claim repeated: it stays cleared."""
    found(company, 1, among=range(1, 4))
    told(company, declared, 5, (at(1, 16), "remediation_claimed", "ann"), (at(5, 10), "verified", "ann"))
    company.publish(at(6))

    assert [(1, "CLEARED", 1, 1, False)] == company.ask(STATUS)


def test_a_claim_or_a_verification_closes_nothing_while_it_is_still_found(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """People say that it is mended, twice; the evidence says that it is not."""
    found(company, 1, 2, 3, among=range(1, 4))
    told(company, declared, 4, (at(2, 9), "remediation_claimed", "ann"), (at(2, 10), "verified", "bob"))
    company.publish(at(5))

    assert [(1, "REMEDIATION_CLAIMED", 1, 3, False)] == company.ask(STATUS)


def test_a_day_that_could_not_be_tested_clears_nothing(company: Company, at: At) -> None:
    """Not tested, in error, or tested without an instance: none of them saw that it is gone."""
    found(company, 1, among=range(1, 2))
    company.evaluate(2, {"AC-01.a": "NOT_TESTED"})
    company.evaluate(3, {"AC-01.a": "ERROR"})
    company.evaluate(4, {"AC-01.a": "PASS"}, missing=["demo_user/other: no snapshot"])
    company.publish(at(6))

    assert [(1, "OPEN", 1, 1, False)] == company.ask(STATUS)


def test_what_was_mended_and_comes_back_is_another_episode(company: Company, at: At) -> None:
    """Fixed, back, and fixed again: two episodes, each cleared by the first day without it."""
    found(company, 1, 3, among=range(1, 5))
    company.publish(at(6))

    assert [(1, "CLEARED", 1, 1, False), (2, "CLEARED", 3, 3, False)] == company.ask(STATUS)
    assert [
        ("opened", 1, 12, None),
        ("cleared", 3, 1, None),
        ("reopened", 3, 12, None),
        ("cleared", 5, 1, None),
    ] == company.ask(EVENTS)


def test_coming_back_after_it_was_verified_is_a_regression(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """The second time starts from nothing: the claim of the first does not count for it."""
    found(company, 1, 4, among=range(1, 5))
    told(company, declared, 4, (at(1, 16), "remediation_claimed", "ann"), (at(3, 10), "verified", "bob"))
    company.publish(at(6))

    assert [(1, "VERIFIED", 1, 1, False), (2, "OPEN", 4, 4, False)] == company.ask(STATUS)
    assert [("regressed", 4)] == company.ask(
        "select event, day(event_at) from ctl.exception_event where event in ('reopened', 'regressed')"
    )


def test_a_waiver_that_expires_opens_it_again(company: Company, at: At) -> None:
    """Waived on two days, in force no more on the third: no episode of its own, an event."""
    for day, waiver in ((18, "W-1"), (19, "W-1"), (20, None)):
        verdict = "FAIL" if waiver is None else "PASS_WAIVED"
        company.evaluate(day, {"AC-01.a": verdict}, broke={"AC-01.a": ["k1"]}, waiver=waiver)
    company.publish(at(22))

    assert [(1, "OPEN", 18, 20, False)] == company.ask(STATUS)
    assert [
        ("opened", 18),
        ("waived", 18),
        ("reobserved", 19),
        ("reobserved", 20),
        ("waiver_expired", 20),
    ] == company.ask("select event, day(event_at) from ctl.exception_event order by seq")


def test_what_happened_cannot_be_undone(company: Company, at: At) -> None:
    """An exception of an event is a deviation whatever the next days bring, and never overdue."""
    found(company, 1, among=range(1, 4), test_kind="event", keeps_failure=False)
    company.publish(at(20))

    assert [(1, "DEVIATION", 1, 1, False)] == company.ask(STATUS)


def test_what_people_took_out_of_the_register_stays_told(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """A row that was there once was said once."""
    found(company, 1, 2, among=range(1, 3))
    told(company, declared, 2, (at(2, 9), "ticketed", "ann"))
    told(company, declared, 3)
    company.publish(at(4))

    assert [(1, "TICKETED", 1, 2, False)] == company.ask(STATUS)
