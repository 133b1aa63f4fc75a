"""Can an auditor see which rows came late, which results were replaced because of it, and by what?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import warehouse

SQL = Path(warehouse.__file__).parent / "sql"
GIVEN = """
create schema ctl;
create schema meta;
create schema rec;
create table ctl.population as
select * from (values
    ('PI-09.c', date '2026-03-10', 'payments/p1', '2026-03-12T00:30:00+00:00', 'true'),
    ('PI-09.c', date '2026-03-10', 'payments/p2', '2026-03-12T00:00:00+00:00', 'false'),
    ('PI-09.c', date '2026-03-10', 'payments/p3', '2026-03-13T00:00:00+00:00', 'false'),
    ('PI-03.a', date '2026-03-10', 'o1', '2026-03-13T00:00:00+00:00', 'false')
) as rows (test_id, result_day, population_key, recorded, registered);
alter table ctl.population add column instance_name varchar;
alter table ctl.population add column occurred_at timestamptz;
alter table ctl.population add column attributes json;
update ctl.population set attributes = json_object(
    'recorded_at', recorded, 'closed_at', '2026-03-12T00:00:00+00:00', 'registered', registered = 'true'
);
create table rec.rule as select 'PI-03.a' as test_id;
create table meta.snapshot as
select * from (values ('f1', 'shop_order'), ('f2', 'shop_payment'), ('f3', 'shop_payment'))
    as rows (snapshot_id, dataset);
create table ctl.test_result as
select
    test_id,
    date '2026-03-10' as result_day,
    'r' || entry as result_id,
    entry,
    timestamptz '2026-03-11 00:30:00+00' + to_days(entry) as evaluated_at,
    verdict,
    exceptions_count,
    snapshot_ids
from (values
    ('PI-03.a', 1, 'PASS', 0, ['f1', 'f2']),
    ('PI-03.a', 2, 'FAIL', 1, ['f1', 'f3']),
    ('AC-01.a', 3, 'PASS', 0, ['f1']),
    ('AC-01.a', 4, 'PASS', 0, ['f2'])
) as rows (test_id, entry, verdict, exceptions_count, snapshot_ids);
"""


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database with a day that was judged twice, and the views over it."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(GIVEN)
        connection.execute((SQL / "rec_late.sql").read_text(encoding="utf-8"))
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query answers."""
    return connection.execute(sql).fetchall()


def test_what_was_recorded_after_its_day_was_closed_is_listed(published: duckdb.DuckDBPyConnection) -> None:
    """With how late it came and whether the register names it; what came just in time is not."""
    assert [("payments/p1", 30, True), ("payments/p3", 1440, False)] == rows(
        published, "select row_key, minutes_late, registered from rec.late_arrival"
    )


def test_both_results_of_a_restated_day_are_shown_with_what_was_read_again(
    published: duckdb.DuckDBPyConnection,
) -> None:
    """The last result has no successor, and a control that compares nothing is no reconciliation."""
    assert [("PI-03.a", "r1", "PASS", 0, "r2", "FAIL", 1, ["shop_payment"], 2)] == rows(
        published,
        "select test_id, result_id, verdict, exceptions_count, superseded_by, restated_verdict, "
        "restated_exceptions_count, read_again, late_arrivals from rec.restatement",
    )
