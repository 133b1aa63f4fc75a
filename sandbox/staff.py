"""Who works in the shop's admin panel at an instant, with which roles, and who signed in to it on a day?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.company import Account, Company
from sandbox.faults import Fault
from sandbox.leavers import USED_AFTER
from sandbox.org import BACK_OFFICE_ROLES, GROUP_DEPARTMENTS, HEADS, LOCAL_STAFF
from sandbox.part import instant, rng

Row = dict[str, Any]
OPENED = instant(date(2024, 5, 6), 8)
"""When the admin panel came into use."""
LONGEST_ABSENCE = 30
EXTRA = {"staff_outside_role": "payout_read", "staff_conflict": "refund_approve"}
"""Kind of fault -> the permission that the person gets."""


class Staff:
    """The admin panel's accounts, roles and sign-ins as a company has them."""

    def __init__(self, company: Company) -> None:
        self.company = company

    def members(self, moment: datetime) -> list[Account]:
        """Return everybody whose department works in the admin panel."""
        return [
            account
            for account in self.company.existing(moment)
            if not account.service and self._uses_it(account, moment)
        ]

    def _uses_it(self, account: Account, moment: datetime) -> bool:
        return account.job(moment).department in GROUP_DEPARTMENTS["app-backoffice"]

    def users(self, moment: datetime) -> Iterator[Row]:
        """Yield every account: those of leavers are disabled, not deleted."""
        for account in self.members(moment):
            started = account.activated
            if started is None or started > moment:
                continue
            since, gone = account.status(moment)[0], self._gone(account, moment)
            lapse = self._lapse(account, moment)
            local = account.number in LOCAL_STAFF or lapse is not None
            yield {
                "user_id": user_id(account),
                "sso_subject": None if local else account.user_id,
                "status": "disabled" if gone else "active",
                "mfa": (lapse is None) if local else None,
                "created_at": max(OPENED, started, account.job(moment).since),
                "last_login_at": self._last(account, since if gone else moment),
            }

    def user_roles(self, moment: datetime) -> Iterator[Row]:
        """Yield every permission of every account in use."""
        for account in self.members(moment):
            started = account.activated
            if started is None or started > moment or self._gone(account, moment):
                continue
            department = account.job(moment).department
            role = department + (" head" if HEADS[department] == account.number else "")
            name, permissions = BACK_OFFICE_ROLES.get(role) or BACK_OFFICE_ROLES[department]
            extra = [EXTRA[f.kind] for f in self.company.faults.of(*EXTRA) if self._true(f, account, moment)]
            for permission in (*permissions, *extra):
                yield {
                    "user_id": user_id(account),
                    "role": name,
                    "permission": permission,
                    "scope": "global",
                    "granted_at": max(OPENED, started, account.job(moment).since),
                    "granted_by": "it-operations",
                    "expires_at": None,
                }

    def logins(self, day: date) -> list[Row]:
        """Return the sign-ins of a day, failed ones too, in order of time."""
        found = [row for account in self.company.accounts for row in self._logins(account, day)]
        for fault in self.company.faults.of("staff_session_no_mfa"):
            if fault.first == day:
                account = self.company.people[fault.number]
                at = self.company.moment_of(fault, day)
                found.append(login(event_id(fault), account, at, "success", "password"))
        return sorted(found, key=lambda row: (row["at"], row["event_id"]))

    def _gone(self, account: Account, moment: datetime) -> bool:
        """Whether an account is disabled: with the identity provider's, unless somebody forgot it."""
        if account.status(moment)[1] != "DEPROVISIONED":
            return False
        forgotten = [f for f in self.company.faults.of("leaver_still_active") if f.number == account.number]
        return not any(
            moment < self.company.moment_of(fault, fault.last + timedelta(days=1)) for fault in forgotten
        )

    def _logins(self, account: Account, day: date) -> Iterator[Row]:
        for fault in self.company.faults.of("leaver_used"):
            if fault.first == day and fault.number == account.number and account.ended is not None:
                yield login(event_id(fault), account, account.ended + USED_AFTER, "success", "sso")
        for n, session in enumerate(self.company.sessions(account, day)):
            at = session.at + timedelta(minutes=1)
            if account.service or not self._uses_it(account, at):
                continue
            chance = rng(self.company.seed, "back office", session.id)
            local = account.number in LOCAL_STAFF or self._lapse(account, at) is not None
            method = "password+totp" if local else "sso"
            if chance.random() < 0.1:
                yield login(f"L-{day:%Y%m%d}-{account.number}-{n}f", account, at, "failure", method)
                at += timedelta(seconds=20)
            yield login(f"L-{day:%Y%m%d}-{account.number}-{n}", account, at, "success", method)

    def _last(self, account: Account, moment: datetime) -> datetime | None:
        for back in range(LONGEST_ABSENCE):
            events = self._logins(account, moment.date() - timedelta(days=back))
            times: list[datetime] = [row["at"] for row in events if row["at"] <= moment]
            if times:
                return max(times)
        return None

    def _lapse(self, account: Account, moment: datetime) -> Fault | None:
        """Return the fault by which an account has a password of its own and no second factor."""
        lapses = self.company.faults.of("staff_no_mfa")
        return next((fault for fault in lapses if self._true(fault, account, moment)), None)

    def _true(self, fault: Fault, account: Account, moment: datetime) -> bool:
        """Whether a fault of a person's account is true at an instant."""
        begins = self.company.moment_of(fault, fault.first)
        ends = self.company.moment_of(fault, fault.last + timedelta(days=1))
        return fault.number == account.number and begins <= moment < ends


def user_id(account: Account) -> str:
    """Return the panel's own id of somebody."""
    return f"U-{account.number:04d}"


def event_id(fault: Fault) -> str:
    """Return the id of the sign-in that a fault is."""
    return f"L-{fault.first:%Y%m%d}-{fault.id}"


def login(event: str, account: Account, at: datetime, outcome: str, method: str) -> Row:
    """Return one row of login_events."""
    return {
        "event_id": event,
        "at": at,
        "user_id": user_id(account),
        "realm": "admin",
        "outcome": outcome,
        "method": method,
        "ip": f"10.20.{account.number % 250}.{at.day}",
    }
