"""Which rules may a test state, and how does each read as plain SQL?

Row-level expectations only: each either refuses a row by its attributes or does not. What looks at a whole
table (row counts, sums, proportions) cannot name the rows it refuses, so it is not in this list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

Value: TypeAlias = bool | int | str | Sequence[str] | Sequence[int] | Sequence[bool]
Arguments: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True)
class Rule:
    """One type of expectation: its arguments, the columns it tests, and the SQL of a refused row."""

    required: tuple[str, ...]
    refuses: Callable[[Arguments], str]
    optional: tuple[str, ...] = ()
    columns: tuple[str, ...] = ("column",)
    judges_null: bool = False
    """True where a null is what the rule is about, so that it never means `unknown`."""
    needs_one_of: tuple[str, ...] = ()

    @property
    def arguments(self) -> frozenset[str]:
        """Every argument the expectation may have."""
        return frozenset((*self.required, *self.optional))


def literal(value: Value) -> str:
    """Return a value as SQL writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case date():
            return f"date '{value.isoformat()}'"
        case _:
            return "(" + ", ".join(literal(item) for item in value) + ")"


def name(identifier: Value) -> str:
    """Return a column's name, quoted."""
    return '"' + str(identifier).replace('"', '""') + '"'


def _between(arguments: Arguments) -> str:
    column = name(arguments["column"])
    parts = []
    if "min_value" in arguments:
        sign = "<=" if arguments.get("strict_min") else "<"
        parts.append(f"{column} {sign} {literal(arguments['min_value'])}")
    if "max_value" in arguments:
        sign = ">=" if arguments.get("strict_max") else ">"
        parts.append(f"{column} {sign} {literal(arguments['max_value'])}")
    return " or ".join(parts)


def _a_greater(arguments: Arguments) -> str:
    sign = "<" if arguments.get("or_equal") else "<="
    return f"{name(arguments['column_A'])} {sign} {name(arguments['column_B'])}"


PAIR = ("column_A", "column_B")

RULES: Mapping[str, Rule] = {
    "expect_column_values_to_be_between": Rule(
        ("column",),
        _between,
        optional=("min_value", "max_value", "strict_min", "strict_max"),
        needs_one_of=("min_value", "max_value"),
    ),
    "expect_column_values_to_be_in_set": Rule(
        ("column", "value_set"),
        lambda a: f"{name(a['column'])} not in {literal(a['value_set'])}",
    ),
    "expect_column_values_to_not_be_in_set": Rule(
        ("column", "value_set"),
        lambda a: f"{name(a['column'])} in {literal(a['value_set'])}",
    ),
    "expect_column_values_to_be_null": Rule(
        ("column",), lambda a: f"{name(a['column'])} is not null", judges_null=True
    ),
    "expect_column_values_to_not_be_null": Rule(
        ("column",), lambda a: f"{name(a['column'])} is null", judges_null=True
    ),
    "expect_column_pair_values_to_be_equal": Rule(
        PAIR, lambda a: f"{name(a['column_A'])} <> {name(a['column_B'])}", columns=PAIR
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": Rule(
        PAIR, _a_greater, optional=("or_equal",), columns=PAIR
    ),
}
"""The allow-list. A type is added here with its SQL, and a test that both engines refuse the same rows."""
