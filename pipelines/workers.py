"""How do several processes share the work of a replayed day, so that a demo uses all the cores there are?

Python executes one thread at a time, so threads would not do. Each worker opens the same home and is told
what to read or to judge; all record in the one ledger, as Dagster's runs do. Nothing else uses them.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from assets.failures import PermanentFailure
from pipelines import evaluation
from pipelines.catalogue import catalogue
from pipelines.configuration import FILE, load
from pipelines.session import Collected, Session
from warehouse.dataset import Kind
from warehouse.read import Reader
from warehouse.store import Home

if TYPE_CHECKING:
    from assets.capture import Derivation
    from expectations.control import Control
    from expectations.outcome import TestOutcome
    from warehouse.ledger import Entry

PROCESSES = 2
THREADS = max(1, (os.cpu_count() or 1) // PROCESSES)
"""How many DuckDB uses in each, so that together they use every core once."""
SLOWEST_FIRST = ("aws", "github", "okta", "stripe", "jira", "shop")
"""Sources that are begun with, so that none is waited for alone at the end."""
Told = tuple[str, date, tuple["Entry", ...], tuple[tuple[str, str], ...]]
"""What became of a recipe, as one process tells another: recipe, day, entries, failures."""


class Workers:
    """Processes that read sources and judge controls in one home."""

    def __init__(self, home: Home) -> None:
        self.home = home.path
        # Forking would copy the locks of threads that then do not exist.
        self._pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def collect(self, round_name: str, day: date, *, states: bool) -> list[Collected]:
        """Collect every source: the states of a day, or all event days that want to be read."""
        sources = {recipe.source for recipe in wanted(states=states)}
        order = [name for name in SLOWEST_FIRST if name in sources]
        order += sorted(sources - set(order))
        asked = [self._pool.submit(_collect, self.home, source, round_name, day, states) for source in order]
        recipes = catalogue().recipes
        return [
            Collected(
                recipes[name], on, entries, tuple((where, PermanentFailure(why)) for where, why in failures)
            )
            for answer in asked
            for name, on, entries, failures in answer.result()
        ]

    def derive(self, derivations: Sequence[Derivation], day: date) -> None:
        """Compute derivations none of which reads another."""
        everything = catalogue().derivations
        places = [everything.index(derivation) for derivation in derivations]
        shares = [places[n::PROCESSES] for n in range(PROCESSES)]
        for done in [self._pool.submit(_derive, self.home, share, day) for share in shares if share]:
            done.result()

    def judge(
        self,
        chosen: Sequence[Control],
        day: date,
        waivers: Sequence[Mapping[str, Any]],
        before: Mapping[str, Mapping[str, Any]],
    ) -> Iterable[TestOutcome]:
        """Judge the tests of controls about a day, but those that read results or whose result stands."""
        asked = [
            self._pool.submit(_judge, self.home, control.id, day, waivers, before)
            for control in sorted(chosen, key=lambda control: -len(control.tests))
        ]
        return [outcome for answer in asked for outcome in answer.result()]


def wanted(*, states: bool) -> list[Any]:
    """Return the recipes of states and registers, or of events."""
    return [r for r in catalogue().recipes.values() if (r.kind is not Kind.EVENT) == states]


@lru_cache(maxsize=1)
def _session(home: Path) -> Session:
    return Session.open(load(Home(home), home / FILE), run="demo")


@lru_cache(maxsize=1)
def _reader(home: Path, ledger_number: int) -> Reader:
    """Return the reader of one evaluation: it remembers what it has hashed as long as nothing is added."""
    session = _session(home)
    if session.index.ledger.entries[-1].number != ledger_number:
        raise AssertionError("the reader is older than the ledger it is asked for")
    return Reader(session.store, session.index, session.catalogue.datasets, threads=THREADS)


def _collect(home: Path, source: str, round_name: str, day: date, states: bool) -> list[Told]:
    session = _session(home)
    session.index.refresh()
    found = []
    for recipe in wanted(states=states):
        if recipe.source == source:
            for on in [day] if states else session.unsettled(recipe):
                made = session.collect(recipe, on, round_name)
                failures = tuple((where, str(why)) for where, why in made.failures)
                found.append((recipe.name, on, made.entries, failures))
    session.disconnect()
    return found


def _derive(home: Path, places: Sequence[int], day: date) -> None:
    session = _session(home)
    session.index.refresh()
    reader = Reader(session.store, session.index, session.catalogue.datasets, threads=THREADS)
    session.compute([session.catalogue.derivations[place] for place in places], day, reader)


def _judge(
    home: Path,
    control_id: str,
    day: date,
    waivers: Sequence[Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
) -> list[TestOutcome]:
    session = _session(home)
    session.index.refresh()
    reader = _reader(home, session.index.ledger.entries[-1].number)
    control = next(one for one in evaluation.controls() if one.id == control_id)
    outcomes = list(evaluation.judged(session, reader, [control], day, waivers, before))
    for outcome in outcomes:
        outcome.population_sha256  # noqa: B018 - computed here, by both processes, and sent along
    return outcomes
