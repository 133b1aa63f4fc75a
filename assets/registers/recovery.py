"""What is the plan for a disaster, was it tried, and was what that showed put right?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assets.registers.declare import register
from assets.registers.models import Day, Digest, RegisterRow, Text, Whole

Minutes = Annotated[Whole, Field(ge=0)]


class DrPlan(RegisterRow):
    """One row per version of the disaster-recovery plan."""

    version: Text = Field(description="The version")
    approved_on: Day = Field(description="When it was approved: in force from then until the next")
    approved_by: Text = Field(description="The role that approved it")
    last_architecture_change_on: Day | None = Field(
        default=None, description="When what it is about last changed in a major way; null: never since"
    )
    document_sha256: Digest | None = Field(default=None, description="Digest of the stored plan")


class DrTest(RegisterRow):
    """One row per test of the plan, with what was aimed at and what was reached."""

    test_id: Text = Field(description="The test")
    tested_on: Day = Field(description="When")
    type: Literal["tabletop", "restore", "failover"] = Field(description="How")
    system_ids: list[Text] = Field(description="Which systems it was about")
    rto_target_min: Minutes = Field(description="Minutes until the systems were to be back")
    rto_actual_min: Minutes | None = Field(default=None, description="Minutes it took; null: not measured")
    rpo_target_min: Minutes = Field(description="Minutes of data that might be lost")
    rpo_actual_min: Minutes | None = Field(default=None, description="Minutes that were; null: not measured")
    result: Literal["pass", "fail"] = Field(description="What was recorded")
    after_action_on: Day | None = Field(default=None, description="When the after-action report was written")
    after_action_sha256: Digest | None = Field(default=None, description="Digest of the stored report")
    restore_job_ids: list[Text] = Field(
        default=[], description="The restore jobs it claims, as AWS names them"
    )


class DrAction(RegisterRow):
    """One row per corrective action that a test led to."""

    action_id: Text = Field(description="The action")
    test_id: Text = Field(description="The test that led to it")
    description: Text = Field(description="What is to be done")
    owner: Text = Field(description="The role that does it")
    due_on: Day = Field(description="Until when")
    closed_on: Day | None = Field(default=None, description="When it was done; null: open")
    evidence_sha256: Digest | None = Field(default=None, description="Digest of what shows that it was done")
    retest_id: Text | None = Field(default=None, description="The later test that tried it")


register_dr_plan = register("dr_plan", DrPlan, "version")
register_dr_test = register("dr_test", DrTest, "test_id")
register_dr_action = register("dr_action", DrAction, "action_id")
