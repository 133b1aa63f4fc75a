"""What the tests of the GitHub connector share: a small server that has what a test puts into it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from assets.capture import Reading, Recipe, day_window
from assets.github.client import GithubClient
from warehouse.store import conform, table_of

TOKEN = "github_pat_CanaryTokenOfTheWireTests"
DAY = date(2026, 3, 5)
NOW = datetime(2026, 3, 6, 0, 30, tzinfo=UTC)
Tables: TypeAlias = dict[str, list[dict[str, Any]]]


@dataclass
class Odd:
    """What is answered once instead of a page: another status, other headers, or broken bytes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    cut: bool = False
    reset: bool = False


@dataclass
class Within:
    """A listing inside an object that counts its records."""

    name: str
    records: list[dict[str, Any]]
    total: int | None = None
    counted: str = "total_count"


class Hub(ThreadingHTTPServer):
    """Answers each path with the records a test gave it, `size` a page, by Link headers like GitHub's."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.found: dict[str, Any] = {}
        """Path, with or without its query less page and per_page -> an object, records or (status, body)."""
        self.size = 100
        self.odd: dict[tuple[str, int], list[Odd]] = {}
        self.next_of: dict[tuple[str, int], str] = {}
        """(path, page) -> the next address given instead of the right one."""
        self.before: Callable[[str, int], None] = lambda *_: None
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.seen: list[Mapping[str, str]] = []
        """The headers of every request."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # in one write: head and body apart wait 40 ms for each other
    server: Hub

    def do_GET(self) -> None:
        """Answer a page, or what a test wants instead."""
        hub = self.server
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        page = int(query.pop("page", "1"))
        query.pop("per_page", None)
        full = asked.path + (f"?{urlencode(query)}" if query else "")
        hub.asked.append(full)
        hub.seen.append(dict(self.headers))
        hub.before(asked.path, page)
        if told := hub.odd.get((asked.path, page)):
            self._oddly(told.pop(0))
            return
        found = hub.found.get(full, hub.found.get(asked.path, (404, {"message": "Not Found"})))
        if isinstance(found, tuple):
            self._send(found[0], json.dumps(found[1]).encode())
            return
        if isinstance(found, dict):
            self._send(200, json.dumps(found).encode())
            return
        records = found.records if isinstance(found, Within) else found
        begin = (page - 1) * hub.size
        headers = {}
        following = hub.next_of.get((asked.path, page))
        if following is None and begin + hub.size < len(records):
            following = f"{hub.url}{asked.path}?{urlencode({**query, 'page': page + 1})}"
        if following:
            headers["Link"] = f'<{hub.url}{asked.path}?page=1>; rel="first", <{following}>; rel="next"'
        body: Any = records[begin : begin + hub.size]
        if isinstance(found, Within):
            total = len(records) if found.total is None else found.total
            body = {found.counted: total, found.name: body}
        self._send(200, json.dumps(body).encode(), headers)

    def _oddly(self, odd: Odd) -> None:
        if odd.reset:
            self.close_connection = True
            self.connection.close()
            return
        self._send(odd.status, odd.body, odd.headers, cut=odd.cut)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None, *, cut: bool = False
    ) -> None:
        self.send_response_only(status)  # the other one adds a Date of its own
        self.send_header("Date", format_datetime(NOW, usegmt=True))
        self.send_header("X-GitHub-Request-Id", f"R-{len(self.server.asked)}")
        self.send_header("Content-Length", str(len(body) + (10 if cut else 0)))
        for name, value in {**self.server.headers, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if cut:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Serve on loopback."""
    with Hub() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


Connect: TypeAlias = Callable[..., GithubClient]


@pytest.fixture
def waits() -> list[float]:
    """Collect how long the client would have waited."""
    return []


@pytest.fixture
def connect(hub: Hub, waits: list[float]) -> Iterator[Connect]:
    """Return a function that makes a client of the server, which does not really wait."""
    made: list[GithubClient] = []

    def client(**settings: Any) -> GithubClient:
        given = {
            "instance": "acme",
            "org": "acme",
            "token": TOKEN,
            "base_url": hub.url,
            "sleep": waits.append,
        }
        made.append(GithubClient(**(given | settings)))
        return made[-1]

    yield client
    for one in made:
        one.close()


def new_reading() -> Reading:
    """Return a reading of the day that has read nothing yet."""
    return Reading(DAY, "acme", *day_window(DAY), hmac=str)


def read(recipe: Recipe, client: GithubClient, reading: Reading | None = None) -> Tables:
    """Return the rows of every dataset of a recipe, each as its declaration wants it."""
    filled = recipe.read(client, reading or new_reading())
    tables: Any = filled if isinstance(filled, dict) else {recipe.datasets[0].name: filled}
    assert {dataset.name for dataset in recipe.datasets} == tables.keys()
    return {d.name: conform(d, table_of(d, list(tables[d.name]))).to_pylist() for d in recipe.datasets}
