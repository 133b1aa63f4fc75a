"""Do the macros about access say who could do what, with which credentials, and what that rests on?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from assets import access, identity
from assets.github.tokens import PERSONAL_ACCESS_TOKEN

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

ADA = "github:acme:7"
DAY = "date '2026-03-01'"


@pytest.fixture
def granted(company: Company, at: At) -> Company:
    """Return a company whose code host Ada and a machine may write to; Ada has two tokens, the shop a key."""
    named = (PERSONAL_ACCESS_TOKEN, access.CREDENTIAL, access.ENTITLEMENT, identity.PERSON)
    company.datasets |= {dataset.name: dataset for dataset in named}
    person = {"system_id": "github", "enabled": True, "candidates": 1}
    company.capture(
        identity.PERSON,
        1,
        [
            {
                **person,
                "account_key": ADA,
                "owner_kind": "person",
                "match_rule": "register",
                "person_id": "P1",
            },
            {
                **person,
                "account_key": "github:acme:9",
                "owner_kind": "service",
                "match_rule": "service_register",
            },
        ],
        instance="github-acme",
    )
    company.capture(
        access.ENTITLEMENT,
        1,
        [
            {"account_key": key, "system_id": "github", "entitlement": "repo:shop:write", "via": "team:shop"}
            for key in (ADA, "github:acme:9")
        ],
        instance="github-acme",
    )
    listed = company.capture(
        PERSONAL_ACCESS_TOKEN,
        1,
        [{"token_id": one, "owner_id": "7", "is_expired": one == "51"} for one in ("50", "51")],
    )
    tokens = company.capture(
        access.CREDENTIAL,
        1,
        [
            {
                "credential_key": f"github:acme:token:{one}",
                "system_id": "github",
                "account_key": ADA,
                "native_id": one,
                "kind": "personal_access_token",
                "active": one == "50",
            }
            for one in ("50", "51")
        ],
        instance="github_token-acme",
        inputs=[str(company.file(listed).relative_to(company.home.path))],
    )
    company.capture(
        access.CREDENTIAL,
        1,
        [
            {
                "credential_key": "github:acme:shop:40",
                "system_id": "github",
                "native_id": "40",
                "kind": "deploy_key",
                "active": True,
            }
        ],
        instance="github-acme",
    )
    company.evaluate(
        1, {"AC-01.a": "FAIL"}, read=[company.file(tokens).stem], broke={"AC-01.a": ["github:acme:token:50"]}
    )
    company.publish(at(2, 2))
    return company


def test_who_had_and_access_of_agree_about_the_code_host(granted: Company) -> None:
    """The machine is somebody who had it, and nobody's access."""
    assert [
        ("repo:shop:write", "team:shop", ADA, "P1"),
        ("repo:shop:write", "team:shop", "github:acme:9", None),
    ] == (granted.ask(f"select entitlement, via, account_key, person_id from who_had('repo:shop:*', {DAY})"))
    assert [("P1", ADA, "repo:shop:write")] == granted.ask(
        f"select person_id, account_key, entitlement from access_of('P1', {DAY})"
    )


def test_credentials_of_a_person_are_all_of_them_and_those_of_nobody_can_be_asked_for(
    granted: Company,
) -> None:
    """An expired one too, which says so; a deploy key is nobody's."""
    asked = "select account_key, kind, credential_key, active from credentials_of({}, {})"

    assert [
        (ADA, "personal_access_token", "github:acme:token:50", True),
        (ADA, "personal_access_token", "github:acme:token:51", False),
    ] == granted.ask(asked.format("'P1'", DAY))
    assert [(None, "deploy_key", "github:acme:shop:40", True)] == granted.ask(asked.format("null", DAY))
    assert [] == granted.ask(asked.format("'P2'", DAY))


def test_evidence_of_an_exception_about_a_token_goes_down_to_the_listing_of_tokens(granted: Company) -> None:
    """By the derived file, and not by that of the deploy keys."""
    assert [
        (0, "access_credential", "github_token-acme"),
        (1, "github_personal_access_token", "acme"),
    ] == granted.ask(
        "select depth, dataset, instance from evidence_of('AC-01.a/github:acme:token:50/NO_FACTOR')"
    )
