"""What does an evaluation leave behind, as datasets that are stored and queried like any other?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from warehouse.dataset import Column, Dataset, Kind, Privacy

if TYPE_CHECKING:
    from expectations.outcome import TestOutcome

_RESULT = Column("result_id", "text", "The evaluation of one test on one day", required=True)
_TEST = Column("test_id", "text", "The test, such as AC-01.a", required=True)
_CONTROL = Column("control_id", "text", "The control, such as AC-01", required=True)
_DAY = Column("result_day", "date", "The evidence day the result is about", required=True)
_KEY = Column("population_key", "text", "The row tested; never personal", required=True)
_LABEL = Column("subject_label", "text", "The row tested, as people know it", privacy=Privacy.WORKFORCE)
_OCCURRED = Column("occurred_at", "timestamp", "When the row came to be, or happened")
_WAIVER = Column("waiver_id", "text", "The waiver that accepted it")

RESULT = Dataset(
    name="ctl_result",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per test evaluated: its verdict, its counts and what it was computed from",
    key=("result_id",),
    columns=(
        _RESULT,
        _TEST,
        _CONTROL,
        _DAY,
        Column(
            "verdict", "text", "PASS, PASS_WAIVED, FAIL, NO_OCCURRENCE, NOT_TESTED or ERROR", required=True
        ),
        Column("reason", "text", "Why that verdict, in one sentence", required=True),
        Column("population_count", "int", "Different rows looked at, exempt ones included", unit="rows"),
        Column("exempt_count", "int", "Different rows that were exempt", unit="rows"),
        Column("exceptions_count", "int", "Exceptions without a waiver", unit="exceptions"),
        Column("unknown_count", "int", "Different rows with a tested attribute that is unknown", unit="rows"),
        Column("waived_count", "int", "Exceptions that a waiver accepted", unit="exceptions"),
        Column("missing", "text[]", "Datasets and instances that could not be read, and why"),
        Column("snapshot_ids", "text[]", "Digests of the snapshots read"),
        Column("rounds", "int", "How many captures of the day were tested", unit="rounds"),
        Column(
            "gx_unexpected_count", "int", "Rows refused by Great Expectations, over all rules; null: none ran"
        ),
        Column("sql_unexpected_count", "int", "Rows refused by the same rules as SQL; null: none ran"),
        Column("definition_sha256", "text", "Digest of control.yaml, SQL and the parameters in force"),
        Column("sql_sha256", "text", "Digest of the test's SQL"),
        Column("suite_sha256", "text", "Digest of the rules with the parameters in force"),
        Column("population_sha256", "text", "Digest of the populations of all rounds, in the order of keys"),
        Column("evaluated_at", "timestamp", "When it was evaluated", required=True),
        Column("test_kind", "text", "state or event: what an empty population means", required=True),
        Column("keeps_failure", "bool", "Whether it reads a state, so that a FAIL stays", required=True),
        Column("final", "bool", "Whether every input is settled, so that no later read can change it"),
    ),
)

POPULATION = Dataset(
    name="ctl_population",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per row a test looked at, in every round, exempt ones included",
    key=("result_id", "observed_at", "population_key"),
    columns=(
        _RESULT,
        _TEST,
        _DAY,
        Column("observed_at", "timestamp", "The instant of the round", required=True),
        _KEY,
        Column("subject_type", "text", "What kind of thing the row is", required=True),
        _LABEL,
        _OCCURRED,
        Column("instance_name", "text", "The instance it was observed in"),
        Column("status", "text", "pass, exception, waived, unknown or exempt", required=True),
        Column("codes", "text[]", "The exception codes, and UNKNOWN where an attribute is unknown"),
        Column("exempt_reason", "text", "Why it was not tested"),
        _WAIVER,
        Column("attributes", "json", "The facts the rules judged"),
    ),
    may_be_empty=True,
)

EXCEPTION = Dataset(
    name="ctl_exception",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per row and code that broke a rule on the day, with its life over the day's rounds",
    key=("exception_id", "result_id"),
    columns=(
        Column("exception_id", "text", "Digest of test, row and code: the same on every day", required=True),
        _RESULT,
        _TEST,
        _CONTROL,
        _DAY,
        _KEY,
        _LABEL,
        Column("code", "text", "Which rule was broken", required=True),
        Column("severity", "text", "Critical, High, Medium or Low", required=True),
        _OCCURRED,
        Column("first_seen_at", "timestamp", "The first round of the day it was seen in", required=True),
        Column("last_seen_at", "timestamp", "The last round of the day it was seen in", required=True),
        Column("cleared_at", "timestamp", "The first round it was gone in; null: seen in the last one"),
        _WAIVER,
        Column("detail", "json", "The facts the rule judged, as last seen"),
    ),
    may_be_empty=True,
)

GX_RESULT = Dataset(
    name="ctl_gx_result",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per rule evaluated: Great Expectations' own answer, and the SQL that must agree with it",
    key=("result_id", "observed_at", "code"),
    columns=(
        _RESULT,
        _TEST,
        Column("observed_at", "timestamp", "The instant of the round", required=True),
        Column("expectation", "text", "The type of the rule", required=True),
        Column("code", "text", "The code it reports", required=True),
        Column("gx_json", "json", "Great Expectations' result", required=True),
        Column("sql", "text", "The same rule over the frame of the test's SQL", required=True),
    ),
    may_be_empty=True,
)

DATASETS = (RESULT, POPULATION, EXCEPTION, GX_RESULT)


def tables(outcomes: Iterable[TestOutcome]) -> dict[Dataset, pa.Table]:
    """Return the tables to store for an evaluation run: one of each dataset."""
    outcomes = list(outcomes)
    return {
        RESULT: table(RESULT, [outcome.result_row() for outcome in outcomes]),
        POPULATION: pa.concat_tables(
            [POPULATION.schema.empty_table(), *(outcome.population for outcome in outcomes)]
        ),
        EXCEPTION: table(EXCEPTION, [row for outcome in outcomes for row in outcome.exception_rows()]),
        GX_RESULT: table(GX_RESULT, [row for outcome in outcomes for row in outcome.gx_rows()]),
    }


def table(dataset: Dataset, rows: list[Mapping[str, Any]]) -> pa.Table:
    """Return rows as a table with the dataset's schema."""
    return pa.Table.from_pylist(rows, schema=dataset.schema)
