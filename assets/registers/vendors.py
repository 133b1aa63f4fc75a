"""Which vendors are there, and what assures us that each is secure?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assets.registers.declare import register
from assets.registers.models import Day, Digest, RegisterRow, Text


class Vendor(RegisterRow):
    """One row per vendor, former ones included."""

    vendor_id: Text = Field(description="The vendor")
    name: Text = Field(description="What people call it")
    legal_entity: Text = Field(description="Whom the contract is with")
    service: Text = Field(description="What is bought of it")
    owner: Text = Field(description="The role that answers for it")
    tier: Literal["critical", "high", "medium", "low"] = Field(description="Its risk")
    status: Literal["active", "offboarded"] = Field(description="Whether it is in use")
    data_classes: list[Text] = Field(description="Which data it gets")
    onboarded_on: Day = Field(description="When it came into use")
    offboarded_on: Day | None = Field(default=None, description="When it went out of use")


class VendorEvidence(RegisterRow):
    """One row per assurance document of a vendor, with what its review found."""

    evidence_id: Text = Field(description="The document's row")
    vendor_id: Text = Field(description="The vendor")
    kind: Literal["soc2_type2", "soc2_type1", "iso27001", "pci_aoc", "bridge_letter", "questionnaire"] = (
        Field(description="What it is")
    )
    legal_entity: Text = Field(description="Whom it is about, as it says")
    service_scope: Text = Field(description="Which service it is about, as it says")
    period_end: Day | None = Field(default=None, description="Last day it covers (reports, letters)")
    issued_on: Day | None = Field(default=None, description="When it was issued (attestations)")
    expires_on: Day | None = Field(default=None, description="Last day it is valid (certificates)")
    opinion: Literal["unqualified", "qualified", "adverse", "disclaimer"] | None = Field(
        default=None, description="The auditor's opinion; null: not read yet, or it has none"
    )
    relevant_exceptions: bool | None = Field(
        default=None, description="Whether it has exceptions that touch us"
    )
    risk_treatment_id: Text | None = Field(default=None, description="How these were treated")
    cuecs_mapped: bool | None = Field(
        default=None, description="Whether its user controls are mapped to ours"
    )
    subservice_reviewed: bool | None = Field(
        default=None, description="Whether its own vendors were looked at"
    )
    scope_reviewed: bool | None = Field(default=None, description="Whether its scope was compared with ours")
    reviewed_by: Text | None = Field(default=None, description="Who read it")
    reviewed_on: Day | None = Field(default=None, description="When")
    document_sha256: Digest | None = Field(default=None, description="Digest of the stored document")


class VendorAssessment(RegisterRow):
    """One row per vendor assessed without an assurance report."""

    vendor_id: Text = Field(description="The vendor")
    questionnaire_sent_on: Day | None = Field(default=None, description="When our questions were sent")
    questionnaire_reviewed_on: Day | None = Field(default=None, description="When the answers were reviewed")
    compensating_control_id: Text | None = Field(default=None, description="Our control that limits the risk")
    approved_by: Text | None = Field(default=None, description="Who accepted the rest of the risk")
    approved_on: Day | None = Field(default=None, description="When")


class VendorContract(RegisterRow):
    """One row per contract with a vendor, and the clauses it has."""

    contract_id: Text = Field(description="The contract")
    vendor_id: Text = Field(description="The vendor")
    signed_on: Day = Field(description="When it was signed")
    ends_on: Day | None = Field(default=None, description="Last day it is in force; null: open")
    clause_security: bool = Field(description="Whether it demands security measures")
    clause_incident_notice: bool = Field(description="Whether it demands notice of incidents")
    clause_right_to_audit: bool = Field(description="Whether it grants a right to audit")


register_vendor = register("vendor", Vendor, "vendor_id")
register_vendor_evidence = register("vendor_evidence", VendorEvidence, "evidence_id", people=("reviewed_by",))
register_vendor_assessment = register(
    "vendor_assessment", VendorAssessment, "vendor_id", people=("approved_by",)
)
register_vendor_contract = register("vendor_contract", VendorContract, "contract_id")
