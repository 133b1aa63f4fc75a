"""Which rows does each rule refuse, by Great Expectations and by SQL?

The only door to Great Expectations. Its analytics stay off, it sees a pandas batch (the only kind on which
it lists every refused row), Arrow types (so that integers beyond 2^53 are exact), and never decides alone.
"""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from expectations.control import Expectation, Parameters, Test
from expectations.loading import FRAME_COLUMNS
from expectations.predicates import RULES, name
from warehouse.read import in_memory

ARROW = {"varchar": pa.string(), "timestamptz": pa.timestamp("us", tz="UTC")}


class JudgeError(ValueError):
    """A frame cannot be judged; the message says why. The verdict is ERROR."""


@dataclass(frozen=True)
class Judged:
    """What one rule said about the tested rows."""

    expectation: Expectation
    refused: frozenset[str]
    """Keys that Great Expectations refuses."""
    refused_by_sql: frozenset[str]
    unknown: frozenset[str]
    """Keys with a null where a value was needed; neither engine refuses them."""
    gx_json: str
    sql: str

    @property
    def disagreement(self) -> str | None:
        """Return which keys only one of the engines refuses, or None."""
        if self.refused == self.refused_by_sql:
            return None
        only_gx = sorted(self.refused - self.refused_by_sql)[:3]
        only_sql = sorted(self.refused_by_sql - self.refused)[:3]
        return (
            f"{self.expectation.code}: Great Expectations and SQL refuse different rows "
            f"(only the former: {only_gx or 'none'}, only the latter: {only_sql or 'none'}, at most 3 shown)"
        )


@dataclass(frozen=True)
class Judgement:
    """What all rules of a test said about one frame."""

    frame: pa.Table
    judged: tuple[Judged, ...]
    attributes: tuple[str, ...]
    """For every row of the frame, its attributes as JSON."""

    @property
    def unknown(self) -> frozenset[str]:
        """Keys with any unknown tested attribute."""
        return frozenset(key for judged in self.judged for key in judged.unknown)

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Where the engines differ."""
        return tuple(text for judged in self.judged if (text := judged.disagreement))

    @property
    def gx_unexpected_count(self) -> int:
        """Rows refused by Great Expectations, over all rules."""
        return sum(len(judged.refused) for judged in self.judged)

    @property
    def sql_unexpected_count(self) -> int:
        """Rows refused by SQL, over all rules."""
        return sum(len(judged.refused_by_sql) for judged in self.judged)


def frame(connection: duckdb.DuckDBPyConnection, test: Test, parameters: Mapping[str, Any]) -> pa.Table:
    """Return the facts a test states, one row each. Raises duckdb.Error."""
    used = {name: parameters[name] for name in test.sql_parameters}
    found = connection.sql(test.sql_text, params=used).to_arrow_table()
    for column, kind in FRAME_COLUMNS.items():
        if column not in found.column_names:
            raise JudgeError(f"{test.id}: the frame lacks {column}")
        place = found.column_names.index(column)
        found = found.set_column(place, column, found[column].cast(ARROW[kind]))
    return found


def judge(test: Test, facts: pa.Table, parameters: Parameters) -> Judgement:
    """Return which rows each rule of a test refuses. Raises JudgeError; Great Expectations may raise more."""
    _check_keys(test, facts)
    tested = facts.filter(pc.is_null(facts["exempt_reason"]))
    by_gx = _ask_gx(test, tested, parameters)
    connection = _sql_engine()
    connection.register("frame", facts)
    try:
        by_sql = _ask_sql(connection, test, parameters)
        judged = [
            Judged(
                expectation, refused, refused_by_sql, unknown, answer, refusing_sql(expectation, parameters)
            )
            for expectation, (refused, answer), (refused_by_sql, unknown) in zip(
                test.expectations, by_gx, by_sql, strict=True
            )
        ]
        attributes = [column for column in facts.column_names if column not in FRAME_COLUMNS]
        fields = ", ".join(f"{name(column)}: {name(column)}" for column in attributes)
        rows = connection.sql(
            f"select to_json({{{fields}}}) from frame" if fields else "select '{}' from frame"
        )
        texts = tuple(row[0] for row in rows.fetchall())
    finally:
        connection.unregister("frame")
    return Judgement(facts, tuple(judged), texts)


def refusing_sql(expectation: Expectation, parameters: Parameters) -> str:
    """Return SQL over `frame` that lists the keys a rule refuses: the rule, for a reader with any DuckDB."""
    return (
        "select population_key\nfrom frame\n"
        f"where exempt_reason is null\n  and ({_refuses(expectation, parameters)})\norder by population_key"
    )


def _refuses(expectation: Expectation, parameters: Parameters) -> str:
    return RULES[expectation.type].refuses(expectation.resolved(parameters))


def _cannot_tell(expectation: Expectation) -> str:
    """Return the predicate of rows a rule cannot be applied to; none where a null means something."""
    if not expectation.null_is_unknown:
        return "false"
    return " or ".join(f"{name(column)} is null" for column in expectation.columns)


def _ask_sql(
    connection: duckdb.DuckDBPyConnection, test: Test, parameters: Parameters
) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return for each rule the keys its predicate refuses, and those it cannot tell of, in one pass."""
    predicates = [
        f"({predicate}) is true"
        for expectation in test.expectations
        for predicate in (_refuses(expectation, parameters), _cannot_tell(expectation))
    ]
    rows = connection.sql(
        f"select population_key, {', '.join(predicates)} from frame "
        f"where exempt_reason is null and ({' or '.join(predicates)})"
    ).fetchall()
    found = [frozenset(row[0] for row in rows if row[place]) for place in range(1, len(predicates) + 1)]
    return list(zip(found[::2], found[1::2], strict=True))


def _check_keys(test: Test, facts: pa.Table) -> None:
    keys = facts["population_key"]
    if keys.null_count:
        raise JudgeError(f"{test.id}: {keys.null_count} rows have no population_key")
    distinct = pc.count_distinct(keys).as_py()
    if distinct != facts.num_rows:
        counts = pc.value_counts(keys).to_pylist()
        twice = sorted(item["values"] for item in counts if item["counts"] > 1)[:3]
        raise JudgeError(
            f"{test.id}: population_key is not unique: {facts.num_rows} rows, {distinct} keys, such as "
            f"{', '.join(twice)}. Does a join repeat rows?"
        )
    for expectation in test.expectations:
        for column in expectation.columns:
            if column not in facts.column_names:
                raise JudgeError(
                    f"{test.id}: the frame lacks column {column}, which {expectation.code} tests"
                )


@cache
def _sql_engine() -> duckdb.DuckDBPyConnection:
    return in_memory()


@cache
def _batches() -> Any:
    """Return the one batch definition of this process; importing Great Expectations takes seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # a compliance tool does not phone home
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports use what Python 3.11 deprecates
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def _ask_gx(test: Test, tested: pa.Table, parameters: Parameters) -> list[tuple[frozenset[str], str]]:
    """Return for each rule the keys Great Expectations refuses, and its own answer as JSON."""
    if not tested.num_rows:  # it passes zero rows, which says nothing
        return [(frozenset(), '{"not asked": "no row to test"}') for _ in test.expectations]
    import pandas as pd

    definition = _batches()
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    columns = {"population_key", *(c for expectation in test.expectations for c in expectation.columns)}
    batch = definition.get_batch(
        batch_parameters={"dataframe": tested.select(sorted(columns)).to_pandas(types_mapper=pd.ArrowDtype)}
    )
    rules = []
    for number, expectation in enumerate(test.expectations):
        arguments: dict[str, Any] = dict(expectation.resolved(parameters))
        if "column_A" in arguments:  # else a pair with a missing value raises
            arguments["ignore_row_if"] = "either_value_is_missing"
        meta = {"number": number, "code": expectation.code, "severity": expectation.severity}
        rules.append(ExpectationConfiguration(expectation.type, arguments, meta=meta).to_domain_obj())
    with _configured_once():
        answered = batch.validate(
            ExpectationSuite(name=test.id, expectations=rules),
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["population_key"]},
        )
    answers: dict[int, tuple[frozenset[str], str]] = {}
    for answer in answered.results:
        content = answer.to_json_dict()
        if problem := _raised(content["exception_info"]):
            raise JudgeError(f"{test.id}: Great Expectations raised: {problem}")
        listed = content["result"].get("unexpected_index_list") or []
        answers[content["expectation_config"]["meta"]["number"]] = (
            frozenset(item["population_key"] for item in listed),
            json.dumps(_plain(content), sort_keys=True, allow_nan=False, default=str),
        )
    return [answers[number] for number in range(len(test.expectations))]


@contextmanager
def _configured_once() -> Iterator[None]:
    """Let Great Expectations make each expectation's configuration once in a validation.

    It makes it anew for every key it asks of it, about ninety times each: half of its time. Nothing changes
    an expectation meanwhile.
    """
    from great_expectations.expectations.expectation import Expectation

    made_anew: Any = Expectation.configuration
    known: dict[int, tuple[Expectation, Any]] = {}  # the expectation is kept, so that its id stays its own

    def once(expectation: Expectation) -> Any:
        if id(expectation) not in known:
            known[id(expectation)] = expectation, made_anew.fget(expectation)
        return known[id(expectation)][1]

    Expectation.configuration = property(once)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Expectation.configuration = made_anew  # type: ignore[method-assign]


def _raised(info: Mapping[str, Any] | None) -> str | None:
    """Return the message of what was raised; it is told in one of two shapes."""
    if not info:
        return None
    if "raised_exception" in info:
        return str(info["exception_message"]) if info["raised_exception"] else None
    return next((text for inner in info.values() if (text := _raised(inner))), None)


def _plain(value: Any) -> Any:
    """Return a value without what JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
