"""What did people do about an exception: who ticketed it, who says that it is mended, who looked again?

What the evidence itself shows (seen, seen again, gone, waived) needs no row here. A row says only what a
person did; taking it out again removes nothing from the history, for every capture of the register is kept.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assets.registers.declare import register
from assets.registers.models import Digest, Instant, RegisterRow, Text


class ExceptionAction(RegisterRow):
    """One row per thing somebody did about an exception."""

    exception_id: Digest = Field(description="The exception, as `evidence period` and the report name it")
    done_at: Instant = Field(description="When it was done")
    event: Literal[
        "ticketed",
        "assigned",
        "note",
        "remediation_claimed",
        "verified",
        "risk_accepted",
        "false_positive",
        "reported",
    ] = Field(
        description="What was done; verified: somebody else saw that it is gone; reported: to management"
    )
    actor: Text = Field(description="Who did it")
    ticket_key: Text | None = Field(default=None, description="The ticket, where there is one")
    note: Text | None = Field(default=None, description="What is to be said of it")


register_exception_action = register(
    "exception_action", ExceptionAction, "exception_id", "done_at", "event", people=("actor",)
)
