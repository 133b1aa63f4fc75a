"""Do the rules' macros round and spread exactly, whatever the numbers, and refuse what they cannot tell?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    localcontext,
)
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.read import in_memory

MODES = {
    "half_up": ROUND_HALF_UP,
    "half_down": ROUND_HALF_DOWN,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
    "up": ROUND_UP,
}
"""Ours -> Python's word for the same, all by magnitude."""
SMALL = st.integers(-(2**62), 2**62)
LARGE = st.integers(-(2**127) + 1, 2**127 - 1)
DIVISORS = st.one_of(st.integers(1, 10), st.integers(1, 2**60 + 9), st.integers(1, 2**126 - 1))


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection as readers have it."""
    connection = in_memory()
    yield connection
    connection.close()


def asked(engine: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> Any:
    """Return the one value of a query."""
    [(value,)] = engine.execute(sql, values).fetchall()
    return value


def test_every_mode_rounds_by_magnitude(engine: duckdb.DuckDBPyConnection) -> None:
    """A tie, what is just beside it, and their opposites."""
    halves = [-7, -5, -3, -1, 0, 1, 3, 5, 7]
    expected = {
        "half_up": [-4, -3, -2, -1, 0, 1, 2, 3, 4],
        "half_down": [-3, -2, -1, 0, 0, 0, 1, 2, 3],
        "half_even": [-4, -2, -2, 0, 0, 0, 2, 2, 4],
        "down": [-3, -2, -1, 0, 0, 0, 1, 2, 3],
        "up": [-4, -3, -2, -1, 0, 1, 2, 3, 4],
    }
    assert expected == {
        mode: [asked(engine, "select round_div(?, 2, ?)", half, mode) for half in halves] for mode in MODES
    }


@settings(max_examples=400, deadline=None)
@given(st.one_of(SMALL, LARGE), DIVISORS, st.sampled_from(sorted(MODES)))
def test_rounding_is_that_of_exact_fractions(
    engine: duckdb.DuckDBPyConnection, n: int, d: int, mode: str
) -> None:
    """Up to 2^127, in the narrow and in the wide way of reckoning alike."""
    with localcontext(Context(prec=60)):
        whole, rest = divmod(abs(Fraction(n, d)), 1)
        # Only on which side of a half the rest lies counts; a fraction may have no end in decimals.
        side = Decimal(0 if rest == 0 else 5 if rest * 2 == 1 else 3 if rest * 2 < 1 else 7) / 10
        rounded = int((whole + side).quantize(Decimal(1), rounding=MODES[mode]))
    expected = -rounded if n < 0 else rounded

    assert expected == asked(engine, "select round_div(?::hugeint, ?::hugeint, ?)", n, d, mode)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(SMALL, st.integers(1, 10**12), st.sampled_from(sorted(MODES))), max_size=50))
def test_rows_of_many_modes_round_as_each_alone(
    engine: duckdb.DuckDBPyConnection, rows: list[tuple[int, int, str]]
) -> None:
    """A mode that is a column says the same as one that is a constant."""
    expected = [asked(engine, f"select round_div({n}, {d}, '{mode}')", *()) for n, d, mode in rows]
    listed = ", ".join(f"({i}, {n}::bigint, {d}::bigint, '{mode}')" for i, (n, d, mode) in enumerate(rows))
    sql = f"select round_div(n, d, mode) from (values {listed}) as r (i, n, d, mode) order by i"
    found = [value for (value,) in engine.execute(sql).fetchall()] if rows else []

    assert expected == found


@pytest.mark.parametrize("mode", sorted(MODES))
@pytest.mark.parametrize("edge", [2**61, 2**62, 2**63 - 1, 2**63, 2**63 + 1, 2**64])
def test_the_ends_of_what_a_bigint_holds_are_no_ends_of_rounding(
    engine: duckdb.DuckDBPyConnection, mode: str, edge: int
) -> None:
    """One either side, positive and negative."""
    listed = [sign * (edge + by) for sign in (1, -1) for by in (-1, 0, 1)]

    assert listed == [asked(engine, "select round_div(?::hugeint, 1, ?)", n, mode) for n in listed]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("round_div(1, 0, 'up')", "expected a positive number to divide by, found 0"),
        ("round_div(1, -2, 'up')", "expected a positive number to divide by, found -2"),
        ("round_div(1, 2, 'nearest')", "there is no rounding mode nearest"),
        ("round_div(2::hugeint ** 0, 2, 'up')", "found a DOUBLE"),
        ("round_div(1.5, 2, 'up')", r"found a DECIMAL\(2,1\)"),
        ("round_div(1, 2.5, 'up')", r"found a DECIMAL\(2,1\)"),
        ("round_div('nan'::double, 2, 'up')", "found a DOUBLE"),
        ("round_div('infinity'::float, 2, 'up')", "found a FLOAT"),
        (f"round_div({2**127 - 2}, {2**127 - 1}, 'half_up')", "Overflow"),
        ("largest_remainder(1, [])", "nothing to spread 1 over"),
        ("largest_remainder(1, [0, 0])", "nothing to spread 1 over"),
        ("largest_remainder(1, [2, -1])", "a weight is negative"),
    ],
)
def test_what_cannot_be_told_exactly_is_an_error(
    engine: duckdb.DuckDBPyConnection, call: str, told: str
) -> None:
    """Never a number that is nearly right."""
    with pytest.raises(duckdb.Error, match=told):
        engine.execute(f"select {call}")


def test_what_is_not_known_rounds_to_what_is_not_known(engine: duckdb.DuckDBPyConnection) -> None:
    """A null is no zero, and no half_up."""
    calls = "round_div(null, 2, 'up'), round_div(1, null, 'up'), round_div(1, 2, null)"

    assert [(None, None, None)] == engine.execute(f"select {calls}").fetchall()


def test_what_is_left_over_goes_to_the_largest_remainders(engine: duckdb.DuckDBPyConnection) -> None:
    """The first of equal ones, and the opposite of it for an opposite amount."""
    calls = {
        "largest_remainder(100, [1, 1, 1])": [34, 33, 33],
        "largest_remainder(-100, [1, 1, 1])": [-34, -33, -33],
        "largest_remainder(10, [1, 2, 4])": [1, 3, 6],
        "largest_remainder(0, [5, 0])": [0, 0],
        "largest_remainder(7, [0, 3])": [0, 7],
    }
    assert calls == {call: asked(engine, f"select {call}") for call in calls}


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**62), 2**62), st.lists(st.integers(0, 2**40), min_size=1, max_size=12))
def test_parts_sum_to_what_was_spread(
    engine: duckdb.DuckDBPyConnection, amount: int, weights: list[int]
) -> None:
    """Each is less than one from its exact share, on the side of zero or beyond it."""
    if not sum(weights):
        weights[0] = 1
    parts = asked(engine, "select largest_remainder(?::hugeint, ?::bigint[])", amount, weights)

    assert amount == sum(parts)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(amount * weight, sum(weights)) - part) < 1
