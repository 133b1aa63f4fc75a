"""Which systems, currencies, rounding policies, service accounts, waivers and audit periods are there?"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from assets.registers.declare import register
from assets.registers.iso4217 import minor_digits
from assets.registers.models import Day, Instant, RegisterRow, Text, Whole, digits

Rounding: TypeAlias = Literal["half_up", "half_down", "half_even", "down", "up"]
TaxScope: TypeAlias = Literal[
    "unit", "line", "line_jurisdiction", "order_rate", "order_jurisdiction", "order"
]
Category: TypeAlias = Literal[
    "security", "availability", "processing_integrity", "confidentiality", "privacy"
]


class System(RegisterRow):
    """One row per system the company runs or uses."""

    system_id: Text = Field(description="The system")
    name: Text = Field(description="What people call it")
    in_scope: bool = Field(description="Whether the audit covers it")
    environments: list[Text] = Field(description="Its environments")
    criticality: Literal["critical", "high", "medium", "low"] = Field(
        description="critical, high, medium or low"
    )
    mfa_required: bool = Field(description="Whether signing in to it must need a second factor")
    owner: Text = Field(description="The role that answers for it")
    access_dataset: Text | None = Field(default=None, description="The dataset that lists its accounts")
    okta_app_label: Text | None = Field(
        default=None, description="The Okta application that signs people in to it"
    )


class ServiceAccount(RegisterRow):
    """One row per account that no person signs in with."""

    system_id: Text = Field(description="okta, aws or another system")
    account: Text = Field(description="Its login or user name there")
    account_instance: Text | None = Field(
        default=None, description="The organisation or account it is in; null: any"
    )
    owner: Text = Field(description="The role that answers for it")
    purpose: Text = Field(description="What it is for")
    interactive: bool = Field(description="Whether somebody may sign in with it")
    waiver_id: Text | None = Field(default=None, description="The waiver that allows it to go without MFA")
    reviewed_at: Day | None = Field(default=None, description="When its owner last confirmed it")


class Currency(RegisterRow):
    """One row per currency that is sold in."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}[0-6]?$")] = Field(
        description="ISO 4217 code; USD4: dollars in books that keep four digits of them"
    )
    minor_digits: Annotated[Whole, Field(ge=0, le=4)] = Field(
        description="Decimal digits of its minor unit by ISO 4217"
    )
    processor_multiple: Annotated[Whole, Field(ge=1)] = Field(
        description="Amounts must be a multiple of this many minor units"
    )
    processor_minor_digits: Annotated[Whole, Field(ge=0, le=4)] | None = Field(
        default=None, description="Digits the processor writes amounts with; null: those of the minor unit"
    )

    @model_validator(mode="after")
    def _digits_are_those_of_the_standard(self) -> Currency:
        if self.minor_digits != (digits := minor_digits(self.currency)):
            raise ValueError(
                f"{self.currency} has {digits} minor digits by ISO 4217, not {self.minor_digits}; how many a "
                "processor writes stands in processor_minor_digits"
            )
        return self


class RoundingPolicy(RegisterRow):
    """One row per rounding policy and the days it is valid for."""

    policy_id: Text = Field(description="The policy an order names")
    valid_from: Day = Field(description="First day it applies")
    valid_to: Day | None = Field(default=None, description="Last day it applies; null: still")
    line_mode: Rounding = Field(description="How a line's extension is rounded")
    tax_scope: TaxScope = Field(description="What tax is rounded on")
    mode: Rounding = Field(description="How tax is rounded")
    inclusive_target: Literal["net", "tax"] = Field(
        description="Which of net and tax is rounded in an inclusive price"
    )
    tolerance_minor: Annotated[Whole, Field(ge=0)] = Field(
        description="Accepted difference", json_schema_extra={"unit": "minor units"}
    )


class Waiver(RegisterRow):
    """One row per approved, expiring acceptance of exceptions.

    Whether it counts is judged where tests are judged: a waiver that may not count is evidence too, so the
    register stores it.
    """

    waiver_id: Text = Field(description="The waiver")
    control_id: Text = Field(description="The control it is about")
    test_id: Text | None = Field(default=None, description="The test; null: all of the control")
    subject_pattern: Text = Field(description="Which population keys, with * and ?")
    exception_code: Text | None = Field(default=None, description="Which code; null: every")
    reason: Text = Field(description="Why it is accepted")
    compensating_control: Text | None = Field(default=None, description="What limits the risk meanwhile")
    risk_id: Text | None = Field(default=None, description="The entry in the risk register")
    requested_by: Text = Field(description="Who asked")
    approved_by: Text = Field(description="Who approved")
    approved_at: Instant = Field(description="When it was approved")
    effective_from: Instant = Field(description="From when it counts")
    expires_at: Instant = Field(description="From when it counts no more")
    revoked_at: Instant | None = Field(default=None, description="When it was taken back")


class ObservationPeriod(RegisterRow):
    """One row per audit: the period it observes and its categories."""

    audit_id: Text = Field(description="The audit")
    report_type: Annotated[Literal[1, 2], BeforeValidator(digits)] = Field(
        description="1: one date; 2: a period"
    )
    period_start: Day = Field(description="First day observed")
    period_end: Day = Field(description="Last day observed")
    categories: list[Category] = Field(description="Trust Services categories in scope")
    criteria_version: Text = Field(description="Version of the criteria")
    auditor: Text | None = Field(default=None, description="The audit firm")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> ObservationPeriod:
        if self.period_end < self.period_start:
            raise ValueError("period_end is before period_start")
        return self


register_system = register("system", System, "system_id", may_be_empty=False)
register_service_account = register(
    "service_account", ServiceAccount, "system_id", "account", "account_instance"
)
register_currency = register("currency", Currency, "currency", may_be_empty=False)
register_rounding_policy = register(
    "rounding_policy", RoundingPolicy, "policy_id", "valid_from", may_be_empty=False
)
register_waiver = register("waiver", Waiver, "waiver_id", people=("requested_by", "approved_by"))
register_observation_period = register(
    "observation_period", ObservationPeriod, "audit_id", may_be_empty=False
)
