"""What may a register's row say?"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

WRITTEN_DAY = re.compile(r"\s*\d{4}-\d{2}-\d{2}\s*")
WRITTEN_INSTANT = re.compile(r"\s*\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*")


def _day(value: Any) -> Any:
    """Refuse what pydantic would count as seconds since 1970: nobody writes a date so, but mistypes one."""
    if isinstance(value, int | float) or (isinstance(value, str) and not WRITTEN_DAY.fullmatch(value)):
        raise ValueError("a date is written as 2026-03-17")
    return value


def _instant(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and not WRITTEN_INSTANT.fullmatch(value)):
        raise ValueError("an instant is written as 2026-03-17T16:00:00Z, with its time zone")
    return value


def _whole(value: Any) -> Any:
    """Refuse what only counts as a number: `yes` would be 1."""
    if isinstance(value, bool | float):
        raise ValueError("a whole number is written in digits")  # noqa: TRY004 - pydantic wants a ValueError
    return value


def _digits(value: Any) -> Any:
    """Return the number that a cell of a CSV file writes."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A document's SHA-256, as `evidence add` prints it."""
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Whole = Annotated[int, BeforeValidator(_whole)]


class RegisterRow(BaseModel):
    """A row: unknown fields are refused, since a typo must not silently be a missing value."""

    model_config = ConfigDict(extra="forbid")


class System(RegisterRow):
    """A system, and whether it is in scope of the audit."""

    system_id: Text
    name: Text
    in_scope: bool
    environments: list[Text]
    criticality: Literal["critical", "high", "medium", "low"]
    mfa_required: bool
    owner: Text
    access_dataset: Text | None = None
    okta_app_label: Text | None = None


class ServiceAccount(RegisterRow):
    """An account that no person signs in with."""

    system_id: Text
    account: Text
    account_instance: Text | None = None
    owner: Text
    purpose: Text
    interactive: bool
    waiver_id: Text | None = None
    reviewed_at: Day | None = None


class Currency(RegisterRow):
    """A currency, its minor digits by ISO 4217 and what the processor accepts."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    minor_digits: Annotated[Whole, Field(ge=0, le=4)]
    processor_multiple: Annotated[Whole, Field(ge=1)]


class RoundingPolicy(RegisterRow):
    """How amounts are rounded, and from when to when."""

    policy_id: Text
    valid_from: Day
    valid_to: Day | None = None
    line_mode: Literal["half_up", "half_down", "half_even", "down", "up"]
    tax_scope: Literal["unit", "line", "line_jurisdiction", "order_rate", "order_jurisdiction", "order"]
    mode: Literal["half_up", "half_down", "half_even", "down", "up"]
    inclusive_target: Literal["net", "tax"]
    tolerance_minor: Annotated[Whole, Field(ge=0)]


class Waiver(RegisterRow):
    """An approved, expiring acceptance of exceptions.

    Whether it counts is judged where tests are judged: a waiver that may not count is evidence too, so the
    register stores it.
    """

    waiver_id: Text
    control_id: Text
    test_id: Text | None = None
    subject_pattern: Text
    exception_code: Text | None = None
    reason: Text
    compensating_control: Text | None = None
    risk_id: Text | None = None
    requested_by: Text
    approved_by: Text
    approved_at: Instant
    effective_from: Instant
    expires_at: Instant
    revoked_at: Instant | None = None


class ObservationPeriod(RegisterRow):
    """What an audit is about: a date (type 1) or a period (type 2), and its categories."""

    audit_id: Text
    report_type: Annotated[Literal[1, 2], BeforeValidator(_digits)]
    period_start: Day
    period_end: Day
    categories: list[
        Literal["security", "availability", "processing_integrity", "confidentiality", "privacy"]
    ]
    criteria_version: Text
    auditor: Text | None = None

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> ObservationPeriod:
        if self.period_end < self.period_start:
            raise ValueError("period_end is before period_start")
        return self


REGISTERS: dict[str, type[RegisterRow]] = {
    "system": System,
    "service_account": ServiceAccount,
    "currency": Currency,
    "rounding_policy": RoundingPolicy,
    "waiver": Waiver,
    "observation_period": ObservationPeriod,
}
"""File name without its ending -> what a row of it is."""


def schemas() -> dict[str, dict[str, Any]]:
    """Return dataset name -> JSON Schema of the register's file: a list of rows."""
    return {
        f"register_{name}": {"type": "array", "items": model.model_json_schema()}
        for name, model in REGISTERS.items()
    }
