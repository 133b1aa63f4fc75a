"""What does finance keep beside the shop: fees agreed, deposits, limits, counts, late rows?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from assets.registers.declare import declared, together
from assets.registers.models import Day, RegisterRow, Text, Whole


class FeeSchedule(RegisterRow):
    """One row per fee agreed with a payment processor and the days it is agreed for."""

    processor: Text = Field(description="The processor, as a payment names it")
    currency: Text = Field(description="ISO 4217 code of the currency the fee is taken in")
    kind: Text = Field(description="What it is taken for: charge, refund, dispute, payout")
    rate_e9: Annotated[Whole, Field(ge=0)] = Field(description="Part of the amount, in 1/1000000000")
    fixed_minor: Whole = Field(description="Fixed part, in minor units")
    valid_from: Day = Field(description="First day it is agreed for")
    valid_to: Day | None = Field(default=None, description="Last day it is agreed for; null: still")


class BankDeposit(RegisterRow):
    """One row per deposit of a payment processor on the company's bank account."""

    deposit_id: Text = Field(description="The line of the bank's statement")
    value_date: Day = Field(description="The day the bank counts it from")
    amount_minor: Whole = Field(description="Amount, in minor units")
    currency: Text = Field(description="ISO 4217 code")
    reference: Text | None = Field(default=None, description="What the processor wrote on it: a trace id")


class CycleCount(RegisterRow):
    """One row per count of an article in a place, done or still to be done."""

    count_id: Text = Field(description="The count")
    sku: Text = Field(description="What")
    location: Text = Field(description="Where")
    due_on: Day = Field(description="Until when it is to be counted")
    counted_on: Day | None = Field(default=None, description="When it was counted; null: not yet")
    expected: Annotated[Whole, Field(ge=0)] | None = Field(
        default=None, description="How many the shop said there were, in pieces; null: not counted yet"
    )
    counted: Annotated[Whole, Field(ge=0)] | None = Field(
        default=None, description="How many there were, in pieces; null: not counted yet"
    )
    resolved_on: Day | None = Field(
        default=None, description="When a difference was explained or corrected; null: not yet, or none"
    )


class ApprovalLimit(RegisterRow):
    """One row per limit up to which somebody may correct something by hand."""

    actor: Text = Field(description="Whom it is about: an account, or role: and the role's name")
    entity: Text = Field(description="What may be corrected, as a manual adjustment names it")
    currency: Text = Field(description="ISO 4217 code; pieces: of stock")
    limit_minor: Annotated[Whole, Field(ge=0)] = Field(
        description="The most a correction may amount to, in minor units or pieces"
    )


class LateArrival(RegisterRow):
    """One row per row that a system recorded after its day was evaluated, and why that is in order."""

    table_name: Text = Field(description="The view it is in, such as payments")
    row_id: Text = Field(description="Its key there")
    reason: Text = Field(description="Why it came late")
    approver: Text = Field(description="Who approved that it counts")


FEE_SCHEDULE = declared("fee_schedule", FeeSchedule, "processor", "currency", "kind", "valid_from")
BANK_DEPOSIT = declared("bank_deposit", BankDeposit, "deposit_id")
CYCLE_COUNT = declared("cycle_count", CycleCount, "count_id")
APPROVAL_LIMIT = declared("approval_limit", ApprovalLimit, "actor", "entity", "currency", people=("actor",))
LATE_ARRIVAL = declared("late_arrival", LateArrival, "table_name", "row_id")

register_finance = together(
    "register_finance",
    "Fees, deposits, counts, limits and late rows, read at once: all or none is stored.",
    FEE_SCHEDULE,
    BANK_DEPOSIT,
    CYCLE_COUNT,
    APPROVAL_LIMIT,
    LATE_ARRIVAL,
)
