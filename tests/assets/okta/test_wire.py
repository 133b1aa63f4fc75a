"""Is a listing complete or a failure that says which, whatever happens on whichever page?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.okta.client import LONGEST_WAIT, OktaClient

TOKEN = "canary-token-value"
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
PAGES = 4


@dataclass
class Script:
    """What the server does: how many records a page, and what goes wrong on which page how often."""

    records: int = 8
    size: int = 2
    wrong: dict[int, list[Callable[[BaseHTTPRequestHandler], None]]] = field(default_factory=dict)
    """Page -> what it does instead of answering, one after the other, before it answers."""
    next_link: Callable[[str, int], str | None] | None = None
    """(own address, page) -> the link it names instead."""
    asked: list[int] = field(default_factory=list)


class Server(ThreadingHTTPServer):
    """A listing with a script."""

    script: Script

    def handle_error(self, *_: Any) -> None:
        """Say nothing: connections are cut on purpose."""


class Handler(BaseHTTPRequestHandler):
    """Answers one page, or does what the script says."""

    server: Server

    def do_GET(self) -> None:
        """Answer /api/v1/users?after=n."""
        script = self.server.script
        page = int(parse_qs(urlsplit(self.path).query).get("after", ["0"])[0])
        script.asked.append(page)
        if script.wrong.get(page):
            script.wrong[page].pop(0)(self)
            return
        begin = page * script.size
        found = [{"id": str(n)} for n in range(begin, min(begin + script.size, script.records))]
        own = f"http://127.0.0.1:{self.server.server_port}/api/v1/users"
        following = f"{own}?after={page + 1}" if begin + script.size < script.records else None
        if script.next_link is not None:
            following = script.next_link(own, page)
        links = [("Link", f'<{own}>; rel="self"')]
        if following:
            links.append(("Link", f'<{following}>; rel="next"'))
        self.answer(200, json.dumps(found).encode(), *links)

    def answer(self, status: int, body: bytes, *headers: tuple[str, str], length: int | None = None) -> None:
        """Send an answer; with a length of its own it is cut off."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if length is not None:
            self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - theirs
        """Return the server's own time."""
        return format_datetime(NOW, usegmt=True)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


def limited(reset: str | None) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer 429 with a reset, or without one."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        headers = [("X-Rate-Limit-Reset", reset)] if reset is not None else []
        handler.answer(429, b'{"errorCode":"E0000047"}', *headers)  # type: ignore[attr-defined]

    return answer


def status(code: int) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with an error status."""
    return lambda handler: handler.answer(code, b'{"errorSummary":"x"}')  # type: ignore[attr-defined]


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Answer half of what was announced."""
    handler.answer(200, b'[{"id":"0"},', length=400)  # type: ignore[attr-defined]


def garbage(handler: BaseHTTPRequestHandler) -> None:
    """Answer what is no JSON."""
    handler.answer(200, b"[{]")  # type: ignore[attr-defined]


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Cut the connection without an answer."""
    handler.connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server whose script a test sets."""
    made = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=made.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
        yield made
    made.shutdown()
    made.server_close()


def listing(server: Server, script: Script) -> tuple[list[str], list[float]]:
    """Return the ids read and the seconds that would have been waited."""
    server.script = script
    waited: list[float] = []
    client = OktaClient("acme", f"http://127.0.0.1:{server.server_port}", TOKEN, sleep=waited.append)
    try:
        ids = [record["id"] for page in client.pages("/api/v1/users", limit=2) for record in page.records]
    finally:
        client.close()
    return ids, waited


ALL = [str(n) for n in range(8)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.integers(0, 40), size=st.integers(1, 15))
def test_every_record_is_read_once_whatever_the_page_size(server: Server, records: int, size: int) -> None:
    """Pages that are full, short, single or empty."""
    ids, _ = listing(server, Script(records=records, size=size))

    assert [str(n) for n in range(records)] == ids


@pytest.mark.parametrize("page", range(PAGES))
@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        (str(int(NOW.timestamp()) + 7), 7.2),
        (str(int(NOW.timestamp()) - 60), 0.2),
        (None, 2.0),
        ("soon", 2.0),
        (str(int(NOW.timestamp()) + 10**6), LONGEST_WAIT),
    ],
)
def test_a_limit_on_any_page_is_waited_for_by_the_servers_clock(
    server: Server, page: int, after: str | None, seconds: float
) -> None:
    """Reset ahead, past, missing, senseless or absurd: a bounded wait, then the listing goes on."""
    ids, waited = listing(server, Script(wrong={page: [limited(after)]}))

    assert ALL == ids
    assert [pytest.approx(seconds)] == waited


def test_a_limit_that_never_ends_is_a_passing_failure(server: Server) -> None:
    """The budget of waiting is bounded, and the message says what to do."""
    absurd = str(int(NOW.timestamp()) + 10**6)

    with pytest.raises(TransientFailure, match="Raise the token's share"):
        listing(server, Script(wrong={1: [limited(absurd)] * 50}))


@pytest.mark.parametrize("page", range(PAGES))
@pytest.mark.parametrize("fault", [status(500), status(503), cut, garbage, reset])
def test_a_fault_that_passes_is_tried_again_and_one_that_stays_is_a_passing_failure(
    server: Server, page: int, fault: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    """Twice wrong on page k, then right: complete. Wrong for good: nothing, and a retry may help."""
    ids, _ = listing(server, Script(wrong={page: [fault, fault]}))

    assert ALL == ids

    with pytest.raises(TransientFailure, match=rf"page {page + 1} of /api/v1/users .*A retry may help"):
        listing(server, Script(wrong={page: [fault] * 9}))


@pytest.mark.parametrize("page", range(PAGES))
@pytest.mark.parametrize(
    ("code", "said"),
    [(401, "unknown, expired or revoked"), (403, "lacks okta.users.read"), (418, "expected 200")],
)
def test_a_refusal_on_any_page_names_page_path_and_scope(
    server: Server, page: int, code: int, said: str
) -> None:
    """Somebody has to act first, and the message says what to do."""
    with pytest.raises(PermanentFailure, match=rf"page {page + 1} of /api/v1/users answered {code}.*{said}"):
        listing(server, Script(wrong={page: [status(code)]}))


def test_a_next_link_to_another_host_is_refused_and_gets_no_token(server: Server) -> None:
    """The token goes to the organisation's own host only."""
    elsewhere = Script(next_link=lambda _, __: "http://localhost:1/api/v1/users?after=1")

    with pytest.raises(PermanentFailure, match="names a next page on host localhost:1"):
        listing(server, elsewhere)


def test_a_page_that_names_an_earlier_one_as_next_is_refused(server: Server) -> None:
    """Such a listing would never end."""
    with pytest.raises(PermanentFailure, match="would never end"):
        listing(server, Script(next_link=lambda own, _: f"{own}?after=1"))


@pytest.mark.parametrize("fault", [status(401), status(500), cut, reset])
def test_the_token_is_in_no_message_and_no_repr(
    server: Server, fault: Callable[[BaseHTTPRequestHandler], None], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither what is raised nor what is logged quotes it."""
    with caplog.at_level("DEBUG"), pytest.raises(SourceFailure) as raised:
        listing(server, Script(wrong={0: [fault] * 9}))

    assert TOKEN not in f"{raised.value} {raised.value.__cause__} {caplog.text}"
    assert TOKEN not in repr(OktaClient("acme", "https://acme.example", TOKEN))
