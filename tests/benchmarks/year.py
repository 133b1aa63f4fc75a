"""A year of one large state: how is it made fast, and yet as the real store and ledger have it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from assets.okta.assets import USER
from pipelines.catalogue import catalogue
from warehouse.dataset import Dataset
from warehouse.period import configure
from warehouse.publish import Published, publish
from warehouse.snapshots import Index
from warehouse.store import Home, Offered, Store

SEED = 20260301
START = date(2025, 3, 1)
CHANGES = 200
"""Users who change on a day: sign-ins are left out, or every row would change every day."""
INSTANCE = "acme"


@dataclass(frozen=True)
class Year:
    """A home with a year of users."""

    store: Store
    index: Index
    datasets: dict[str, Dataset]
    days: int
    state: Users

    def capture(self, day: int) -> None:
        """Store the users of one day, as a collection at noon would."""
        about = START + timedelta(days=day)
        when = datetime(about.year, about.month, about.day, 12, tzinfo=UTC)
        self.store.write(
            [Offered(USER, self.state.next_day())],
            kind="snapshot",
            instance=INSTANCE,
            day=about,
            header={
                "source": "okta",
                "round": when.isoformat(),
                "captured_at": when.isoformat(),
                "inputs": [],
                "run": "benchmark",
                "version": "benchmark",
            },
            recorded_at=when,
        )
        self.index.refresh()

    def publish(self, day: int) -> Published:
        """Publish after the captures of a day."""
        at = datetime(START.year, START.month, START.day, 13, tzinfo=UTC) + timedelta(days=day)
        return publish(self.store, self.index, self.datasets, (), at=at, company="Benchmark")

    def file(self, day: int) -> Path:
        """Return the one file of a day."""
        folder = self.store.home.path / "evidence" / USER.name / f"instance={INSTANCE}"
        return next((folder / f"day={START + timedelta(days=day)}").glob("*.parquet"))


class Users:
    """The users as they are today, in Arrow arrays; a few change overnight."""

    def __init__(self, count: int) -> None:
        self.random = np.random.default_rng(SEED)
        self.count = count
        self.fixed = {
            "user_id": pa.array([f"00u{number:017d}" for number in range(count)]),
            "login": pa.array([f"person.{number}@company.example" for number in range(count)]),
            "email_domain": pa.array(["company.example"] * count),
            "employee_number": pa.array([str(number) for number in range(count)]),
        }
        self.words = {
            "status": pa.array(["ACTIVE", "SUSPENDED", "DEPROVISIONED"]),
            "department": pa.array([f"department {number}" for number in range(40)]),
            "title": pa.array([f"title {number}" for number in range(200)]),
            "manager_login": self.fixed["login"].slice(0, min(count, 500)),
        }
        self.codes = {
            name: self.random.integers(0, len(words), count, dtype=np.int32)
            for name, words in self.words.items()
        }
        born = datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 10**6
        self.moments = {
            column.name: (born - self.random.integers(0, 10**14, count)).astype(np.int64)
            for column in USER.columns
            if column.type == "timestamp"
        }

    def next_day(self) -> pa.Table:
        """Let some users change, and return all of them."""
        changed = self.random.integers(0, self.count, CHANGES)
        for name in ("department", "title"):
            self.codes[name][changed] = self.random.integers(0, len(self.words[name]), CHANGES)
        columns = dict(self.fixed)
        for name, codes in self.codes.items():
            columns[name] = self.words[name].take(pa.array(codes))
        for name, moments in self.moments.items():
            columns[name] = pa.array(moments, pa.timestamp("us", tz="UTC"))
        nothing = pa.nulls(self.count, pa.string())
        return pa.table({c.name: columns.get(c.name, nothing) for c in USER.columns})


def make(home: Path, days: int, users: int) -> Year:
    """Make a home with some days of users."""
    store = Store(Home(home))
    opened = datetime(START.year, START.month, START.day, tzinfo=UTC)
    store.open(sandbox=True, at=opened)
    configure(store, START, [(USER, INSTANCE)], opened)
    year = Year(store, Index(store.ledger), catalogue().datasets, days, Users(users))
    for day in range(days):
        year.capture(day)
    return year
