"""What is true of the company's AWS accounts at an instant? A function of seed, faults and instant alone.

Everything happens at 06:00, so that at noon elapsed and calendar days agree.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.faults import Fault, Faults
from sandbox.leavers import last_day, person_id_of
from sandbox.org import IAM_USERS, PERIOD_END, PERIOD_START, READER_ROLE, IamUser
from sandbox.part import instant, rng

ROTATED_EVERY = 75
HANDED_OVER = 3
"""Days a rotation leaves both keys active."""
KEPT_INACTIVE = 20
"""Days until the old key is deleted: it grows older than 90 days, which is nobody's concern any more."""
ROOT_CREATED = instant(date(2021, 5, 3), 9)
KEY_OLD, IDLE, DOUBLE = 91, 46, 8
"""The age, idleness and overlap in days with which the key faults begin."""
KEY_OF_A_LEAVER = 30
"""Days old is the key of somebody who leaves: far from any limit."""


@dataclass(frozen=True)
class Key:
    """An access key and its life."""

    id: str
    created: datetime
    deleted: datetime
    deactivated: datetime | None = None
    """From when it is inactive, until it is deleted."""
    unused: tuple[datetime, datetime] | None = None
    """From when to when nobody used it."""

    def exists(self, at: datetime) -> bool:
        """Return whether it is there, active or not."""
        return self.created <= at < self.deleted

    def active(self, at: datetime) -> bool:
        """Return whether it can be used."""
        return self.exists(at) and (self.deactivated is None or at < self.deactivated)

    def last_used(self, at: datetime) -> datetime | None:
        """Return its last use: every morning, from the day after it was made."""
        today = instant(at.date(), 6)
        used = today if at >= today else today - timedelta(days=1)
        if self.unused and self.unused[0] <= used < self.unused[1]:
            used = self.unused[0]
        if self.deactivated:
            used = min(used, self.deactivated)
        return used if used > self.created else None


@dataclass(frozen=True)
class Root:
    """The root user of an account."""

    mfa: bool
    key_since: datetime | None
    """When its access key was made; None: it has none."""


class AwsState:
    """The accounts of one company."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.seed = seed
        self.faults = faults
        self._keys = {user.subject: tuple(self._life(user)) for user in IAM_USERS if not user.console}

    def keys(self, user: IamUser, at: datetime) -> list[Key]:
        """Return a user's keys, inactive ones too, the older first."""
        return [key for key in self._keys.get(user.subject, ()) if key.exists(at)]

    def every_key(self, user: IamUser) -> tuple[Key, ...]:
        """Return all keys a user has or had or will have."""
        return self._keys.get(user.subject, ())

    def root(self, account: str, at: datetime) -> Root:
        """Return how an account's root user is protected."""
        key = self._fault("aws_root_key", account, at)
        return Root(
            mfa=self._fault("aws_root_no_mfa", account, at) is None,
            key_since=None if key is None else instant(key.first, 6),
        )

    def console_mfa(self, user: IamUser, at: datetime) -> bool:
        """Return whether a console user has an MFA device."""
        return self._fault("aws_console_no_mfa", user.subject, at) is None

    def reader_can_write(self, account: str, at: datetime) -> bool:
        """Return whether our own role in an account has a policy by which it could write."""
        return self._fault("aws_role_can_write", f"{account}/{READER_ROLE}", at) is not None

    def password_last_used(self, user: IamUser, at: datetime) -> datetime | None:
        """Return when a console user last signed in; nobody ever needed to break the glass."""
        if not user.console or user.name == "break-glass":
            return None
        morning = instant(at.date(), 6)
        return morning if at >= morning else morning - timedelta(days=1)

    def created(self, user: IamUser) -> datetime:
        """Return when a user was made."""
        return instant(
            PERIOD_START - timedelta(days=rng(self.seed, "iam", user.subject).randint(200, 900)), 6
        )

    def population_key(self, fault: Fault) -> str:
        """Return the key under which a fault is found."""
        match fault.kind:
            case "aws_root_no_mfa" | "aws_root_key":
                return f"aws:{fault.account}:<root_account>"
            case "aws_role_can_write":
                return f"aws:{fault.account}"
            case "secret_overdue":
                return fault.subject.removeprefix("secret ")
            case "aws_console_no_mfa":
                return f"aws:{fault.account}:{fault.user}"
            case "leaver_key_left":
                (key,) = self._keys[fault.subject]
                return f"aws:{fault.account}:{key.id}|{person_id_of(fault)}"
            case _:
                found = [key for key in self._keys[fault.subject] if key.exists(instant(fault.first, 12))]
                return f"aws:{fault.account}:{found[0].id}"

    def _fault(self, kind: str, subject: str, at: datetime) -> Fault | None:
        for fault in self.faults.of(kind):
            begins, ends = instant(fault.first, 6), instant(fault.last + timedelta(days=1), 6)
            if fault.subject == subject and begins <= at < ends:
                return fault
        return None

    def _key(
        self,
        user: IamUser,
        created: date,
        deleted: date,
        *,
        deactivated: date | None = None,
        unused: tuple[date, date] | None = None,
    ) -> Key:
        digest = hashlib.sha256(f"{self.seed}/{user.subject}/{created}".encode()).digest()
        name = "AKIA" + base64.b32encode(digest).decode()[:16]
        gone = (instant(unused[0], 6), instant(unused[1], 6)) if unused else None
        off = instant(deactivated, 6) if deactivated else None
        return Key(name, instant(created, 6), instant(deleted, 6), off, gone)

    def _life(self, user: IamUser) -> Iterator[Key]:
        """Yield a user's keys over the period, as its one fault, if any, has them."""
        days = timedelta
        faults = self.faults.of("aws_key_age", "aws_key_idle", "aws_double_key", "leaver_key_left")
        fault = next((one for one in faults if one.subject == user.subject), None)
        far = PERIOD_END + days(days=400)
        if fault is None:
            offset = rng(self.seed, "keys", user.subject).randint(0, ROTATED_EVERY - 1)
            created = PERIOD_START - days(days=ROTATED_EVERY + offset)
            while created <= PERIOD_END:
                off = created + days(days=ROTATED_EVERY + HANDED_OVER)
                yield self._key(user, created, off + days(days=KEPT_INACTIVE), deactivated=off)
                created += days(days=ROTATED_EVERY)
            return
        after = fault.last + days(days=1)
        match fault.kind:
            case "aws_key_age":
                yield self._key(user, fault.first - days(days=KEY_OLD), after)
                yield self._key(user, after, far)
            case "aws_key_idle":
                idle_from = fault.first - days(days=IDLE)
                yield self._key(user, idle_from - days(days=5), far, unused=(idle_from, after))
            case "leaver_key_left":
                left = last_day(fault)
                yield self._key(user, left - days(days=KEY_OF_A_LEAVER), after, unused=(left, far))
            case _:
                second = fault.first - days(days=DOUBLE)
                yield self._key(user, second - days(days=40), after)
                yield self._key(user, second, far)
