"""What do the views of the reconciliations make of a population: what matches, what breaks, by how much?"""

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
create table meta.published as select timestamptz '2026-03-12 01:00:00+00' as published_at;
create table ctl.population as
select * from (values
    ('PI-03.b', date '2026-03-10', 'ch_1', 'pass', null, []::varchar[],
        '{"due": 500, "paid": 500, "currency": "EUR"}'),
    ('PI-03.b', date '2026-03-10', 'ch_2', 'pass', null, [], '{"due": 500, "paid": 501, "currency": "EUR"}'),
    ('PI-03.b', date '2026-03-10', 'ch_3', 'exception', null, ['AMOUNT'],
        '{"due": 500, "paid": 450, "currency": "EUR"}'),
    ('PI-03.b', date '2026-03-10', 'ch_4', 'exempt', 'timing', [],
        '{"due": null, "paid": 70, "currency": "EUR"}'),
    ('PI-03.b', date '2026-03-10', 'ch_5', 'exempt', 'a test order', [],
        '{"due": 1, "paid": 1, "currency": "JPY"}'),
    ('PI-03.b', date '2026-03-10', 'ch_6', 'unknown', null, ['UNKNOWN'],
        '{"due": null, "paid": 9007199254740993, "currency": "EUR"}'),
    ('AC-01.a', date '2026-03-10', 'u1', 'exception', null, ['NO_MFA'], '{}')
) as rows (test_id, result_day, population_key, status, exempt_reason, codes, attributes_text);
alter table ctl.population add column attributes json;
update ctl.population set attributes = attributes_text::json;
alter table ctl.population add column instance_name varchar;
alter table ctl.population add column subject_label varchar;
alter table ctl.population add column occurred_at timestamptz;
alter table ctl.population add column waiver_id varchar;
create table ctl.exception as
select
    'x3' as exception_id,
    'PI-03.b' as test_id,
    date '2026-03-10' as result_day,
    'ch_3' as population_key,
    null::varchar as subject_label,
    'AMOUNT' as code,
    timestamptz '2026-03-12 00:30:00+00' as first_seen_at,
    null::timestamptz as cleared_at,
    null::varchar as waiver_id,
    '{"due": 500, "paid": 450, "currency": "EUR"}'::json as detail;
create table ctl.test_day as
select 'PI-03.b' as test_id, date '2026-03-10' as result_day, 'r1' as result_id, 7 as entry;
create table ctl.test_result as
select 'r1' as result_id, 7 as entry, ['f1'] as snapshot_ids, 's' as sql_sha256, 'u' as suite_sha256;
"""


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database with a population of one two-sided comparison, and the views over it."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(GIVEN)
        connection.execute((SQL / "rec_tables.sql").read_text(encoding="utf-8"))
        connection.execute(
            "insert into rec.rule values "
            "('R11', 'PI-03.b', 'AMOUNT', 'AMOUNT', 'due', 'paid', 'currency'), "
            "('R11', 'PI-03.b', 'ORPHAN_PROCESSOR_CHARGE', 'MISSING_LEFT', 'due', 'paid', 'currency')"
        )
        connection.execute((SQL / "rec.sql").read_text(encoding="utf-8"))
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query answers."""
    return connection.execute(sql).fetchall()


def test_every_item_has_one_status_and_its_exact_difference(published: duckdb.DuckDBPyConnection) -> None:
    """Amounts beyond 2^53 stay exact; a control that compares nothing has no items."""
    assert [
        ("R11", "ch_1", "EUR", 500, 500, 0, "EXACT"),
        ("R11", "ch_2", "EUR", 500, 501, 1, "TOLERANCE"),
        ("R11", "ch_3", "EUR", 500, 450, -50, "BREAK"),
        ("R11", "ch_4", "EUR", None, 70, None, "TIMING"),
        ("R11", "ch_5", "JPY", 1, 1, 0, "EXEMPT"),
        ("R11", "ch_6", "EUR", None, 9007199254740993, None, "UNKNOWN"),
    ] == rows(
        published,
        "select rule_id, subject_key, currency, expected_minor, actual_minor, difference_minor, match_status "
        "from rec.item order by subject_key",
    )


def test_only_what_matches_or_is_too_young_is_a_match(published: duckdb.DuckDBPyConnection) -> None:
    """Breaks, unknown and exempt items are none."""
    assert [("ch_1", "EXACT"), ("ch_2", "TOLERANCE"), ("ch_4", "TIMING")] == rows(
        published, "select subject_key, match_status from rec.match order by subject_key"
    )


def test_a_break_says_its_kind_difference_and_age(published: duckdb.DuckDBPyConnection) -> None:
    """Two days lie between its business day and the making of the file."""
    assert [("x3", "R11", "ch_3", "AMOUNT", "AMOUNT", "EUR", -50, 2)] == rows(
        published,
        "select break_id, rule_id, subject_key, code, break_type, currency, difference_minor, age_days "
        'from rec."break"',
    )


def test_the_day_of_a_rule_sums_what_was_tolerated(published: duckdb.DuckDBPyConnection) -> None:
    """A drift of tolerated differences shows, and every item is counted in exactly one column."""
    assert [
        ("R11", "EUR", 5, 1500, 9007199254740993 + 1521, 1, 1, 1, 1, 1, -50, 1, 0, ["f1"]),
        ("R11", "JPY", 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, ["f1"]),
    ] == rows(
        published,
        "select rule_id, currency, population_count, left_control_total, right_control_total, matched_exact, "
        "matched_tolerance, tolerated_minor, timing, breaks, breaks_sum_minor, unknown, exempt, snapshot_ids "
        "from rec.rule_day order by currency",
    )
