"""Which evidence may a test or a derived dataset read, and is it still what was stored?

The only in-memory DuckDB over evidence: its views name exact files from the ledger, each re-hashed before it
is read, its lineage included. A glob would take in a stray file and miss a deleted one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import duckdb

from warehouse.dataset import Dataset, Kind
from warehouse.period import Calendar
from warehouse.snapshots import Index, Slot, Snapshot
from warehouse.store import Store, digest_of

MACROS = Path(__file__).parent / "sql" / "macros"
ARITHMETIC = ("round_div", "largest_remainder")
"""The macros that rules use too: whoever reads evidence has them, as analysts do."""


FILES_REMEMBERED = 1_000_000


class Fault(StrEnum):
    """What is wrong with a file the ledger names."""

    MISSING = "missing"
    ALTERED = "altered"


@dataclass(frozen=True)
class Need:
    """A dataset a reader needs, of all instances or of those of one source or of one name."""

    dataset: str
    source: str | None = None
    instance: str | None = None
    before: int = 0
    """Of how many days before the day the last capture is read too: view `<dataset>_before`."""
    after: int = 0
    """Likewise of days after it, as far as they have come: view `<dataset>_after`."""
    earlier: bool = False
    """Whether the day's captures before the one that counts are read too: view `<dataset>_earlier`."""

    @property
    def around(self) -> bool:
        """Whether it is about captures besides the day's own. What is absent there is no missing evidence."""
        return bool(self.before or self.after or self.earlier)

    def days(self, day: date) -> Iterator[date]:
        """Yield the other days it asks for."""
        for n in (*range(-self.before, 0), *range(1, self.after + 1)):
            yield day + timedelta(days=n)

    def covers(self, instance: str) -> bool:
        """Return whether the instance belongs to this need."""
        if self.instance is not None:
            return instance == self.instance
        return self.source is None or instance.startswith(f"{self.source}-")


@dataclass(frozen=True)
class Unavailable:
    """A needed snapshot that cannot be read, and why."""

    slot: Slot
    fault: Fault
    reason: str

    def __str__(self) -> str:
        return f"{self.slot.dataset}/{self.slot.instance}: {self.reason}"


@dataclass(frozen=True)
class Round:
    """What was seen together: for every need, the snapshots to read."""

    observed_at: datetime
    snapshots: tuple[Snapshot, ...]
    around: tuple[Snapshot, ...] = ()
    """Of the needs that ask for other days: the last capture of each."""

    @property
    def all(self) -> tuple[Snapshot, ...]:
        """Everything that is read."""
        return (*self.snapshots, *self.around)


@dataclass(frozen=True)
class Available:
    """What can be read for a day: the rounds, oldest first, and what is missing or altered."""

    rounds: tuple[Round, ...]
    missing: tuple[Unavailable, ...]
    altered: tuple[Unavailable, ...]

    @property
    def paths(self) -> list[str]:
        """The files of all rounds."""
        return sorted({snapshot.path for one in self.rounds for snapshot in one.all})


class Reader:
    """Reads the evidence of one home. Make a new one per run: it remembers what it re-hashed."""

    def __init__(
        self, store: Store, index: Index, datasets: Mapping[str, Dataset], *, threads: int | None = None
    ) -> None:
        """Open the evidence of a home; `threads` bounds what DuckDB uses, null: all cores there are."""
        self.store = store
        self.index = index
        self.datasets = datasets
        self.calendar = Calendar(index.configurations)
        self._checked: dict[tuple[int, str], tuple[Fault, str] | None] = {}
        self._engine = in_memory()
        if threads is not None:
            self._engine.execute(f"set threads = {threads:d}")

    def check(self, snapshot: Snapshot) -> tuple[Fault, str] | None:
        """Return what is wrong with a snapshot's file or with any file it was computed from."""
        # Two entries may name the same bytes and have computed them from different files.
        key = (snapshot.entry, snapshot.path)
        if key not in self._checked:
            self._checked[key] = self._check(snapshot)
        return self._checked[key]

    def _check(self, snapshot: Snapshot) -> tuple[Fault, str] | None:
        try:
            found = _digest(self.store.home.path / snapshot.path)
        except FileNotFoundError:
            return Fault.MISSING, f"its file {snapshot.path} is gone from the store"
        if found != snapshot.sha256:
            return (
                Fault.ALTERED,
                f"its file {snapshot.path} has digest {found[:12]}…, the ledger says {snapshot.sha256[:12]}…",
            )
        for path in snapshot.inputs:
            source = self.index.by_path.get(path)
            if source is None:
                return Fault.MISSING, f"it was computed from {path}, which the ledger does not name"
            if fault := self.check(source):
                return fault[
                    0
                ], f"it was computed from {source.slot.dataset}/{source.slot.instance}: {fault[1]}"
        return None

    def available(self, needs: Sequence[Need], day: date) -> Available:
        """Return what can be read for a day, and what cannot and why."""
        usable: dict[tuple[str, str], list[Snapshot]] = {}
        missing: list[Unavailable] = []
        altered: list[Unavailable] = []
        for need in (need for need in needs if not need.around):
            expected = set(self.calendar.instances(need.dataset, day))
            found = set(self.index.instances(need.dataset, day))
            for instance in sorted(name for name in expected | found if need.covers(name)):
                slot = Slot(need.dataset, instance, day)
                captures = self.index.captures(slot, accumulates=self.datasets[need.dataset].accumulates)
                good = []
                for snapshot in captures:
                    match self.check(snapshot):
                        case None:
                            good.append(snapshot)
                        case (Fault.MISSING, reason):
                            missing.append(Unavailable(slot, Fault.MISSING, reason))
                        case (Fault.ALTERED, reason):
                            altered.append(Unavailable(slot, Fault.ALTERED, reason))
                if good:
                    usable[need.dataset, instance] = good
                if not captures:
                    missing.append(Unavailable(slot, Fault.MISSING, self.why_missing(slot)))
                elif len(good) == len(captures) and self.datasets[need.dataset].kind is Kind.DERIVED:
                    missing += self._not_renewed(slot, captures[-1])
            if not any(need.covers(name) for name in expected | found):
                slot = Slot(need.dataset, need.instance or need.source or "any", day)
                missing.append(Unavailable(slot, Fault.MISSING, "no instance of it is configured"))
        around = tuple(self._around(needs, day, altered))
        rounds = tuple(replace(one, around=around) for one in self._rounds(usable))
        return Available(rounds, tuple(missing), tuple(altered))

    def _around(self, needs: Sequence[Need], day: date, altered: list[Unavailable]) -> Iterator[Snapshot]:
        """Yield the captures besides the day's own that needs ask for: of another day the last one.

        An altered one is noted and left out.
        """
        for need in needs:
            wanted = [(other, slice(-1, None)) for other in need.days(day)]
            wanted += [(day, slice(0, -1))] if need.earlier else []
            for other, which in wanted:
                for instance in filter(need.covers, self.index.instances(need.dataset, other)):
                    slot = Slot(need.dataset, instance, other)
                    for snapshot in self.index.snapshots[slot][which]:
                        match self.check(snapshot):
                            case None:
                                yield snapshot
                            case (Fault.ALTERED, reason):
                                altered.append(Unavailable(slot, Fault.ALTERED, reason))
                            case _:
                                pass  # as good as never captured, as may be on another day

    def _not_renewed(self, slot: Slot, newest: Snapshot) -> list[Unavailable]:
        """Return that a derived dataset could not be computed from what was captured last, if so.

        Its older captures alone would not show what the newest inputs would have.
        """
        failed = self.index.failed_since(slot, newest)
        return [Unavailable(slot, Fault.MISSING, failed.error)] if failed else []

    def why_missing(self, slot: Slot) -> str:
        """Return why a slot has no snapshot, as far as the ledger says."""
        if slot in self.index.gaps:
            gap = self.index.gaps[slot]
            return f"gap of {slot.day} (ledger entry {gap.entry}): {gap.cause}"
        if attempts := self.index.attempts.get(slot):
            return f"the collection of {slot.day} failed: {attempts[-1].error}"
        return f"no snapshot of {slot.day}"

    def _rounds(self, usable: Mapping[tuple[str, str], list[Snapshot]]) -> list[Round]:
        """Group captures into rounds: each round has, of every slot, the capture made in it or nearest to it.

        Only states make rounds; of an event day one read counts in all of them.
        """
        names = sorted(
            {
                snapshot.round
                for (dataset, _), captures in usable.items()
                if self.datasets[dataset].accumulates
                for snapshot in captures
            }
        )
        rounds, seen = [], set()
        for name in names or [""]:
            chosen = tuple(_of_round(captures, name) for _, captures in sorted(usable.items()))
            if chosen and chosen not in seen:
                seen.add(chosen)
                rounds.append(Round(max(snapshot.captured_at for snapshot in chosen), chosen))
        return rounds

    def connect(self, chosen: Round, needs: Sequence[Need]) -> duckdb.DuckDBPyConnection:
        """Return an in-memory DuckDB with one view per needed dataset over the round's files.

        A view has the dataset's columns and `instance`, `day`, `captured_at`; what is read of other days
        stands in `<dataset>_before` and `<dataset>_after`. `snapshot_read` names every snapshot that is
        read, those without rows too. Close it after use: its views are its own and end with it.
        """
        connection = self._engine.cursor()  # starting an engine costs more than most queries
        connection.execute("set timezone = 'UTC'")
        for statement in views_of(self.datasets, chosen, needs, str(self.store.home.path)):
            connection.execute(statement)
        return connection


def views_of(
    datasets: Mapping[str, Dataset], chosen: Round, needs: Sequence[Need], folder: str
) -> Iterator[str]:
    """Yield SQL that makes the views a test reads, as `Reader.connect` says, over the files in a folder."""
    day = max((s.slot.day for s in chosen.snapshots), default=date.min)
    for need in needs:
        if not need.around:
            mine = [s for s in chosen.snapshots if s.slot.dataset == need.dataset]
            yield _view(datasets[need.dataset], need.dataset, mine, folder)
            continue
        for name, wanted in (("before", need.before), ("after", need.after), ("earlier", need.earlier)):
            if wanted:
                mine = [
                    s
                    for s in chosen.around
                    if s.slot.dataset == need.dataset and _lies(s.slot.day, day) == name
                ]
                yield _view(datasets[need.dataset], f"{need.dataset}_{name}", mine, folder)
    yield snapshot_read(chosen.all)


def _view(dataset: Dataset, name: str, snapshots: Sequence[Snapshot], folder: str) -> str:
    if not snapshots:
        return empty_view(dataset, name)
    wanted = dict.fromkeys(snapshots)
    files = [quote(f"{folder}/{s.path}") for s in wanted]
    known = ", ".join(
        f"('{file}', '{s.slot.instance}', date '{s.slot.day.isoformat()}', "
        f"timestamptz '{s.captured_at.isoformat()}')"
        for file, s in zip(files, wanted, strict=True)
    )
    # Two captures that brought the same bytes share a file, which is read once and counts for both.
    listed = ", ".join(f"'{file}'" for file in dict.fromkeys(files))
    # One reader over all files: a query a file, of three months, takes longer than any test. Matching
    # columns by name opens every file, each time the view is named.
    changed = len({s.header["schema_sha256"] for s in wanted}) > 1
    return (
        f"create or replace temp view {name} as "
        "select known.instance, known.day, known.captured_at, stored.* exclude (evidence_file) "
        f"from read_parquet([{listed}], hive_partitioning = false, union_by_name = {changed}, "
        "filename = 'evidence_file') as stored "
        f"join (values {known}) as known (evidence_file, instance, day, captured_at) "
        "on known.evidence_file = stored.evidence_file"
    )


def snapshot_read(snapshots: Sequence[Snapshot] = ()) -> str:
    """Return SQL that makes the view of what is read: dataset, instance, day, captured_at."""
    rows = ", ".join(
        f"('{s.slot.dataset}', '{s.slot.instance}', date '{s.slot.day.isoformat()}', "
        f"timestamptz '{s.captured_at.isoformat()}')"
        for s in snapshots
    )
    none = "(null::varchar, null::varchar, null::date, null::timestamptz)"
    return (
        "create or replace temp view snapshot_read as select * from (values "
        f"{rows or none}) as read (dataset, instance, day, captured_at) where dataset is not null"
    )


def in_memory() -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB in UTC that never downloads an extension and rounds as the rules do."""
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    connection.execute("set timezone = 'UTC'")
    connection.execute(arithmetic())
    return connection


@cache
def arithmetic() -> str:
    """Return SQL that makes the macros exact arithmetic is written in."""
    return "\n".join((MACROS / f"{name}.sql").read_text(encoding="utf-8") for name in ARITHMETIC)


SQL_TYPES = {
    "text": "varchar",
    "int": "bigint",
    "bool": "boolean",
    "timestamp": "timestamptz",
    "date": "date",
    "text[]": "varchar[]",
    "json": "varchar",
    "money": "bigint",
}
"""Column types as DuckDB calls them."""


def empty_view(dataset: Dataset, name: str | None = None) -> str:
    """Return SQL that makes a view of a dataset's shape with no rows."""
    columns = ", ".join(
        [
            "null::varchar as instance",
            "null::date as day",
            "null::timestamptz as captured_at",
            *(f"null::{SQL_TYPES[c.type]} as {c.name}" for c in dataset.columns),
        ]
    )
    return f"create or replace temp view {name or dataset.name} as select {columns} where false"


def quote(text: str) -> str:
    """Return text safe between single quotes in SQL."""
    return text.replace("'", "''")


def _digest(path: Path) -> str:
    """Return the digest of a file, computed once while the file stays as it is. Raises FileNotFoundError.

    A control that looks back 90 days reads thousands of files every day. Whoever changes one changes its
    ctime, which nobody can set. `evidence verify` always reads anew.
    """
    found = path.stat()
    return _digest_of_state(path, (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))


@lru_cache(maxsize=FILES_REMEMBERED)
def _digest_of_state(path: Path, state: tuple[int, ...]) -> str:  # noqa: ARG001 - another state, another file
    return digest_of(path)


def _of_round(captures: Sequence[Snapshot], name: str) -> Snapshot:
    """Return the capture of a round, else the last one before it, else the first one after it."""
    before = [snapshot for snapshot in captures if snapshot.round <= name]
    return before[-1] if before else captures[0]


def _lies(other: date, day: date) -> str:
    """Return what the view of another capture is called after: its day, else that it came earlier."""
    return "before" if other < day else "after" if other > day else "earlier"


def is_event_like(dataset: Dataset) -> bool:
    """Return whether the newest read of a day counts."""
    return (dataset.follows or dataset.kind) is Kind.EVENT
