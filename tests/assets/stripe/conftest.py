"""What the tests of the Stripe connector share: a small account on loopback that misbehaves as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from assets.capture import Reading, day_window
from assets.stripe.client import StripeClient

NOW = datetime(2026, 3, 6, 0, 30, tzinfo=UTC)
DAY = date(2026, 3, 5)
KEY = "rk_live_canaryKeyOfTheWireTests"


@dataclass
class Odd:
    """What is answered once, instead of what is right."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    reset: bool = False


class Account(ThreadingHTTPServer):
    """Serves listings, newest first, and single objects."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.begin()

    def begin(self) -> None:
        """Forget what an earlier test said."""
        self.listings: dict[str, list[dict[str, Any]]] = {}
        """Path -> its records."""
        self.objects: dict[str, Any] = {"/v1/account": {"id": "acct_1"}}
        self.texts: dict[str, bytes] = {}
        """Path -> a body to answer as it is."""
        self.most = 100
        """The most records of a page, whatever was asked for."""
        self.odd: dict[int, list[Odd]] = {}
        """Number of a listing's page -> what to answer instead, each once."""
        self.asked: list[str] = []
        self.seen: list[Mapping[str, str]] = []
        """The headers of every request."""
        self.before_page: Callable[[int], None] = lambda _: None
        self.ignores_the_cursor = False


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # in one write: head and body apart wait 40 ms for each other
    server: Account

    def do_GET(self) -> None:
        """Answer an object or a page of a listing."""
        account, address = self.server, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        account.asked.append(self.path)
        account.seen.append(dict(self.headers))
        odd = Odd()
        status, content = 200, account.objects.get(address.path)
        if address.path in account.listings:
            content, number = self.page(address.path, query)
            told = account.odd.get(number)
            odd = told.pop(0) if told else odd
        elif content is None:
            status = 404
            content = {"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}}
        if odd.reset:
            self.close_connection = True
            self.connection.close()
            return
        body = account.texts.get(address.path, json.dumps(content).encode())
        body = body if odd.body is None else odd.body
        self.send_response_only(status if odd.status == 200 else odd.status)
        self.send_header("Date", format_datetime(NOW, usegmt=True))
        self.send_header("Request-Id", f"req_{len(account.asked)}")
        self.send_header("Content-Length", str(len(body) + (10 if odd.cut else 0)))
        for name, value in odd.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = odd.cut

    def page(self, path: str, query: Mapping[str, str]) -> tuple[dict[str, Any], int]:
        """Return one page of a listing, and which one it is."""
        account = self.server
        size = min(int(query["limit"]), account.most)
        after = query.get("starting_after") if not account.ignores_the_cursor else None
        ids = [record.get("id") for record in account.listings[path]]
        begin = ids.index(after) + 1 if after else 0
        number = begin // size + 1
        account.before_page(number)
        listed = account.listings[path]
        begin = [record.get("id") for record in listed].index(after) + 1 if after else 0
        page = listed[begin : begin + size]
        return {"object": "list", "data": page, "has_more": begin + size < len(listed), "url": path}, number

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def served() -> Iterator[Account]:
    """Serve on loopback."""
    with Account() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def account(served: Account) -> Account:
    """Return an account of which nothing is known yet."""
    served.begin()
    return served


@pytest.fixture
def waits() -> list[float]:
    """Return the waits that were asked for."""
    return []


@pytest.fixture
def client(account: Account, waits: list[float]) -> Iterator[StripeClient]:
    """Return a client that notes how long it would wait, instead of waiting."""
    made = StripeClient("live", KEY, account.url, sleep=waits.append)
    yield made
    made.close()


@pytest.fixture
def odd() -> type[Odd]:
    """Return how a test says what is answered instead."""
    return Odd


@pytest.fixture
def reading() -> Reading:
    """Return a reading of 5 March that has read nothing yet."""
    return Reading(DAY, "live", *day_window(DAY), hmac=str)
