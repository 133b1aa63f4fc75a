"""A small home of our own making: what was captured, judged and published in it is known to the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets import reconciliation
from assets.registers.assets import register_observation_period, register_waiver
from assets.registers.exceptions import register_exception_action
from expectations import results
from warehouse.audit import samples
from warehouse.dataset import Column, Dataset, Kind
from warehouse.gaps import close
from warehouse.ledger import Entry
from warehouse.period import configure
from warehouse.publish import Published, publish
from warehouse.snapshots import Index
from warehouse.store import Home, Offered, Store, table_of

START = date(2026, 3, 1)
SAMPLES = (samples.REQUEST, samples.ITEM, samples.FINDING)
(WAIVER,) = register_waiver.datasets
(OBSERVATION_PERIOD,) = register_observation_period.datasets
(EXCEPTION_ACTION,) = register_exception_action.datasets
USER = Dataset(
    name="demo_user",
    kind=Kind.STATE,
    title="One row per user",
    key=("user_id",),
    columns=(
        Column("user_id", "text", "The user's id", source="id", required=True),
        Column("status", "text", "ACTIVE or not", source="status"),
        Column("order", "int", "A column named like a word of SQL", unit="places"),
        Column("tags", "text[]", "Words about the user"),
    ),
)
SALE = Dataset(
    name="demo_sale",
    kind=Kind.EVENT,
    title="One row per sale",
    key=("sale_id",),
    columns=(
        Column("sale_id", "text", "The sale's id", required=True),
        Column("paid_minor", "money", "What was paid"),
    ),
    retention_days=90,
)
ACCOUNT = Dataset(
    name="demo_account",
    kind=Kind.DERIVED,
    follows=Kind.STATE,
    title="One row per account",
    key=("account_key",),
    columns=(Column("account_key", "text", "The account", required=True),),
)
CONTROLS: Sequence[Mapping[str, Any]] = (
    {
        "control_id": "AC-01",
        "title": "Users have a strong factor",
        "criteria": ["CC6.1"],
        "owner": "it",
        "severity": "High",
        "frequency": "daily",
        "every": "day",
        "lag_days": 0,
        "cutoff_days": 0,
        "remediation_days": 5,
        "note": None,
        "code_version": "c0de",
        "parameters": [],
        "tests": [
            {
                "test_id": f"AC-01.{letter}",
                "title": "Each user has one",
                "exception_when": "a user has none",
                "kind": "state",
                "subject_type": "account",
                "datasets": ["demo_user"],
                "codes": ["NO_FACTOR"],
                "sql": "select 1",
                "sql_sha256": "5a1",
                "note": None,
            }
            for letter in "ab"
        ],
    },
)


def instant(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Return an instant of March 2026, UTC; day 32 is the first of April."""
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


@dataclass
class Company:
    """A home and short ways to put things into it. Days are days of March 2026."""

    home: Home
    store: Store = field(init=False)
    index: Index = field(init=False)
    datasets: dict[str, Dataset] = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.home)
        self.store.open(sandbox=True, at=instant(1, 0))
        self.index = Index(self.store.ledger)
        registers = (WAIVER, OBSERVATION_PERIOD, EXCEPTION_ACTION)
        found = (USER, SALE, ACCOUNT, *registers, *results.DATASETS, *SAMPLES)
        derived = tuple(v for v in vars(reconciliation).values() if isinstance(v, Dataset))
        self.datasets = {dataset.name: dataset for dataset in (*found, *derived)}

    def expect(self, *pairs: tuple[Dataset, str], day: int = 1) -> None:
        """Expect datasets of instances from the first of March, or from the day of a later change."""
        configure(self.store, START, pairs, instant(day, 0))
        self.index.refresh()

    def capture(
        self,
        dataset: Dataset,
        day: int,
        rows: Sequence[Mapping[str, Any]],
        *,
        at: datetime | None = None,
        instance: str = "acme",
        inputs: Sequence[str] = (),
    ) -> Entry:
        """Store a snapshot; of an event half an hour after its day, of a state at noon."""
        when = at or (instant(day + 1, 0, 30) if dataset.kind is Kind.EVENT else instant(day))
        entry = self.store.write(
            [Offered(dataset, table_of(dataset, rows), rows_reported=len(rows))],
            kind="derivation" if dataset.kind is Kind.DERIVED else "snapshot",
            instance=instance,
            day=START + timedelta(days=day - 1),
            header={
                "source": dataset.source,
                "round": when.isoformat(),
                "origin": "contemporaneous",
                "principal": "reader",
                "requests": ["GET /demo"],
                "started_at": when.isoformat(),
                "captured_at": when.isoformat(),
                "pages": 1,
                "last_page_seen": True,
                "inputs": list(inputs),
                "run": "by hand",
                "version": "test",
            },
            recorded_at=self.no_earlier_than_the_last(when),
        )
        self.index.refresh()
        return entry

    def no_earlier_than_the_last(self, when: datetime) -> datetime:
        """Return when an entry is recorded that is about an instant: the ledger never goes back in time."""
        return max(when, self.store.ledger.entries[-1].recorded_at)

    def users(self, day: int, users: Mapping[str, str], **where: Any) -> Entry:
        """Store a snapshot of users given as id -> status."""
        return self.capture(USER, day, [{"user_id": u, "status": s} for u, s in users.items()], **where)

    def evaluate(
        self,
        day: int,
        verdicts: Mapping[str, str],
        *,
        at: datetime | None = None,
        read: Sequence[str] = (),
        broke: Mapping[str, Sequence[str]] | None = None,
        looked_at: Sequence[str] = (),
        exempt: Sequence[str] = (),
        definition: str = "d1",
        waiver: str | None = None,
        **more: Any,
    ) -> Entry:
        """Store an evaluation: test -> verdict, and test -> the keys that broke it; waived by a waiver."""
        when = at or instant(day + 1, 1)
        about = START + timedelta(days=day - 1)
        ids = {test: f"{test}/{about}/{when.isoformat()}" for test in verdicts}
        result_rows = [
            {
                "result_id": ids[test],
                "test_id": test,
                "control_id": test.split(".")[0],
                "result_day": about,
                "verdict": verdict,
                "reason": f"it is {verdict}",
                "population_count": len(looked_at),
                "exempt_count": 0,
                "exceptions_count": len((broke or {}).get(test, ())),
                "unknown_count": 0,
                "waived_count": 0,
                "missing": [],
                "snapshot_ids": list(read),
                "rounds": 1,
                "definition_sha256": definition,
                "evaluated_at": when,
                "test_kind": "state",
                "keeps_failure": True,
                "final": True,
                **more,
            }
            for test, verdict in verdicts.items()
        ]
        exceptions = [
            {
                "exception_id": f"{test}/{key}/NO_FACTOR",
                "result_id": ids[test],
                "test_id": test,
                "control_id": test.split(".")[0],
                "result_day": about,
                "population_key": key,
                "code": "NO_FACTOR",
                "severity": "High",
                "first_seen_at": instant(day),
                "last_seen_at": instant(day),
                "waiver_id": waiver,
            }
            for test, keys in (broke or {}).items()
            for key in keys
        ]
        population = [
            {
                "result_id": ids[test],
                "test_id": test,
                "result_day": about,
                "observed_at": instant(day),
                "population_key": key,
                "subject_type": "account",
                "status": "exempt" if key in exempt else "pass",
                "exempt_reason": "known" if key in exempt else None,
            }
            for test in verdicts
            for key in looked_at
        ]
        filled = {
            results.RESULT: result_rows,
            results.EXCEPTION: exceptions,
            results.POPULATION: population,
            results.GX_RESULT: [],
        }
        entry = self.store.write(
            [Offered(dataset, table_of(dataset, rows)) for dataset, rows in filled.items()],
            kind="evaluation",
            instance="main",
            day=about,
            header={
                "evaluation": True,
                "definitions": {"AC-01": definition},
                "inputs": [],
                "round": when.isoformat(),
                "captured_at": when.isoformat(),
                "run": "by hand",
                "version": "test",
            },
            recorded_at=self.no_earlier_than_the_last(when),
        )
        self.index.refresh()
        return entry

    def close(self, at: datetime) -> None:
        """Record what is missing."""
        close(self.store, self.index, at)

    def file(self, entry: Entry, dataset: str | None = None) -> Path:
        """Return the file an entry acknowledges."""
        items = entry.body["snapshots"]
        path = next(item["path"] for item in items if dataset in (None, item["dataset"]))
        return self.home.path / path

    def publish(self, at: datetime, *, every: str = "day", **more: Any) -> Published:
        """Publish the home, with a control that operates as often as is said."""
        controls = [{**control, "every": every} for control in CONTROLS]
        return publish(self.store, self.index, self.datasets, controls, at=at, company="Demo Ltd", **more)

    def ask(self, sql: str, file: Path | None = None) -> list[tuple[Any, ...]]:
        """Return what the published file answers."""
        with duckdb.connect(str(file or self.home.warehouse), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Return an empty home of which users and sales are expected."""
    made = Company(Home(tmp_path / "home"))
    made.expect((USER, "acme"), (SALE, "acme"))
    return made


@pytest.fixture
def at() -> Callable[..., datetime]:
    """Return a way to write an instant of March 2026: day, hour, minute."""
    return instant


@pytest.fixture
def declared() -> Mapping[str, Dataset]:
    """Return the datasets of the small company by their last word."""
    return {
        "user": USER,
        "sale": SALE,
        "account": ACCOUNT,
        "waiver": WAIVER,
        "action": EXCEPTION_ACTION,
        "period": OBSERVATION_PERIOD,
    }
