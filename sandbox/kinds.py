"""What can be planted in the sandbox company, in whom, and what must be reported for it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.org import (
    ACCESS_RULES,
    AWS_ACCOUNTS,
    DISMISSIBLE,
    GITHUB_KEY,
    IAM_USERS,
    OKTA_ADMINS,
    ORG,
    READER,
    READER_ROLE,
    SECRETS,
    SERVICE_ACCOUNTS,
    STAFF_FOR_FAULTS,
    STEADY_MEMBERS,
    STEADY_STAFF,
    TOKEN_OWNERS,
    VENDORS,
    staff_of,
)

ORDERS_FOR_FAULTS = 150
"""Every day has at least as many orders that are neither drafts nor tests; `order 7` is the 7th of those."""
CHANGES_FOR_FAULTS = 3
"""Every day has at least as many changes of production; `change 2` is the second of the day."""


@dataclass(frozen=True)
class FaultKind:
    """What a kind of fault does, how its subject is written, and what must be reported for it."""

    name: str
    part: Literal["okta", "aws", "github", "shop", "registers", "governance", "jira", "stripe", "paypal"]
    test: str
    code: str
    does: str
    one_day: bool = False
    """An event happens once: `from` and `to` are the same day."""
    until_end: bool = False
    """It cannot end before the period does."""
    earliest: int = 0
    """How many days after the period began it can be found at the earliest."""
    latest: int = 0
    """How many days before the period ends it must happen to be found in it: it is seen that much later."""
    also: tuple[tuple[str, str], ...] = ()
    """(test, code) of what must be reported for it besides, on the same days."""
    afterwards: tuple[tuple[str, str], ...] = ()
    """(test, code) of what must be reported for it on the day after `to`."""
    on_weekdays: bool = False
    """It cannot be on a Saturday or Sunday."""

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
        FaultKind(
            "github_2fa_off",
            "github",
            "AC-03.a",
            "ORG_2FA_OFF",
            "The organisation asks its members for no second factor; all of them have one.",
        ),
        FaultKind(
            "github_no_2fa",
            "github",
            "AC-03.b",
            "MEMBER_NO_2FA",
            "The person stays a member and has no second factor at GitHub.",
        ),
        FaultKind(
            "github_insecure_2fa",
            "github",
            "AC-03.b",
            "MEMBER_INSECURE_2FA",
            "The person's second factor at GitHub is text messages.",
        ),
        FaultKind(
            "github_stranger",
            "github",
            "AC-03.c",
            "UNKNOWN_MEMBER",
            "An account that no register names becomes a member, in no team and of no repository.",
            also=(("AC-04.a", "ACCOUNT_UNMATCHED"),),
        ),
        FaultKind(
            "github_write_key",
            "github",
            "AC-03.d",
            "UNREGISTERED_CREDENTIAL",
            "The n-th repository has a deploy key that may write and that nobody registered.",
        ),
        FaultKind(
            "github_token_endless",
            "github",
            "AC-03.d",
            "UNREGISTERED_CREDENTIAL",
            "The n-th fine-grained token has no end, and nobody registered it.",
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
            "A line's discount is larger than its extension, and its share of the order's is below nothing; "
            "the order's discount is still the sum.",
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
            "shipping_off_quote",
            "shop",
            "PI-01.d",
            "SHIPPING_QUOTE",
            "Shipping is more than was quoted, and nobody approved it.",
            one_day=True,
        ),
        FaultKind(
            "amount_off_multiple",
            "shop",
            "PI-01.f",
            "MINOR_UNIT",
            "An order of dinars comes to an amount that the processor does not take; everything adds up.",
            one_day=True,
        ),
        FaultKind(
            "discount_lapsed",
            "shop",
            "PI-01.e",
            "DISCOUNT_UNAUTHORISED",
            "The first line is discounted by a promotion that is in no register. The population key is the "
            "discount's.",
            one_day=True,
        ),
        FaultKind(
            "tax_amount",
            "shop",
            "PI-02.a",
            "TAX_AMOUNT",
            "The tax of the first line, and so the order's, is one minor unit too much.",
            one_day=True,
        ),
        FaultKind(
            "tax_base",
            "shop",
            "PI-02.a",
            "TAX_BASE",
            "The first line's tax is computed on ten minor units less than it costs.",
            one_day=True,
        ),
        FaultKind(
            "tax_line_left_out",
            "shop",
            "PI-02.a",
            "LINE_UNTAXED",
            "No tax is on the first of several lines.",
            one_day=True,
        ),
        FaultKind(
            "tax_lines_sum",
            "shop",
            "PI-02.b",
            "TAX_LINES_SUM",
            "The order's tax is one more than its tax lines sum to, and so than expected.",
            one_day=True,
            also=(("PI-02.a", "TAX_AMOUNT"),),
        ),
        FaultKind(
            "tax_rate",
            "shop",
            "PI-02.c",
            "RATE_MISMATCH",
            "The first line is taxed at a former rate. The population key is the tax line's.",
            one_day=True,
        ),
        FaultKind(
            "tax_rate_unknown",
            "shop",
            "PI-02.c",
            "RATE_UNKNOWN",
            "The first line is taxed in a category that there is no rate for.",
            one_day=True,
        ),
        FaultKind(
            "tax_unregistered",
            "shop",
            "PI-02.c",
            "NEXUS",
            "The first line is taxed for a jurisdiction that the company is not registered in.",
            one_day=True,
        ),
        FaultKind(
            "tax_uncertified",
            "shop",
            "PI-02.d",
            "EXEMPT_NO_CERT",
            "The first line is not taxed for a reason that nothing proves.",
            one_day=True,
        ),
        FaultKind(
            "tax_bias",
            "shop",
            "PI-02.e",
            "ROUNDING_BIAS",
            "Every order's tax in a currency is one minor unit too much, which is tolerated of each.",
            one_day=True,
        ),
        FaultKind(
            "tax_no_policy",
            "shop",
            "PI-02.f",
            "NO_POLICY",
            "The order names a rounding policy that is in no register.",
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
            "staff_outside_role",
            "shop",
            "AC-04.a",
            "OUTSIDE_ROLE",
            "Somebody of marketing gets the permission payout_read, which marketing has no need of.",
        ),
        FaultKind(
            "staff_conflict",
            "shop",
            "AC-04.b",
            "SOD_CONFLICT",
            "Somebody of customer support, who makes refunds, may approve them too.",
            also=(("AC-04.a", "OUTSIDE_ROLE"),),
        ),
        FaultKind(
            "github_support_in_team",
            "github",
            "AC-04.b",
            "SOD_CONFLICT",
            "Somebody of customer support is added to a team that may write to one repository.",
            also=(("AC-04.a", "OUTSIDE_ROLE"), ("AC-04.d", "SUPPORT_HAS_REPO")),
        ),
        FaultKind(
            "secret_overdue",
            "aws",
            "SK-01.a",
            "ROTATION_OVERDUE",
            "The secret's value is 91 days old on `from`, when somebody edits a tag; replaced on the day "
            "after `to`.",
        ),
        FaultKind(
            "secret_unregistered",
            "governance",
            "SK-01.c",
            "UNREGISTERED",
            "The secret's line is missing from the register of secrets.",
        ),
        FaultKind(
            "secret_unrestricted",
            "governance",
            "SK-01.e",
            "KEY_UNRESTRICTED",
            "The key behind the secret is an unrestricted one.",
        ),
        FaultKind(
            "vendor_report_lapsed",
            "governance",
            "VR-03.a",
            "NO_PRIMARY",
            "The period of the vendor's report ended 366 days before `from`; a new report comes on the day "
            "after `to`.",
            also=(("VR-03.b", "NO_ALTERNATIVE"),),
        ),
        FaultKind(
            "vendor_no_alternative",
            "governance",
            "VR-03.b",
            "NO_ALTERNATIVE",
            "The answers of a vendor without a report were never reviewed.",
        ),
        FaultKind(
            "vendor_not_reviewed",
            "governance",
            "VR-03.c",
            "NOT_REVIEWED",
            "Nobody has read the vendor's report yet.",
        ),
        FaultKind(
            "vendor_untreated",
            "governance",
            "VR-03.d",
            "NO_TREATMENT",
            "The report has exceptions that touch us, and nobody has decided what to do.",
        ),
        FaultKind(
            "vendor_scope",
            "governance",
            "VR-03.e",
            "SCOPE_MISMATCH",
            "The report is about another legal entity than the contract.",
        ),
        FaultKind(
            "vendor_document_missing",
            "governance",
            "VR-03.f",
            "EVIDENCE_TAMPERED",
            "The register cites a version of the vendor's report that nobody has added.",
        ),
        FaultKind(
            "dr_plan_stale",
            "governance",
            "AV-05.a",
            "PLAN_STALE",
            "The recovery plan was approved 366 days before `from`; a new version on the day after `to`.",
        ),
        FaultKind(
            "dr_action_open",
            "governance",
            "AV-05.e",
            "ACTION_OPEN",
            "A corrective action was due on the day before `from` and is closed on the day after `to`.",
        ),
        FaultKind(
            "dr_restore_uncorroborated",
            "governance",
            "AV-05.f",
            "UNCORROBORATED",
            "In the register of recovery tests the first day's test claims, instead of its n-th restore, one "
            "that AWS does not know. The population key is the claim's.",
        ),
        FaultKind(
            "change_no_pull_request",
            "jira",
            "CM-01.a",
            "COMMIT_NO_PR",
            "The day's n-th production change is pushed straight to main and deployed, for no ticket.",
            one_day=True,
            also=(("CM-01.d", "CHAIN_INCOMPLETE"),),
        ),
        FaultKind(
            "change_no_ticket",
            "jira",
            "CM-01.b",
            "NO_TICKET",
            "The pull request of the day's n-th production change names no ticket.",
            one_day=True,
            also=(("CM-01.d", "CHAIN_INCOMPLETE"),),
        ),
        FaultKind(
            "change_ticket_after",
            "jira",
            "CM-01.b",
            "TICKET_AFTER",
            "The ticket of the day's n-th production change is made, and so approved, after its deployment.",
            one_day=True,
            also=(("CM-01.c", "ORDER_BROKEN"),),
        ),
        FaultKind(
            "change_late_approval",
            "jira",
            "CM-01.c",
            "ORDER_BROKEN",
            "The day's n-th production change is a hotfix that is approved only after its deployment.",
            one_day=True,
        ),
        FaultKind(
            "change_not_verified",
            "jira",
            "CM-01.d",
            "CHAIN_INCOMPLETE",
            "Nobody verifies the day's n-th production change.",
            one_day=True,
        ),
        FaultKind(
            "leaver_key_left",
            "aws",
            "AC-07.d",
            "CREDENTIAL_LEFT",
            "Somebody with an access key of their own is dismissed on the day before `from`; the key, unused "
            "since, is deleted on the day after `to`.",
        ),
        FaultKind(
            "leaver_still_active",
            "shop",
            "AC-07.a",
            "STILL_ACTIVE",
            "Somebody is dismissed on the day before `from`; the account in the admin panel is disabled on "
            "the day after `to`, when it is seen that this was late.",
            afterwards=(("AC-07.a", "REVOKED_LATE"),),
        ),
        FaultKind(
            "leaver_used",
            "shop",
            "AC-07.b",
            "USED_AFTER_TERMINATION",
            "Somebody dismissed that morning signs in to the admin panel once more, before the accounts go.",
            one_day=True,
        ),
        FaultKind(
            "okta_token_can_write",
            "okta",
            "GV-06.e",
            "NOT_READ_ONLY",
            "The owner of our own token is made an administrator of the organisation.",
        ),
        FaultKind(
            "aws_role_can_write",
            "aws",
            "GV-06.e",
            "NOT_READ_ONLY",
            "Our own role in the account gets a second policy, by which it could write.",
        ),
        FaultKind(
            "cancelled_not_refunded",
            "shop",
            "PI-04.a",
            "CANCELLED_NOT_REFUNDED",
            "An order that was paid is cancelled late in the evening, and nobody gives the money back.",
            one_day=True,
        ),
        FaultKind(
            "refund_tax_of_part",
            "shop",
            "PI-04.b",
            "REFUND_TAX",
            "A refund of a part gives back two minor units of tax too many.",
            one_day=True,
        ),
        FaultKind(
            "refund_tax_of_whole",
            "shop",
            "PI-04.b",
            "REFUND_TAX_RESIDUAL",
            "A refund of all lines gives back a minor unit of tax too little.",
            one_day=True,
        ),
        FaultKind(
            "refund_quantity",
            "shop",
            "PI-04.b",
            "REFUND_QTY",
            "A refund gives back a piece more of a line than was ordered.",
            one_day=True,
        ),
        FaultKind(
            "refund_approval_missing",
            "shop",
            "PI-04.c",
            "NO_APPROVER",
            "Nobody approves a large refund.",
            one_day=True,
        ),
        FaultKind(
            "refund_approval_own",
            "shop",
            "PI-04.c",
            "SELF_APPROVED",
            "Who makes a large refund approves it too.",
            one_day=True,
        ),
        FaultKind(
            "stock_lost",
            "shop",
            "PI-06.a",
            "STOCK_ROLLFORWARD",
            "A piece of an article is gone, and no movement says why.",
            one_day=True,
        ),
        FaultKind(
            "shipped_too_much",
            "shop",
            "PI-06.b",
            "OVER_SHIPPED",
            "A parcel leaves with a piece more of a line than was ordered.",
            one_day=True,
        ),
        FaultKind(
            "shipped_without_order",
            "shop",
            "PI-06.b",
            "SHIP_WITHOUT_ORDER",
            "A parcel leaves for no order.",
            one_day=True,
        ),
        FaultKind(
            "stock_oversold",
            "shop",
            "PI-06.c",
            "NEGATIVE_STOCK",
            "More of an article is promised than there is.",
            one_day=True,
        ),
        FaultKind(
            "write_off_no_ticket",
            "shop",
            "PI-06.d",
            "UNAUTHORISED_ADJUSTMENT",
            "The day's breakage is written off without a ticket.",
            one_day=True,
        ),
        FaultKind(
            "write_off_self_approved",
            "shop",
            "PI-06.d",
            "SELF_APPROVED",
            "Who writes off the day's breakage approves it too.",
            one_day=True,
        ),
        FaultKind(
            "transfer_lost",
            "shop",
            "PI-06.e",
            "TRANSFER_OPEN",
            "What left five days before for the other warehouse has not arrived. The day is the fifth.",
            one_day=True,
            earliest=5,
        ),
        FaultKind(
            "number_twice",
            "shop",
            "PI-08.b",
            "DUPLICATE_NUMBER",
            "A test order has the number of the next real order; its own is missing.",
            one_day=True,
            also=(("PI-08.a", "NUMBER_GAP"),),
        ),
        FaultKind(
            "payment_recorded_late",
            "shop",
            "PI-09.a",
            "LATE_RECORDING",
            "A payment is recorded 61 minutes after it was attempted.",
            one_day=True,
        ),
        FaultKind(
            "movement_recorded_late",
            "shop",
            "PI-09.c",
            "LATE_UNREGISTERED",
            "A recount of an article is entered two days later, and the register of late arrivals does "
            "not name it.",
            one_day=True,
            latest=2,
        ),
        FaultKind(
            "parcel_late",
            "shop",
            "PI-09.d",
            "FULFIL_LATE",
            "A parcel leaves a second after it was promised to.",
            one_day=True,
        ),
        FaultKind(
            "correction_no_ticket",
            "shop",
            "PI-10.a",
            "NO_TICKET",
            "Finance books a correction for no ticket.",
            one_day=True,
        ),
        FaultKind(
            "correction_no_approver",
            "shop",
            "PI-10.a",
            "NO_APPROVER",
            "Nobody approves a correction.",
            one_day=True,
        ),
        FaultKind(
            "correction_self_approved",
            "shop",
            "PI-10.a",
            "SELF_APPROVED",
            "Who makes a correction approves it too.",
            one_day=True,
        ),
        FaultKind(
            "correction_approved_after",
            "shop",
            "PI-10.a",
            "APPROVED_AFTER",
            "A correction is approved a minute after it took effect.",
            one_day=True,
        ),
        FaultKind(
            "change_unrecorded",
            "shop",
            "PI-10.b",
            "SILENT_CHANGE",
            "Somebody of finance changes an order's total, and no correction says so.",
            one_day=True,
        ),
        FaultKind(
            "correction_over_limit",
            "shop",
            "PI-10.c",
            "LIMIT",
            "Finance books a correction far beyond the limit.",
            one_day=True,
        ),
        FaultKind(
            "charge_without_order",
            "stripe",
            "PI-03.b",
            "ORPHAN_PROCESSOR_CHARGE",
            "Stripe captures a payment for an order that the shop does not have.",
            one_day=True,
            also=(("LM-01.a", "MISSING_IN_PLATFORM"), ("LM-01.c", "CONTROL_TOTAL")),
        ),
        FaultKind(
            "paypal_without_order",
            "paypal",
            "PI-03.b",
            "ORPHAN_PROCESSOR_CHARGE",
            "PayPal settles a payment for an order that the shop does not have.",
            one_day=True,
            also=(("LM-01.a", "MISSING_IN_PLATFORM"), ("LM-01.c", "CONTROL_TOTAL")),
        ),
        FaultKind(
            "charge_not_booked",
            "stripe",
            "PI-05.a",
            "NO_BALANCE_TRANSACTION",
            "The day's n-th payment at Stripe, of those that can be, is captured and moves no balance.",
            one_day=True,
        ),
        FaultKind(
            "movement_unbalanced",
            "stripe",
            "PI-05.a",
            "BT_NET",
            "Of the movement of the day's n-th payment at Stripe a part is neither fee nor net.",
            one_day=True,
        ),
        FaultKind(
            "payout_sum",
            "stripe",
            "PI-05.b",
            "PAYOUT_SUM",
            "The day's payout of a currency is more than the movements in it come to.",
            one_day=True,
        ),
        FaultKind(
            "balance_jump",
            "stripe",
            "PI-05.c",
            "BALANCE_ROLLFORWARD",
            "Since the morning more is held in a currency than what moved explains.",
            one_day=True,
            earliest=1,
        ),
        FaultKind(
            "deposit_missing",
            "stripe",
            "PI-05.d",
            "NO_DEPOSIT",
            "The bank never receives the newest payout whose deposit may come until that day.",
            one_day=True,
            earliest=8,
            on_weekdays=True,
        ),
        FaultKind(
            "settled_off_rate",
            "stripe",
            "PI-05.e",
            "FX_AMOUNT",
            "The day's n-th payment in yen is settled for more than the stated rate makes of it.",
            one_day=True,
        ),
        FaultKind(
            "fee_off_schedule",
            "stripe",
            "PI-05.f",
            "FEE_RATE",
            "Stripe keeps more of the day's n-th payment than was agreed.",
            one_day=True,
        ),
        FaultKind(
            "capture_twice",
            "shop",
            "PI-03.c",
            "DUPLICATE_CAPTURE",
            "An order is charged and captured a second time, and shop and processor both have it.",
            one_day=True,
            also=(("PI-03.a", "OVER_CAPTURED"),),
        ),
        FaultKind(
            "under_captured",
            "shop",
            "PI-03.a",
            "UNDER_CAPTURED",
            "The least less than is due is captured for an order.",
            one_day=True,
        ),
        FaultKind(
            "credit_ignored",
            "shop",
            "PI-03.a",
            "OVER_CAPTURED",
            "An order is captured in full although a minor unit of it was paid by store credit.",
            one_day=True,
        ),
        FaultKind(
            "capture_misbooked",
            "shop",
            "PI-03.b",
            "AMOUNT",
            "The shop books the least more for a capture than the processor took.",
            one_day=True,
            also=(("PI-03.a", "OVER_CAPTURED"), ("LM-01.c", "CONTROL_TOTAL")),
        ),
        FaultKind(
            "payment_as_test",
            "shop",
            "PI-03.b",
            "LIVEMODE",
            "The shop holds a real payment to be one in test mode.",
            one_day=True,
            also=(("SK-03.c", "TEST_IN_LIVE"),),
        ),
        FaultKind(
            "failure_unexplained",
            "shop",
            "LM-01.d",
            "NO_FAILURE_CODE",
            "The shop does not record why the day's n-th declined attempt failed.",
            one_day=True,
        ),
        FaultKind(
            "attempt_not_at_processor",
            "shop",
            "LM-01.a",
            "MISSING_AT_PROCESSOR",
            "The shop's log has a declined attempt that the processor does not know.",
            one_day=True,
            also=(("LM-01.c", "CONTROL_TOTAL"),),
        ),
        FaultKind(
            "card_for_no_order",
            "shop",
            "PI-03.d",
            "LEDGER_BREAK",
            "The first redemption of the day's n-th gift card is for no order.",
            one_day=True,
        ),
        FaultKind(
            "card_overdrawn",
            "shop",
            "PI-03.d",
            "NEGATIVE_BALANCE",
            "Late in the evening a minor unit is taken off the day's n-th gift card that is spent.",
            one_day=True,
            earliest=4,
        ),
        FaultKind(
            "refund_over_capture",
            "shop",
            "PI-04.b",
            "REFUND_CAP",
            "A refund gives back a minor unit more than was captured.",
            one_day=True,
        ),
        FaultKind(
            "refund_not_at_processor",
            "shop",
            "PI-04.d",
            "ORPHAN_PLATFORM_REFUND",
            "The shop holds money to have been given back by a refund that the processor does not know.",
            one_day=True,
        ),
        FaultKind(
            "refund_not_in_shop",
            "stripe",
            "PI-04.d",
            "ORPHAN_PROCESSOR_REFUND",
            "The day's n-th payment at Stripe is given back there, and the shop does not know.",
            one_day=True,
        ),
        FaultKind(
            "charge_lost",
            "stripe",
            "PI-03.b",
            "ORPHAN_PLATFORM_PAYMENT",
            "Stripe knows nothing of the day's n-th payment, which the shop holds to be captured.",
            one_day=True,
            also=(("LM-01.a", "MISSING_AT_PROCESSOR"), ("LM-01.c", "CONTROL_TOTAL")),
        ),
        FaultKind(
            "count_unexplained",
            "shop",
            "PI-06.f",
            "COUNT_VARIANCE",
            "Twelve pieces too few of an article were counted eleven days before `from`; why is known on the "
            "day after `to`.",
        ),
        FaultKind(
            "refund_failed",
            "stripe",
            "PI-04.d",
            "REFUND_FAILED_AT_PROCESSOR",
            "The bank refuses the refund of the day's n-th payment, and the shop holds it to be made.",
            one_day=True,
        ),
        FaultKind(
            "order_twice",
            "shop",
            "PI-08.b",
            "DUPLICATE_ORDER",
            "A customer's order is placed once more within ten minutes, and both are carried out.",
            one_day=True,
        ),
        FaultKind(
            "order_altered",
            "shop",
            "PI-08.d",
            "MUTATED_AFTER_CLOSE",
            "The morning after the day was closed an order gets another customer, and nothing says why.",
            one_day=True,
            latest=1,
        ),
        FaultKind(
            "engine_off",
            "shop",
            "PI-07.a",
            "LIABILITY_AMOUNT",
            "The tax engine reports a minor unit too much of a jurisdiction's tax of five days before.",
            one_day=True,
            earliest=6,
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
MACHINES = [user.subject for user in IAM_USERS if user.machine]
DISMISSIBLE_STAFF = [f"person {n}" for n in DISMISSIBLE if n not in {user.person for user in IAM_USERS}]
MEMBERS = [f"person {n}" for n in STEADY_MEMBERS]
STAFF = [f"person {n}" for n in STAFF_FOR_FAULTS]
ALL_SECRETS = [f"secret {account}/{name}" for account, names in SECRETS.items() for name in names]
REVIEWED = [vendor for vendor in VENDORS if vendor.assurance and vendor.tier in ("critical", "high")]
CHANGES = [f"change {n}" for n in range(1, CHANGES_FOR_FAULTS + 1)]
QUIET = [f"quiet order {n}" for n in range(1, 31)]
"""The last orders of a day that are paid and that nothing else happens to."""
REFUNDS = [f"refund {n}" for n in range(1, 10)]
WRITE_OFFS = ["write-off 1", "write-off 2"]
CARDS = ["gift card 1", "gift card 2"]
ARTICLES = [f"article {n}" for n in range(1, 11)]
CORRECTIONS = [f"correction {n}" for n in range(1, 10)]
ORDERS = [f"order {n}" for n in range(1, ORDERS_FOR_FAULTS + 1)]
SETTLED = ("EUR", "GBP", "USD")
PAYMENTS = [f"payment {n}" for n in range(1, 41)]
SUBJECTS = {
    "charge_without_order": [f"stranger {n}" for n in range(1, 10)],
    "paypal_without_order": [f"stranger {n}" for n in range(1, 10)],
    "charge_not_booked": PAYMENTS,
    "charge_lost": PAYMENTS,
    "refund_not_in_shop": PAYMENTS,
    "refund_failed": PAYMENTS,
    "order_twice": [f"order pair {n}" for n in range(1, 4)],
    "engine_off": [f"tax of {jurisdiction}" for jurisdiction in ("DE", "GB", "JP", "US-NY")],
    "movement_unbalanced": PAYMENTS,
    "fee_off_schedule": PAYMENTS,
    "settled_off_rate": [f"yen payment {n}" for n in range(1, 9)],
    "payout_sum": [f"payout {currency}" for currency in SETTLED],
    "balance_jump": [f"balance {currency}" for currency in SETTLED],
    "deposit_missing": [f"deposit {currency}" for currency in SETTLED],
    "okta_no_factor": PERSONS,
    "okta_weak_factor": PERSONS,
    "okta_admin_weak": ADMINISTRATORS,
    "okta_admin_session_no_mfa": ADMINISTRATORS,
    "okta_service_interactive": [f"service {a.name}" for a in SERVICE_ACCOUNTS if a.name != READER],
    "okta_rule_one_factor": [f"rule {rule.subject}" for rule in ACCESS_RULES if rule.in_scope],
    "github_2fa_off": [f"organisation {ORG}"],
    "github_no_2fa": MEMBERS,
    "github_insecure_2fa": MEMBERS,
    "github_stranger": [f"stranger {n}" for n in (1, 2, 3)],
    "github_write_key": [f"deploy key {n}" for n in (1, 2, 3)],
    "github_token_endless": [f"token {n}" for n in range(1, len(TOKEN_OWNERS) + 1)],
    "aws_root_no_mfa": list(AWS_ACCOUNTS),
    "aws_root_key": list(AWS_ACCOUNTS),
    "aws_console_no_mfa": [user.subject for user in IAM_USERS if user.console],
    "aws_key_age": MACHINES,
    "aws_key_idle": MACHINES,
    "aws_double_key": MACHINES,
    "tax_bias": ["currency GBP"],
    "staff_no_mfa": STAFF,
    "staff_session_no_mfa": STAFF,
    "secret_overdue": ALL_SECRETS,
    "secret_unregistered": [s for s in ALL_SECRETS if not s.endswith(GITHUB_KEY)],
    "secret_unrestricted": [s for s in ALL_SECRETS if "stripe" in s],
    "vendor_report_lapsed": [v.subject for v in REVIEWED if v.assurance == "soc2_type2"],
    "vendor_no_alternative": [v.subject for v in VENDORS if v.assurance is None and v.tier == "high"],
    "vendor_not_reviewed": [v.subject for v in REVIEWED],
    "vendor_untreated": [v.subject for v in REVIEWED],
    "vendor_scope": [v.subject for v in REVIEWED],
    "vendor_document_missing": [v.subject for v in REVIEWED],
    "dr_plan_stale": ["plan 1"],
    "dr_action_open": ["action 1"],
    "dr_restore_uncorroborated": [f"restore {n}" for n in (1, 2)],
    "change_no_pull_request": CHANGES,
    "change_no_ticket": CHANGES,
    "change_ticket_after": CHANGES,
    "change_late_approval": CHANGES,
    "change_not_verified": CHANGES,
    "leaver_key_left": [user.subject for user in IAM_USERS if user.person],
    "leaver_still_active": DISMISSIBLE_STAFF,
    "leaver_used": DISMISSIBLE_STAFF,
    "okta_token_can_write": [f"service {READER}"],
    "aws_role_can_write": [f"{account}/{READER_ROLE}" for account in AWS_ACCOUNTS],
    "staff_outside_role": [f"person {n}" for n in staff_of("Marketing")],
    "github_support_in_team": [f"person {n}" for n in staff_of("Customer Support")],
    "staff_conflict": [f"person {n}" for n in staff_of("Customer Support")],
    **dict.fromkeys(
        (
            "cancelled_not_refunded",
            "shipped_too_much",
            "change_unrecorded",
            "capture_twice",
            "credit_ignored",
            "capture_misbooked",
            "payment_as_test",
            "attempt_not_at_processor",
            "order_altered",
        ),
        QUIET,
    ),
    "failure_unexplained": [f"declined attempt {n}" for n in range(1, 9)],
    **dict.fromkeys(("card_for_no_order", "card_overdrawn"), CARDS),
    "count_unexplained": ["count 1", "count 2"],
    **dict.fromkeys(
        (
            "refund_over_capture",
            "refund_not_at_processor",
            "refund_tax_of_part",
            "refund_tax_of_whole",
            "refund_quantity",
            "refund_approval_missing",
            "refund_approval_own",
        ),
        REFUNDS,
    ),
    **dict.fromkeys(("stock_lost", "stock_oversold"), ARTICLES),
    **dict.fromkeys(("write_off_no_ticket", "write_off_self_approved"), WRITE_OFFS),
    **dict.fromkeys((name for name in KINDS if name.startswith("correction_")), CORRECTIONS),
    "shipped_without_order": ["stray parcel 1"],
    "transfer_lost": ["transfer 1"],
    "number_twice": ["number 1"],
    "movement_recorded_late": ["recount 1"],
    "payment_recorded_late": [f"payment {n}" for n in range(1, 10)],
    "parcel_late": [f"parcel {n}" for n in range(1, 6)],
}
"""Kind of fault -> every subject to which it can happen without causing another; of those missing, orders."""


def possible_subjects(kind: FaultKind) -> list[str]:
    """Return every subject to which a kind of fault can happen without causing another."""
    return SUBJECTS.get(kind.name, ORDERS)


AT_REST = frozenset(name for name, subjects in SUBJECTS.items() if subjects in (QUIET, REFUNDS))
PAID = frozenset(name for name, subjects in SUBJECTS.items() if subjects is PAYMENTS)
TOTALLED = frozenset(name for name, kind in KINDS.items() if ("LM-01.c", "CONTROL_TOTAL") in kind.also)
NEVER_TOGETHER = (
    (frozenset({"order_twice"}), AT_REST | PAID),
    (frozenset(name for name, subjects in SUBJECTS.items() if subjects is REFUNDS), PAID),
    (TOTALLED, TOTALLED),
    (frozenset({"capture_twice"}), frozenset({"payment_recorded_late"})),
    (frozenset({"write_off_no_ticket"}), frozenset({"write_off_self_approved"})),
)
"""Pairs of kinds that could meet on one order, or in one sum, on the same day."""


def can_meet(one: FaultKind, other: FaultKind) -> bool:
    """Return whether faults of two kinds might blur each other if both happened on the same day.

    `payment 3` is counted among those to which nothing else happened yet, so that a second fault of the
    same kind might find the same one.
    """
    if one.name == other.name:
        return one.one_day and one.part in ("shop", "stripe", "paypal")
    pair = (one.name, other.name)
    return any(
        (a in first and b in second) for first, second in NEVER_TOGETHER for a, b in (pair, pair[::-1])
    )
