"""Thirty evidence days of a simulated company: is exactly what was planted found, and nothing else?

Older days are replayed by the functions Dagster's assets call, and reported to Dagster without runs; the
last days go through the real jobs. Both store the same evidence, and the same verdicts count in the end.
A replayed day is judged when it is over and when it was read for the last time; real runs do so after each
read between as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipelines import evaluation, runs
from pipelines.clock import SandboxClock
from pipelines.configuration import FILE, ConfigurationError, Settings, load
from pipelines.filing import file_folder
from pipelines.session import OWED, READS_OF_AN_EVENT_DAY, Session
from pipelines.workers import Workers
from warehouse.store import Home, Store

if TYPE_CHECKING:
    import dagster as dg

    from sandbox.process import Company

FIRST_DAY = date(2026, 3, 1)
DAYS = 30
READ_AGAIN = timedelta(days=READS_OF_AN_EVENT_DAY - 1)
"""How long after its first read an event day is read for the last time."""
SETTLED_AFTER = timedelta(days=7)
"""By then a day and the days around it have been read for the last time, and nothing judges it again."""
SEED = 20260301
PLAN = "plan.json"
"""In a home's sandbox folder: which company lives there."""
HMAC_KEY = "the simulated company's shoppers do not exist"


@dataclass(frozen=True)
class Plan:
    """What the demo does: which company, which incidents of its own, how many days."""

    seed: int = SEED
    faults: Path | None = None
    """Null: the list in the repository."""
    draw: int | None = None
    """A seed: a fault list drawn from it instead."""
    okta_down: tuple[date, ...] = ()
    aws_unreachable: tuple[tuple[str, date], ...] = ()
    days: int = DAYS
    real_days: int = 1
    """How many of the last days go through Dagster's own jobs: a run costs seconds that a replay does not."""

    @property
    def all_days(self) -> list[date]:
        """The evidence days, in order."""
        return [FIRST_DAY + timedelta(days=n) for n in range(self.days)]

    def company(self) -> dict[str, Any]:
        """Return which company this is, and what befalls it: all but how many days of it are lived."""
        return {
            "seed": self.seed,
            "faults": str(self.faults.absolute()) if self.faults else None,
            "draw": self.draw,
            "okta_down": [day.isoformat() for day in self.okta_down],
            "aws_unreachable": [[account, day.isoformat()] for account, day in self.aws_unreachable],
        }


def remember(home: Home, plan: Plan) -> None:
    """Keep which company lives in a home. Raises ConfigurationError where another one does already."""
    file = home.sandbox / PLAN
    facts = plan.company()
    if file.exists() and (lives := json.loads(file.read_text(encoding="utf-8"))) != facts:
        differ = ", ".join(f"{name}: {lives.get(name)}" for name in facts if lives.get(name) != facts[name])
        raise ConfigurationError(
            f"Another company lives in {home.path} ({differ}). Its evidence is never mixed with a "
            "second one's: ask for the same, or set EVIDENCE_HOME to another folder. A retry will not help."
        )
    home.sandbox.mkdir(parents=True, exist_ok=True)
    staged = file.with_suffix(".staged")
    staged.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    staged.replace(file)


def remembered(home: Home) -> Plan:
    """Return the plan of the company that lives in a home."""
    file = home.sandbox / PLAN
    if not file.exists():
        return Plan()
    facts = json.loads(file.read_text(encoding="utf-8"))
    unreachable = ((account, date.fromisoformat(day)) for account, day in facts["aws_unreachable"])
    return Plan(
        seed=facts["seed"],
        faults=Path(facts["faults"]) if facts["faults"] else None,
        draw=facts["draw"],
        okta_down=tuple(date.fromisoformat(day) for day in facts["okta_down"]),
        aws_unreachable=tuple(unreachable),
    )


@dataclass(frozen=True)
class Step:
    """One thing that happens at one instant of the company's time."""

    at: datetime
    what: str
    day: date
    """The evidence day it is about."""


def steps(plan: Plan) -> list[Step]:
    """Return everything that happens, in order of time."""
    found = []
    for day in plan.all_days:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        found += [
            Step(noon, "collect_states", day),
            Step(noon + timedelta(hours=12, minutes=30), "collect_events", day),
            Step(noon + timedelta(hours=13), "evaluate_day", day),
            Step(noon + timedelta(hours=13, minutes=30), "close_day", day),
        ]
    return found


@contextmanager
def company(home: Home, plan: Plan, at: datetime) -> Iterator[Company]:
    """Yield the simulated company, with the home configured and the environment set to read it."""
    from sandbox.faults import draw
    from sandbox.process import FAULTS, Company

    unreachable: dict[str, list[date]] = {}
    for account, day in plan.aws_unreachable:
        unreachable.setdefault(account, []).append(day)
    remember(home, plan)
    with Company(
        seed=plan.seed,
        faults=draw(plan.draw) if plan.draw is not None else plan.faults or FAULTS,
        at=at,
        okta_down=plan.okta_down,
        aws_unreachable=unreachable,
    ) as running:
        write_configuration(home, running.state)
        yield running


def write_configuration(home: Home, state: dict[str, Any]) -> None:
    """Write the home's evidence.yaml for the company's addresses; credentials go to the environment only."""
    os.environ.update(
        {
            "OKTA_API_TOKEN": state["okta"]["token"],
            "OKTA_TESTING_TESTINGDISABLEHTTPSCHECK": "true",
            "EVIDENCE_AWS_ACCESS_KEY_ID": state["aws"]["access_key_id"],
            "EVIDENCE_AWS_SECRET_ACCESS_KEY": state["aws"]["secret_access_key"],
            "GITHUB_TOKEN": state["github"]["token"],
            "SHOP_DSN": state["shop"]["dsn"],
            "STRIPE_API_KEY": state["stripe"]["key"],
            "JIRA_EMAIL": state["jira"]["email"],
            "JIRA_API_TOKEN": state["jira"]["token"],
            "EVIDENCE_HMAC_KEY": HMAC_KEY,
            "NO_PROXY": "127.0.0.1,localhost",  # the company lives on this machine, behind no proxy
        }
    )
    configuration = {
        "company": "Sandbox Outfitters (simulated)",
        "start": FIRST_DAY.isoformat(),
        "sources": {
            "okta": [{"instance": "acme", "org_url": state["okta"]["org_url"]}],
            "aws": [
                {
                    "instance": account,
                    "region": state["aws"]["region"],
                    "role_arn": f"arn:aws:iam::{account}:role/evidence-reader",
                    "access_key_id_env": "EVIDENCE_AWS_ACCESS_KEY_ID",
                    "secret_access_key_env": "EVIDENCE_AWS_SECRET_ACCESS_KEY",
                    "endpoint_url": state["aws"]["endpoint_url"],
                }
                for account in state["aws"]["accounts"]
            ],
            "github": [
                {
                    "instance": "acme",
                    "org": state["github"]["org"],
                    "base_url": state["github"]["base_url"],
                    "personal_access_tokens": True,
                }
            ],
            "shop": [{"instance": "main"}],
            "register": [{"instance": "main", "folder": state["registers"]["folder"]}],
            "people": [{"instance": "main", "file": state["people"]["file"]}],
            "lists": [
                {
                    "instance": "stripe-dashboard",
                    "system_id": "stripe_dashboard",
                    "folder": state["lists"]["folder"],
                }
            ],
            "settlement": [
                {
                    "instance": "paypal",
                    "processor": "paypal",
                    "folder": state["paypal"]["folder"],
                    "frame": "paypal",
                    "file": "STL-{day}.*.CSV",
                }
            ],
            "stripe": [{"instance": "live", "base_url": state["stripe"]["base_url"]}],
            "jira": [
                {
                    "instance": "acme",
                    "base_url": state["jira"]["base_url"],
                    "projects": state["jira"]["projects"],
                }
            ],
        },
    }
    staged = home.path / f"{FILE}.staged"
    staged.write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    staged.replace(home.path / FILE)


class Replay:
    """Carries out the steps of a plan in one home, from where an earlier run of it stopped."""

    def __init__(self, settings: Settings, plan: Plan, running: Company) -> None:
        self.settings = settings
        self.plan = plan
        self.running = running
        self.clock = SandboxClock(settings.home.sandbox / "clock")
        self.last_runless = plan.all_days[-1] - timedelta(days=plan.real_days)

    def go(self, instance: dg.DagsterInstance) -> Iterator[Step]:
        """Carry out every step still to be done, yielding it before it is."""
        from pipelines import reporting

        session = self._session()
        with Workers(self.settings.home) as workers, ThreadPoolExecutor(1) as reporter:
            told: list[Future[None]] = []
            for step in steps(self.plan):
                if done(session, step):
                    continue
                yield step
                self.clock.set(step.at)
                if step.what.startswith("collect_"):  # nothing else asks the company
                    self.running.advance(step.at)
                if step.what == "collect_states":
                    self._file(session)
                if step.day > self.last_runless:
                    heard(told)
                    self._through_dagster(session, step)
                elif (report := self._directly(session, step, workers)) is not None:
                    told.append(reporter.submit(report, instance))
                session.index.refresh()
            heard(told)
        reporting.report_evaluations(
            instance, [reporting.Counting.of(session, day) for day in self.plan.all_days]
        )

    def _session(self) -> Session:
        new = not self.clock.file.exists()
        if new:
            self.clock.set(datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC))
        session = Session.open(self.settings, run="demo")
        if new:
            self._file(session)
        return session

    def _file(self, session: Session) -> None:
        """Add the documents that have come, as somebody would with `evidence add`."""
        file_folder(session, Path(self.running.state["documents"]["folder"]))

    def _directly(
        self, session: Session, step: Step, workers: Workers
    ) -> Callable[[dg.DagsterInstance], None] | None:
        """Carry out a step without Dagster; return what reports it there, which may happen meanwhile."""
        from pipelines import reporting

        match step.what:
            case "collect_states":
                found = workers.collect(step.at.isoformat(), step.day, states=True)
                return partial(reporting.report_captures, results=found)
            case "collect_events":
                found = workers.collect(step.at.isoformat(), step.day, states=False)
                return partial(reporting.report_captures, results=found)
            case "evaluate_day":
                for day, due in list(evaluation.owed(session)):
                    if not self._waits(day, step):
                        evaluation.evaluate(session, day, due, workers.judge, workers.derive, again=False)
                if (settled := step.day - SETTLED_AFTER) >= FIRST_DAY:
                    counting = reporting.Counting.of(session, settled)
                    return partial(reporting.report_evaluations, days=[counting])
            case "close_day":
                return partial(reporting.report_closing, day=step.day, gaps=session.close())
        return None

    def _waits(self, day: date, step: Step) -> bool:
        """Return whether a day, judged when it was over, waits for its last read to be judged again."""
        return day < step.day < day + READ_AGAIN and step.day < self.plan.all_days[-1]

    def _through_dagster(self, session: Session, step: Step) -> None:
        from pipelines import controls, schedules

        found = session.catalogue
        match step.what:
            case "collect_states":
                # One run for all sources: the schedule makes one for each, which costs seconds a day.
                self._run(step, step.day, schedules.keys(found, states=True))
            case "collect_events":
                by_day: dict[date, list[dg.AssetKey]] = {}
                for _, day, selection in schedules.unsettled(session):
                    by_day.setdefault(day, []).extend(selection)
                for day, keys in sorted(by_day.items()):  # a run for each day saves a run for each source
                    self._run(step, day, keys)
            case "evaluate_day":
                for day, due in list(evaluation.owed(session)):
                    self._run(step, day, controls.keys_of(due))
            case "close_day":
                self._run(step, step.day, None)

    def _run(self, step: Step, day: date, selection: Sequence[dg.AssetKey] | None) -> None:
        result = runs.execute(
            self.settings,
            step.what,
            partition=day.isoformat(),
            selection=selection,
            tags={"evidence/round": step.at.isoformat(), OWED: "yes"},
            alone=True,
        )
        # A source that cannot be read is part of a company's life, and leaves a gap; nothing else may fail.
        if not step.what.startswith("collect_"):
            runs.insist(result, step.what)


def heard(told: list[Future[None]]) -> None:
    """Wait until everything was reported. Raises what reporting raised."""
    while told:
        told.pop(0).result()


def done(session: Session, step: Step) -> bool:
    """Return whether an earlier run carried this step out: the ledger has gone past its instant."""
    last = session.store.ledger.entries[-1].recorded_at
    return last > step.at


def start_instant(home: Home) -> datetime:
    """Return the company's instant from which a home continues: that of its newest ledger entry."""
    entries = Store(home).ledger.entries
    if entries:
        return entries[-1].recorded_at
    return datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)


def settings_of(home: Home) -> Settings:
    """Return the settings of a home the demo has configured."""
    return load(home, home.path / FILE)
