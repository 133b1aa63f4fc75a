"""Does each recipe read the right listing, and say of a record what it means?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from assets.capture import Reading
from assets.failures import PermanentFailure
from assets.okta import assets as okta

if TYPE_CHECKING:
    from conftest import Wire

ONE = {"authenticationMethods": [{"method": "password"}]}
TWO = ONE | {"next": [{"authenticationMethods": [{"method": "webauthn"}]}]}


def serve(wire: Wire, listings: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Answer with these listings, by path and, of policies, by type; return what is asked."""
    asked: list[str] = []

    async def answers(request: web.Request) -> web.Response:
        asked.append(request.path)
        kind = request.query.get("type")
        return web.json_response(listings.get(f"{request.path}?type={kind}" if kind else request.path, []))

    wire.answers = answers
    return asked


@pytest.mark.parametrize(
    ("kind", "strong", "resistant"),
    [
        ("webauthn", True, True),
        ("u2f", True, True),
        ("signed_nonce", True, True),
        ("token:hardware", True, True),
        ("push", True, False),
        ("token:software:totp", True, False),
        ("sms", False, False),
        ("call", False, False),
        ("email", False, False),
        ("question", False, False),
        ("password", False, False),
    ],
)
def test_factors_are_strong_or_weak_by_their_kind(
    wire: Wire, kind: str, *, strong: bool, resistant: bool
) -> None:
    """What a telephone company, a mailbox or a memory can give away is not strong."""
    serve(
        wire,
        {
            "/api/v1/users": [{"id": "00u1", "status": "ACTIVE"}],
            "/api/v1/users/00u1/factors": [{"id": "f1", "factorType": kind, "status": "ACTIVE"}],
        },
    )

    (row,) = wire.read(okta.okta_user_factor, wire.client())

    assert ("00u1", "f1", strong, resistant) == (
        row["user_id"],
        row["factor_id"],
        row["is_strong"],
        row["is_phishing_resistant"],
    )


def test_factors_are_asked_of_everybody_but_the_deprovisioned(wire: Wire) -> None:
    """Whatever other status, one this code has never heard of included."""
    statuses = ["ACTIVE", "STAGED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED", "NEW_IN_2030"]
    asked = serve(wire, {"/api/v1/users": [{"id": f"00u{s}", "status": s} for s in statuses]})

    wire.read(okta.okta_user_factor, wire.client())

    expected = {f"/api/v1/users/00u{s}/factors" for s in statuses if s != "DEPROVISIONED"}
    assert expected == set(asked) - {"/api/v1/users"}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (
            {
                "appSignOn": {
                    "access": "ALLOW",
                    "verificationMethod": {"type": "ASSURANCE", "factorMode": "2FA"},
                }
            },
            ("ALLOW", "2FA", None),
        ),
        (
            {
                "appSignOn": {
                    "access": "ALLOW",
                    "verificationMethod": {"type": "ASSURANCE", "factorMode": "1FA"},
                }
            },
            ("ALLOW", "1FA", None),
        ),
        ({"appSignOn": {"access": "DENY"}}, ("DENY", None, None)),
        (
            {
                "appSignOn": {
                    "access": "ALLOW",
                    "verificationMethod": {"type": "AUTH_METHOD_CHAIN", "chains": [TWO]},
                }
            },
            ("ALLOW", "CHAIN", 2),
        ),
        (
            {
                "appSignOn": {
                    "access": "ALLOW",
                    "verificationMethod": {"type": "AUTH_METHOD_CHAIN", "chains": [TWO, ONE]},
                }
            },
            ("ALLOW", "CHAIN", 1),
        ),
        (
            {"appSignOn": {"access": "ALLOW", "verificationMethod": {"type": "AUTH_METHOD_CHAIN"}}},
            ("ALLOW", "CHAIN", 0),
        ),
        ({"signon": {"access": "ALLOW", "requireFactor": True}}, ("ALLOW", None, None)),
        ({"passwordChange": {"access": "ALLOW"}}, (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_a_rule_says_how_many_factors_it_asks_for(
    actions: dict[str, Any] | None, expected: tuple[str | None, str | None, int | None]
) -> None:
    """Of several chains the shortest counts, since the user chooses; of a rule of another kind, nothing."""
    asked = okta.factors_asked({"actions": actions})

    assert expected == (asked["access"], asked["factor_mode"], asked["chain_steps"])


def test_a_rule_names_the_applications_its_policy_guards(wire: Wire) -> None:
    """Found through the applications' own links, whatever their status."""
    link = {"accessPolicy": {"href": "https://acme.example/api/v1/policies/rst1"}}
    serve(
        wire,
        {
            "/api/v1/apps": [
                {"id": "0oa2", "status": "ACTIVE", "_links": link},
                {"id": "0oa1", "status": "INACTIVE", "_links": link},
                {"id": "0oa3", "status": "ACTIVE", "_links": {}},
            ],
            "/api/v1/policies?type=ACCESS_POLICY": [{"id": "rst1"}],
            "/api/v1/policies?type=PASSWORD": [{"id": "00p1"}],
            "/api/v1/policies/rst1/rules": [{"id": "rul1", "status": "ACTIVE"}],
            "/api/v1/policies/00p1/rules": [{"id": "0pr1", "status": "ACTIVE"}],
        },
    )

    rows = wire.read(okta.okta_policy_rule, wire.client())

    assert [
        ("rul1", "rst1", "ACCESS_POLICY", ["0oa1", "0oa2"]),
        ("0pr1", "00p1", "PASSWORD", []),
    ] == [(r["rule_id"], r["policy_id"], r["policy_type"], r["mapped_app_ids"]) for r in rows]


def test_roles_held_through_a_group_are_the_groups(wire: Wire) -> None:
    """A user's list repeats them; counted twice, taking the group's role away would look undone."""
    role = {"id": "JBCUYUC7IRCVGS27IFCE2SKO", "type": "HELP_DESK_ADMIN", "status": "ACTIVE"}
    serve(
        wire,
        {
            "/api/v1/iam/assignees/users": [{"id": "00u1"}],
            "/api/v1/users/00u1/roles": [role | {"assignmentType": t} for t in ("USER", "GROUP")],
            "/api/v1/groups": [{"id": "00g1"}],
            "/api/v1/groups/00g1/roles": [role | {"assignmentType": "GROUP"}],
        },
    )

    rows = wire.read(okta.okta_admin_role, wire.client())

    assert [("GROUP", "00g1"), ("USER", "00u1")] == [(r["principal_type"], r["principal_id"]) for r in rows]


def test_the_log_is_asked_for_one_day_and_its_last_instant_belongs_to_it(
    wire: Wire, reading: Reading
) -> None:
    """A bounded query; whether Okta includes `until` does not matter, an event is never in two days."""
    instants = ["2026-03-05T00:00:00.000Z", "2026-03-05T23:59:59.999Z", "2026-03-06T00:00:00.000Z"]
    event = {"eventType": "user.session.start", "target": [{"id": "0oa1", "type": "AppInstance"}]}
    serve(wire, {"/api/v1/logs": [event | {"uuid": f"e{n}", "published": i} for n, i in enumerate(instants)]})

    rows = wire.read(okta.okta_system_log, wire.client(), reading)

    assert [("e0", ["0oa1"], ["AppInstance"]), ("e1", ["0oa1"], ["AppInstance"])] == [
        (r["event_id"], r["target_ids"], r["target_types"]) for r in rows
    ]
    window = "since=2026-03-05T00%3A00%3A00.000Z&until=2026-03-06T00%3A00%3A00.000Z"
    assert [f"GET /api/v1/logs?{window}&sortOrder=ASCENDING&limit=1000"] == reading.requests


@pytest.mark.parametrize("record", [{}, {"id": None}, {"id": 7}])
def test_a_record_without_an_id_is_a_changed_interface(wire: Wire, record: dict[str, Any]) -> None:
    """What hangs below it could not be asked for, and would be missing."""
    serve(wire, {"/api/v1/groups": [record]})

    with pytest.raises(PermanentFailure, match="has a record without an id"):
        wire.read(okta.okta_group_member, wire.client())
