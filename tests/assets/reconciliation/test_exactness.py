"""Is there no floating point on the way from what a shop says to what a control judges?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from expectations.loading import discover, views_of
from pipelines.catalogue import catalogue
from pipelines.session import parameter
from warehouse.dataset import Dataset
from warehouse.read import SQL_TYPES, empty_view, in_memory

INEXACT = re.compile(
    r"\b(DOUBLE|FLOAT|REAL)\b|(?<![/\w])/(?![/*])|\b(avg|sqrt|pow|power|exp|ln|log|round|stddev\w*)\("
)
"""A type that is not exact, or what makes one of whole numbers."""
EXACT = {
    '"NULL"',  # a constant null, such as a reason nobody has
    "BIGINT",
    "BOOLEAN",
    "DATE",
    "HUGEINT",
    "INTEGER",
    "INTERVAL",
    "JSON",
    "TIMESTAMP WITH TIME ZONE",
    "TINYINT",
    "SMALLINT",
    "VARCHAR",
}
DERIVATIONS = [d for d in catalogue().derivations if d.dataset.name.startswith(("reconciliation_", "psp_"))]
CONTROLS = ("PI-", "LM-01", "SK-03")
TESTS = [
    (control, test)
    for control in discover(catalogue().datasets)
    if control.id.startswith(CONTROLS)
    for test in control.tests
    if not {need.dataset for need in test.needs} & {"ctl_result"}
]
KNOWN = {
    "day": date(2026, 3, 10),
    "day_start": datetime(2026, 3, 10, tzinfo=UTC),
    "day_end": datetime(2026, 3, 11, tzinfo=UTC),
    "observed_at": datetime(2026, 3, 10, 12, tzinfo=UTC),
    "instance": "main",
}


def opened(views: Sequence[tuple[str, Dataset]]) -> duckdb.DuckDBPyConnection:
    """Return a connection with an empty table per view, over which plans are not simplified away."""
    connection = in_memory()
    connection.execute(
        "create table snapshot_read (dataset varchar, instance varchar, day date, captured_at timestamptz)"
    )
    for name, dataset in views:
        connection.execute(empty_view(dataset, "shape"))
        connection.execute(f"create table {name} as from shape")
    connection.execute("set explain_output = 'all'")
    return connection


def without_comments(sql: str) -> str:
    """Return SQL without what is said about it, nor what is between quotes."""
    return re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", sql))


def types_in(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any) -> Iterator[tuple[str, str]]:
    """Yield (column, type) of a statement's result and of every part of it that has a name."""
    for column, kind, *_ in connection.execute(f"describe {sql}", parameters).fetchall():
        yield column, kind
    head = sql.partition("\nselect\n")[0]
    for name in re.findall(r"^ *(?:with )?(\w+) as \($", head, re.MULTILINE):
        named = {key: value for key, value in parameters.items() if f"${key}" in head}
        for column, kind, *_ in connection.execute(f"describe {head}\nfrom {name}", named).fetchall():
            yield f"{name}.{column}", kind


def inexact(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> list[str]:
    """Return everything inexact about a statement: in its text, its plans and its schemas."""
    found = [match.group(0) for match in INEXACT.finditer(without_comments(sql))]
    plans = connection.execute(f"explain (format json) {sql}", parameters).fetchall()
    for _, plan in plans:
        found += re.findall(r"\b(?:DOUBLE|FLOAT|REAL)\b", without_comments(str(plan)))
    for column, kind in types_in(connection, sql, parameters):
        whole = re.sub(r"\[\]$", "", kind)
        if whole not in EXACT and not whole.startswith("STRUCT"):
            found.append(f"{column} {kind}")
        if INEXACT.search(kind):
            found.append(f"{column} {kind}")
    return found


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda d: d.sql.stem)
def test_no_reconciliation_reckons_in_floating_point(derivation: Any) -> None:
    """Neither its text, nor any of its plans, nor the type of any column on the way."""
    datasets = catalogue().datasets
    views = [(name, datasets[name]) for name in derivation.inputs]
    views += [(f"{name}_before", datasets[name]) for name in derivation.before]
    views += [(f"{name}_after", datasets[name]) for name in derivation.after]
    views += [(f"{name}_earlier", datasets[name]) for name in derivation.earlier]
    connection = opened(views)
    sql = derivation.sql.read_text(encoding="utf-8")
    parameters = {name: value for name, value in KNOWN.items() if re.search(rf"\${name}\b", sql)}
    for name in derivation.dataset.parameters:
        word = name.partition(".")[2]
        if re.search(rf"\${word}\b", sql):  # another derivation of the dataset may be the one that uses it
            parameters[word] = parameter(name, KNOWN["day"])
    try:
        assert [] == inexact(connection, sql, parameters)
    finally:
        connection.close()


@pytest.mark.parametrize(("control", "test"), TESTS, ids=[test.id for _, test in TESTS])
def test_no_control_of_processing_integrity_judges_floating_point(control: Any, test: Any) -> None:
    """Likewise what its tests select from the reconciliations."""
    views = [(view, catalogue().datasets[need.dataset]) for need in test.needs for view in views_of(need)]
    connection = opened(list(dict(views).items()))
    given = {**control.parameters_on(KNOWN["day"]), **KNOWN}
    known = {name: given[name] for name in test.sql_parameters}
    try:
        assert [] == inexact(connection, test.sql_text, known)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select\n1 / 2 as half", ["/", "half DOUBLE"]),
        ("select\nsum(ext_minor * 0.1::double) as tenth\nfrom shop_order_line", ["double", "tenth DOUBLE"]),
        ("select\nround(ext_minor) as r\nfrom shop_order_line", ["round("]),
        ("select\next_minor // 2 as half\nfrom shop_order_line", []),
    ],
)
def test_floating_point_would_be_found(sql: str, told: list[str]) -> None:
    """The scan sees what it is for."""
    connection = opened([("shop_order_line", catalogue().datasets["shop_order_line"])])
    found = inexact(connection, sql, {})
    connection.close()

    assert [one for one in told if one.upper() not in {text.upper() for text in found}] == []
    assert bool(told) == bool(found)


def test_no_amount_is_stored_as_floating_point() -> None:
    """No column of any dataset can hold one."""
    assert {"bigint", "boolean", "date", "timestamptz", "varchar", "varchar[]"} == set(SQL_TYPES.values())
