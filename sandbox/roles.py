"""What may people of each job role do, what must nobody hold together, and whose are the accounts?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sandbox.company import Company
from sandbox.github_people import ever, user
from sandbox.org import (
    ADMIN_CONSOLE,
    APPS,
    AWS_ASSIGNMENTS,
    BACK_OFFICE_ROLES,
    DASHBOARD_ROLES,
    DEPARTMENTS,
    GROUP_DEPARTMENTS,
    HEADS,
    IAM_USERS,
    LOCAL_STAFF,
    ORG,
    PERIOD_START,
)
from sandbox.people import person_id

Row = dict[str, Any]
REVIEWED = PERIOD_START - timedelta(days=60)
APPROVER = "security_lead"
ADMINISTRATING = ("IT Operations", "Security")
SOD_REFUNDS = "refund-four-eyes"
SOD_CODE = "support-no-code"
REPOSITORIES = {
    "Engineering": ("repo:*",),
    "Security": ("repo:*",),
    "Data": ("repo:data-pipeline:write",),
    "Product": ("repo:handbook:write", "repo:storefront:write"),
}
"""Department -> what its people may do in repositories; everybody else nothing."""


def role_matrix() -> Iterator[Row]:
    """Yield what every job role may do: what its department needs, and what only its lead does."""
    for department in DEPARTMENTS:
        word = department.lower().replace(" ", "-")
        for role in (word, f"{word}-lead"):
            yield from (_allowed(role, "okta", f"app:{label}") for label in _apps(department))
            for account, name in AWS_ASSIGNMENTS.get(department, ()):
                yield _allowed(role, "aws_sso", f"account:{account}:{name}")
            if department in ADMINISTRATING:
                yield _allowed(role, "okta", "admin:*")
            key = department + (" head" if role.endswith("-lead") else "")
            _, permissions = BACK_OFFICE_ROLES.get(key) or BACK_OFFICE_ROLES.get(department, ("", ()))
            yield from (_allowed(role, "shop", permission) for permission in permissions)
            if dashboard := DASHBOARD_ROLES.get(key) or DASHBOARD_ROLES.get(department):
                yield _allowed(role, "stripe_dashboard", f"role:{dashboard}")
            yield from (_allowed(role, "github", allowed) for allowed in REPOSITORIES.get(department, ()))


def _apps(department: str) -> Iterator[str]:
    for app in APPS:
        if department in GROUP_DEPARTMENTS.get(app.group, ()):
            yield app.label
    if department in ADMINISTRATING:
        yield ADMIN_CONSOLE
    if department == "Customer Support":
        yield "Stripe Dashboard"  # some look up a payment for a customer


def _allowed(role: str, system: str, entitlement: str) -> Row:
    return {
        "job_role": role,
        "system_id": system,
        "entitlement": entitlement,
        "approved_by": APPROVER,
        "reviewed_on": REVIEWED,
    }


def sod_rules() -> list[Row]:
    """Return what nobody may hold together."""
    pairs = (
        (SOD_CODE, "Who talks to customers could change what they are charged.",
         "people", "customer-support*", "github", "repo:*"),
        (SOD_REFUNDS, "One person could refund themselves.",
         "shop", "refund_create", "shop", "refund_approve"),
        ("price-four-eyes", "One person could sell below price.",
         "shop", "price_override", "shop", "price_override_approve"),
        ("payout-four-eyes", "One person could send money to an account of their own.",
         "shop", "vendor_admin", "shop", "payout_account_change"),
    )  # fmt: skip
    names = (
        "sod_rule_id",
        "description",
        "left_system_id",
        "left_entitlement",
        "right_system_id",
        "right_entitlement",
    )
    return [dict(zip(names, pair, strict=True)) for pair in pairs]


def identity_links(company: Company) -> list[Row]:
    """Return whose the accounts are that no address tells: GitHub's, AWS's, the panel's with a password."""
    consoles = {"billing-console": "Finance", "break-glass": "IT Operations", "qa-console": "Engineering"}
    local = {*LOCAL_STAFF, *(fault.number for fault in company.faults.of("staff_no_mfa"))}
    return (
        [
            {
                "system_id": "shop",
                "account": f"U-{number:04d}",
                "account_instance": "main",
                "person_id": person_id(company.people[number]),
                "reviewed_on": REVIEWED,
            }
            for number in sorted(local)
        ]
        + [
            {
                "system_id": "aws",
                "account": iam.name,
                "account_instance": iam.account,
                "person_id": person_id(
                    company.people[iam.person or HEADS[consoles.get(iam.name, "Security")]]
                ),
                "reviewed_on": REVIEWED,
            }
            for iam in IAM_USERS
            if not iam.machine
        ]
        + [
            {
                "system_id": "github",
                "account": user(account).login,
                "account_instance": ORG,
                "person_id": person_id(account),
                "reviewed_on": REVIEWED,
            }
            for account in ever(company)
        ]
    )
