"""Who may do what, who is behind which account, and which secrets should there be?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from assets.registers.declare import register
from assets.registers.models import Day, RegisterRow, Text, Whole


class RoleMatrixRow(RegisterRow):
    """One row per thing that people of a job role may do in a system."""

    job_role: Text = Field(description="What HR calls the work; * for everybody")
    system_id: Text = Field(description="The system")
    entitlement: Text = Field(
        description="What they may do there, as access_entitlement calls it; may end in *"
    )
    approved_by: Text | None = Field(default=None, description="The role that approved it")
    reviewed_on: Day | None = Field(default=None, description="When it was last reviewed")


class SodRule(RegisterRow):
    """One row per pair of things that nobody may hold together."""

    sod_rule_id: Text = Field(description="The rule")
    description: Text = Field(description="What could go wrong")
    left_system_id: Text = Field(description="System of the one; people: the one is a job role")
    left_entitlement: Text = Field(description="The one: an entitlement or a job role; may end in *")
    right_system_id: Text = Field(description="System of the other")
    right_entitlement: Text = Field(description="The other; may end in *")


class IdentityLink(RegisterRow):
    """One row per account whose person no address tells."""

    system_id: Text = Field(description="The system the account is in")
    account: Text = Field(description="Its login or its id there")
    account_instance: Text | None = Field(default=None, description="The instance it is in; null: any")
    person_id: Text = Field(description="HR's id of the person")
    reviewed_on: Day | None = Field(default=None, description="When somebody last confirmed it")


class Secret(RegisterRow):
    """One row per secret that should exist, static or replaced by something keyless."""

    secret_id: Text = Field(description="The secret")
    provider: Text = Field(description="Whose credential it is: stripe, postgres, …")
    provider_key_id: Text | None = Field(default=None, description="Its public id at the provider")
    environment: Text = Field(description="production, staging, …")
    account_id: Text | None = Field(default=None, description="The AWS account whose vault holds it")
    vault_name: Text | None = Field(default=None, description="Its name in the vault; null: in none")
    owner: Text = Field(description="The role that answers for it")
    rotation_days: Annotated[Whole, Field(ge=1)] = Field(description="How old it may become, in days")
    type: Literal["static", "keyless"] = Field(description="keyless: an identity instead, such as OIDC")
    created_on: Day = Field(description="When it came into use")
    retired_on: Day | None = Field(default=None, description="When it went out of use; null: in use")
    restricted_required: bool = Field(description="Whether the provider's restricted kind of key is required")
    key_kind: Literal["restricted", "unrestricted"] | None = Field(
        default=None, description="Which kind the key is; null: not known"
    )


class ControlChange(RegisterRow):
    """One row per change of a control's test that was asked for, approved or not."""

    control_id: Text = Field(description="The control")
    definition_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="Digest of the new definition, as meta_definition and the exception name it"
    )
    reason: Text = Field(description="Why the test is changed")
    author: Text | None = Field(default=None, description="Who changed it; null: not known")
    approved_by: Text | None = Field(
        default=None, description="Who approved it: somebody else; null: nobody yet"
    )
    approved_at: AwareDatetime | None = Field(default=None, description="When it was approved")


register_role_matrix = register("role_matrix", RoleMatrixRow, "job_role", "system_id", "entitlement")
register_sod_rule = register("sod_rule", SodRule, "sod_rule_id")
register_identity_link = register("identity_link", IdentityLink, "system_id", "account", "person_id")
register_secret = register("secret", Secret, "secret_id")
register_control_change = register(
    "control_change", ControlChange, "control_id", "definition_sha256", people=("author", "approved_by")
)
