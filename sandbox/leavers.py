"""Who is dismissed because of a planted fault, and when?

Ordinary leavers give notice and lose their accounts within two hours; the seed draws them (company.py). A
fault about a leaver dismisses somebody who would have stayed, on the day the fault's days ask for.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sandbox.faults import Fault, Faults
from sandbox.org import IAM_USERS
from sandbox.part import instant, rng

REVOKED_WITHIN = timedelta(hours=2)
"""Somebody's accounts are taken away this long after their work ended."""
USED_AFTER = timedelta(minutes=40)
"""When somebody signs in once more after their work ended, while the accounts are still there."""
KINDS = ("leaver_key_left", "leaver_still_active", "leaver_used")


def dismissal_of(faults: Faults, number: int) -> Fault | None:
    """Return the fault that dismisses a person, if one does."""
    return next((fault for fault in faults.of(*KINDS) if person_of(fault) == number), None)


def person_of(fault: Fault) -> int:
    """Return the number of the person a fault dismisses: a user of AWS is somebody's."""
    if fault.kind == "leaver_key_left":
        return next(user.person for user in IAM_USERS if user.subject == fault.subject and user.person)
    return fault.number


def person_id_of(fault: Fault) -> str:
    """Return HR's number of the person a fault dismisses."""
    return f"E{1000 + person_of(fault)}"


def last_day(fault: Fault) -> date:
    """Return the day on which somebody is dismissed.

    What was not revoked within 24 hours is first seen at noon of the day after, which is the fault's first.
    """
    return fault.first if fault.kind == "leaver_used" else fault.first - timedelta(days=1)


def dismissed_at(seed: int, fault: Fault) -> datetime:
    """Return when somebody is dismissed: early, so that 24 hours later it is not yet noon."""
    return instant(last_day(fault), 7, rng(seed, "dismissed", fault.id).randrange(60))
