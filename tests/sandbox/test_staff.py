"""Does the admin panel have the accounts and sign-ins that the planted faults say, and no others?"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from sandbox.company import Company
from sandbox.faults import Faults, draw
from sandbox.org import LOCAL_STAFF, PERIOD_START
from sandbox.part import instant
from sandbox.process import SEED
from sandbox.staff import Staff, event_id, user_id

DAYS = [PERIOD_START + timedelta(days=n) for n in range(30)]


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3])
def test_accounts_without_mfa_are_those_planted(seed: int, faults: Faults) -> None:
    """At every noon of the period."""
    planted = faults if seed == SEED else Faults(tuple(draw(seed)))
    staff = Staff(Company(seed, planted))
    found = {
        (day, row["user_id"]) for day in DAYS for row in staff.users(instant(day, 12)) if row["mfa"] is False
    }
    expected = {
        (day, user_id(staff.company.people[fault.number]))
        for fault in planted.of("staff_no_mfa")
        for day in fault.days
    }

    assert expected == found


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3])
def test_sign_ins_by_password_alone_are_those_planted(seed: int, faults: Faults) -> None:
    """On every day of the period."""
    planted = faults if seed == SEED else Faults(tuple(draw(seed)))
    staff = Staff(Company(seed, planted))
    found = {row["event_id"] for day in DAYS for row in staff.logins(day) if row["method"] == "password"}

    assert {event_id(fault) for fault in planted.of("staff_session_no_mfa")} == found


def test_a_leaver_keeps_a_disabled_account_without_roles(company: Company) -> None:
    """Who left is still listed, with nothing left to do."""
    staff = Staff(company)
    end = instant(DAYS[-1], 12)
    disabled = {row["user_id"] for row in staff.users(end) if row["status"] == "disabled"}

    assert disabled
    assert not disabled & {row["user_id"] for row in staff.user_roles(end)}


def test_only_a_few_accounts_have_a_password_of_their_own(company: Company) -> None:
    """The identity provider signs all others in, and for those the panel says nothing of factors."""
    rows = list(Staff(company).users(instant(DAYS[0], 12)))
    counted = Counter((row["sso_subject"] is not None, row["mfa"]) for row in rows)

    assert {(True, None): len(rows) - len(LOCAL_STAFF), (False, True): len(LOCAL_STAFF)} == counted
