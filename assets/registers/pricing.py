"""Which discounts and which taxes may an order have, and where is tax collected and filed?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assets.registers.declare import declared, together
from assets.registers.models import Day, RegisterRow, Text, Whole


class Promotion(RegisterRow):
    """One row per promotion or voucher and the days it may be used on."""

    promotion_id: Text = Field(description="The promotion or voucher, as a discount names it")
    kind: Literal["promotion", "voucher"] = Field(description="What it is")
    valid_from: Day = Field(description="First day it may be used")
    valid_to: Day | None = Field(default=None, description="Last day it may be used; null: no end")
    approver: Text = Field(description="Who approved it")


class TaxRate(RegisterRow):
    """One row per rate of tax and the days it is in force."""

    jurisdiction: Text = Field(
        description="Who levies it, as a tax line names it: ISO 3166-2, or the country"
    )
    tax_category: Text = Field(description="What is taxed, as a line's tax category names it")
    rate_e9: Annotated[Whole, Field(ge=0)] = Field(description="Rate, in 1/1000000000")
    valid_from: Day = Field(description="First day it is in force")
    valid_to: Day | None = Field(default=None, description="Last day it is in force; null: still")


class TaxRegistration(RegisterRow):
    """One row per jurisdiction that the company collects tax for, and the days it is registered there."""

    jurisdiction: Text = Field(description="Who levies the tax")
    valid_from: Day = Field(description="First day of the registration")
    valid_to: Day | None = Field(default=None, description="Last day of it; null: still")


class TaxCertificate(RegisterRow):
    """One row per reason not to tax, with the days the proof of it is valid."""

    certificate_id: Text = Field(description="The certificate or ruling")
    jurisdiction: Text = Field(description="Who would levy the tax")
    reason: Text = Field(description="Why none is due, as a tax line's exempt_reason says")
    valid_from: Day = Field(description="First day it is valid")
    valid_to: Day | None = Field(default=None, description="Last day it is valid; null: no end")


class TaxReturn(RegisterRow):
    """One row per period and jurisdiction: the tax an engine reported, or the one that was filed."""

    period: Annotated[Text, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")] = Field(
        description="The month it is about, such as 2026-02; or one day of it, such as 2026-02-27"
    )
    jurisdiction: Text = Field(description="Who levies the tax")
    source: Literal["engine", "filed"] = Field(description="Whose figures: the tax engine's or the return's")
    currency: Text = Field(description="ISO 4217 code of the amounts")
    taxable_minor: Whole = Field(description="What was taxed, refunds taken off, in minor units")
    tax_minor: Whole = Field(description="The tax, refunds taken off, in minor units")
    filed_on: Day | None = Field(default=None, description="When it was filed; null: not yet, or engine")
    due_on: Day | None = Field(default=None, description="Until when it is to be filed; null: engine")


PROMOTION = declared("promotion", Promotion, "promotion_id", "valid_from")
TAX_RATE = declared("tax_rate", TaxRate, "jurisdiction", "tax_category", "valid_from")
TAX_REGISTRATION = declared("tax_registration", TaxRegistration, "jurisdiction", "valid_from")
TAX_CERTIFICATE = declared("tax_certificate", TaxCertificate, "certificate_id")
TAX_RETURN = declared("tax_return", TaxReturn, "period", "jurisdiction", "source")

register_pricing = together(
    "register_pricing",
    "Promotions, tax rates, registrations, certificates and returns, read at once: all or none is stored.",
    PROMOTION,
    TAX_RATE,
    TAX_REGISTRATION,
    TAX_CERTIFICATE,
    TAX_RETURN,
)
