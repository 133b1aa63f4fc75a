"""Which sign-ins and credentials do AWS and Okta give to the tables that are neutral over all systems?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from assets.access import AWS_LOGINS, OKTA_CREDENTIALS
from tests.assets.derivations import derived

AT = datetime(2026, 3, 10, 6, tzinfo=UTC)


def sign_in(event_id: str, **other: Any) -> dict[str, Any]:
    """Return a console sign-in as the trail has it."""
    return {
        "event_id": event_id,
        "event_source": "signin.amazonaws.com",
        "event_name": "ConsoleLogin",
        "occurred_at": AT,
        "console_login": "Success",
        "principal_type": "IAMUser",
        "principal_user": "ann",
        **other,
    }


def test_console_sign_ins_belong_to_the_account_that_signed_in() -> None:
    """Of the root user and IAM users; whom AWS hides, and whom the identity provider signs in, have none."""
    rows = derived(
        AWS_LOGINS,
        "111",
        aws_cloudtrail_event=[
            sign_in("a", mfa_used=True),
            sign_in("b", mfa_used=False, console_login="Failure"),
            sign_in("c", principal_type="Root", principal_user=None, console_login=None),
            sign_in("d", principal_user="HIDDEN_DUE_TO_SECURITY_REASONS", console_login="Failure"),
            sign_in("e", principal_type="AssumedRole", principal_user=None, mfa_used=False),
            {"event_id": "f", "event_source": "iam.amazonaws.com", "event_name": "CreateUser"},
        ],
    )

    assert [
        ("aws:111:a", "aws:111:ann", "success", "IAMUser, MFAUsed Yes"),
        ("aws:111:b", "aws:111:ann", "failure", "IAMUser, MFAUsed No"),
        ("aws:111:c", "aws:111:<root_account>", "unknown", "Root"),
        ("aws:111:d", None, "failure", "IAMUser"),
        ("aws:111:e", None, "success", "AssumedRole, MFAUsed No"),
    ] == [(row["login_key"], row["account_key"], row["outcome"], row["method"]) for row in rows]
    assert {("aws", AT)} == {(row["system_id"], row["occurred_at"]) for row in rows}


def test_a_token_of_okta_is_a_credential_of_its_user_and_no_access_key() -> None:
    """So that what is said of access keys is not said of it."""
    token = {"token_id": "00T1", "user_id": "00u1", "created_at": AT}

    assert [
        {
            "credential_key": "okta:acme:00T1",
            "system_id": "okta",
            "account_key": "okta:acme:00u1",
            "native_id": "00T1",
            "kind": "api_token",
            "active": True,
            "created_at": AT,
            "last_used_at": None,
        }
    ] == derived(OKTA_CREDENTIALS, "acme", okta_api_token=[token])
