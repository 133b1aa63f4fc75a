"""What does management state, how is it tested, and is that stated exactly enough to be tested?

A control is a folder `controls/<ID>-<what-it-is-about>/` with a `control.yaml` and one SQL file a test. The
models below are that file's schema; `loading.py` reads the folders and refuses the empty and the vague.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints, model_validator

from expectations.criteria import criteria
from expectations.predicates import RULES, Value
from warehouse.read import Need

Integer: TypeAlias = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
"""Great Expectations turns a bound into a float, exact only up to 2^53. Columns have no such limit."""
ParameterValue: TypeAlias = StrictBool | Integer | str | list[str]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]+$")]
Word: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Bound: TypeAlias = Integer | Annotated[str, StringConstraints(pattern=r"^\$[a-z][a-z0-9_]*$")]
Every: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
Severity: TypeAlias = Literal["Critical", "High", "Medium", "Low"]
BreakType: TypeAlias = Literal[
    "MISSING_LEFT",
    "MISSING_RIGHT",
    "AMOUNT",
    "CURRENCY",
    "STATUS",
    "DATE",
    "DUPLICATE",
    "ROUNDING",
    "AUTHORISATION",
    "SEQUENCE",
]
Parameters: TypeAlias = Mapping[str, ParameterValue]

BUILT_IN = frozenset({"day", "day_start", "day_end", "observed_at"})
"""The parameters every statement may use: the evidence day, its bounds, and the instant observed."""


class ControlError(ValueError):
    """A control cannot be tested as it is written; the message says what to change. A retry does not help."""


class Strict(BaseModel):
    """A part of control.yaml: nothing unknown in it, nothing changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(Strict):
    """A threshold or a list, with the day from which it is in force. A change adds a line, edits none."""

    name: Word
    value: ParameterValue
    valid_from: date
    unit: Text = Field(description="days, percent, minor units, … or `none`")
    meaning: Text


class Expectation(Strict):
    """One rule on one row: which rows it refuses, and under which code they are reported."""

    type: str = Field(json_schema_extra={"enum": [*sorted(RULES)]})
    column: Text | None = None
    column_A: Text | None = None  # noqa: N815 - Great Expectations' own name
    column_B: Text | None = None  # noqa: N815 - likewise
    min_value: Bound | None = None
    max_value: Bound | None = None
    strict_min: bool | None = None
    strict_max: bool | None = None
    value_set: list[StrictBool | Integer | str] | Bound | None = None
    or_equal: bool | None = None
    code: Code
    severity: Severity | None = Field(default=None, description="if it differs from the control's")
    when_null: Literal["unknown", "not_applicable"] = Field(
        default="unknown",
        description="what a null in a tested column means: we cannot tell, or the rule is not about this row",
    )

    @model_validator(mode="after")
    def _fits_its_type(self) -> Expectation:
        rule = RULES.get(self.type)
        if rule is None:
            raise ValueError(
                f"type {self.type!r} is not allowed; only row-level types are, because they name the rows "
                f"they refuse: {', '.join(sorted(RULES))}"
            )
        given = set(self.arguments)
        if missing := set(rule.required) - given:
            raise ValueError(f"{self.type} lacks {', '.join(sorted(missing))}")
        if strange := given - rule.arguments:
            raise ValueError(f"{self.type} does not take {', '.join(sorted(strange))}")
        if rule.needs_one_of and not given & set(rule.needs_one_of):
            raise ValueError(f"{self.type} refuses nothing without {' or '.join(rule.needs_one_of)}")
        if self.value_set == []:
            raise ValueError(f"{self.type}: value_set is empty")
        if rule.judges_null and "when_null" in self.model_fields_set:
            raise ValueError(f"{self.type} judges nulls itself; remove when_null")
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments as written: parameters still by name."""
        given = self.model_dump(exclude={"type", "code", "severity", "when_null"}, exclude_none=True)
        return dict(given)

    def resolved(self, parameters: Parameters) -> dict[str, Value]:
        """Return the arguments with every `$parameter` replaced by its value."""
        return {
            argument: parameters[value[1:]] if isinstance(value, str) and value.startswith("$") else value
            for argument, value in self.arguments.items()
        }

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters it refers to."""
        return frozenset(v[1:] for v in self.arguments.values() if isinstance(v, str) and v.startswith("$"))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it tests."""
        return tuple(str(self.arguments[argument]) for argument in RULES[self.type].columns)

    @property
    def null_is_unknown(self) -> bool:
        """Whether a row with a null in a tested column could not be tested."""
        return self.when_null == "unknown" and not RULES[self.type].judges_null


class Reconciled(Strict):
    """One rule of a reconciliation: which facts of the frame it compares, and what its breaks are called."""

    rule: Annotated[str, StringConstraints(pattern=r"^R[0-9]{2}[a-z]?$")]
    expected: Word | None = Field(
        None, description="the column with the amount that was to be, in minor units"
    )
    actual: Word | None = Field(None, description="the column with the amount that is, in minor units")
    currency: Word | None = Field(None, description="the column with the currency of both")
    breaks: dict[Code, BreakType] = Field(
        min_length=1, description="exception code -> what kind of break it is, in the match model's words"
    )


class TestFile(Strict):
    """One test as control.yaml has it: a statement of facts, and the rules that judge them."""

    __test__: ClassVar[bool] = False  # the word means something else to pytest

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]$")]
    title: Text = Field(description="the condition that holds, beginning with its subject")
    exception_when: Text
    kind: Literal["state", "event"] = Field(
        description="state: an empty population is a failure; event: nothing happened"
    )
    subject_type: Word
    sql: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+\.sql$")]
    datasets: tuple[Word | dict[Word, Word], ...] = Field(
        min_length=1, description="a dataset's name, or `{dataset: source}` for the instances of one source"
    )
    before: dict[Word, Annotated[int, Field(ge=1, le=400)]] = Field(
        default={},
        description="dataset -> how many days before the day are read too, as view `<dataset>_before`",
    )
    after: dict[Word, Annotated[int, Field(ge=1, le=31)]] = Field(
        default={},
        description="dataset -> likewise of days after it, as far as they have come: view `<dataset>_after`",
    )
    reconciles: tuple[Reconciled, ...] = Field(
        (),
        description="of a reconciliation: its rules, so that matches and breaks can be listed with amounts",
    )
    expectations: tuple[Expectation, ...] = Field(min_length=1)
    note: Text | None = None

    @model_validator(mode="after")
    def _breaks_are_its_codes(self) -> Self:
        named = [code for rule in self.reconciles for code in rule.breaks]
        if strange := set(named) - {one.code for one in self.expectations}:
            raise ValueError(f"reconciles names {', '.join(sorted(strange))}, which no expectation raises")
        if len(named) != len(set(named)):
            raise ValueError("reconciles names a code under two rules: then nobody could tell which broke")
        return self

    @property
    def needs(self) -> tuple[Need, ...]:
        """The datasets it reads, as the warehouse understands them."""
        needs = []
        for item in self.datasets:
            if isinstance(item, str):
                needs.append(Need(item))
            else:
                needs += [Need(dataset, source=source) for dataset, source in item.items()]
        needs += [Need(dataset, before=days) for dataset, days in self.before.items()]
        needs += [Need(dataset, after=days) for dataset, days in self.after.items()]
        return tuple(needs)


class ControlFile(Strict):
    """What control.yaml says."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[0-9]{2}$")]
    title: Text = Field(description="the condition that holds, never beginning with Ensure")
    criteria: tuple[Text, ...] = Field(min_length=1, json_schema_extra={"items": {"enum": [*criteria()]}})
    severity: Severity
    frequency: Text
    every: Every = Field(
        "day",
        description="in each of which an occurrence is expected over a period: the control operates as often",
    )
    lag_days: Annotated[int, Field(ge=0)] = Field(
        description="days between the end of the evidence day and the earliest day its test can be run"
    )
    cutoff_days: Annotated[int, Field(ge=0, le=31)] = Field(
        0,
        description="days after the end of the evidence day in which what belongs to it may still arrive; "
        "it is first judged then",
    )
    owner: Word = Field(description="a role, never a person")
    remediation_days: Annotated[int, Field(gt=0)] | None = None
    note: Text | None = None
    parameters: tuple[Parameter, ...] = ()
    tests: tuple[TestFile, ...] = Field(min_length=1)


class Test(TestFile):
    """A test that was read with its SQL, and bound to the datasets it names."""

    id: str
    sql_text: str
    keeps_failure: bool
    """True where it reads a state: what failed once on a day cannot be tested away on that day."""

    @property
    def sql_sha256(self) -> str:
        """The digest of the SQL file's text."""
        return _digest(self.sql_text)

    @property
    def sql_parameters(self) -> frozenset[str]:
        """The names of the `$parameters` its SQL uses."""
        return parameters_of(self.sql_text)

    def suite_sha256(self, parameters: Parameters) -> str:
        """Return the digest of the rules with the parameters in force."""
        rules = [
            {"type": e.type, "code": e.code, "severity": e.severity, "when_null": e.when_null}
            | {"arguments": e.resolved(parameters)}
            for e in self.expectations
        ]
        return _digest(_canonical(rules))

    @property
    def reads_results(self) -> bool:
        """Whether it reads the results of the evaluation under way, and so must be evaluated last."""
        return any(need.dataset.startswith("ctl_") for need in self.needs)


class Control(ControlFile):
    """A control that was read with its tests."""

    tests: tuple[Test, ...]

    def parameters_on(self, day: date) -> dict[str, ParameterValue]:
        """Return the parameters in force on a day. Raises ControlError where one has no value yet."""
        found: dict[str, Parameter] = {}
        for parameter in sorted(self.parameters, key=lambda item: item.valid_from):
            if parameter.valid_from <= day or parameter.name not in found:
                found[parameter.name] = parameter
        for parameter in found.values():
            if parameter.valid_from > day:
                raise ControlError(
                    f"{self.id}: parameter {parameter.name} has no value in force on {day}; its first is "
                    f"valid from {parameter.valid_from}. "
                    "Add a line with an earlier valid_from to control.yaml."
                )
        return {name: parameter.value for name, parameter in sorted(found.items())}

    def severity_of(self, expectation: Expectation) -> Severity:
        """Return the severity an exception of this rule is reported with."""
        return expectation.severity or self.severity

    @property
    def code_version(self) -> str:
        """A digest of the definition with every version of every parameter."""
        return _digest(_canonical(self.model_dump(mode="json")))

    def definition_sha256(self, day: date) -> str:
        """Return the digest of YAML, SQL and the parameters in force on a day.

        A parameter that is announced for later changes no digest before its day.
        """
        stated = self.model_dump(mode="json", exclude={"parameters", "every"})  # counts, and judges nothing
        return _digest(_canonical([stated, self.parameters_on(day)]))


def parameters_of(sql: str) -> frozenset[str]:
    """Return the names of the `$parameters` a single SQL statement uses. Raises ControlError."""
    import duckdb

    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise ControlError(f"its SQL cannot be parsed: {error}") from error
    if len(statements) != 1:
        raise ControlError(f"expected one SQL statement, found {len(statements)}")
    return frozenset(statements[0].named_parameters)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of control.yaml, for editors."""
    return ControlFile.model_json_schema()


def _canonical(value: Sequence[Any] | Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
