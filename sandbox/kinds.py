"""What can be planted in the sandbox company, in whom, and what must be reported for it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.org import (
    ACCESS_RULES,
    AWS_ACCOUNTS,
    IAM_USERS,
    OKTA_ADMINS,
    SERVICE_ACCOUNTS,
    STAFF_FOR_FAULTS,
    STEADY_STAFF,
)

ORDERS_FOR_FAULTS = 150
"""Every day has at least as many orders that are neither drafts nor tests; `order 7` is the 7th of those."""


@dataclass(frozen=True)
class FaultKind:
    """What a kind of fault does, how its subject is written, and what must be reported for it."""

    name: str
    part: Literal["okta", "aws", "shop", "registers"]
    test: str
    code: str
    does: str
    one_day: bool = False
    """An event happens once: `from` and `to` are the same day."""
    until_end: bool = False
    """It cannot end before the period does."""

    @property
    def control(self) -> str:
        """The control that the test belongs to."""
        return self.test.partition(".")[0]


KINDS = {
    kind.name: kind
    for kind in (
        FaultKind("okta_no_factor", "okta", "AC-01.a", "NO_MFA", "The person has no factor at all."),
        FaultKind("okta_weak_factor", "okta", "AC-01.a", "WEAK_MFA_ONLY", "Only SMS is left."),
        FaultKind(
            "okta_admin_weak",
            "okta",
            "AC-01.a",
            "ADMIN_NOT_PHISHING_RESISTANT",
            "An administrator signs in with a push or a one-time code, nothing phishing-resistant.",
        ),
        FaultKind(
            "okta_service_interactive",
            "okta",
            "AC-01.a",
            "EXEMPT_BUT_INTERACTIVE",
            "A service account enrols a one-time code and signs in on the first day. `to` is the last day "
            "of the period, because a sign-in counts for 90 days.",
            until_end=True,
        ),
        FaultKind(
            "okta_rule_one_factor",
            "okta",
            "AC-01.b",
            "RULE_ALLOWS_1FA",
            "An access rule is changed to one factor, and changed back.",
        ),
        FaultKind(
            "okta_admin_session_no_mfa",
            "okta",
            "AC-01.c",
            "ADMIN_SESSION_NO_MFA",
            "An administrator opens the Admin Console in a session without a second factor.",
            one_day=True,
        ),
        FaultKind("aws_root_no_mfa", "aws", "AC-02.a", "ROOT_NO_MFA", "The root user has no MFA."),
        FaultKind("aws_root_key", "aws", "AC-02.a", "ROOT_KEY", "The root user has an active key."),
        FaultKind(
            "aws_console_no_mfa",
            "aws",
            "AC-02.b",
            "IAM_CONSOLE_NO_MFA",
            "A console user has no MFA.",
        ),
        FaultKind(
            "aws_key_age",
            "aws",
            "SK-02.a",
            "KEY_AGE",
            "The user's key is 91 days old on `from` and in use; on the day after `to` it is replaced.",
        ),
        FaultKind(
            "aws_key_idle",
            "aws",
            "SK-02.b",
            "KEY_IDLE",
            "The user's key, at most 90 days old on `to`, was last used 46 days before `from`; on the day "
            "after `to` it is used again.",
        ),
        FaultKind(
            "aws_double_key",
            "aws",
            "SK-02.c",
            "DOUBLE_KEY",
            "A second active key was made 8 days before `from`; the older is deleted on the day after `to`. "
            "Both are in use and at most 90 days old. The population key is the OLDER key's: the one that a "
            "finished rotation would have removed.",
        ),
        FaultKind(
            "order_line_ext",
            "shop",
            "PI-01.a",
            "LINE_EXT",
            "The first line of the day's n-th order (1 is the first) is extended wrongly; subtotal, "
            "discounts and total agree with the recorded extension. The population key is the line's.",
            one_day=True,
        ),
        FaultKind(
            "order_discount_bounds",
            "shop",
            "PI-01.b",
            "DISCOUNT_BOUNDS",
            "A line's discount is larger than its extension; the order's discount is still the sum.",
            one_day=True,
        ),
        FaultKind(
            "order_discount_allocation",
            "shop",
            "PI-01.b",
            "DISCOUNT_ALLOCATION",
            "The order's discount is not the sum of its lines' discounts; the total uses the order's.",
            one_day=True,
        ),
        FaultKind(
            "order_subtotal",
            "shop",
            "PI-01.b",
            "SUBTOTAL",
            "The subtotal is not the sum of the extensions; the total agrees with the recorded subtotal.",
            one_day=True,
        ),
        FaultKind(
            "order_total",
            "shop",
            "PI-01.c",
            "ORDER_TOTAL",
            "The total is not the sum of its components, which are right.",
            one_day=True,
        ),
        FaultKind(
            "staff_no_mfa",
            "shop",
            "AC-10.e",
            "STAFF_NO_MFA",
            "The person's account in the admin panel gets a password of its own, without a second factor.",
        ),
        FaultKind(
            "staff_session_no_mfa",
            "shop",
            "AC-10.f",
            "STAFF_SESSION_NO_MFA",
            "The person signs in to the admin panel with a password alone.",
            one_day=True,
        ),
        FaultKind(
            "register_waiver",
            "registers",
            "",
            "",
            "A waiver for the fault whose id is the subject is in force from 00:00 of `from` until 24:00 of "
            "`to`; a second person approved it on the day before `from`. Control, test and code are that "
            "fault's.",
        ),
    )
}


PERSONS = [f"person {n}" for n in STEADY_STAFF if n not in OKTA_ADMINS]
ADMINISTRATORS = [f"person {n}" for n in OKTA_ADMINS]
MACHINES = [user.subject for user in IAM_USERS if not user.console]
STAFF = [f"person {n}" for n in STAFF_FOR_FAULTS]
ORDERS = [f"order {n}" for n in range(1, ORDERS_FOR_FAULTS + 1)]
SUBJECTS = {
    "okta_no_factor": PERSONS,
    "okta_weak_factor": PERSONS,
    "okta_admin_weak": ADMINISTRATORS,
    "okta_admin_session_no_mfa": ADMINISTRATORS,
    "okta_service_interactive": [f"service {account.name}" for account in SERVICE_ACCOUNTS],
    "okta_rule_one_factor": [f"rule {rule.subject}" for rule in ACCESS_RULES if rule.in_scope],
    "aws_root_no_mfa": list(AWS_ACCOUNTS),
    "aws_root_key": list(AWS_ACCOUNTS),
    "aws_console_no_mfa": [user.subject for user in IAM_USERS if user.console],
    "aws_key_age": MACHINES,
    "aws_key_idle": MACHINES,
    "aws_double_key": MACHINES,
    "staff_no_mfa": STAFF,
    "staff_session_no_mfa": STAFF,
}
"""Kind of fault -> every subject to which it can happen without causing another; of those missing, orders."""


def possible_subjects(kind: FaultKind) -> list[str]:
    """Return every subject to which a kind of fault can happen without causing another."""
    return SUBJECTS.get(kind.name, ORDERS)
