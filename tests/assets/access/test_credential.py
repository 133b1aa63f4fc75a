"""Which long-lived credentials do GitHub and Stripe give to the table that is neutral over all systems?"""

from __future__ import annotations

from datetime import UTC, datetime

from assets import access
from assets.capture import Derivation
from pipelines.catalogue import catalogue
from tests.assets.derivations import derived

ADDED = datetime(2026, 1, 5, 9, tzinfo=UTC)
USED = datetime(2026, 3, 9, 6, tzinfo=UTC)
NOBODYS = {"account_key": None, "active": True, "created_at": ADDED, "last_used_at": None}


def test_a_deploy_key_of_github_is_no_accounts_and_says_whether_it_may_write() -> None:
    """Whoever added it is not whose it is: it outlives them. One the organisation forbids cannot be used."""
    key = {"repository": "shop", "added_by": "ada", "created_at": ADDED}
    github = {**NOBODYS, "system_id": "github"}

    assert [
        {
            **github,
            "credential_key": "github:acme:shop:40",
            "native_id": "40",
            "kind": "deploy_key",
            "last_used_at": USED,
        },
        {
            **github,
            "credential_key": "github:acme:shop:41",
            "native_id": "41",
            "kind": "read_only_deploy_key",
            "active": False,
            "created_at": None,
        },
    ] == derived(
        access.GITHUB_CREDENTIALS,
        "acme",
        github_deploy_key=[
            {**key, "key_id": "41", "is_read_only": True, "is_enabled": False, "created_at": None},
            {**key, "key_id": "40", "is_read_only": False, "last_used_at": USED},
        ],
    )


def test_a_token_of_github_is_its_owners_account_and_of_unknown_age() -> None:
    """When it was let in is not when it was made; one whose end has come cannot be used."""
    token = {"owner": "ada", "owner_id": "7", "granted_at": ADDED}

    assert [
        {
            "credential_key": f"github:acme:token:{number}",
            "system_id": "github",
            "account_key": "github:acme:7",
            "native_id": number,
            "kind": "personal_access_token",
            "active": active,
            "created_at": None,
            "last_used_at": used,
        }
        for number, active, used in (("50", True, USED), ("51", False, None))
    ] == derived(
        access.GITHUB_TOKENS,
        "acme",
        github_personal_access_token=[
            {**token, "token_id": "50", "is_expired": False, "last_used_at": USED},
            {**token, "token_id": "51", "is_expired": True},
        ],
    )


def test_a_key_of_stripe_is_no_accounts_and_one_of_test_mode_is_called_so() -> None:
    """A publishable key is no secret, which its kind tells."""
    key = {"created_at": ADDED, "livemode": True, "status": "active"}

    assert [
        {
            **NOBODYS,
            "system_id": "stripe",
            "credential_key": f"stripe:main:{number}",
            "native_id": number,
            "kind": kind,
            "active": active,
        }
        for number, kind, active in (
            ("k1", "secret_key", True),
            ("k2", "publishable_key", True),
            ("k3", "test_secret_key", False),
        )
    ] == derived(
        access.STRIPE_CREDENTIALS,
        "main",
        stripe_api_key=[
            {**key, "key_id": "k1", "type": "secret_key"},
            {**key, "key_id": "k2", "type": "publishable_key"},
            {**key, "key_id": "k3", "type": "secret_key", "livemode": False, "status": "expired"},
        ],
    )


def test_credentials_are_expected_of_what_is_listed_and_of_nothing_else() -> None:
    """Tokens and keys that only some may list make no gap where they are not configured."""

    def expected(**instances: list[str]) -> list[str]:
        listed = {name.replace("__", "."): found for name, found in instances.items()}
        return [
            instance for dataset, instance in catalogue().expected(listed) if dataset == access.CREDENTIAL
        ]

    assert ["github-acme"] == expected(github=["acme"], stripe=["main"], jira=["acme"], shop=["main"])
    assert ["aws-111", "github-acme", "github_token-acme", "okta-acme", "stripe-main"] == expected(
        okta=["acme"],
        aws=["111"],
        github=["acme"],
        github__personal_access_tokens=["acme"],
        stripe=["main"],
        stripe__preview=["main"],
    )


def test_no_two_derivations_of_access_fill_the_same_table_of_an_instance() -> None:
    """The later would hide the earlier."""
    made = [found for found in vars(access).values() if isinstance(found, Derivation)]
    filled = [(found.dataset.name, found.instance("one")) for found in made]

    assert sorted(set(filled)) == sorted(filled)
