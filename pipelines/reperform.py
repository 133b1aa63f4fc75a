"""How does somebody without our code run every test again? As SQL over the package's files, for any DuckDB.

For each result that counts: the views its SQL read, over exactly the files it names; the statement of facts;
and each rule as the predicate that Great Expectations' answer had to agree with. What comes out is compared
with the stored populations and exceptions, key by key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from expectations.control import Control, Test
from expectations.judge import refusing_sql
from pipelines.evaluation import Result, controls, effective
from pipelines.session import Session
from warehouse.dataset import Dataset
from warehouse.read import Available, Reader, Round, arithmetic, views_of
from warehouse.snapshots import Index

PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
HEAD = """\
-- Does each test find again what the package says it found? Run in the package's folder:
--   duckdb < kit/reperform.sql        (or: python kit/reperform.py)
-- It reads the files under store/ and changes nothing. The last statement lists what differs: no row, no
-- difference. What could not be run again stands in `not_run`, with the reason.
set timezone = 'UTC';
set enable_progress_bar = false;
create temp table population (result_id varchar, round bigint, population_key varchar, is_exempt boolean);
create temp table refused (result_id varchar, round bigint, population_key varchar, code varchar);
create temp table not_run (test_id varchar, day date, reason varchar);
create temp table run (result_id varchar, test_id varchar, day date);
"""


class LiteralError(Exception):
    """A parameter has a value that SQL has no plain word for."""


def script(session: Session, first: date, last: date, folder: str) -> Iterator[str]:
    """Yield SQL that runs the tests of some days again over the files under a folder, and compares."""
    yield HEAD
    yield arithmetic().rstrip().rstrip(";") + ";\n"
    known = {test.id: (control, test) for control in controls() for test in control.tests}
    counting: dict[int, list[Result]] = {}
    day = first
    while day <= last:
        for result in effective(session, day):
            counting.setdefault(result["entry"], []).append(result)
        day += timedelta(days=1)
    # Each is run again over what there was to read when it was judged.
    past = Index(session.store.ledger, until=0)
    for entry, results in sorted(counting.items()):
        past.until = entry - 1
        past.refresh()
        reader = Reader(session.store, past, session.catalogue.datasets)
        for result in results:
            day, reason = result["result_day"], "it is no longer defined"
            if result["test_id"] in known:
                control, test = known[result["test_id"]]
                available = reader.available(test.needs, day)
                reason = why_not(control, test, day, result, available) or ""
                if not reason:
                    yield from _again(control, test, day, result, available, session, folder)
            if reason:
                told = ", ".join(map(literal, (result["test_id"], day, reason)))
                yield f"insert into not_run values ({told});\n"
    yield from _comparison(session, first, last, folder)


def why_not(control: Control, test: Test, day: date, result: Result, available: Available) -> str | None:
    """Return why a result cannot be computed again from the files alone; null: it can."""
    if test.reads_results:
        return "it reads the results of its own evaluation"
    if result["definition_sha256"] != control.definition_sha256(day):
        return "it was judged by another version of the test than the one in this package"
    read = {snapshot.sha256 for one in available.rounds for snapshot in one.all}
    if not read or result["gx_unexpected_count"] is None:
        return f"nothing was judged: {result['reason']}"
    if read != set(result["snapshot_ids"]):
        return "the files it was judged from are not those that were there"
    return None


def _again(
    control: Control,
    test: Test,
    day: date,
    result: Result,
    available: Available,
    session: Session,
    folder: str,
) -> Iterator[str]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    parameters = control.parameters_on(day)
    yield f"\n-- {test.id} on {day}: {test.title}\n"
    for number, one in enumerate(available.rounds, 1):
        known = {
            **parameters,
            "day": day,
            "day_start": start,
            "day_end": start + timedelta(days=1),
            "observed_at": one.observed_at,
        }
        yield from _views(session.catalogue.datasets, test, one, folder)
        yield f"create or replace temp table frame as\n{bound(test.sql_text, known)};\n"
        told = f"{literal(result['result_id'])}, {number}"
        yield (
            f"insert into population select {told}, population_key, exempt_reason is not null from frame;\n"
        )
        for expectation in test.expectations:
            rule = refusing_sql(expectation, parameters)
            yield (
                f"insert into refused select {told}, population_key, {literal(expectation.code)} "
                f"from ({rule});\n"
            )
    yield f"insert into run values ({literal(result['result_id'])}, {literal(test.id)}, {literal(day)});\n"


def _views(datasets: Mapping[str, Dataset], test: Test, one: Round, folder: str) -> Iterator[str]:
    """Yield the views a test's SQL reads, over relative paths."""
    for statement in views_of(datasets, one, test.needs, folder):
        yield f"{statement};\n"


def bound(sql: str, parameters: Mapping[str, Any]) -> str:
    """Return SQL with its `$parameters` written out. Raises LiteralError."""
    return PARAMETER.sub(lambda found: literal(parameters[found[1]]), sql).rstrip().rstrip(";")


def literal(value: Any) -> str:
    """Return a value as a literal of SQL. Raises LiteralError."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime):
        return f"timestamptz '{value.astimezone(UTC).isoformat()}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    raise LiteralError(
        f"no literal for a {type(value).__name__}: a parameter is a number, a text, a day or a list"
    )


def _comparison(session: Session, first: date, last: date, folder: str) -> Iterator[str]:
    """Yield what compares with the stored populations."""
    files = sorted(
        snapshot.path
        for slot, snapshots in session.index.snapshots.items()
        if slot.dataset == "ctl_population" and first <= slot.day <= last
        for snapshot in snapshots
    )
    listed = ", ".join(literal(f"{folder}/{path}") for path in files)
    yield f"""
-- What the package says was looked at and refused, of the results that were run again.
create temp view stored as
select
    p.*,
    dense_rank() over (partition by p.result_id order by p.observed_at) as round
from read_parquet([{listed}], hive_partitioning = false) as p
where p.result_id in (select result_id from run);
create temp table difference as
with looked_at as (
    select result_id, round, population_key, is_exempt from population
),
was_looked_at as (
    select result_id, round, population_key, exempt_reason is not null from stored
),
was_refused as (
    select
        result_id,
        round,
        population_key,
        unnest(codes) as code
    from stored
),
known_codes as (
    select * from was_refused where code <> 'UNKNOWN'
)
(select 'only now looked at' as what, result_id, round, population_key, null as code
from (from looked_at except from was_looked_at))
union all
(select 'only then looked at', result_id, round, population_key, null
from (from was_looked_at except from looked_at))
union all
(select 'only now refused', * from (from refused except from known_codes))
union all
(select 'only then refused', * from (from known_codes except from refused));
select
    (select count(*) from run) as results_run_again,
    (select count(*) from not_run) as results_not_run,
    (select count(*) from population) as rows_looked_at,
    (select count(*) from refused) as rows_refused,
    (select count(*) from difference) as differences;
select
    test_id,
    count(*) as days,
    reason
from not_run
group by all
order by all;
select
    run.test_id,
    run.day,
    difference.what,
    difference.population_key,
    difference.code
from difference
join run on run.result_id = difference.result_id
order by all;
"""
