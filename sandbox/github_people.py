"""Who belongs to the company's GitHub organisation at an instant, in which teams, with which permissions?

People are members because of their department, as Okta's group is; their names on GitHub are their own and no
addresses, so that only register_identity_link tells whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.changes import REPOSITORIES
from sandbox.company import Account, Company
from sandbox.faults import Fault
from sandbox.org import GROUP_DEPARTMENTS, HEADS, ORG

DEPARTMENTS = GROUP_DEPARTMENTS["app-github"]
OWNERS = (HEADS["Engineering"], HEADS["Security"])
PRODUCTION = tuple(repository.name for repository in REPOSITORIES if repository.production)
ALL = tuple(repository.name for repository in REPOSITORIES)


@dataclass(frozen=True)
class User:
    """An account on GitHub."""

    id: int
    login: str
    person: Account | None = None
    """None: a machine."""

    @property
    def name(self) -> str:
        """What its commits say."""
        return f"{self.person.first_name} {self.person.last_name}" if self.person else self.login


@dataclass(frozen=True)
class Machine:
    """An account of the organisation that is no person. It stands in register_service_account."""

    login: str
    id: int
    owner: str
    purpose: str
    role: str = "member"


READER = Machine(
    f"{ORG}-evidence", 9_200_001, "Compliance", "reads evidence with a token that only reads", "admin"
)
RELEASES = Machine(f"{ORG}-release-bot", 9_200_002, "platform", "writes release notes")
MACHINES = (READER, RELEASES)
STRANGER = 9_300_000
"""What the id of a stranger begins with: an account that nobody knows, in no team."""


@dataclass(frozen=True)
class Team:
    """A team: whole departments, some engineers, or machines; and what it may do where."""

    id: int
    slug: str
    permission: str
    repositories: tuple[str, ...]
    departments: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    machines: tuple[Machine, ...] = ()
    parent: str | None = None


PLATFORM = tuple(HEADS["Engineering"] + n for n in (1, 2, 3))
TEXTS = "storefront-texts"
"""The team of one repository only, in which a support agent may end up."""
TEAMS = (
    Team(8001, "engineering", "push", (*PRODUCTION, "handbook"), ("Engineering",), machines=(RELEASES,)),
    Team(8002, "platform", "admin", ("infrastructure",), numbers=PLATFORM, parent="engineering"),
    Team(8003, "security", "triage", ("infrastructure",), ("Security",)),
    Team(8004, "data", "push", ("data-pipeline",), ("Data",)),
    Team(8005, "product", "push", ("handbook",), ("Product",)),
    Team(8006, TEXTS, "push", ("storefront",), ("Product",)),
)
DIRECT = {("payments-service", HEADS["Security"] + 1): "maintain"}
"""(repository, person) -> the permission somebody was given in the repository itself."""


@dataclass(frozen=True)
class OrgRole:
    """A role in the organisation, and the teams and people who hold it."""

    id: int
    name: str
    base_role: str
    description: str
    teams: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


ORG_ROLES = (
    OrgRole(8132, "all_repo_read", "read", "Grants read access to all repositories.", teams=("security",)),
    OrgRole(8136, "all_repo_admin", "admin", "Grants admin access to all repositories."),
    OrgRole(138, "security_manager", "read", "Manages security alerts.", numbers=(HEADS["Security"],)),
)


def user(account: Account) -> User:
    """Return somebody's account: a name of their own, and no address."""
    name = account.login.partition("@")[0].replace(".", "-")
    return User(9_100_000 + account.number, f"{name}-{ORG}", account)


def machine(found: Machine) -> User:
    """Return the account of a machine."""
    return User(found.id, found.login)


def stranger(number: int) -> User:
    """Return the account of somebody whom nobody put on record."""
    return User(STRANGER + number, f"freelancer-{number}")


def ever(company: Company) -> list[Account]:
    """Return everybody who is a member at some time, those of planted faults included."""
    faulty = {fault.number for fault in company.faults.of("github_support_in_team")}
    return [
        account
        for account in company.people.values()
        if account.number in faulty or any(job.department in DEPARTMENTS for job in account.jobs)
    ]


class Organisation:
    """The organisation at one instant."""

    def __init__(self, company: Company, now: datetime) -> None:
        self.company = company
        self.now = now
        self._guests = [fault.number for fault in self.planted("github_support_in_team")]
        self.people = [account for account in ever(company) if self._belongs(account)]
        strangers = [stranger(fault.number) for fault in self.planted("github_stranger")]
        self.users = [*(user(account) for account in self.people), *map(machine, MACHINES), *strangers]
        self.by_login = {found.login: found for found in self.users}

    def _belongs(self, account: Account) -> bool:
        if account.activated is None or account.activated > self.now:
            return False
        if account.status(self.now)[1] == "DEPROVISIONED":
            return False
        return account.number in self._guests or account.job(self.now).department in DEPARTMENTS

    def planted(self, kind: str) -> list[Fault]:
        """Return the faults of a kind that are true at this instant."""
        return [fault for fault in self.company.faults.of(kind) if self._true(fault)]

    def _true(self, fault: Fault) -> bool:
        begins = self.company.moment_of(fault, fault.first)
        return begins <= self.now < self.company.moment_of(fault, fault.last + timedelta(days=1))

    def role(self, found: User) -> str:
        """Return admin for an owner, else member."""
        if found.person is None:
            return next((machine.role for machine in MACHINES if machine.id == found.id), "member")
        return "admin" if found.person.number in OWNERS else "member"

    def members(self, team: Team) -> list[User]:
        """Return everybody in a team, those of teams below it included."""
        below = {below.slug: self.members(below) for below in TEAMS if below.parent == team.slug}
        found = {member.id: member for members in below.values() for member in members}
        found |= {one.id: one for one in self.users if self._in(team, one)}
        return list(found.values())

    def _in(self, team: Team, one: User) -> bool:
        if one.person is None:
            return one.id in {machine.id for machine in team.machines}
        guest = team.slug == TEXTS and one.person.number in self._guests
        mine = one.person.job(self.now).department in team.departments
        engineer = one.person.job(self.now).department == "Engineering"
        return guest or mine or (one.person.number in team.numbers and engineer)

    def grants(self, repository: str) -> dict[int, set[str]]:
        """Return account -> every permission it has in a repository, by whatever way."""
        found: dict[int, set[str]] = {one.id: set() for one in self.users}
        for one in self.users:
            if self.role(one) == "admin":
                found[one.id].add("admin")
            if permission := self.direct(repository).get(one.id):
                found[one.id].add(permission)
        for team in TEAMS:
            roles = {role.base_role for role in ORG_ROLES if team.slug in role.teams}
            given = {team.permission} if repository in team.repositories else set()
            for one in self.members(team):
                found[one.id] |= given | {"pull" for role in roles if role == "read"}
        for role in ORG_ROLES:
            for number in role.numbers:
                if (holder := 9_100_000 + number) in found:
                    found[holder].add("pull" if role.base_role == "read" else role.base_role)
        return {account: permissions for account, permissions in found.items() if permissions}

    def direct(self, repository: str) -> dict[int, str]:
        """Return account -> the permission it was given in a repository itself."""
        given = {9_100_000 + n: permission for (name, n), permission in DIRECT.items() if name == repository}
        return {one.id: given[one.id] for one in self.users if one.id in given}
