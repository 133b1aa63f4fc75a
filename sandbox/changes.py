"""Which changes does the company make, from ticket to verified deployment, and which go wrong as planted?

GitHub and Jira show two sides of the same change; this is the one place that knows both. Everything is laid
out once for the whole period from the seed; an instant only selects from it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sandbox.faults import Fault, Faults
from sandbox.kinds import CHANGES_FOR_FAULTS
from sandbox.org import DEPARTMENTS, HEADS, ORG, PERIOD_END, PERIOD_START, STEADY_STAFF
from sandbox.part import instant, rng

FIRST_DAY = PERIOD_START - timedelta(days=14)
"""Changes are known from here on, so that the first day of the period has deployments before it."""
PROJECT = "SHOP"
MANAGER = HEADS["Engineering"]
"""Who approves changes before they are deployed."""
ENGINEERS = [n for n in STEADY_STAFF if MANAGER < n < MANAGER + DEPARTMENTS["Engineering"]]
KINDS = (
    "change_no_pull_request",
    "change_no_ticket",
    "change_ticket_after",
    "change_late_approval",
    "change_not_verified",
)
WORDS = (
    "basket",
    "search",
    "checkout",
    "refund",
    "shipping label",
    "invoice",
    "stock",
    "login",
    "coupon",
    "tax",
)
VERBS = ("Fix rounding in", "Speed up", "Log", "Rework", "Retry", "Translate", "Cache", "Validate")
UNTIL_MERGE = timedelta(minutes=70)


@dataclass(frozen=True)
class Repository:
    """A repository of the organisation. Only those in production are deployed."""

    name: str
    id: int
    production: bool


REPOSITORIES = (
    Repository("storefront", 710001, production=True),
    Repository("checkout", 710002, production=True),
    Repository("payments-service", 710003, production=True),
    Repository("infrastructure", 710004, production=True),
    Repository("data-pipeline", 710005, production=False),
    Repository("handbook", 710006, production=False),
)


@dataclass(frozen=True)
class Transition:
    """A ticket's status at an instant, and who changed it (the number of a person)."""

    at: datetime
    by: int
    before: str
    after: str


@dataclass(frozen=True)
class Ticket:
    """A Jira issue."""

    number: int
    type: str
    summary: str
    created: datetime
    reporter: int
    assignee: int
    transitions: tuple[Transition, ...]

    @property
    def key(self) -> str:
        """What people call it."""
        return f"{PROJECT}-{self.number}"


@dataclass(frozen=True)
class Commit:
    """A commit, with the author's number."""

    sha: str
    author: int
    at: datetime
    message: str


@dataclass(frozen=True)
class PullRequest:
    """A pull request of a repository: made from a branch, reviewed, checked and squashed into main."""

    number: int
    repository: Repository
    title: str
    branch: str
    author: int
    reviewer: int
    created: datetime
    commits: tuple[Commit, ...]
    checked: datetime
    """When both of its checks (test, lint) had succeeded."""
    reviewed: datetime
    merged: datetime
    merge: Commit
    """The commit on main."""

    @property
    def head(self) -> str:
        """The newest commit of its branch."""
        return self.commits[-1].sha


@dataclass(frozen=True)
class Change:
    """One change: what was asked for, what was merged, and the commit that main got."""

    id: str
    repository: Repository
    ticket: Ticket | None
    pull_request: PullRequest | None
    commit: Commit
    """The commit on main: of the pull request, or pushed straight."""
    fault: str | None = None


@dataclass(frozen=True)
class Deployment:
    """What was put into production at once: every change of main since the deployment before."""

    id: int
    repository: Repository
    created: datetime
    succeeded: datetime
    creator: int
    base: str
    """The commit that ran before."""
    changes: tuple[Change, ...]

    @property
    def sha(self) -> str:
        """The commit that runs since."""
        return self.changes[-1].commit.sha


def sha_of(*topic: object) -> str:
    """Return a commit's name."""
    return hashlib.sha1("/".join(map(str, topic)).encode(), usedforsecurity=False).hexdigest()


@dataclass
class Changes:
    """All changes of the company that a seed and a list of faults make."""

    seed: int
    faults: Faults
    changes: list[Change] = field(init=False)
    deployments: list[Deployment] = field(init=False)

    def __post_init__(self) -> None:
        days = [FIRST_DAY + timedelta(days=n) for n in range((PERIOD_END - FIRST_DAY).days + 2)]
        self.changes = [change for day in days for change in self._day(day)]
        self.deployments = sorted(self._deployments(), key=lambda d: (d.created, d.id))
        deployed = {change.id: change for deployment in self.deployments for change in deployment.changes}
        self.changes = [deployed.get(change.id, change) for change in self.changes]

    @property
    def tickets(self) -> list[Ticket]:
        """Every ticket, in order of number."""
        return sorted((c.ticket for c in self.changes if c.ticket), key=lambda t: t.number)

    @property
    def pull_requests(self) -> list[PullRequest]:
        """Every pull request, in order of creation."""
        return sorted((c.pull_request for c in self.changes if c.pull_request), key=lambda p: p.created)

    def main(self, repository: Repository) -> list[Commit]:
        """Return the commits of a repository's main branch, oldest first."""
        found = [c.commit for c in self.changes if c.repository == repository]
        return [self.root(repository), *sorted(found, key=lambda commit: commit.at)]

    def root(self, repository: Repository) -> Commit:
        """Return the commit that main began with."""
        return Commit(sha_of(self.seed, repository.name), MANAGER, instant(FIRST_DAY), "Begin")

    def population_key(self, fault: Fault, test: str | None = None) -> str:
        """Return the key of the commit, pull request or deployment that a test finds a fault by."""
        change = next(change for change in self.changes if change.fault == fault.id)
        where = f"github:{ORG}:{change.repository.name}"
        match (test or fault.test).rpartition(".")[2]:
            case "b":
                if change.pull_request is None:
                    raise ValueError(f"fault {fault.id} has no pull request")
                return f"{where}#{change.pull_request.number}"
            case "a":
                return f"{where}@{change.commit.sha}"
            case _:
                deployment = next(d for d in self.deployments if change in d.changes)
                return f"{where}/deployment/{deployment.id}"

    def _day(self, day: date) -> list[Change]:
        chance = rng(self.seed, "changes", day)
        planted = {fault.number: fault for fault in self.faults.of(*KINDS) if fault.first == day}
        weekday = day.weekday() < 5
        production = [r for r in REPOSITORIES if r.production]
        count = CHANGES_FOR_FAULTS + (chance.randrange(0, 3) if weekday else 0)
        where = [chance.choice(production) for _ in range(count)]
        if weekday:
            where += [chance.choice([r for r in REPOSITORIES if not r.production])]
        begin = instant(day, 7) + timedelta(minutes=chance.randrange(60))
        made = []
        for n, repository in enumerate(where, 1):
            # Two changes of a repository never overlap: main is a line.
            at = begin + timedelta(minutes=95 * (n - 1) + chance.randrange(15))
            made.append(self._change(day, n, repository, at, planted.get(n)))
        return made

    def _change(self, day: date, n: int, repository: Repository, at: datetime, fault: Fault | None) -> Change:
        topic = (self.seed, "change", day, n)
        chance = rng(*topic)
        kind = fault.kind if fault else ""
        author, reviewer = chance.sample(ENGINEERS, 2)
        number = (day - FIRST_DAY).days * 10 + n
        summary = f"{chance.choice(VERBS)} {chance.choice(WORDS)}"
        merged = at + UNTIL_MERGE
        ticket = None
        if kind not in ("change_no_ticket", "change_no_pull_request"):
            ticket = self._ticket(1000 + number, summary, at, author, kind, chance.randrange(1, 6 * 24))
        if kind == "change_no_pull_request":
            commit = Commit(sha_of(*topic, "main"), author, merged, summary)
            return Change(f"{day}/{n}", repository, None, None, commit, fault.id if fault else None)
        title = f"{ticket.key} {summary}" if ticket else summary
        commits = tuple(
            Commit(sha_of(*topic, k), author, at - timedelta(minutes=40 - 12 * k), f"{summary}, part {k + 1}")
            for k in range(chance.randrange(1, 4))
        )
        merge = Commit(sha_of(*topic, "main"), author, merged, f"{title} (#{100 + number})")
        pull_request = PullRequest(
            100 + number,
            repository,
            title,
            f"{ticket.key.lower() if ticket else 'quick'}-{summary.lower().replace(' ', '-')}",
            author,
            reviewer,
            at,
            commits,
            at + timedelta(minutes=9),
            at + timedelta(minutes=chance.randrange(20, 45)),
            merged,
            merge,
        )
        return Change(f"{day}/{n}", repository, ticket, pull_request, merge, fault.id if fault else None)

    def _ticket(
        self, number: int, summary: str, at: datetime, author: int, kind: str, hours_before: int
    ) -> Ticket:
        """Return the ticket of a change whose pull request is made at an instant."""
        deployed = at + UNTIL_MERGE + timedelta(minutes=16)
        created = at - timedelta(hours=hours_before)
        begun, approved = at - timedelta(minutes=50), at + timedelta(minutes=58)
        verified = deployed + timedelta(minutes=12 + number % 7)
        if kind == "change_ticket_after":
            created = deployed + timedelta(minutes=30)
            begun, approved = created + timedelta(minutes=2), created + timedelta(minutes=20)
            verified = created + timedelta(minutes=40)
        if kind == "change_late_approval":
            approved = deployed + timedelta(minutes=5)
        steps = [
            Transition(begun, author, "To Do", "In Progress"),
            Transition(approved, MANAGER, "In Progress", "Approved"),
            Transition(verified, author, "Approved", "Verified"),
        ]
        if kind == "change_not_verified":
            steps.pop()
        begin_after = [replace(step, at=max(step.at, created + timedelta(minutes=1))) for step in steps]
        type_ = "Hotfix" if kind == "change_late_approval" else ("Bug", "Story", "Task")[number % 3]
        return Ticket(number, type_, summary, created, author, author, tuple(begin_after))

    def _deployments(self) -> list[Deployment]:
        found = []
        for repository in REPOSITORIES:
            if not repository.production:
                continue
            base = self.root(repository).sha
            waiting: list[Change] = []
            mine = sorted((c for c in self.changes if c.repository == repository), key=lambda c: c.commit.at)
            for n, change in enumerate(mine):
                following = mine[n + 1] if n + 1 < len(mine) else None
                if following is not None and self._ride_together(change, following):
                    waiting.append(change)
                    continue
                created = change.commit.at + timedelta(minutes=10)
                together = (*(_verified_after(c, created) for c in waiting), change)
                number = 51_000_000 + repository.id % 100 * 10_000 + n
                found.append(
                    Deployment(
                        number,
                        repository,
                        created,
                        created + timedelta(minutes=6),
                        change.commit.author,
                        base,
                        together,
                    )
                )
                base, waiting = change.commit.sha, []
        return found

    def _ride_together(self, change: Change, following: Change) -> bool:
        """Whether a change waits to be deployed with the next one, soon after and both without a fault."""
        if change.fault or following.fault or following.commit.at.date() != change.commit.at.date():
            return False
        near = following.commit.at - change.commit.at < timedelta(minutes=115)
        return near and rng(self.seed, "ride", change.id).random() < 0.5


def _verified_after(change: Change, deployed: datetime) -> Change:
    """Return a change that was deployed later than it could have been, and so verified later."""
    if change.ticket is None:
        return change
    *before, last = change.ticket.transitions
    late = replace(last, at=deployed + timedelta(minutes=20))
    return replace(change, ticket=replace(change.ticket, transitions=(*before, late)))
