"""Do both engines refuse the same rows, and is what neither can tell kept apart?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.control import Control, Expectation, Test
from expectations.judge import JudgeError, Judgement, judge
from expectations.loading import load
from expectations.predicates import RULES
from tests.expectations.conftest import DATASETS, SQL, stated

BIG = 2**53
BETWEEN = "expect_column_values_to_be_between"


def facts(**columns: pa.Array) -> pa.Table:
    """Return a frame of some attributes, whose keys are 0, 1, 2, …"""
    rows = len(next(iter(columns.values())))
    keys = pa.array([str(n) for n in range(rows)], pa.string())
    return pa.table(
        {
            "population_key": keys,
            "subject_label": pa.nulls(rows, pa.string()),
            "occurred_at": pa.nulls(rows, pa.timestamp("us", tz="UTC")),
            "instance": ["main"] * rows,
            "exempt_reason": pa.nulls(rows, pa.string()),
            **columns,
        }
    )


@pytest.fixture
def test(control: Control) -> Test:
    """Return a test whose rules are replaced."""
    return control.tests[0]


def rules(test: Test, *expectations: dict[str, Any]) -> Test:
    """Return the test with other rules."""
    made = tuple(Expectation.model_validate({"code": f"C{n}", **e}) for n, e in enumerate(expectations))
    return test.model_copy(update={"expectations": made})


def refused(judgement: Judgement) -> list[list[str]]:
    """Return the keys each rule refuses, once the engines agree."""
    assert () == judgement.disagreements
    return [sorted(judged.refused) for judged in judgement.judged]


WORKED: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "expect_column_values_to_be_between": (
        {"column": "a", "min_value": 1, "max_value": BIG}, ["0", "4"], ["3"]),
    "expect_column_values_to_be_in_set": ({"column": "s", "value_set": ["x", "it's"]}, ["1"], ["3"]),
    "expect_column_values_to_not_be_in_set": (
        {"column": "s", "value_set": ["x", "it's"]}, ["0", "2", "4"], ["3"]),
    "expect_column_values_to_be_null": ({"column": "s"}, ["0", "1", "2", "4"], []),
    "expect_column_values_to_not_be_null": ({"column": "s"}, ["3"], []),
    "expect_column_pair_values_to_be_equal": ({"column_A": "a", "column_B": "b"}, ["0", "4"], ["2", "3"]),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        {"column_A": "a", "column_B": "b"}, ["0", "1"], ["2", "3"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(RULES))
def test_every_rule_refuses_alike(test: Test, kind: str) -> None:
    """Each type on the allow-list has a worked case, with nulls and with integers beyond 2^53."""
    arguments, wanted, unknown = WORKED[kind]
    frame = facts(
        a=pa.array([0, 1, 2, None, BIG + 1], pa.int64()),
        b=pa.array([1, 1, None, None, BIG], pa.int64()),
        s=pa.array(["x", "y", "it's", None, "x"]),
    )

    judgement = judge(rules(test, {"type": kind, **arguments}), frame, {})

    assert [wanted] == refused(judgement)
    assert set(unknown) == judgement.unknown


def test_a_strict_bound_refuses_the_bound_itself(test: Test) -> None:
    """strict_max and strict_min, or_equal, booleans and instants are judged alike, too."""
    frame = facts(
        n=pa.array([49, 50, 51], pa.int64()),
        t=pa.array([True, False, True]),
        m=pa.array([50, 50, 50], pa.int64()),
    )

    judgement = judge(
        rules(
            test,
            {"type": BETWEEN, "column": "n", "max_value": 50, "strict_max": True},
            {"type": BETWEEN, "column": "n", "min_value": 50, "strict_min": True},
            {"type": "expect_column_values_to_be_in_set", "column": "t", "value_set": [True]},
            {
                "type": "expect_column_pair_values_a_to_be_greater_than_b",
                "column_A": "n", "column_B": "m", "or_equal": True,
            },
        ),
        frame,
        {},
    )  # fmt: skip

    assert [["1", "2"], ["0", "1"], ["1"], ["0"]] == refused(judgement)


INTEGERS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(BIG - 2, BIG + 2))


@settings(deadline=None)  # the first call imports Great Expectations
@given(st.lists(st.tuples(INTEGERS, INTEGERS), min_size=1, max_size=8), st.integers(BIG - 2, BIG))
def test_integers_are_judged_exactly(pairs: list[tuple[int | None, int | None]], bound: int) -> None:
    """Over the whole range of 64 bits, both engines refuse what Python's integers refuse."""
    rule = _lone_test()
    frame = facts(
        a=pa.array([a for a, _ in pairs], pa.int64()),
        b=pa.array([b for _, b in pairs], pa.int64()),
    )

    judgement = judge(
        rules(
            rule,
            {"type": "expect_column_pair_values_to_be_equal", "column_A": "a", "column_B": "b"},
            {"type": "expect_column_values_to_be_between", "column": "a", "max_value": bound},
        ),
        frame,
        {},
    )

    assert [
        [str(n) for n, (a, b) in enumerate(pairs) if a is not None and b is not None and a != b],
        [str(n) for n, (a, _) in enumerate(pairs) if a is not None and a > bound],
    ] == refused(judgement)


def _lone_test() -> Test:
    content = stated()["tests"][0] | {"id": "HO-01.a"}
    return Test(**content, sql_text=SQL, keeps_failure=True)


def test_null_may_be_declared_to_mean_something(test: Test) -> None:
    """With when_null: not_applicable a null neither breaks the rule nor is unknown."""
    frame = facts(n=pa.array([None, 0], pa.int64()))
    rule = {"type": BETWEEN, "column": "n", "min_value": 1}

    judgement = judge(rules(test, rule, {**rule, "when_null": "not_applicable"}), frame, {})

    assert [["1"], ["1"]] == refused(judgement)
    assert [frozenset({"0"}), frozenset()] == [judged.unknown for judged in judgement.judged]


def test_exempt_rows_are_not_judged(test: Test) -> None:
    """An exempt row is neither refused nor unknown, whatever its attributes are."""
    frame = facts(n=pa.array([0, None, 0], pa.int64()))
    frame = frame.set_column(4, "exempt_reason", pa.array(["walled up", "walled up", None]))

    judgement = judge(rules(test, {"type": BETWEEN, "column": "n", "min_value": 1}), frame, {})

    assert [["2"]] == refused(judgement)
    assert frozenset() == judgement.unknown


def test_no_rows_are_not_asked_about(test: Test) -> None:
    """Great Expectations passes zero rows, so it is not asked about them."""
    judgement = judge(test, facts(locks=pa.array([], pa.int64())), {"min_locks": 1})

    assert [[]] == refused(judgement)
    assert '{"not asked": "no row to test"}' == judgement.judged[0].gx_json


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["a", "a", "b"], "population_key is not unique: 3 rows, 2 keys, such as a"),
        (["a", None, "b"], "1 rows have no population_key"),
    ],
)
def test_keys_are_checked_on_all_rows(test: Test, keys: list[str | None], message: str) -> None:
    """A join that repeats rows, or a row without a key, is an error, even where the row is exempt."""
    frame = facts(locks=pa.array([1, 1, 1], pa.int64()))
    frame = frame.set_column(0, "population_key", pa.array(keys))
    frame = frame.set_column(4, "exempt_reason", pa.array(["walled up", "walled up", None]))

    with pytest.raises(JudgeError, match=message):
        judge(test, frame, {"min_locks": 1})


def test_engines_that_differ_are_told(test: Test) -> None:
    """A date and its midnight are equal in SQL and not in pandas: whoever is right, there is no verdict."""
    frame = facts(a=pa.array([date(2026, 3, 10)]), b=pa.array([datetime(2026, 3, 10, tzinfo=UTC)]))
    rule = {"type": "expect_column_pair_values_to_be_equal", "column_A": "a", "column_B": "b"}

    judgement = judge(rules(test, rule), frame, {})

    assert (1, 0) == (judgement.gx_unexpected_count, judgement.sql_unexpected_count)
    told = (
        "C0: Great Expectations and SQL refuse different rows "
        "(only the former: ['0'], only the latter: none, at most 3 shown)"
    )
    assert (told,) == judgement.disagreements


def test_a_missing_column_is_an_error_and_no_refusal(test: Test) -> None:
    """Great Expectations reports a column that is not there as a failed rule; we do not."""
    with pytest.raises(JudgeError, match="the frame lacks column locks, which NO_LOCK tests"):
        judge(test, facts(n=pa.array([1])), {"min_locks": 1})


def test_what_is_kept_can_be_read_again(test: Test) -> None:
    """Great Expectations' answer is JSON, the SQL runs on the frame, attributes are exact."""
    frame = facts(
        locks=pa.array([0, BIG + 1], pa.int64()), at=pa.array([datetime(2026, 3, 10, tzinfo=UTC)] * 2)
    )

    judged = (judgement := judge(test, frame, {"min_locks": 1})).judged[0]

    answer = json.loads(judged.gx_json)
    assert [{"locks": 0, "population_key": "0"}] == answer["result"]["unexpected_index_list"]
    assert (
        'select population_key\nfrom frame\nwhere exempt_reason is null\n  and ("locks" < 1)\n'
        "order by population_key"
    ) == judged.sql
    assert [0, BIG + 1] == [json.loads(text)["locks"] for text in judgement.attributes]


def test_the_expectations_of_a_loaded_control_are_judged(write: Callable[..., Path]) -> None:
    """Parameters stand in the rule by name and in the SQL by value."""
    content = stated()
    content["parameters"] = content["parameters"][:1]
    loaded = load(write(content), DATASETS)

    judgement = judge(loaded.tests[0], facts(locks=pa.array([0, 1], pa.int64())), {"min_locks": 1})

    assert [["0"]] == refused(judgement)
