"""What stands in the analysts' file: schemas, tables, views, macros and a comment on each?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import facts, hist, views
from warehouse.dataset import Dataset, Kind
from warehouse.period import Calendar
from warehouse.read import quote
from warehouse.rehash import Broken, Rehash, Seen
from warehouse.snapshots import Index, Slot, Snapshot
from warehouse.store import Store

SQL = Path(__file__).parent / "sql"
FORMAT = 2
"""Raised when the layout of the file changes: an older file is then not extended but made anew."""
NEEDED = (
    "ctl_result",
    "ctl_population",
    "ctl_exception",
    "register_waiver",
    "register_observation_period",
    "register_exception_action",
    "ctl_sample_request",
    "ctl_sample_item",
    "ctl_sample_finding",
)
"""Datasets the SQL of ctl and rec names."""
FIRST = ("utc_day", "day_end", "verdict_rank", "due_days")
"""Macros that other SQL uses, made before it."""
NEEDS = {
    "who_had": {"access_entitlement", "identity_person"},
    "access_of": {"access_entitlement", "identity_person"},
    "credentials_of": {"access_credential", "identity_person"},
}
"""Macros that name datasets, made last where these are declared: they use other macros."""
FROM_DATASETS = {
    "ctl.test_result": "ctl_result",
    "ctl.test_day": "ctl_result",
    "ctl.exception": "ctl_exception",
    "ctl.population": "ctl_population",
    "ctl.waiver": "register_waiver",
    "ctl.observation_period": "register_observation_period",
    "ctl.exception_action": "register_exception_action",
    "ctl.sample_request": "ctl_sample_request",
    "ctl.sample_item": "ctl_sample_item",
}
"""Tables and views whose columns are those of a dataset, and so are commented as there."""


@dataclass(frozen=True)
class Built:
    """What went into a file."""

    ledger_number: int
    snapshots: int
    rehashed: int
    histories: Mapping[str, int]
    """reused, extended or rebuilt -> how many histories."""
    broken_files: tuple[Broken, ...]


class Build:
    """One file under construction."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        index: Index,
        datasets: Mapping[str, Dataset],
        home: Path,
        previous: Path,
        *,
        self_contained: bool,
    ) -> None:
        self.connection = connection
        self.index = index
        self.datasets = datasets
        self.home = home
        self.self_contained = self_contained
        self.calendar = Calendar(index.configurations)
        connection.execute("set timezone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")  # it would draw over the caller's own
        self.has_previous = previous.exists() and self._attach(previous)
        self.rehash = Rehash(home, index, self._known())
        by_name: dict[str, list[Snapshot]] = {name: [] for name in datasets}
        for snapshot in facts.all_snapshots(index):
            if snapshot.slot.dataset in datasets and self.rehash.intact(snapshot):
                by_name[snapshot.slot.dataset].append(snapshot)
        self.listed = by_name
        self.histories = {
            name: hist.chosen(by_name[name]) for name, dataset in datasets.items() if dataset.accumulates
        }

    def run(
        self,
        store: Store,
        controls: Sequence[Mapping[str, Any]],
        at: datetime,
        company: str,
        progress: Callable[[int, int], None] | None,
    ) -> Built:
        """Fill the file."""
        self.connection.execute("begin")
        self._script("schemas.sql", "meta.sql", "ctl_tables.sql", "rec_tables.sql")
        self._macros(*FIRST)
        broken = [*self.rehash.broken(facts.all_snapshots(self.index)), *self.rehash.broken_documents()]
        self._describe(store, controls, broken, at, company)
        made: Counter[str] = Counter()
        for done, (name, dataset) in enumerate(self.datasets.items()):
            if progress is not None:
                progress(done, len(self.datasets))
            self._evidence(dataset)
            if name in self.histories:
                made[self._history(dataset).value] += 1
        self._results(store)
        others = {path.stem for path in (SQL / "macros").glob("*.sql")} - set(FIRST) - NEEDS.keys()
        made_last = (name for name, needed in NEEDS.items() if needed <= self.datasets.keys())
        self._macros(*sorted(others), *made_last)
        self.connection.execute("commit")
        if self.has_previous:
            self.connection.execute("detach previous")
        if progress is not None:
            progress(len(self.datasets), len(self.datasets))
        count = len(facts.all_snapshots(self.index))
        return Built(store.ledger.entries[-1].number, count, self.rehash.hashed, dict(made), tuple(broken))

    def _attach(self, previous: Path) -> bool:
        """Attach the last publication, if it has this layout; False: make everything anew."""
        try:
            self.connection.execute(f"attach '{quote(str(previous))}' as previous (read_only)")
            if self._rows("select format from previous.meta.published") == [(FORMAT,)]:
                return True
        except duckdb.Error:
            pass  # not a file we made, or a damaged one: all it holds can be made again
        self.connection.execute("detach database if exists previous")
        return False

    def _known(self) -> dict[str, Seen]:
        if not self.has_previous:
            return {}
        rows = self._rows("select path, size, mtime_ns, ctime_ns, sha256 from previous.meta.file_check")
        return {path: Seen(*rest) for path, *rest in rows}

    def _published_history(self, dataset: Dataset) -> dict[str, list[int]] | None:
        """Return instance -> ledger entries the last publication built a history from, if it can be used."""
        if not self.has_previous:
            return None
        same = self._rows(
            "select count(*) from previous.meta.dataset where dataset = ? and schema_sha256 = ? "
            "and coalesce(follows, kind) in ('state', 'register')",
            [dataset.name, dataset.schema_sha256],
        )
        if same != [(1,)]:
            return None
        rows = self._rows(
            "select instance, entry from previous.meta.snapshot where dataset = ? and in_history "
            "order by captured_at, entry",
            [dataset.name],
        )
        found: dict[str, list[int]] = {}
        for instance, entry in rows:
            found.setdefault(instance, []).append(entry)
        return found

    def _describe(
        self,
        store: Store,
        controls: Sequence[Mapping[str, Any]],
        broken: Sequence[Broken],
        at: datetime,
        company: str,
    ) -> None:
        """Fill the tables that say where everything comes from."""
        head = store.ledger.entries[-1]
        history = {
            (one.snapshot.entry, name)
            for name, instances in self.histories.items()
            for numbered in instances.values()
            for one in numbered
        }
        current = {(snapshot.entry, name) for name in self.datasets for snapshot in self._current(name)}
        self._fill(
            "meta.published",
            [
                {
                    "published_at": at,
                    "company": company,
                    "sandbox": store.is_sandbox,
                    "ledger_number": head.number,
                    "ledger_sha256": head.sha256,
                    "product_version": version("evidence-warehouse"),
                    "duckdb_version": duckdb.__version__,
                    "self_contained": self.self_contained,
                    "format": FORMAT,
                }
            ],
        )
        self._fill(
            "meta.ledger_head",
            [{"number": head.number, "sha256": head.sha256, "recorded_at": head.recorded_at}],
        )
        damage = [{"number": item.number, "what": item.what} for item in store.ledger.damage]
        self._fill("meta.ledger_damage", damage)
        self._fill("meta.dataset", facts.datasets(self.datasets.values()))
        self._fill("meta.dataset_column", facts.dataset_columns(self.datasets.values()))
        self._fill("meta.dataset_schedule", facts.schedules(self.calendar))
        rows = facts.snapshots(self.index, self.rehash, str(self.home), current, history)
        self._fill("meta.snapshot", rows)
        self._fill("meta.extraction_run", facts.extraction_runs(store.ledger.entries))
        self._fill("meta.broken_file", facts.broken_files(broken))
        self._fill("meta.file_check", ({"path": p, **vars(seen)} for p, seen in self.rehash.seen.items()))
        self._fill("ctl.coverage", facts.coverage(self.index, self.calendar, self.rehash, at))
        self._fill("ctl.coverage_gap", facts.coverage_gaps(self.index))
        self._fill("ctl.control", facts.controls(controls))
        self._fill("ctl.control_test", facts.control_tests(controls))
        self._fill("rec.rule", facts.rules(controls))

    def _current(self, name: str) -> Iterable[Snapshot]:
        """Return the captures cur reads: of a state the latest of each instance, of events the newest a day.

        An instance that is no longer expected is not current any more; hist and ev still have it.
        """
        expected = [item for item in self.calendar.expected if item.dataset == name]
        over = {item.instance for item in expected} - {i.instance for i in expected if i.until is None}
        newest: dict[Slot | str, Snapshot] = {}
        follows_event = (self.datasets[name].follows or self.datasets[name].kind) is Kind.EVENT
        for snapshot in sorted(self.listed[name], key=lambda one: (one.captured_at, one.entry)):
            if snapshot.slot.instance not in over:
                newest[snapshot.slot if follows_event else snapshot.slot.instance] = snapshot
        return newest.values()

    def _evidence(self, dataset: Dataset) -> None:
        """Make ev.<dataset> and cur.<dataset>."""
        everything, current = f"ev.{dataset.name}", f"cur.{dataset.name}"
        query = views.evidence(dataset, self.listed[dataset.name], self.home)
        if self.self_contained:
            self.connection.execute(f"create table {everything} as {query} order by entry")
            self.connection.execute(f"create view {current} as {views.current_of_copy(dataset)}")
        else:
            self.connection.execute(f"create view {everything} as {query}")
            latest = [*self._current(dataset.name)]
            query = views.evidence(dataset, latest, self.home, only_current=True)
            self.connection.execute(f"create view {current} as {query}")
        texts = views.CAPTURE | views.texts_of(dataset)
        self._comment(everything, texts, f"Every capture. {dataset.title}", table=self.self_contained)
        self._comment(current, texts, f"The latest complete capture. {dataset.title}", table=False)

    def _history(self, dataset: Dataset) -> hist.Made:
        """Make hist.<dataset>."""
        published = self._published_history(dataset)
        made = hist.build(self.connection, dataset, self.histories[dataset.name], self.home, published)
        title = f"One row per version, broken at gaps. {dataset.title}"
        self._comment(f"hist.{dataset.name}", hist.OBSERVED | views.texts_of(dataset), title, table=True)
        return made

    def _results(self, store: Store) -> None:
        """Make the tables and views over control results and reconciliations."""
        lost = list(facts.lost_evaluations(self.index, store.ledger.entries, self.rehash))
        self.connection.execute(
            "create temp table lost_evaluation (entry bigint, day date, control_ids varchar[], "
            "recorded_at timestamptz, fault varchar, without_results boolean)"
        )
        self._fill("lost_evaluation", lost)
        self._script(
            "ctl_results.sql",
            "ctl_exceptions.sql",
            "ctl_life.sql",
            "ctl_views.sql",
            "rec.sql",
            "rec_late.sql",
        )
        self._matrix()
        for relation, name in FROM_DATASETS.items():
            texts = views.texts_of(self.datasets[name])
            for column in self._uncommented(relation) & texts.keys():
                self.connection.execute(
                    f"comment on column {relation}.\"{column}\" is '{quote(texts[column])}'"
                )

    def _matrix(self) -> None:
        """Make ctl.matrix: one row per day, one column per control."""
        rows = self.connection.execute(
            "select distinct control_id from ctl.control_day order by 1"
        ).fetchall()
        titles = dict(self.connection.execute("select control_id, title from ctl.control").fetchall())
        cells = [
            f"max(verdict || case when evidence_verifies then '' else ' (does not verify)' end) "
            f"filter (where control_id = '{quote(control)}') as \"{control}\""
            for (control,) in rows
        ]
        self.connection.execute(
            f"create view ctl.matrix as select {', '.join(['result_day', *cells])} from ctl.control_day "
            "group by result_day order by result_day"
        )
        texts = {"result_day": "The evidence day, UTC"}
        texts |= {control: titles.get(control, "A control that is no longer defined") for (control,) in rows}
        title = "One row per evidence day, one column per control: its verdict, the worst of its tests"
        self._comment("ctl.matrix", texts, title, table=False)

    def _uncommented(self, relation: str) -> set[str]:
        schema, name = relation.split(".")
        rows = self._rows(
            "select column_name from duckdb_columns() "
            "where schema_name = ? and table_name = ? and comment is null",
            [schema, name],
        )
        return {column for (column,) in rows}

    def _comment(self, relation: str, texts: dict[str, str], title: str, *, table: bool) -> None:
        self.connection.execute("; ".join(views.comments(relation, texts, title, table=table)))

    def _fill(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows by name; a column no row has stays null."""
        listed = list(rows)
        if not listed:
            return
        names = list(dict.fromkeys(name for row in listed for name in row))
        self.connection.register(
            "filling", pa.table({name: [row.get(name) for row in listed] for name in names})
        )
        self.connection.execute(f"insert into {table} by name select * from filling")
        self.connection.unregister("filling")

    def _script(self, *files: str) -> None:
        for file in files:
            self.connection.execute((SQL / file).read_text(encoding="utf-8"))

    def _macros(self, *stems: str) -> None:
        for stem in stems:
            self._script(f"macros/{stem}.sql")

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return a query's rows, all of them: the connection does nothing else before."""
        return self.connection.execute(sql, values).fetchall()
