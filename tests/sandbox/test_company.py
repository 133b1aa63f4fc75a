from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sandbox.company import PHISHING_RESISTANT, Company
from sandbox.faults import Faults, draw
from sandbox.okta_log import events
from sandbox.okta_objects import Objects
from sandbox.org import OKTA_ADMINS, PERIOD_START
from sandbox.part import instant
from sandbox.process import SEED

DAYS = [PERIOD_START + timedelta(days=n) for n in range(30)]
WEAK = {"sms", "question"}


def objects(company: Company, now: datetime) -> Objects:
    """Return the company's objects at an instant."""
    return Objects(company, now, "http://okta")


def findings(company: Company, day: date) -> set[tuple[str, str]]:
    """Return what is wrong with people's factors at noon of a day: who, and which code."""
    noon = instant(day, 12)
    found: set[tuple[str, str]] = set()
    for account in company.existing(noon):
        types = {factor.type for factor in account.factors_at(noon) if not factor.pending}
        if account.service:
            login = company.last_login(account, noon)
            if login and noon - login < timedelta(days=90):
                found.add((account.user_id, "EXEMPT_BUT_INTERACTIVE"))
        elif account.status(noon)[1] not in ("STAGED", "PROVISIONED", "DEPROVISIONED", "SUSPENDED"):
            if not types - {"question"}:
                found.add((account.user_id, "NO_MFA"))
            elif not types - WEAK:
                found.add((account.user_id, "WEAK_MFA_ONLY"))
            if account.number in OKTA_ADMINS and not types & PHISHING_RESISTANT:
                found.add((account.user_id, "ADMIN_NOT_PHISHING_RESISTANT"))
    return found


def planted(company: Company, day: date) -> set[tuple[str, str]]:
    """Return what the faults say must be wrong with people's factors on a day."""
    return {
        (company.account_of(fault).user_id, fault.code)
        for fault in company.faults.all
        if fault.test == "AC-01.a" and fault.part == "okta" and fault.first <= day <= fault.last
    }


def test_exactly_the_planted_people_lack_factors_on_exactly_their_days(company: Company) -> None:
    """Joiners, leavers, movers and new phones leave nobody without a strong factor at noon."""
    assert {day: planted(company, day) for day in DAYS} == {day: findings(company, day) for day in DAYS}


def test_the_same_holds_for_companies_drawn_from_other_seeds() -> None:
    """Another seed is another company, with its own faults and nothing else."""
    for seed in (2, 3, 4):
        other = Company(seed, Faults(tuple(draw(seed))))
        assert {day: planted(other, day) for day in DAYS} == {day: findings(other, day) for day in DAYS}


def test_the_same_seed_gives_the_same_company(company: Company, faults: Faults) -> None:
    """Two companies of one seed agree in every field of every user, however their days were asked for."""
    other = Company(SEED, faults)
    noon = instant(DAYS[20], 12)
    asked_first = [objects(other, noon).user(account) for account in other.existing(noon)]
    for day in DAYS:
        events(company, day, objects(company, instant(day, 12)))
    assert asked_first == [objects(company, noon).user(account) for account in company.existing(noon)]


def test_people_join_move_leave_and_change_factors(company: Company) -> None:
    """The month is alive: about 120 people, and every kind of change occurs."""
    first, last = instant(DAYS[0], 12), instant(DAYS[-1], 12)
    before, after = objects(company, first), objects(company, last)
    assert 110 <= len(before.living) <= 130
    joined = {a.user_id for a in after.living} - {a.user_id for a in before.living}
    left = {a.user_id for a in before.living} - {a.user_id for a in after.living}
    moved = [a for a in company.accounts if a.job(first).department != a.job(last).department]
    changed = [
        a
        for a in company.existing(first)
        if {*a.factors_at(first)} != {*a.factors_at(last)} and not a.service
    ]
    assert (8, 4 + 3, 3) == (len(joined), len(left), len(moved))  # three are dismissed by faults
    assert len(changed) >= 10


def test_a_leaver_is_never_shown_as_gone_before_leaving(company: Company) -> None:
    """Until the second before, the account is ACTIVE; from the instant on, DEPROVISIONED."""
    leaver = next(
        a
        for a in company.accounts
        if a.statuses[-1][1] == "DEPROVISIONED" and a.statuses[-1][0].date() >= PERIOD_START
    )
    left = leaver.statuses[-1][0]
    before = objects(company, left - timedelta(seconds=1)).user(leaver)
    assert ("ACTIVE", "DEPROVISIONED") == (before["status"], objects(company, left).user(leaver)["status"])


def test_only_planted_visits_to_the_admin_console_lack_a_second_factor(company: Company) -> None:
    """The second factor is looked for as the control looks for it: same session, success."""
    found: dict[str, date] = {}
    for day in DAYS:
        listed = events(company, day, objects(company, datetime(2026, 4, 1, tzinfo=UTC)))
        sessions = {
            e["authenticationContext"]["externalSessionId"]
            for e in listed
            if e["eventType"] == "user.authentication.auth_via_mfa" and e["outcome"]["result"] == "SUCCESS"
        }
        for event in listed:
            visit = event["eventType"] == "user.session.access_admin_app"
            if visit and event["authenticationContext"]["externalSessionId"] not in sessions:
                found[event["actor"]["id"]] = day
    expected = company.faults.of("okta_admin_session_no_mfa")
    assert {company.account_of(f).user_id: f.first for f in expected} == found
