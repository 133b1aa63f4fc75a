"""What does one step of the pipeline do, whoever asks for it?

A Dagster run, the command line and the demo's replay of older days all call these functions, so that each
stores the same evidence.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from assets import documents, meta
from assets.capture import Client, Derivation, Recipe
from assets.collect import Collector
from assets.derive import Deriver, NotInForce
from assets.failures import SourceFailure
from pipelines.catalogue import Catalogue, catalogue
from pipelines.clock import Clock, SandboxClock, SystemClock
from pipelines.configuration import ConfigurationError, Settings
from pipelines.resources import absent, client_for, hmac_key
from warehouse import gaps
from warehouse.dataset import Dataset
from warehouse.ledger import Entry
from warehouse.period import Calendar, configure
from warehouse.read import Reader
from warehouse.snapshots import Gap, Index, Slot, Snapshot
from warehouse.store import Offered, Store, table_of

READS_OF_AN_EVENT_DAY = 3
"""An event day is read after it ends and 24 and 48 hours later; it is settled when two reads agree."""
OWED = "evidence/owed"
"""The tag of a run that looks for what newer evidence changes; a run a person starts judges everything."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collected:
    """What became of one recipe on one day."""

    recipe: Recipe
    day: date
    entries: tuple[Entry, ...]
    failures: tuple[tuple[str, SourceFailure | ConfigurationError], ...]
    """(instance, why nothing of it was stored)."""

    @property
    def retryable(self) -> bool:
        """Whether asking again could help any of the failed instances."""
        return any(isinstance(why, SourceFailure) and why.retryable for _, why in self.failures)


@dataclass
class Session:
    """One home, opened: its store, its configuration and its clock."""

    settings: Settings
    store: Store
    index: Index
    clock: Clock
    catalogue: Catalogue
    run: str = "by hand"
    _clients: dict[tuple[str, str], Client] = field(default_factory=dict, repr=False)
    _shared: ClassVar[Session | None] = None
    _asked: set[tuple[str, str, date]] = field(default_factory=set, repr=False)
    """Of which sources and days it is known what they let our own credential do."""

    @classmethod
    def open(cls, settings: Settings, *, run: str = "by hand") -> Session:
        """Open a home, making it where there is none, and record what is expected of it."""
        sandbox = settings.home.sandbox.is_dir()
        clock: Clock = SandboxClock(settings.home.sandbox / "clock") if sandbox else SystemClock()
        store = Store(settings.home)
        store.open(sandbox=sandbox, at=clock.now())
        found = catalogue()
        pairs = found.expected(settings.configuration.sources.listings(), absent(settings))
        configure(store, settings.configuration.start, pairs, clock.now())
        return cls(settings, store, Index(store.ledger), clock, found, run)

    @classmethod
    def of_run(cls, settings: Settings, run: str) -> Session:
        """Return the session that the steps of one Dagster run share: one process executes them in turn."""
        shared = cls._shared
        if shared is None or shared.run != run or shared.settings is not settings:
            cls.end_run()
            cls._shared = shared = cls.open(settings, run=run)
        shared.index.refresh()
        return shared

    @classmethod
    def end_run(cls) -> None:
        """Give back what the steps of a run shared."""
        if cls._shared is not None:
            cls._shared.disconnect()
        cls._shared = None

    @property
    def calendar(self) -> Calendar:
        """What is expected of the home."""
        return Calendar(self.index.configurations)

    def instances(self, recipe: Recipe) -> Sequence[str]:
        """Return the configured instances a recipe is read from."""
        listed = recipe.instances(self.settings.configuration.sources.listings().get(recipe.listing, []))
        lacking = absent(self.settings)
        return [
            instance
            for instance in listed
            if any((dataset.name, instance) not in lacking for dataset in recipe.datasets)
        ]

    def collect(self, recipe: Recipe, day: date, round_name: str) -> Collected:
        """Capture a recipe of every configured instance; one that fails does not keep the others back.

        An instance already captured in this round is left alone, so that a run can be repeated after a
        crash or a failure.
        """
        collector = Collector(
            self.store, self.index, self.clock.now, hmac_key(self.settings), self.run, product_version()
        )
        entries: list[Entry] = []
        failures: list[tuple[str, SourceFailure | ConfigurationError]] = []
        for instance in self.instances(recipe):
            if (done := self.captured(recipe.datasets[0], instance, day, round_name)) is not None:
                entries.append(self._entry(done.entry))
                continue
            try:
                client = self._client(recipe.source, instance)
            except ConfigurationError as error:
                collector.failed(recipe, instance, day, str(error), retryable=False)
                failures.append((instance, error))
                continue
            except SourceFailure as error:
                collector.failed(recipe, instance, day, str(error), retryable=error.retryable)
                failures.append((instance, error))
                continue
            try:
                wanted = self._wants_access(recipe, instance, day)
                entries.append(
                    collector.collect(recipe, client, instance, day, round_name, ask_access=wanted)
                )
                if wanted:
                    self._asked.add((recipe.source, instance, day))
            except SourceFailure as error:
                log.info("%s", error)
                failures.append((instance, error))
        return Collected(recipe, day, tuple(entries), tuple(failures))

    def _wants_access(self, recipe: Recipe, instance: str, day: date) -> bool:
        """Return whether no capture of the day says yet what a source lets our own credential do.

        That is a state, so it is asked about no day but today: never while events of an earlier day are read.
        """
        source = recipe.source
        if not recipe.kind.bound_to_its_day:
            return False
        if (source, instance, day) not in self._asked and any(
            slot.instance == instance
            and slot.dataset.startswith(f"{source}_")
            and any("access" in snapshot.header for snapshot in self.index.snapshots[slot])
            for slot in self.index.of_day(day)
        ):
            self._asked.add((source, instance, day))
        return (source, instance, day) not in self._asked

    def _client(self, source: str, instance: str) -> Client:
        """Return the client of an instance, made once a step: connecting takes longer than asking."""
        if (source, instance) not in self._clients:
            self._clients[source, instance] = client_for(self.settings, source, instance)
        return self._clients[source, instance]

    def disconnect(self) -> None:
        """Give every connection back; the next step makes new ones, with the credentials of its time."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def captured(self, dataset: Dataset, instance: str, day: date, round_name: str) -> Snapshot | None:
        """Return the capture of a slot in a round, if there is one."""
        found = self.index.snapshots.get(Slot(dataset.name, instance, day), [])
        return next((snapshot for snapshot in found if snapshot.round == round_name), None)

    def _entry(self, number: int) -> Entry:
        return next(entry for entry in reversed(self.store.ledger.entries) if entry.number == number)

    def derive(
        self,
        day: date,
        definitions: Mapping[str, str],
        touched: Collection[str] | None = None,
        *,
        left_out: Collection[str] = (),
        derives: Callable[[Sequence[Derivation], date], None] | None = None,
    ) -> Reader:
        """Compute the derived datasets of a day and what GV-06 tests; return the reader that was used.

        `definitions` are those the controls are about to be judged by: control -> digest.
        `touched` names datasets: then only what is one of them or reads one is computed.
        `derives` computes derivations in other processes; null: they are computed here.
        What is read of the days after is computed for them first: those are evaluated later.
        """
        reader = Reader(self.store, self.index, self.catalogue.datasets)
        chosen = self.catalogue.touched(touched, left_out)
        following = self.catalogue.ahead(chosen).items()
        for on, wanted in (*((day + timedelta(days=n), made) for n, made in following), (day, chosen)):
            for level in self.catalogue.levels(wanted):
                if derives is None:
                    self.compute(level, on, reader)
                else:
                    derives(level, on)
                    self.index.refresh()
        names = None if touched is None else {*touched, *(one.dataset.name for one in chosen)}
        if names is None or names & self.catalogue.described:
            self._describe_evidence(day, definitions)
        return reader

    def compute(self, derivations: Sequence[Derivation], day: date, reader: Reader) -> None:
        """Compute some derivations about a day; what one of them reads has been computed before."""
        deriver = Deriver(
            self.store,
            self.index,
            self.catalogue.datasets,
            self.clock.now,
            self.run,
            product_version(),
            parameter,
        )
        for derivation in derivations:
            deriver.derive(derivation, day, reader)

    def _describe_evidence(self, day: date, definitions: Mapping[str, str]) -> None:
        now = self.clock.now()
        rows = (
            (meta.SLOT, list(meta.slots(self.index, day))),
            (meta.RUN, list(meta.runs(self.index, day))),
            (meta.OBJECT, list(meta.objects(self.store, self.index, day))),
            (documents.FILE, list(documents.files(self.store, self.index, day))),
            (meta.DEFINITION, list(meta.definitions(self.store.ledger.entries, day, definitions, now))),
        )
        self._note(rows, day, now)
        allowed = list(meta.accesses(self.index, day))
        # Seen when the sources were asked, not when this is written: a waiver must be in force then.
        asked = max((one["asked_at"] for one in allowed if one["asked_at"]), default=now)
        self._note([(meta.ACCESS, allowed)], day, asked)
        self.index.refresh()

    def _note(
        self, rows: Sequence[tuple[Dataset, Sequence[Mapping[str, Any]]]], day: date, seen_at: datetime
    ) -> None:
        now = self.clock.now()
        head = self.store.ledger.entries[-1]
        self.store.write(
            [Offered(dataset, table_of(dataset, found)) for dataset, found in rows],
            kind="derivation",
            instance=meta.INSTANCE,
            day=day,
            header={
                "source": "meta",
                "derivation": "assets/meta, assets/documents",
                "sql_sha256": "",
                "inputs": [],
                "ledger_head": {"number": head.number, "sha256": head.sha256},
                "round": now.isoformat(),
                "captured_at": seen_at.isoformat(),
                "run": self.run,
                "version": product_version(),
            },
            recorded_at=now,
        )

    def close(self) -> list[Gap]:
        """Record a gap for every closed slot that has neither snapshot nor gap."""
        return gaps.close(self.store, self.index, self.clock.now())

    def unsettled(self, recipe: Recipe) -> Iterator[date]:
        """Yield the event days that should be read now: never read, or not yet settled.

        A day is read when it is over, again 24 and 48 hours later, and settled when two reads agree. This
        asks the ledger, so days that no schedule ticked for are caught up with.
        """
        start = self.calendar.start
        if start is None or recipe.kind.bound_to_its_day:
            return
        now = self.clock.now().astimezone(UTC)
        kept = recipe.datasets[0].retention_days
        day = start if kept is None else max(start, now.date() - timedelta(days=kept - 1))
        while day < now.date():
            if any(self._wants_reading(recipe, instance, day, now) for instance in self.instances(recipe)):
                yield day
            day += timedelta(days=1)

    def _wants_reading(self, recipe: Recipe, instance: str, day: date, now: datetime) -> bool:
        reads = self.index.snapshots.get(Slot(recipe.datasets[0].name, instance, day), [])
        if not reads:
            return True
        if len(reads) >= READS_OF_AN_EVENT_DAY or now - reads[-1].captured_at < timedelta(hours=23):
            return False
        agree = len(reads) > 1 and _same(self.index, recipe, instance, day)
        return not agree and now.date() <= day + timedelta(days=READS_OF_AN_EVENT_DAY + 1)


def _same(index: Index, recipe: Recipe, instance: str, day: date) -> bool:
    """Return whether the last two reads of an event day brought the same bytes."""
    slots = [Slot(dataset.name, instance, day) for dataset in recipe.datasets]
    pairs = [index.snapshots[slot][-2:] for slot in slots if slot in index.snapshots]
    return all(earlier.sha256 == later.sha256 for earlier, later in pairs)


def parameter(name: str, day: date) -> Any:
    """Return the value in force on a day of a control's parameter, such as `CM-01.ticket_types`.

    Raises NotInForce where there is no such control or parameter, or no value in force yet.
    """
    from expectations.control import ControlError
    from pipelines.evaluation import controls

    control_id, _, word = name.partition(".")
    for control in controls():
        if control.id == control_id:
            try:
                return control.parameters_on(day)[word]
            except (ControlError, KeyError) as error:
                raise NotInForce(f"parameter {name} has no value in force on {day}: {error}") from error
    raise NotInForce(f"parameter {name}: there is no control {control_id}")


@cache
def product_version() -> str:
    """Return the version that stands in every run header, with the commit where this is a checkout."""
    here = Path(__file__).parent.parent
    commit = ""
    if (here / ".git").exists():
        answer = subprocess.run(  # noqa: S603 - a fixed command
            ["git", "-C", str(here), "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - git is on the PATH
            capture_output=True,
            text=True,
            check=False,
        )
        commit = f"+{answer.stdout.strip()}" if answer.returncode == 0 else ""
    return f"evidence-warehouse {version('evidence-warehouse')}{commit}"


def day_of(text: str) -> date:
    """Return the date of a partition key. Raises ValueError."""
    return date.fromisoformat(text)
