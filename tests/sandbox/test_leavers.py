"""Does everybody who leaves lose every account in time, except where a fault says otherwise?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from sandbox.company import Company
from sandbox.faults import Fault, FaultRefused, Faults, draw, load
from sandbox.leavers import KINDS, REVOKED_WITHIN, last_day, person_of
from sandbox.org import PERIOD_END, PERIOD_START, STEADY_STAFF, UNSTEADY_STAFF
from sandbox.part import instant
from sandbox.people import people, person_id
from sandbox.process import FAULTS, SEED
from sandbox.staff import Staff, user_id

NOONS = [instant(PERIOD_START + timedelta(days=n), 12) for n in range(31)]
FAULT = Fault(
    "one",
    "Forgotten.",
    "leaver_still_active",
    "AC-07",
    "AC-07.a",
    "STILL_ACTIVE",
    "person 86",
    date(2026, 3, 7),
    date(2026, 3, 9),
)


def planted(seed: int) -> Faults:
    """Return the demo's faults, or drawn ones."""
    return load(FAULTS) if seed == SEED else Faults(tuple(draw(seed)))


@pytest.mark.parametrize("seed", [SEED, *range(1, 9)])
def test_the_panels_accounts_of_leavers_are_open_after_a_day_only_as_planted(seed: int) -> None:
    """At every noon: the forgotten ones on exactly their days."""
    faults = planted(seed)
    staff = Staff(Company(seed, faults))
    found = set()
    for noon in NOONS:
        active = {row["user_id"] for row in staff.users(noon) if row["status"] == "active"}
        found |= {
            (noon.date(), account.number)
            for account in staff.company.people.values()
            if account.ended and noon > account.ended + timedelta(hours=24) and user_id(account) in active
        }
    expected = {(day, f.number) for f in faults.of("leaver_still_active") for day in f.days}

    assert expected == found


@pytest.mark.parametrize("seed", [SEED, *range(1, 9)])
def test_nobody_signs_in_after_the_end_of_work_but_as_planted(seed: int) -> None:
    """To the identity provider and the panel, in the two hours in which the accounts are still there too."""
    faults = planted(seed)
    staff = Staff(Company(seed, faults))
    numbers = {user_id(account): account for account in staff.company.people.values()}
    found = set()
    for noon in NOONS[:-1]:
        for row in staff.logins(noon.date()):
            account = numbers.get(row["user_id"])
            if account is not None and not account.works(row["at"]):
                found.add((noon.date(), account.number, row["outcome"]))
        for account in staff.company.people.values():
            assert all(account.works(one.at) for one in staff.company.sessions(account, noon.date()))

    assert {(f.first, f.number, "success") for f in faults.of("leaver_used")} == found


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3])
def test_hr_tells_of_a_dismissal_on_the_day_and_of_notice_before(seed: int) -> None:
    """With the instant the work ends, two hours before the accounts go."""
    faults = planted(seed)
    company = Company(seed, faults)
    dismissed = {person_id(company.people[person_of(f)]): f for f in faults.of(*KINDS)}
    for noon in NOONS:
        told = {row["person_id"]: row for row in people(company, noon) if row["terminated_at"]}
        for who, fault in dismissed.items():
            assert (who in told) == (noon.date() >= last_day(fault))
        kinds = {row["termination_type"] for who, row in told.items() if who in dismissed}
        assert kinds <= {"involuntary"}
        assert {"voluntary"} == {row["termination_type"] for who, row in told.items() if who not in dismissed}
    for account in company.people.values():
        if account.ended is not None:
            assert "DEPROVISIONED" == account.status(account.ended + REVOKED_WITHIN)[1]
            assert "DEPROVISIONED" != account.status(account.ended)[1]


def test_whom_a_fault_may_dismiss_stays_otherwise_and_has_no_other_fault() -> None:
    """They are neither among the steady nor among those whom the seed moves about."""
    company = Company(SEED, Faults())
    dismissible = set(company.people) - set(STEADY_STAFF) - set(UNSTEADY_STAFF)
    stayed = {n for n in dismissible if n <= 112 and company.people[n].ended is None}

    assert {24, 40, 66, 78, 86, 97} == stayed


def test_nobody_is_dismissed_twice() -> None:
    """Two faults of one person would blur each other, on whichever days."""
    again = replace(FAULT, id="two", first=PERIOD_END, last=PERIOD_END)

    with pytest.raises(FaultRefused, match="nobody can be dismissed twice"):
        Faults((FAULT, again))


def test_a_late_revocation_is_expected_on_the_day_it_is_seen() -> None:
    """Besides the days on which the account was found open; a waiver of these is none of that."""
    waiver = replace(FAULT, id="two", kind="register_waiver", subject="one", expect="waived")
    found = Faults((FAULT, waiver)).expected(lambda fault, _: f"key of {fault.id}")

    assert [
        ("STILL_ACTIVE", "2026-03-07", "waived"),
        ("STILL_ACTIVE", "2026-03-08", "waived"),
        ("STILL_ACTIVE", "2026-03-09", "waived"),
        ("REVOKED_LATE", "2026-03-10", "fail"),
    ] == [(entry["code"], entry["day"], entry["expect"]) for entry in found]
