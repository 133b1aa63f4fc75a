"""Is a listing read to its last page or refused, whatever happens on the way?"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.capture import Reading
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.okta.assets import okta_admin_role, okta_policy, okta_user, okta_user_factor
from assets.okta.client import DEFAULT_WAIT, LONGEST_WAIT, MARGIN, PAUSES, next_link, seconds_to_wait

if TYPE_CHECKING:
    from conftest import Wire

DATE = "Thu, 05 Mar 2026 12:00:00 GMT"
SECOND = 1772712000
"""The same instant as DATE, in seconds."""
PAGES = 4
SIZE = 3
USERS = [
    {"id": f"00u{n:02}", "status": "ACTIVE", "created": "2026-01-01T00:00:00.000Z"}
    for n in range(PAGES * SIZE - 1)
]
EVERYBODY = [user["id"] for user in USERS]
LIMITED = {
    "in eight seconds": ({"X-Rate-Limit-Reset": str(SECOND + 8), "Date": DATE}, 8 + MARGIN),
    "over already": ({"X-Rate-Limit-Reset": str(SECOND - 30), "Date": DATE}, MARGIN),
    "this very second": ({"X-Rate-Limit-Reset": str(SECOND), "Date": DATE}, MARGIN),
    "missing": ({"Date": DATE}, DEFAULT_WAIT),
    "not a number": ({"X-Rate-Limit-Reset": "soon", "Date": DATE}, DEFAULT_WAIT),
    "digits of another script": ({"X-Rate-Limit-Reset": "²", "Date": DATE}, DEFAULT_WAIT),
    "in milliseconds": ({"X-Rate-Limit-Reset": f"{SECOND}000", "Date": DATE}, LONGEST_WAIT),
    "beyond every calendar": ({"X-Rate-Limit-Reset": "9" * 400, "Date": DATE}, DEFAULT_WAIT),
    "with an unreadable date": ({"X-Rate-Limit-Reset": str(SECOND + 8), "Date": "today"}, DEFAULT_WAIT),
    "negative": ({"X-Rate-Limit-Reset": "-5", "Date": DATE}, DEFAULT_WAIT),
}
"""When the limit ends, as the headers say -> those headers, and the seconds to wait."""


@dataclass
class Listing:
    """Users in pages, and what goes wrong on the way: page number -> what its first requests meet."""

    wire: Wire
    records: list[dict[str, Any]] = field(default_factory=lambda: USERS)
    size: int = SIZE
    trouble: dict[int, list[Callable[[web.Request], web.StreamResponse]]] = field(default_factory=dict)
    next_link: Callable[[int], str] | None = None
    asked: list[str] = field(default_factory=list)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer one request for a page."""
        self.asked.append(request.path_qs)
        offset = int(request.query.get("after", "0"))
        page = offset // self.size + 1
        if left := self.trouble.get(page):
            answer = left.pop(0)(request)
            if isinstance(answer, Hang):
                await asyncio.sleep(5)
            return answer
        return self.page(offset, page)

    def page(self, offset: int, number: int) -> web.Response:
        """Return one page, with Okta's headers."""
        response = web.json_response(self.records[offset : offset + self.size])
        response.headers["Date"] = DATE
        response.headers.add("Link", f'<{self.wire.url}/api/v1/users>; rel="self"')
        after = offset + self.size
        if self.next_link is not None:
            response.headers.add("Link", f'<{self.next_link(number)}>; rel="next"')
        elif after < len(self.records):
            response.headers.add("Link", f'<{self.wire.url}/api/v1/users?after={after}>; rel="next"')
        return response


class Hang(web.Response):
    """An answer that takes longer than anybody waits."""


def limited(**headers: str) -> Callable[[web.Request], web.Response]:
    """Return Okta's 429 with some headers."""
    return lambda _: web.json_response({"errorCode": "E0000047"}, status=429, headers=headers)


def status(number: int, code: str = "E0000009") -> Callable[[web.Request], web.Response]:
    """Return an answer with Okta's error body."""
    return lambda _: web.json_response({"errorCode": code, "errorSummary": "no"}, status=number)


def reset(request: web.Request) -> web.Response:
    """Break the connection instead of answering."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def truncated(request: web.Request) -> web.Response:
    """Promise more bytes than are sent."""
    assert request.transport is not None
    request.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n[{"id": "00u')
    request.transport.close()
    return web.Response()


def cut_inside_a_letter(request: web.Request) -> web.Response:
    """Promise no length and stop inside a letter of two bytes."""
    assert request.transport is not None
    request.transport.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{"id": "\xc3')
    request.transport.close()
    return web.Response()


TROUBLE = {
    "500": status(500),
    "503": status(503),
    "reset": reset,
    "truncated": truncated,
    "cut inside a letter": cut_inside_a_letter,
    "half a JSON": lambda _: web.Response(text='[{"id": "00u', content_type="application/json"),
    "a login page": lambda _: web.Response(text="<html>Sign in</html>", content_type="text/html"),
    "nothing": lambda _: web.Response(text=""),
    "too late": lambda _: Hang(),
}
"""What may pass: a retry is right."""
REQUESTS = {"reset": 2}
"""Requests on the wire for one try of ours, where not one: aiohttp repeats a GET whose connection broke."""


def said(failure: pytest.ExceptionInfo[SourceFailure]) -> str:
    """Return the message of a failure."""
    return str(failure.value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 60), size=st.integers(1, 25))
def test_every_record_is_read_whatever_the_page_size(wire: Wire, rows: int, size: int) -> None:
    """All records, each once, in the order sent; as many requests as pages, also where the last is full."""
    records = [USERS[0] | {"id": f"00u{n}"} for n in range(rows)]
    wire.answers = listing = Listing(wire, records, size)

    found = [row["user_id"] for row in wire.read(okta_user, wire.client())]

    assert [record["id"] for record in records] == found
    assert -(-rows // size) == len(listing.asked)


def test_deprovisioned_users_are_asked_for(wire: Wire, reading: Reading) -> None:
    """The bare list leaves them out, so the first request is a search; the run header shows it as sent."""
    wire.answers = listing = Listing(wire)

    wire.read(okta_user, wire.client(), reading)

    assert "/api/v1/users?search=status+pr&limit=200" == listing.asked[0]
    assert ["GET " + path for path in listing.asked] == reading.requests


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("ends", LIMITED)
def test_a_limit_on_any_page_is_waited_for(wire: Wire, page: int, ends: str) -> None:
    """The server's clock decides how long; a reset that makes no sense is neither obeyed nor fatal."""
    headers, seconds = LIMITED[ends]
    waits: list[float] = []
    wire.answers = Listing(wire, trouble={page: [limited(**headers)]})

    found = [row["user_id"] for row in wire.read(okta_user, wire.client(waits))]

    assert EVERYBODY == found
    assert [seconds] == pytest.approx(waits)


def test_a_limit_that_a_wait_did_not_end_is_waited_for_longer(wire: Wire) -> None:
    """A reset that is always over would otherwise be asked about thousands of times."""
    waits: list[float] = []
    over = limited(**{"X-Rate-Limit-Reset": str(SECOND - 30), "Date": DATE})
    wire.answers = Listing(wire, trouble={2: [over] * 3})

    wire.read(okta_user, wire.client(waits))

    assert [MARGIN, DEFAULT_WAIT, DEFAULT_WAIT] == waits


def test_a_limit_without_end_fails_when_the_budget_is_spent(wire: Wire) -> None:
    """It is no shorter listing: nothing is yielded."""
    waits: list[float] = []
    forever = [limited(**{"X-Rate-Limit-Reset": str(SECOND + 60), "Date": DATE})] * 1000
    wire.answers = Listing(wire, trouble={2: forever})

    with pytest.raises(TransientFailure) as failure:
        wire.read(okta_user, wire.client(waits, max_wait=300))

    assert [60 + MARGIN] * 4 == pytest.approx(waits)
    assert (
        "okta acme: page 2 of /api/v1/users is limited (429); 241 s were waited already, 60 s more are asked "
        "for, at most 300 s are allowed. Raise the token's share of the limit, or collect at a quieter hour. "
        "Nothing was stored. A retry may help."
    ) == said(failure)


def test_requests_that_meet_one_limit_together_wait_once(wire: Wire) -> None:
    """They share the limit, so one wait serves all that were under way."""
    waits: list[float] = []
    met: set[str] = set()

    async def answers(request: web.Request) -> web.Response:
        if request.path == "/api/v1/users":
            return web.json_response(USERS)
        if request.path in met or len(met) == 8:
            return web.json_response([])
        met.add(request.path)
        await asyncio.sleep(0.05)
        return limited(**{"X-Rate-Limit-Reset": str(SECOND + 30), "Date": DATE})(request)

    wire.answers = answers

    assert [] == wire.read(okta_user_factor, wire.client(waits))
    assert [30 + MARGIN] == pytest.approx(waits)


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_on_any_page_is_tried_again(wire: Wire, page: int, kind: str) -> None:
    """Twice, with a pause before each; then the listing is complete."""
    waits: list[float] = []
    wire.answers = Listing(wire, trouble={page: [TROUBLE[kind]] * 2 * REQUESTS.get(kind, 1)})

    found = [row["user_id"] for row in wire.read(okta_user, wire.client(waits, timeout=0.1))]

    assert EVERYBODY == found
    assert list(PAUSES) == waits


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_that_stays_fails_as_a_whole(wire: Wire, page: int, kind: str) -> None:
    """No part of the listing is passed on, and the failure says that a retry may help."""
    wire.answers = Listing(wire, trouble={page: [TROUBLE[kind]] * 3 * REQUESTS.get(kind, 1)})

    with pytest.raises(TransientFailure, match=f"^okta acme: page {page} of /api/v1/users .*, 3 times;"):
        wire.read(okta_user, wire.client(timeout=0.1))


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize(
    ("number", "code", "meaning"),
    [
        (401, "E0000011", "the token is unknown, expired or revoked. Issue a new one."),
        (403, "E0000006", "the token lacks okta.users.read. Grant it, or the read-only admin role."),
        (400, "E0000031", "expected 200."),
    ],
)
def test_a_refusal_on_any_page_is_final(wire: Wire, page: int, number: int, code: str, meaning: str) -> None:
    """It names page, path, Okta's code and what is missing; it is not tried again."""
    wire.answers = listing = Listing(wire, trouble={page: [status(number, code)] * 9})

    with pytest.raises(PermanentFailure) as failure:
        wire.read(okta_user, wire.client())

    glue = "," if meaning.startswith("expected") else ";"
    assert (
        f"okta acme: page {page} of /api/v1/users answered {number} ({code}){glue} {meaning} "
        "Nothing was stored. A retry will not help."
    ) == said(failure)
    assert page == len(listing.asked)


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/v1/users", "okta.users.read"),
        ("/api/v1/users/00u1/factors", "okta.users.read"),
        ("/api/v1/users/00u1/roles", "okta.roles.read"),
        ("/api/v1/groups/00g1/roles", "okta.roles.read"),
        ("/api/v1/groups/00g1/users", "okta.groups.read"),
        ("/api/v1/iam/assignees/users", "okta.roles.read"),
        ("/api/v1/apps/0oa1/users", "okta.apps.read"),
        ("/api/v1/policies/rst1/rules", "okta.policies.read"),
        ("/api/v1/logs", "okta.logs.read"),
    ],
)
def test_a_forbidden_path_names_the_scope_it_needs(wire: Wire, path: str, scope: str) -> None:
    """Roles below a user need another scope than the user."""
    wire.answers = Listing(wire, trouble={1: [status(403)]})
    client = wire.client()

    with pytest.raises(PermanentFailure, match=rf"lacks {scope}\."):
        list(client.pages(path))
    client.close()


def test_an_item_that_went_while_it_was_read_fails_the_capture(wire: Wire) -> None:
    """A 404 below an item: leaving it out would make an incomplete listing look whole. A retry lists anew."""

    async def answers(request: web.Request) -> web.StreamResponse:
        return web.json_response(USERS) if request.path == "/api/v1/users" else status(404)(request)

    wire.answers = answers

    with pytest.raises(TransientFailure, match=r"answered 404 .*; what it belongs to has gone since"):
        wire.read(okta_user_factor, wire.client())


@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_a_next_link_to_an_earlier_page_is_refused(wire: Wire, page: int) -> None:
    """Followed, it would never end; ended there, the rest would be missing."""
    first = f"{wire.url}/api/v1/users?search=status+pr&limit=200"
    wire.answers = Listing(
        wire,
        [USERS[0] | {"id": f"00u{n}"} for n in range(100)],
        next_link=lambda n: first if n == page else f"{wire.url}/api/v1/users?after={n * SIZE}",
    )

    with pytest.raises(
        PermanentFailure, match=f"page {page + 1} of /api/v1/users has the address of an earlier page"
    ):
        wire.read(okta_user, wire.client())


@pytest.mark.parametrize("form", ["{url}/api/v1/users", "//elsewhere/api", "http://acme@{host}/api", "/api"])
def test_a_next_link_to_another_host_is_not_followed(
    wire: Wire, start: Callable[[], Wire], form: str
) -> None:
    """The token goes to the organisation's own address and to no other: the other host is never called."""
    other = start()
    other.answers = foreign = Listing(other)
    address = form.format(url=other.url, host=other.url.removeprefix("http://"))
    wire.answers = Listing(wire, next_link=lambda _: address)

    with pytest.raises(PermanentFailure, match=r"names a next page on host .*, expected 127\.0\.0\.1:"):
        wire.read(okta_user, wire.client())
    assert [] == foreign.asked


def test_a_redirect_to_another_host_is_refused_and_takes_no_token_along(
    wire: Wire, start: Callable[[], Wire]
) -> None:
    """The SDK follows redirects; what comes back from elsewhere is not evidence."""
    other = start()
    tokens: list[str | None] = []

    async def elsewhere(request: web.Request) -> web.Response:
        tokens.append(request.headers.get("Authorization"))
        return web.json_response(USERS)

    other.answers = elsewhere
    wire.answers = Listing(
        wire, trouble={1: [lambda _: web.Response(status=302, headers={"Location": other.url})]}
    )

    with pytest.raises(PermanentFailure, match=r"sent us to host 127\.0\.0\.1, expected an answer"):
        wire.read(okta_user, wire.client())
    assert [None] == tokens


@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_record_on_two_pages_fails_the_listing(wire: Wire, page: int) -> None:
    """Rows moved between two requests: where one came twice, another may not have come at all."""
    twice = [*USERS]
    twice[(page - 1) * SIZE] = USERS[0]
    wire.answers = Listing(wire, twice)

    with pytest.raises(TransientFailure, match=f"page {page} of /api/v1/users repeats 1 records of earlier"):
        wire.read(okta_user, wire.client())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"id": "one"}, "is a single object, expected a list"),
        (["text"], "has a record that is no object"),
        ("text", "has a record that is no object"),
        ({"value": [1]}, "has a record that is no object"),
    ],
)
def test_what_is_no_list_of_objects_is_refused(wire: Wire, body: object, message: str) -> None:
    """Instead of being taken for an empty listing."""
    wire.answers = Listing(wire, trouble={1: [lambda _: web.json_response(body)]})

    with pytest.raises(PermanentFailure, match=message):
        wire.read(okta_user, wire.client())


def test_records_in_an_envelope_are_paged_by_its_own_link(wire: Wire) -> None:
    """`/iam/assignees/users` has `value` and `_links`; holders of one role are told apart by who holds it."""
    role = {"id": "KVJUKUS7IFCE2SKO", "type": "USER_ADMIN", "status": "ACTIVE", "assignmentType": "USER"}

    async def answers(request: web.Request) -> web.Response:
        if request.path == "/api/v1/iam/assignees/users":
            if "after" in request.query:
                return web.json_response({"value": [{"id": "00u2"}], "_links": {}})
            following = {"next": {"href": f"{wire.url}{request.path}?after=1"}}
            return web.json_response({"value": [{"id": "00u1"}], "_links": following})
        if request.path == "/api/v1/groups":
            return web.json_response([{"id": "00g1"}, {"id": "00g2"}])
        kind = "GROUP" if request.path.startswith("/api/v1/groups") else "USER"
        return web.json_response([role | {"assignmentType": kind}])

    wire.answers = answers

    found = [
        (row["principal_type"], row["principal_id"]) for row in wire.read(okta_admin_role, wire.client())
    ]

    assert [("GROUP", "00g1"), ("GROUP", "00g2"), ("USER", "00u1"), ("USER", "00u2")] == found


def test_an_organisation_without_access_policies_still_has_the_others(wire: Wire, reading: Reading) -> None:
    """Those of the Classic engine answer 400 for that type; the run header says so."""

    async def answers(request: web.Request) -> web.Response:
        kind = request.query["type"]
        if kind == "ACCESS_POLICY":
            summary = "The request was not valid: Invalid policy type specified."
            return web.json_response({"errorCode": "E0000002", "errorSummary": summary}, status=400)
        return web.json_response([{"id": "00p" + kind, "type": kind, "status": "ACTIVE"}])

    wire.answers = answers

    found = [row["policy_type"] for row in wire.read(okta_policy, wire.client(), reading)]

    assert ["OKTA_SIGN_ON", "MFA_ENROLL", "PASSWORD"] == found
    assert (
        "GET /api/v1/policies?type=ACCESS_POLICY (the organisation has no policies of this type)"
        == reading.requests[0]
    )


def test_the_factors_of_120_users_are_asked_for_once_each(wire: Wire) -> None:
    """One listing of the users, and one of the factors of each."""
    users = [USERS[0] | {"id": f"00u{n}"} for n in range(120)]
    factor = {"factorType": "webauthn", "provider": "FIDO", "status": "ACTIVE"}
    asked: Counter[str] = Counter()

    async def answers(request: web.Request) -> web.Response:
        asked[request.path] += 1
        if request.path == "/api/v1/users":
            return web.json_response(users)
        return web.json_response([factor | {"id": "f" + request.path}])

    wire.answers = answers
    client = wire.client()
    rows = wire.read(okta_user_factor, client)

    assert 120 == len(rows)
    assert 121 == len(asked)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<https://a.example/x?after=1,2>; rel="next"', "https://a.example/x?after=1,2"),
        ('<https://a.example/x>; rel="self", <https://a.example/y>; rel="next"', "https://a.example/y"),
        ('<https://a.example/x>; title="t"; rel=next', "https://a.example/x"),
        ('<https://a.example/x>; rel="self"', None),
        ('<https://a.example/x?rel="next">; rel="self"', None),
    ],
)
def test_the_next_link_is_found_by_its_relation(header: str, expected: str | None) -> None:
    """Commas and other relations do not mislead."""
    assert expected == next_link([header])


@given(st.dictionaries(st.sampled_from(["X-Rate-Limit-Reset", "Date"]), st.text(max_size=30)))
def test_no_header_makes_a_wait_endless_or_none(headers: dict[str, str]) -> None:
    """Whatever the headers hold, the wait is between the shortest and the longest."""
    assert 0 < seconds_to_wait(headers) <= LONGEST_WAIT


def test_a_principal_is_the_owner_of_the_token(wire: Wire) -> None:
    """As Okta says, with the login that people know."""

    async def answers(request: web.Request) -> web.Response:
        assert "/api/v1/users/me" == request.path
        return web.json_response(json.loads('{"id": "00u9", "profile": {"login": "reader@acme.example"}}'))

    wire.answers = answers
    client = wire.client(org_url=wire.url + "/")

    assert "00u9 reader@acme.example" == client.principal()
    client.close()


@pytest.mark.parametrize("url", ["https://acme-admin.okta.com", "https://{yourOktaDomain}", ""])
def test_an_address_the_sdk_refuses_is_explained(wire: Wire, url: str) -> None:
    """Before any request, and as somebody's task."""
    client = wire.client(org_url=url)

    with pytest.raises(PermanentFailure, match="the SDK refuses org_url"):
        client.principal()
    client.close()
