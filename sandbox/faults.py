"""Which faults are planted in the sandbox company, and exactly what must be found because of them?

A fault is one entry of faults.yaml. kinds.py says what each kind does to the company, how its subject is
written and what must be reported. Each kind belongs to one part, which applies it and knows its population
key. Two rules make a fault exact:

* States are observed at 12:00 of a UTC day. A fault of a state begins and ends between 00:00 and 12:00: it
  is true at 12:00 of every day from `from` to `to`, and at no other noon.
* Ages count whole days. Keys are created, used and rotated at 06:00, so that elapsed and calendar days
  agree at noon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml

from sandbox.kinds import KINDS, FaultKind, can_meet, possible_subjects
from sandbox.org import PERIOD_END, PERIOD_START


@dataclass(frozen=True)
class Fault:
    """One planted fault: an entry of faults.yaml, whose `from` and `to` are `first` and `last` here."""

    id: str
    what: str
    kind: str
    control: str
    test: str
    code: str
    subject: str
    first: date
    last: date
    expect: Literal["fail", "waived"] = "fail"

    @property
    def part(self) -> str:
        """The part of the sandbox that applies the fault."""
        return KINDS[self.kind].part

    @property
    def days(self) -> list[date]:
        """Every day the fault must be found on."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def number(self) -> int:
        """The number in a subject such as `order 57` or `person 12`."""
        return int(self.subject.rpartition(" ")[2])

    @property
    def account(self) -> str:
        """The AWS account in a subject such as `111111111111/ci-deploy` or `111111111111`."""
        return self.subject.partition("/")[0]

    @property
    def user(self) -> str:
        """The IAM user in a subject such as `111111111111/ci-deploy`."""
        return self.subject.partition("/")[2]


@dataclass(frozen=True)
class NotTested:
    """A test that the company has no source for: it must be NOT_TESTED on every day."""

    test: str
    why: str


class FaultRefused(Exception):
    """The list of planted faults is wrong or contradicts itself; nothing was started."""


@dataclass(frozen=True)
class Faults:
    """All planted faults of one company; refuses a list of which the results could not be foretold."""

    all: tuple[Fault, ...] = ()
    not_tested: tuple[NotTested, ...] = ()

    def __post_init__(self) -> None:
        untested = {item.test for item in self.not_tested}
        for fault in self.all:
            for problem in problems(fault, self.all):
                raise FaultRefused(
                    f"fault {fault.id}: {problem} Nothing was started; mend the list, a retry will not help."
                )
            if fault.test in untested:
                raise FaultRefused(
                    f"fault {fault.id}: {fault.test} is listed as not tested, so that nobody can find it. "
                    "Nothing was started; mend the list, a retry will not help."
                )

    def of(self, *kinds: str) -> list[Fault]:
        """Return the faults of some kinds, in the order of the list."""
        return [fault for fault in self.all if fault.kind in kinds]

    def by_id(self, name: str) -> Fault:
        """Return the fault with an id."""
        return next(fault for fault in self.all if fault.id == name)

    def expected(
        self,
        key_of: Callable[[Fault, str], str],
        okta_down: AbstractSet[date] = frozenset(),
        aws_unreachable: Mapping[str, AbstractSet[date]] | None = None,
    ) -> list[dict[str, str]]:
        """Return what must be found, one entry per fault and day.

        `expect` is fail, waived (a waiver is in force that day) or unknown: a state that nobody could
        observe, because its source was down, must be reported as not tested. `seen_after` is how many days
        later it is there to be read, so that a company that has lived for less cannot have found it.
        """
        waived = {(f.subject, day, f.code) for f in self.of("register_waiver") for day in f.days}
        unreachable = aws_unreachable or {}

        def expect(fault: Fault, test: str, code: str, day: date) -> str:
            down = {"okta": okta_down, "aws": unreachable.get(fault.account, frozenset())}.get(fault.part, ())
            if day in down and not KINDS[fault.kind].one_day:
                return "unknown"
            return "waived" if test == fault.test and (fault.id, day, code) in waived else "fail"

        return [
            {
                "fault": fault.id,
                "control": test.partition(".")[0],
                "test": test,
                "population_key": key_of(fault, test),
                "code": code,
                "day": day.isoformat(),
                "expect": expect(fault, test, code, day),
                "seen_after": str(KINDS[fault.kind].latest),
            }
            for fault in self.all
            if fault.part != "registers"
            for test, code, days in reported(fault)
            for day in days
        ]


def reported(fault: Fault) -> Iterator[tuple[str, str, list[date]]]:
    """Yield (test, code, days) of everything that must be reported for a fault."""
    kind = KINDS[fault.kind]
    for test, code in ((fault.test, fault.code), *kind.also):
        yield test, code, fault.days
    for test, code in kind.afterwards:
        yield test, code, [fault.last + timedelta(days=1)]


def load(path: Path) -> Faults:
    """Read a faults.yaml."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.keys() != {"not_tested", "faults"}:
        raise FaultRefused(f"{path}: expected a list of faults under `faults`, and one under `not_tested`.")
    for name, listed in content.items():
        if not isinstance(listed, list):
            raise FaultRefused(f"{path}: found a {type(listed).__name__} under `{name}`, expected a list.")
    for n, entry in enumerate(content["not_tested"], 1):
        if not isinstance(entry, dict) or entry.keys() != {"test", "why"}:
            raise FaultRefused(f"{path}, not_tested {n}: expected the fields test and why, and no others.")
    return Faults(
        tuple(parsed(entry, f"{path}, entry {n}") for n, entry in enumerate(content["faults"], 1)),
        tuple(NotTested(entry["test"], entry["why"]) for entry in content["not_tested"]),
    )


def save(faults: Iterable[Fault], path: Path, not_tested: Iterable[NotTested] = ()) -> None:
    """Write a list of faults as load() reads it."""
    entries = [
        {
            "id": f.id,
            "what": f.what,
            "kind": f.kind,
            "control": f.control,
            "test": f.test,
            "code": f.code,
            "subject": f.subject,
            "from": f.first,
            "to": f.last,
            "expect": f.expect,
        }
        for f in faults
    ]
    content = {"not_tested": [asdict(item) for item in not_tested], "faults": entries}
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=110), encoding="utf-8")


def parsed(entry: Any, where: str) -> Fault:
    """Return one entry of faults.yaml as a fault."""
    fields = {"id", "what", "kind", "control", "test", "code", "subject", "from", "to", "expect"}
    found = set(entry) if isinstance(entry, dict) else set()
    if found != fields:
        raise FaultRefused(
            f"{where}: missing {sorted(fields - found)}, not understood {sorted(found - fields)}. "
            f"A fault has exactly the fields {sorted(fields)}."
        )
    if not isinstance(entry["from"], date) or not isinstance(entry["to"], date):
        raise FaultRefused(f"{where}: `from` and `to` are dates such as 2026-03-05.")
    texts = {name: str(entry[name]) for name in fields - {"from", "to", "expect"}}
    return Fault(**texts, first=entry["from"], last=entry["to"], expect=entry["expect"])


def problems(fault: Fault, others: tuple[Fault, ...]) -> Iterator[str]:
    """Yield what makes it impossible to foretell what a fault leads to."""
    kind = KINDS.get(fault.kind)
    if kind is None:
        yield f"unknown kind {fault.kind!r}; known are {', '.join(KINDS)}."
        return
    if not PERIOD_START <= fault.first <= fault.last <= PERIOD_END:
        yield f"its days {fault.first} to {fault.last} must lie in {PERIOD_START} to {PERIOD_END}."
    earliest = PERIOD_START + timedelta(days=kind.earliest)
    latest = PERIOD_END - timedelta(days=kind.latest)
    if not earliest <= fault.first <= latest:
        yield f"it can be found from {earliest} to {latest} only."
    if kind.one_day and fault.first != fault.last:
        yield "it happens once, so `from` and `to` must be the same day."
    if not can_begin(kind, fault.first):
        yield "it cannot be found on a Saturday or Sunday."
    if kind.until_end and fault.last != PERIOD_END:
        yield f"it counts for 90 days, so `to` must be {PERIOD_END}."
    if fault.expect != ("waived" if fault.part == "registers" else "fail"):
        yield "`expect` is waived for a register_waiver and fail for all others; a waiver is its own entry."
    judged = (fault.control, fault.test, fault.code)
    if fault.part == "registers":
        covered = [o for o in others if o.id == fault.subject and o.part != "registers"]
        if [judged] != [(o.control, o.test, o.code) for o in covered]:
            yield f"it must name a fault's id and repeat that one's control, test and code; found {judged}."
        return
    if judged != (kind.control, kind.test, kind.code):
        yield f"{kind.name} is found by {kind.test} as {kind.code}; control, test and code must say so."
    if fault.subject not in possible_subjects(kind):
        yield f"there is no {fault.subject!r} to which it can happen alone; see possible_subjects()."
    yield from clashes(fault, others)


def can_begin(kind: FaultKind, day: date) -> bool:
    """Return whether a kind of fault can be found on such a day of the week."""
    return day.weekday() < 5 or not kind.on_weekdays


def clashes(fault: Fault, others: tuple[Fault, ...]) -> Iterator[str]:
    """Yield which other faults blur this one."""
    if [o.id for o in others].count(fault.id) != 1:
        yield "another fault has the same id."
    for other in others:
        if other is fault or (other.part, other.subject) != (fault.part, fault.subject):
            continue
        if fault.part in ("aws", "governance"):
            yield f"{other.id} has the same subject; an AWS user, secret or vendor can have one fault only."
        elif fault.kind.startswith("leaver_"):
            yield f"{other.id} has the same subject; nobody can be dismissed twice."
        elif other.first <= fault.last and fault.first <= other.last:
            yield f"{other.id} has the same subject on the same day."


def draw(seed: int) -> list[Fault]:
    """Draw another list of faults, at least one of each kind, for another company."""
    from sandbox.part import rng

    chance = rng(seed, "faults")
    drawn: list[Fault] = []
    period = (PERIOD_END - PERIOD_START).days
    kinds = [kind for kind in KINDS.values() if kind.part != "registers"]
    scarcest_first = sorted(kinds, key=lambda kind: len(possible_subjects(kind)))
    for n, kind in (*((1, kind) for kind in scarcest_first), *((2, kind) for kind in kinds)):
        taken = {f.subject for f in drawn if f.part != "jira"}
        free = [s for s in possible_subjects(kind) if s not in taken]
        if n > 1 and (not free or chance.random() < 2 / 3):
            continue
        subject = chance.choice(free)
        # `change 2` is another change every day.
        busy = {f.first for f in drawn if f.subject == subject or can_meet(kind, KINDS[f.kind])}
        possible = range(kind.earliest, period - kind.latest)
        days = [
            day
            for day in (PERIOD_START + timedelta(days=d) for d in possible)
            if day not in busy and can_begin(kind, day)
        ]
        first = chance.choice(days)
        last = first + timedelta(days=0 if kind.one_day else chance.randrange(9))
        if kind.until_end:
            last = PERIOD_END
        drawn.append(
            Fault(
                f"{kind.name.replace('_', '-')}-{n}",
                kind.does,
                kind.name,
                kind.control,
                kind.test,
                kind.code,
                subject,
                first,
                min(last, PERIOD_END),
            )
        )
    covered = chance.choice([f for f in drawn if f.last > f.first])
    drawn.append(
        replace(
            covered,
            id=f"waiver-{covered.id}",
            what=f"An approved waiver covers {covered.id} from its second day.",
            kind="register_waiver",
            subject=covered.id,
            first=covered.first + timedelta(days=1),
            expect="waived",
        )
    )
    return list(Faults(tuple(drawn)).all)
