"""Which rules has the company given itself, in which version, approved by whom and to be reviewed when?"""

from __future__ import annotations

from pydantic import Field

from assets.registers.declare import register
from assets.registers.models import Day, Digest, RegisterRow, Text


class Policy(RegisterRow):
    """One row per version of a policy, former ones included."""

    policy_id: Text = Field(description="The policy")
    version: Text = Field(description="The version")
    title: Text = Field(description="What it is called")
    owner: Text = Field(description="The role that answers for it")
    approved_by: Text | None = Field(default=None, description="The role that approved it; null: a draft")
    approved_on: Day | None = Field(default=None, description="When it was approved; null: a draft")
    effective_on: Day | None = Field(
        default=None, description="First day it is in force; null: not yet known"
    )
    review_due_on: Day | None = Field(default=None, description="Until when it is to be reviewed")
    retired_on: Day | None = Field(default=None, description="First day it is no longer in force; null: none")
    control_ids: list[Text] = Field(default=[], description="The controls it asks for")
    document_sha256: Digest | None = Field(default=None, description="Digest of the stored text")


register_policy = register("policy", Policy, "policy_id", "version")
