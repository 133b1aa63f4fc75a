"""Who works at the sandbox company at an instant, with which sign-in factors, and when do they sign in?

Everything is a function of the seed and the planted faults: a life of each account is laid out once, and
an instant only selects from it. Nothing is replayed, so a restart at any instant gives the same answers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sandbox.faults import Fault, Faults
from sandbox.leavers import REVOKED_WITHIN, dismissal_of, dismissed_at
from sandbox.org import (
    DEPARTMENTS,
    DOMAIN,
    HEADS,
    OKTA_ADMINS,
    PERIOD_END,
    PERIOD_START,
    SERVICE_ACCOUNTS,
    STAFF_AT_START,
    UNSTEADY_STAFF,
    ServiceAccount,
)
from sandbox.part import instant, rng

FIRST_NAMES = (  # noqa: SIM905 - a list would be fifty lines
    "Ada Amir Anouk Bela Bruno Carla Chen Dalia Dario Edda Emeka Farah Finn Greta Hana Hugo Ines Ivo Jana "
    "Jonas Kaya Kofi Lena Luca Maja Malik Mina Nils Noor Olga Oscar Paula Pedro Quinn Rania Rosa Sami Selma "
    "Tariq Tilda Uma Viktor Wanda Xenia Yara Yusuf Zoe Zoran"
).split()
LAST_NAMES = (  # noqa: SIM905 - likewise
    "Abara Albrecht Bakker Berg Castillo Costa Dahl Demir Duarte Eklund Farkas Fischer Gallo Haddad Horvat "
    "Ito Jansen Kaur Keller Kovac Laurent Lindt Lopez Maier Marin Mensah Moreau Nagy Novak Okafor Olsen Park "
    "Petrov Quist Rahman Ricci Rossi Saito Santos Silva Sorensen Tanaka Toth Urban Vidal Vogel Weber Winter "
    "Yilmaz Zeman"
).split()
TITLES = ("Specialist", "Senior Specialist", "Lead", "Analyst", "Coordinator")
PHISHING_RESISTANT = frozenset({"webauthn", "signed_nonce", "token:hardware", "u2f"})
JOINERS = 8
LONG_GONE = 15
"""People who left before the period; Okta keeps them as DEPROVISIONED."""
WEEKDAYS = 5
PARTING = timedelta(minutes=5)
"""Nobody signs in this shortly before their work ends."""


@dataclass(frozen=True)
class Job:
    """What a person does from an instant on."""

    since: datetime
    department: str
    title: str


@dataclass(frozen=True)
class Factor:
    """A sign-in factor while it is enrolled."""

    id: str
    type: str
    enrolled: datetime
    removed: datetime | None = None
    pending: bool = False
    """Begun and never finished: it must not count."""

    def at(self, moment: datetime) -> bool:
        """Whether it is enrolled at an instant."""
        return self.enrolled <= moment and (self.removed is None or moment < self.removed)


@dataclass(frozen=True)
class Session:
    """One interactive sign-in."""

    id: str
    user_id: str
    at: datetime
    opens_admin_console: bool = False
    second_factor: bool = True
    fault: str | None = None


@dataclass(frozen=True)
class Account:
    """One Okta user over its whole life."""

    number: int
    """The number of the person; 0 for a service account."""
    user_id: str
    login: str
    first_name: str
    last_name: str
    created: datetime
    statuses: tuple[tuple[datetime, str], ...]
    jobs: tuple[Job, ...]
    factors: tuple[Factor, ...]
    service: ServiceAccount | None = None
    earlier_login: datetime | None = None
    """The last sign-in of an account that no longer signs in."""
    dismissed: bool = False
    """Whether the company ended the work; else the person gave notice."""

    def status(self, moment: datetime) -> tuple[datetime, str]:
        """Return the status at an instant, and since when."""
        return [entry for entry in self.statuses if entry[0] <= moment][-1]

    def active(self, moment: datetime) -> bool:
        """Whether the account can be used at an instant."""
        return self.created <= moment and self.status(moment)[1] == "ACTIVE"

    @property
    def ended(self) -> datetime | None:
        """When the person's work ended, or will: shortly before the accounts are taken away."""
        left = next((since for since, status in self.statuses if status == "DEPROVISIONED"), None)
        return left - REVOKED_WITHIN if left else None

    def works(self, moment: datetime) -> bool:
        """Whether the person's work has not ended at an instant."""
        return self.ended is None or moment < self.ended

    def job(self, moment: datetime) -> Job:
        """Return what the person does at an instant."""
        return ([job for job in self.jobs if job.since <= moment] or [self.jobs[0]])[-1]

    def factors_at(self, moment: datetime) -> list[Factor]:
        """Return the factors enrolled at an instant."""
        return [factor for factor in self.factors if factor.at(moment)]

    @property
    def activated(self) -> datetime | None:
        """When the account first became usable."""
        return next((since for since, status in self.statuses if status == "ACTIVE"), None)


def okta_id(prefix: str, seed: int, *topic: object) -> str:
    """Return an identifier of Okta's form: a prefix that tells the kind, 20 characters in all."""
    digest = hashlib.sha256("/".join(map(str, (seed, prefix, *topic))).encode()).digest()
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return prefix + "".join(alphabet[byte % 62] for byte in digest[: 20 - len(prefix)])


@dataclass
class Company:
    """The company that a seed and a list of faults make."""

    seed: int
    faults: Faults
    accounts: list[Account] = field(init=False)
    """All Okta users that ever exist, by id."""
    _sessions: dict[tuple[str, date], list[Session]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        people = [self._person(n) for n in range(1, STAFF_AT_START + JOINERS + LONG_GONE + 1)]
        services = [self._service(n, account) for n, account in enumerate(SERVICE_ACCOUNTS)]
        self.people = {account.number: account for account in people}
        self.services = {account.name: made for account, made in zip(SERVICE_ACCOUNTS, services, strict=True)}
        self.accounts = sorted((*people, *services), key=lambda account: account.user_id)
        self.by_id = {account.user_id: account for account in self.accounts}

    def existing(self, moment: datetime) -> list[Account]:
        """Return every account that exists at an instant, deprovisioned ones too."""
        return [account for account in self.accounts if account.created <= moment]

    def manager(self, account: Account, moment: datetime) -> Account | None:
        """Return the head of the person's department; the heads answer to the management."""
        chief = self.people[HEADS["Management"]]
        if account.service or account is chief:
            return None
        head = self.people[HEADS[account.job(moment).department]]
        return chief if account is head else head

    def sessions(self, account: Account, day: date) -> list[Session]:
        """Return the sign-ins of an account on a day, in order."""
        key = (account.user_id, day)
        if key not in self._sessions:
            self._sessions[key] = self._day(account, day)
        return self._sessions[key]

    def last_login(self, account: Account, moment: datetime) -> datetime | None:
        """Return the last sign-in at or before an instant."""
        begun = account.activated
        if begun is None or begun > moment:
            return None
        since, status = account.status(moment)
        latest = since if status == "DEPROVISIONED" else moment
        for back in range(30):
            day = latest.date() - timedelta(days=back)
            if day < begun.date():
                break
            times = [session.at for session in self.sessions(account, day) if session.at <= latest]
            if times:
                return times[-1]
        return account.earlier_login

    def _day(self, account: Account, day: date) -> list[Session]:
        chance = rng(self.seed, "sessions", day, account.user_id)
        planted = [
            fault
            for fault in self.faults.of("okta_admin_session_no_mfa", "okta_service_interactive")
            if fault.first == day and self.account_of(fault) is account
        ]
        weekday = day.weekday() < WEEKDAYS
        count = 0
        if not account.service and chance.random() < (0.94 if weekday else 0.04):
            count = chance.choice((1, 1, 2))
        admin = account.number in OKTA_ADMINS
        found = [
            Session(
                okta_id("idx", self.seed, account.user_id, day, n),
                account.user_id,
                instant(day, chance.randrange(7, 17), chance.randrange(60), chance.randrange(60)),
                opens_admin_console=admin and chance.random() < 0.4,
            )
            for n in range(count)
        ]
        found += [
            Session(
                okta_id("idx", self.seed, fault.id),
                account.user_id,
                self.moment_of(fault, day),
                opens_admin_console=fault.kind == "okta_admin_session_no_mfa",
                second_factor=fault.kind != "okta_admin_session_no_mfa",
                fault=fault.id,
            )
            for fault in planted
        ]
        usable = [s for s in found if account.active(s.at) and account.works(s.at + PARTING)]
        return sorted(usable, key=lambda session: (session.at, session.id))

    def account_of(self, fault: Fault) -> Account:
        """Return the account that a fault of a person or a service account is about."""
        if fault.subject.startswith("service "):
            return self.services[fault.subject.removeprefix("service ")]
        return self.people[fault.number]

    def moment_of(self, fault: Fault, day: date) -> datetime:
        """Return when a fault begins, ends or happens on a day: always before noon."""
        chance = rng(self.seed, "moment", fault.id, day)
        return instant(day, chance.randrange(7, 11), chance.randrange(60), chance.randrange(60))

    def _service(self, number: int, service: ServiceAccount) -> Account:
        created = instant(date(2024, 2, 5), 10) + timedelta(days=40 * number)
        user_id = okta_id("00u", self.seed, "service", service.name)
        factors: list[Factor] = []
        for fault in self.faults.of("okta_service_interactive"):
            if fault.subject == f"service {service.name}":
                enrolled = self.moment_of(fault, fault.first) - timedelta(minutes=2)
                factors.append(Factor(okta_id("ost", self.seed, fault.id), "token:software:totp", enrolled))
        return Account(
            0,
            user_id,
            service.login,
            "Service",
            service.name,
            created,
            ((created, "STAGED"), (created + timedelta(minutes=5), "ACTIVE")),
            (Job(created, service.owner, "Service account"),),
            tuple(factors),
            service=service,
            # One was signed in to when it was set up, long before the 90 days that count.
            earlier_login=created + timedelta(hours=1) if number == 1 else None,
        )

    def _person(self, number: int) -> Account:
        chance = rng(self.seed, "person", number)
        name = (number * 37 + rng(self.seed, "names").randrange(5000)) % (len(FIRST_NAMES) * len(LAST_NAMES))
        first, last = FIRST_NAMES[name % len(FIRST_NAMES)], LAST_NAMES[name // len(FIRST_NAMES)]
        user_id = okta_id("00u", self.seed, "person", number)
        statuses = self._life(number)
        created = statuses[0][0]
        usable = next(since for since, status in statuses if status == "ACTIVE")
        department = next(
            (d for d in reversed(DEPARTMENTS) if HEADS[d] <= number <= STAFF_AT_START),
            chance.choice(("Engineering", "Customer Support", "Marketing", "Finance")),
        )
        title = "Head of " + department if number in HEADS.values() else chance.choice(TITLES)
        jobs = [Job(created, department, title)]
        if moved := self._changes().get((number, "move")):
            target = chance.choice([d for d in DEPARTMENTS if d not in (department, "Management")])
            jobs.append(Job(moved, target, chance.choice(TITLES)))
        account = Account(
            number,
            user_id,
            f"{first}.{last}{'' if number <= STAFF_AT_START else number}@{DOMAIN}".lower(),
            first,
            last,
            created,
            statuses,
            tuple(jobs),
            self._factors(number, usable - timedelta(minutes=25)),
            dismissed=dismissal_of(self.faults, number) is not None,
        )
        faults = self.faults.of("okta_no_factor", "okta_weak_factor", "okta_admin_weak")
        for fault in sorted(faults, key=lambda fault: fault.first):
            if fault.number == number:
                account = replace(account, factors=self._without_factors(account.factors, fault))
        return account

    def _changes(self) -> dict[tuple[int, str], datetime]:
        """Return who moves, leaves or is locked out during the period, and when."""
        chance = rng(self.seed, "changes")
        unsteady = list(UNSTEADY_STAFF)
        chance.shuffle(unsteady)
        words = ("leave", "leave", "move", "lock", "leave", "move", "expire", "leave", "move", "suspend")
        days = [PERIOD_START + timedelta(days=n) for n in range((PERIOD_END - PERIOD_START).days)]
        working = [day for day in days if day.weekday() < WEEKDAYS]
        return {
            (number, word): instant(
                chance.choice(working), chance.choice((9, 10, 14, 16)), chance.randrange(60)
            )
            for number, word in zip(unsteady, words, strict=False)
        }

    def _life(self, number: int) -> tuple[tuple[datetime, str], ...]:
        chance = rng(self.seed, "life", number)
        if STAFF_AT_START < number <= STAFF_AT_START + JOINERS:
            day = PERIOD_START + timedelta(days=chance.randrange(1, 28))
            day -= timedelta(days=max(0, day.weekday() - 4))
            start = instant(day, 9, chance.randrange(60))
            return (
                (start - timedelta(days=5), "STAGED"),
                (start - timedelta(days=1, hours=2), "PROVISIONED"),
                (start, "ACTIVE"),
            )
        created = instant(date(2023, 1, 9), 10, chance.randrange(60)) + timedelta(days=chance.randrange(1000))
        life = [(created, "STAGED"), (created + timedelta(hours=chance.randrange(20, 90)), "ACTIVE")]
        if number > STAFF_AT_START:
            life.append((created + timedelta(days=chance.randrange(60, 120), hours=5), "DEPROVISIONED"))
        changes = self._changes()
        for word, status, hours in (("lock", "LOCKED_OUT", 28), ("expire", "PASSWORD_EXPIRED", 50)):
            if since := changes.get((number, word)):
                life += [(since, status), (since + timedelta(hours=hours), "ACTIVE")]
        if since := changes.get((number, "suspend")):
            life += [(since, "SUSPENDED"), (since + timedelta(days=6), "ACTIVE")]
        if since := changes.get((number, "leave")):
            life.append((since, "DEPROVISIONED"))
        if fault := dismissal_of(self.faults, number):
            life.append((dismissed_at(self.seed, fault) + REVOKED_WITHIN, "DEPROVISIONED"))
        return tuple(life)

    def _factors(self, number: int, enrolled: datetime) -> tuple[Factor, ...]:
        chance = rng(self.seed, "factors", number)

        def factor(kind: str, prefix: str, since: datetime = enrolled, pending: bool = False) -> Factor:
            return Factor(okta_id(prefix, self.seed, number, kind, since), kind, since, pending=pending)

        phone = [factor("push", "opf"), factor("token:software:totp", "ost")]
        key = [factor("webauthn", "fwf")]
        passkey = [factor("signed_nonce", "crp"), *phone]
        if number in OKTA_ADMINS:
            found = key + phone + ([factor("token:hardware", "hwf")] if chance.random() < 0.3 else [])
        else:
            found = chance.choice((phone, phone, phone, passkey, key + phone, key))
        if chance.random() < 0.2:
            found = [*found, factor("sms", "mbl")]
        if chance.random() < 0.2:
            found = [*found, factor("question", "ufs")]
        if chance.random() < 0.1:
            found = [*found, factor("webauthn", "fwf", enrolled + timedelta(minutes=3), pending=True)]
        if number % 9 == 0:  # A new phone during the period: the new one is enrolled before the old one goes.
            day = PERIOD_START + timedelta(days=chance.randrange(1, 29))
            swapped = max(instant(day, 10, chance.randrange(60)), enrolled + timedelta(hours=1))
            found = [
                replace(f, removed=swapped + timedelta(minutes=4)) if f.type == "push" else f for f in found
            ]
            found.append(factor("push", "opf", swapped))
        return tuple(found)

    def _without_factors(self, factors: tuple[Factor, ...], fault: Fault) -> tuple[Factor, ...]:
        """Return a person's factors with those that a fault takes away missing while it lasts."""
        gone = self.moment_of(fault, fault.first)
        back = self.moment_of(fault, fault.last + timedelta(days=1))
        found: list[Factor] = []
        for factor in factors:
            if fault.kind == "okta_admin_weak" and factor.type not in PHISHING_RESISTANT:
                found.append(factor)
                continue
            if factor.enrolled < gone:
                found.append(replace(factor, removed=min(factor.removed or gone, gone)))
            if factor.removed is None or factor.removed > back:
                again = okta_id(factor.id[:3], self.seed, factor.id, fault.id)
                found.append(replace(factor, id=again, enrolled=max(factor.enrolled, back)))
        if fault.kind == "okta_weak_factor":
            number = okta_id("mbl", self.seed, fault.id)
            found.append(Factor(number, "sms", gone - timedelta(minutes=1), back))
        return tuple(found)
