"""What do the product's own rules say of many orders: its reconciliations, judged by its controls?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache

import duckdb

from assets.capture import Derivation, day_window
from expectations.control import Control, Test
from expectations.predicates import RULES
from pipelines.catalogue import catalogue
from pipelines.evaluation import controls
from tests.benchmarks.trade.make import MADE, REGISTERS, Trade
from warehouse.read import empty_view, in_memory

RECONCILED = (
    "reconciliation_order_line",
    "reconciliation_order",
    "reconciliation_order_tax",
    "reconciliation_tax_line",
    "reconciliation_discount",
    "reconciliation_payment",
    "reconciliation_charge",
    "reconciliation_refund_match",
)
"""The rules of orders, taxes and payments. What balances and payouts come to needs no millions of rows."""


def breaks(trade: Trade, day: date, *, memory: str | None = None) -> Counter[str]:
    """Return how many breaks of each code the product finds on a day."""
    connection = opened(trade, day, memory=memory)
    try:
        found: Counter[str] = Counter()
        for statement in statements():
            used = {name: value for name, value in known(day).items() if f"${name}" in statement}
            found.update(dict(connection.execute(statement, used).fetchall()))
        return found
    finally:
        connection.close()


def captures(trade: Trade, day: date, *, memory: str | None = None) -> Counter[str]:
    """Return how many breaks the shop's captures have against the processor's charges alone."""
    connection = opened(trade, day, memory=memory)
    try:
        tests = [
            test
            for control in _controls()
            for test in control.tests
            if {need.dataset for need in test.needs} == {"reconciliation_charge"}
        ]
        statement = _statement(tests)
        used = {name: value for name, value in known(day).items() if f"${name}" in statement}
        return Counter(dict(connection.execute(statement, used).fetchall()))
    finally:
        connection.close()


def known(day: date) -> dict[str, object]:
    """Return what the rules may ask about a day."""
    start, end = day_window(day)
    parameters = {k: v for control in _controls() for k, v in control.parameters_on(day).items()}
    return {"day": day, "day_start": start, "day_end": end, "instance": "shop-main", **parameters}


def opened(trade: Trade, day: date, *, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB with the views that the warehouse's reader would make for a day."""
    connection = in_memory()
    connection.execute(f"set temp_directory = '{trade.folder / 'spilled'}'")
    connection.execute("set enable_progress_bar = false")
    if memory is not None:
        connection.execute(f"set memory_limit = '{memory}'")
    for dataset in MADE:
        for name, where in (("", "="), ("_before", "<"), ("_after", ">")):
            connection.execute(
                f"create temp view {dataset}{name} as select 'shop-main' as instance, "
                f"timestamptz '{day + timedelta(days=3)} 00:00:00+00' as captured_at, * "
                f"from read_parquet('{trade.files(dataset)}') where day {where} date '{day}'"
            )
    for dataset in REGISTERS:
        connection.execute(
            f"create temp view {dataset} as select 'main' as instance, * "
            f"from read_parquet('{trade.files(dataset)}')"
        )
    for dataset in ("shop_earlier_order", "shop_earlier_payment", "shop_earlier_refund"):
        connection.execute(empty_view(catalogue().datasets[dataset]))
    read = ", ".join(f"('{name}')" for name in MADE)
    connection.execute(
        "create temp view snapshot_read as select name as dataset, 'main' as instance, "
        f"date '{day}' as day, timestamptz '{day + timedelta(days=3)} 00:00:00+00' as captured_at "
        f"from (values {read}) as r (name)"
    )
    return connection


@cache
def statements() -> tuple[str, ...]:
    """Return one statement for each control: breaks by code, every reconciliation computed once."""
    found = []
    for control in _controls():
        tests = [test for test in control.tests if {n.dataset for n in test.needs} <= set(_derived())]
        found.append(_statement(tests))
    return tuple(found)


def _statement(tests: Sequence[Test]) -> str:
    frames: dict[str, list[Test]] = {}
    for test in tests:
        frames.setdefault(test.sql_text, []).append(test)
    needed = {need.dataset for test in tests for need in test.needs}
    refused = "\nunion all\n".join(_refused(sql, of) for sql, of in frames.items())
    return f"{_with(needed)}\nselect code, count(*) from (\n{refused}\n) group by code order by code"


def _with(needed: Iterable[str]) -> str:
    parts = []
    for name in sorted(needed):
        sql = _unordered(_derived()[name].sql.read_text(encoding="utf-8"))
        parts.append(f"{name} as (select 'shop-main' as instance, made.* from (\n{sql}\n) as made)")
    return "with\n" + ",\n".join(parts)


def _refused(sql: str, tests: Sequence[Test]) -> str:
    """Return SQL for the refused rows of one frame, of all tests of it, a row for each code."""
    codes = {}
    for test in tests:
        for expectation in test.expectations:
            refuses = RULES[expectation.type].refuses(expectation.resolved({}))
            if expectation.null_is_unknown:
                nulls = " or ".join(f"{column} is null" for column in expectation.columns)
                refuses = f"({refuses}) or {nulls}"
            codes[_called(test, expectation.code)] = f"coalesce({refuses}, false)"
    any_of = " or ".join(codes.values())
    listed = ", ".join(f"case when {refuses} then '{code}' end" for code, refuses in codes.items())
    return (
        f"select population_key, code from (select population_key, unnest([{listed}]) as code\n"
        f"from (\n{_unordered(sql)}\n) as frame\nwhere exempt_reason is null and ({any_of}))\n"
        "where code is not null"
    )


def _called(test: Test, code: str) -> str:
    """Return what a break is called here: charges and refunds share some codes."""
    if [need.dataset for need in test.needs] != ["reconciliation_refund_match"]:
        return code
    return f"REFUND_{next(rule.breaks[code] for rule in test.reconciles if code in rule.breaks)}"


def _unordered(sql: str) -> str:
    """Return SQL without its last clause, the order of its rows: nobody reads these."""
    return re.sub(r"\norder by\s[\w\s,.]+\Z", "", sql)


@cache
def _controls() -> tuple[Control, ...]:
    return tuple(
        control
        for control in controls()
        if control.id.startswith("PI-")
        and any({need.dataset for need in test.needs} <= set(_derived()) for test in control.tests)
    )


@cache
def _derived() -> dict[str, Derivation]:
    return {d.dataset.name: d for d in catalogue().derivations if d.dataset.name in RECONCILED}
