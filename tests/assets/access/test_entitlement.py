"""Is effective access what the systems' own listings amount to, by each way it was given?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from assets import access
from tests.assets.derivations import derived

SINCE = datetime(2026, 1, 5, tzinfo=UTC)


def shortly(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Return who may do what by which way."""
    return [(row["account_key"], row["entitlement"], row["via"]) for row in rows]


def test_okta_gives_applications_and_roles_in_person_and_by_group() -> None:
    """A group's assignment counts once, by its members; an application that is off gives nothing."""
    found = derived(
        access.OKTA_ENTITLEMENTS,
        "acme",
        okta_app=[
            {"app_id": "a1", "label": "GitHub", "status": "ACTIVE"},
            {"app_id": "a2", "label": "Old", "status": "INACTIVE"},
        ],
        okta_app_assignment=[
            {"app_id": "a1", "scope": "USER", "principal_id": "u1", "created_at": SINCE},
            {"app_id": "a1", "scope": "GROUP", "principal_id": "g1"},
            {"app_id": "a2", "scope": "USER", "principal_id": "u1"},
        ],
        okta_admin_role=[
            {"principal_type": "USER", "principal_id": "u1", "role_type": "SUPER_ADMIN", "status": "ACTIVE"},
            {
                "principal_type": "GROUP",
                "principal_id": "g1",
                "role_type": "HELP_DESK_ADMIN",
                "status": "ACTIVE",
            },
            {"principal_type": "USER", "principal_id": "u3", "role_type": "ORG_ADMIN", "status": "INACTIVE"},
        ],
        okta_group_member=[{"group_id": "g1", "user_id": "u2"}, {"group_id": "g2", "user_id": "u3"}],
    )

    assert [
        ("okta:acme:u1", "admin:SUPER_ADMIN", "direct"),
        ("okta:acme:u1", "app:GitHub", "assignment"),
        ("okta:acme:u2", "admin:HELP_DESK_ADMIN", "group:g1"),
    ] == shortly(found)


def test_two_applications_of_one_name_are_one_entitlement_since_the_earlier() -> None:
    """The role matrix knows names, not ids."""
    found = derived(
        access.OKTA_ENTITLEMENTS,
        "acme",
        okta_app=[{"app_id": a, "label": "GitHub", "status": "ACTIVE"} for a in ("a1", "a2")],
        okta_app_assignment=[
            {"app_id": "a1", "scope": "USER", "principal_id": "u1", "created_at": SINCE},
            {"app_id": "a2", "scope": "USER", "principal_id": "u1", "created_at": SINCE.replace(month=2)},
        ],
    )

    assert [("app:GitHub", SINCE)] == [(row["entitlement"], row["granted_at"]) for row in found]


def test_identity_center_gives_permission_sets_directly_and_by_group() -> None:
    """Per account; who is in no group that is given anything has nothing."""
    found = derived(
        access.AWS_SSO_ENTITLEMENTS,
        "111",
        aws_permission_set=[
            {"permission_set_arn": "ps-1", "name": "Administrator"},
            {"permission_set_arn": "ps-2", "name": "ReadOnly"},
        ],
        aws_sso_assignment=[
            {
                "account_id": "111",
                "permission_set_arn": "ps-1",
                "principal_type": "USER",
                "principal_id": "u1",
            },
            {
                "account_id": "222",
                "permission_set_arn": "ps-2",
                "principal_type": "GROUP",
                "principal_id": "g1",
            },
        ],
        aws_identitystore_group=[{"group_id": "g1", "name": "data"}],
        aws_identitystore_group_member=[
            {"group_id": "g1", "user_id": "u1"},
            {"group_id": "g1", "user_id": "u2"},
            {"group_id": "g9", "user_id": "u3"},
        ],
    )

    assert [
        ("aws_sso:111:u1", "account:111:Administrator", "direct"),
        ("aws_sso:111:u1", "account:222:ReadOnly", "group:data"),
        ("aws_sso:111:u2", "account:222:ReadOnly", "group:data"),
    ] == shortly(found)


def test_the_shop_gives_permissions_by_role_with_their_scope_and_end() -> None:
    """A permission for one merchant is another one than for all."""
    ends = SINCE.replace(month=6)
    found = derived(
        access.SHOP_ENTITLEMENTS,
        "main",
        shop_user_role=[
            {"user_id": "U-1", "role": "support", "permission": "refund_create", "scope": "global"},
            {
                "user_id": "U-1",
                "role": "support",
                "permission": "refund_create",
                "scope": "M-7",
                "expires_at": ends,
            },
        ],
    )

    assert [
        ("shop:main:U-1", "refund_create", "role:support", None),
        ("shop:main:U-1", "refund_create@M-7", "role:support", ends),
    ] == [(*shortly([row])[0], row["expires_at"]) for row in found]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("SUCCESS", "success"),
        ("ALLOW", "success"),
        ("FAILURE", "failure"),
        ("DENY", "failure"),
        ("CHALLENGE", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_sign_in_to_okta_has_an_outcome_or_is_unknown(said: str | None, outcome: str) -> None:
    """Only sessions begun are sign-ins; what no user did has no account."""
    at = SINCE.replace(hour=9)
    found = derived(
        access.OKTA_LOGINS,
        "acme",
        okta_system_log=[
            {
                "event_id": "e1",
                "published_at": at,
                "event_type": "user.session.start",
                "outcome": said,
                "actor_type": "User",
                "actor_id": "u1",
            },
            {
                "event_id": "e2",
                "published_at": at,
                "event_type": "user.session.start",
                "outcome": said,
                "actor_type": "SystemPrincipal",
                "actor_id": "s1",
            },
            {"event_id": "e3", "published_at": at, "event_type": "user.lifecycle.create", "outcome": said},
        ],
    )

    assert [
        ("okta:acme:e1", "okta:acme:u1", at, outcome),
        ("okta:acme:e2", None, at, outcome),
    ] == [(row["login_key"], row["account_key"], row["occurred_at"], row["outcome"]) for row in found]


def test_a_sign_in_to_the_shop_keeps_its_own_word_for_the_method() -> None:
    """Merchants' sign-ins are none of the staff's."""
    rows = [
        {
            "event_id": "L-1",
            "occurred_at": SINCE,
            "realm": "admin",
            "outcome": "success",
            "method": "sso",
            "user_id": "U-1",
        },
        {"event_id": "L-2", "occurred_at": SINCE, "realm": "admin", "outcome": "blocked"},
        {"event_id": "L-3", "occurred_at": SINCE, "realm": "merchant", "outcome": "success"},
    ]
    found = derived(access.SHOP_LOGINS, "main", shop_login_event=rows)

    assert [
        ("shop:main:L-1", "shop:main:U-1", "success", "sso"),
        ("shop:main:L-2", None, "unknown", None),
    ] == [(row["login_key"], row["account_key"], row["outcome"], row["method"]) for row in found]


def github(**rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Return who may do what by which way in an organisation with two repositories and no base permission."""
    whole: dict[str, Sequence[Mapping[str, Any]]] = {
        "github_org": [{"org_id": "1", "default_repository_permission": "none"}],
        "github_repository": [{"repository": "shop"}, {"repository": "docs"}],
        "github_member": [{"user_id": "1", "role": "member"}, {"user_id": "2", "role": "member"}],
        "github_team": [{"team_id": "10", "slug": "texts"}],
        "github_org_role": [
            {"role_id": "20", "name": "all_repo_read", "base_role": "read"},
            {"role_id": "21", "name": "billing", "base_role": None},
        ],
    }
    return shortly(derived(access.GITHUB_ENTITLEMENTS, "acme", **(whole | rows)))


def test_a_repository_is_reached_directly_and_by_a_team() -> None:
    """By each way with what that way gives; a role of the organisation's own keeps its name."""
    assert [
        ("github:acme:1", "repo:shop:deployer", "direct"),
        ("github:acme:1", "repo:shop:write", "team:texts"),
        ("github:acme:2", "repo:shop:write", "team:texts"),
    ] == github(
        github_repo_collaborator=[
            {"user_id": "1", "repository": "shop", "role_name": "deployer", "grant_source": "direct"},
            {"user_id": "2", "repository": "shop", "role_name": "write", "grant_source": "team"},
        ],
        github_team_member=[{"team_id": "10", "user_id": "1"}, {"team_id": "10", "user_id": "2"}],
        github_team_repository=[{"team_id": "10", "repository": "shop", "permission": "write"}],
    )


def test_a_role_in_the_organisation_reaches_every_repository() -> None:
    """Held in person or by a team; one that permits nothing in repositories gives nothing."""
    assert [
        ("github:acme:1", "repo:docs:read", "org-role:all_repo_read"),
        ("github:acme:1", "repo:shop:read", "org-role:all_repo_read"),
        ("github:acme:2", "repo:docs:read", "org-role:all_repo_read"),
        ("github:acme:2", "repo:shop:read", "org-role:all_repo_read"),
    ] == github(
        github_team_member=[{"team_id": "10", "user_id": "2"}],
        github_org_role_holder=[
            {"role_id": "20", "holder_type": "user", "holder_id": "1"},
            {"role_id": "20", "holder_type": "user", "holder_id": "2"},
            {"role_id": "20", "holder_type": "team", "holder_id": "10"},
            {"role_id": "21", "holder_type": "user", "holder_id": "1"},
        ],
    )


def test_owners_administer_everything_and_the_base_permission_is_every_members() -> None:
    """Both in every repository, whether or not GitHub lists them there."""
    assert [
        ("github:acme:1", "repo:docs:admin", "owner"),
        ("github:acme:1", "repo:docs:read", "organisation"),
        ("github:acme:1", "repo:shop:admin", "owner"),
        ("github:acme:1", "repo:shop:read", "organisation"),
        ("github:acme:2", "repo:docs:read", "organisation"),
        ("github:acme:2", "repo:shop:read", "organisation"),
    ] == github(
        github_org=[{"org_id": "1", "default_repository_permission": "read"}],
        github_member=[{"user_id": "1", "role": "admin"}, {"user_id": "2", "role": "member"}],
    )


def test_what_github_says_and_no_way_explains_is_not_left_out() -> None:
    """Such as a way that came to GitHub after this was written."""
    assert [("github:acme:9", "repo:shop:read", "unexplained")] == github(
        github_repo_collaborator=[
            {"user_id": "9", "repository": "shop", "role_name": "read", "grant_source": "organisation"}
        ]
    )
