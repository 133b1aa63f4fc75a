"""What does a test of interrupted listings read: a server that has records, and misbehaves as it is told?"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from assets.capture import Recipe

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
Record = dict[str, Any]


@dataclass(frozen=True)
class Odd:
    """What is answered instead of what is right."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    reset: bool = False
    again: bool = False
    """The page is named as its own next one; where the source names none, the page before is answered."""
    elsewhere: str = ""
    """Another address under which the next page is said to be."""


@dataclass(frozen=True)
class Part:
    """One page of a listing."""

    records: Sequence[Record]
    url: str
    following: int | None
    """Where the next page begins; null: there is none."""
    size: int
    count: int
    """How many records the source says there are."""


@dataclass(frozen=True)
class Listing:
    """A listing of a source, and how the source pages it."""

    name: str
    recipe: Recipe
    dataset: str
    column: str
    path: str
    record: Callable[[int], Record]
    client: Callable[[str, Callable[[float], None]], Any]
    begin: Callable[[Mapping[str, Any], Sequence[Record], int], int]
    """(what was asked, the records, size of a page) -> where the page begins."""
    page: Callable[[Part], tuple[Any, Mapping[str, str]]]
    """The body and headers of a page."""
    limits: Mapping[str, Odd]
    next_by: str
    """How the source names the next page: by address, by token, or not at all."""
    noticed: tuple[str, ...]
    """Which rows that come or go in front of a page must be noticed, since they move others."""
    others: Mapping[str, Any] = field(default_factory=dict)
    """What else the recipe asks for: path -> the answer, or what makes one of the count."""
    count_by: str = ""
    """Where the source says how many records there are: exactly, roughly, or nowhere."""

    def key(self, number: int) -> str:
        """Return what identifies a record in its dataset."""
        found = self.record(number)
        return str(found.get("id") or found.get("number") or found.get("accountId"))


class Served(ThreadingHTTPServer):
    """Serves one listing, `size` a page."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[str] = []

    def begin(self, listing: Listing, count: int = 12, size: int = 3) -> None:
        """Forget what was before and serve a listing of some records."""
        self.listing, self.size = listing, size
        self.records = [listing.record(number) for number in range(1, count + 1)]
        self.count: int | None = None
        """How many records are said to be there; null: as many as there are."""
        self.odd: dict[int, list[Odd]] = {}
        """Page -> what to answer instead, each once."""
        self.lasting: dict[int, Odd] = {}
        """Page -> what to answer instead, always."""
        self.before_page: Callable[[int], None] = lambda _: None
        self.asked.clear()

    @property
    def pages(self) -> int:
        """How many pages the listing has."""
        return max(-(-len(self.records) // self.size), 1)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # in one write: head and body apart wait 40 ms for each other
    server: Served

    def do_GET(self) -> None:
        """Answer a reading by query."""
        self.respond(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        """Answer a reading by body."""
        self.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def respond(self, asked: Mapping[str, Any]) -> None:
        """Answer a page of the listing, or what else the recipe needs."""
        served, path = self.server, urlsplit(self.path).path
        served.asked.append(self.path)
        if path != served.listing.path:
            found = served.listing.others.get(path, [])
            body = found(served, asked) if callable(found) else found
            self.send(Odd(), json.dumps(body).encode(), {})
            return
        begin = served.listing.begin(asked, served.records, served.size)
        number = begin // served.size + 1
        served.before_page(number)
        begin = served.listing.begin(asked, served.records, served.size)  # rows may have moved
        waiting = served.odd.get(number)
        odd = waiting.pop(0) if waiting else served.lasting.get(number, Odd())
        if odd.reset:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if odd.again and not served.listing.next_by:
            begin = max(begin - served.size, 0)
        end = begin + served.size
        following = end if end < len(served.records) else None
        count = len(served.records) if served.count is None else served.count
        if odd.elsewhere or (odd.again and served.listing.next_by):
            following = end if odd.elsewhere else begin
        part = Part(served.records[begin:end], odd.elsewhere or served.url, following, served.size, count)
        content, headers = served.listing.page(part)
        self.send(odd, json.dumps(content).encode() if odd.body is None else odd.body, headers)

    def send(self, odd: Odd, body: bytes, headers: Mapping[str, str]) -> None:
        """Send an answer, or half of it."""
        self.send_response_only(odd.status)  # the other one adds a Date of its own
        self.send_header("Date", format_datetime(NOW, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + (10 if odd.cut else 0)))
        for name, value in {**headers, **odd.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = odd.cut

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Served]:
    """Serve on loopback for a while."""
    with Served() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()
