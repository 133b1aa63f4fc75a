"""Are accounts what the systems' own listings say, with the second factor each system tells of?"""

from __future__ import annotations

from assets import access
from tests.assets.derivations import derived


def test_accounts_of_github_are_members_and_outside_collaborators() -> None:
    """Text messages are weak; what GitHub does not tell is unknown; one that is both is the member."""
    member = {"role": "member", "user_type": "User"}
    found = derived(
        access.GITHUB_ACCOUNTS,
        "acme",
        github_member=[
            {**member, "user_id": "1", "login": "ada", "role": "admin", "two_fa": "enabled"},
            {**member, "user_id": "2", "login": "bo", "two_fa": "insecure"},
            {**member, "user_id": "3", "login": "ci", "two_fa": "disabled", "user_type": "Bot"},
        ],
        github_outside_collaborator=[
            {"user_id": "2", "login": "bo", "user_type": "User", "two_fa": "disabled"},
            {"user_id": "4", "login": "di", "user_type": "User", "two_fa": "unknown"},
        ],
    )

    assert [
        ("github:acme:1", "ada", "unknown", "strong", True),
        ("github:acme:2", "bo", "unknown", "weak", False),
        ("github:acme:3", "ci", "service", "none", False),
        ("github:acme:4", "di", "unknown", "unknown", False),
    ] == [
        (row["account_key"], row["login"], row["account_type"], row["mfa"], row["is_admin"]) for row in found
    ]
    assert all(row["enabled"] for row in found)


def test_accounts_of_jira_are_people_and_apps_with_the_address_that_is_shown() -> None:
    """An app is a machine's; of nobody Atlassian tells a second factor, which so is unknown."""
    found = derived(
        access.JIRA_ACCOUNTS,
        "acme",
        jira_user=[
            {"account_id": "a1", "account_type": "atlassian", "active": True, "email": "ada@acme.example"},
            {"account_id": "a2", "account_type": "atlassian", "active": False},
            {"account_id": "a3", "account_type": "app", "active": True},
        ],
    )

    assert [
        ("jira:acme:a1", "ada@acme.example", "unknown", True, "unknown", True),
        ("jira:acme:a2", None, "unknown", False, "unknown", True),
        ("jira:acme:a3", None, "service", True, "unknown", False),
    ] == [
        (
            row["account_key"],
            row["login"],
            row["account_type"],
            row["enabled"],
            row["mfa"],
            row["console_access"],
        )
        for row in found
    ]
