"""Does the connector say what the owner of its token could do, and does it ever miss a way to write?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from assets.capture import Access
from assets.failures import PermanentFailure, TransientFailure

ME = {"id": "00u1", "profile": {"login": "reader@acme.example"}}
UNSEEING = ("READ_ONLY_ADMIN, without which factors, roles and policies cannot be read",)


def answering(roles: Any, status: int = 200) -> Callable[[web.Request], Any]:
    """Return answers of an organisation in which our token's owner holds some roles."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/api/v1/users/me":
            return web.json_response(ME)
        assert "/api/v1/users/00u1/roles" == request.path
        return web.json_response(roles, status=status)

    return answer


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["READ_ONLY_ADMIN"], Access(("READ_ONLY_ADMIN",), ())),
        (["REPORT_ADMIN"], Access(("REPORT_ADMIN",), (), UNSEEING)),
        ([], Access((), (), UNSEEING)),
        (
            ["ORG_ADMIN", "READ_ONLY_ADMIN"],
            Access(("ORG_ADMIN", "READ_ONLY_ADMIN"), ("ORG_ADMIN",)),
        ),
        (["HELP_DESK_ADMIN"], Access(("HELP_DESK_ADMIN",), ("HELP_DESK_ADMIN",), UNSEEING)),
        (["A_ROLE_OF_TOMORROW"], Access(("A_ROLE_OF_TOMORROW",), ("A_ROLE_OF_TOMORROW",), UNSEEING)),
        (["CUSTOM", "READ_ONLY_ADMIN"], Access(("CUSTOM", "READ_ONLY_ADMIN"), None)),
        (["CUSTOM", "SUPER_ADMIN"], Access(("CUSTOM", "SUPER_ADMIN"), ("SUPER_ADMIN",))),
    ],
)
def test_what_is_not_known_to_read_counts_as_writing(wire: Any, roles: list[str], expected: Access) -> None:
    """A role nobody here has heard of too; of one the organisation made itself it cannot be told."""
    wire.answers = answering([{"id": f"ra{n}", "type": role} for n, role in enumerate(roles)])
    client = wire.client()
    try:
        assert expected == client.access()
    finally:
        client.close()


@pytest.mark.parametrize(
    ("status", "failure", "said"),
    [(403, PermanentFailure, "the token lacks okta.roles.read"), (503, TransientFailure, "answered 503")],
)
def test_roles_that_cannot_be_read_are_a_failure(
    wire: Any, status: int, failure: type[Exception], said: str
) -> None:
    """Never an empty list, which would read as a credential that can do nothing."""
    wire.answers = answering({"errorCode": "E0000006"}, status)
    client = wire.client()
    try:
        with pytest.raises(failure, match=said):
            client.access()
    finally:
        client.close()
