"""What the tests of the Jira connector share: a small HTTP server whose site a test decides."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from assets.capture import Reading, day_window
from assets.jira.client import JiraClient

EMAIL, TOKEN = "reader@acme.example", "ATATT-canary-token"
DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 0, 30, tzinfo=UTC)


@dataclass
class Odd:
    """What is answered instead, once: a status with headers and body, a cut body, or no answer at all."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    reset: bool = False


class Site(ThreadingHTTPServer):
    """A Jira site: its records, how many it sends a page, and what goes wrong on the way."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.issues: list[dict[str, Any]] = []
        self.histories: list[tuple[str, dict[str, Any]]] = []
        """(issue id, change), in the order listed."""
        self.statuses: list[dict[str, Any]] = []
        self.projects: list[dict[str, Any]] = [{"id": "1", "key": "SHOP"}]
        self.users: list[dict[str, Any]] = []
        self.permissions: dict[str, Sequence[str]] = {}
        """Project ("" is the site) -> permissions held."""
        self.size = 3
        self.count: Any = None
        """Null: as many as there are."""
        self.odd: dict[tuple[str, int], list[Odd]] = {}
        """(last word of the path, page counted from 1) -> what to answer instead, each once."""
        self.tokens: Callable[[int], str] = lambda begin: f"t{begin}"
        self.flags: Callable[[bool], dict[str, Any]] = lambda last: {"isLast": last}
        self.before_page: Callable[[str, int], None] = lambda *_: None
        self.asked: list[tuple[str, Any]] = []
        """(path, query or body) of every request."""

    def answer(self, path: str, asked: Mapping[str, Any]) -> Any:
        """Return the body of a good answer."""
        answers: dict[str, Callable[[], Any]] = {
            "search/jql": lambda: self.tokened(self.issues, asked, "issues", self.flags),
            "search/approximate-count": lambda: {
                "count": len(self.issues) if self.count is None else self.count
            },
            "changelog/bulkfetch": lambda: self.changelog(asked),
            "status": lambda: self.statuses,
            "project/search": lambda: {
                "startAt": int(asked["startAt"]),
                "isLast": int(asked["startAt"]) + self.size >= len(self.projects),
                "values": self.projects[int(asked["startAt"]) :][: self.size],
            },
            "users/search": lambda: self.users[int(asked["startAt"]) :][: self.size],
            "myself": lambda: {"accountId": "a0", "displayName": "Reader", "emailAddress": EMAIL},
            "permissions": lambda: {
                "permissions": {n: {"key": n} for n in ["ADMINISTER", *chain(*self.permissions.values())]}
            },
            "mypermissions": lambda: {
                "permissions": {
                    name: {"havePermission": name in self.permissions[asked.get("projectKey", "")]}
                    for name in asked["permissions"].split(",")
                }
            },
        }
        return answers[path.removeprefix("/rest/api/3/")]()

    def changelog(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of the changes of some issues."""
        wanted = set(asked["issueIdsOrKeys"])
        page = self.tokened(
            [p for p in self.histories if p[0] in wanted], asked, "issueChangeLogs", lambda _: {}
        )
        page["issueChangeLogs"] = [
            {"issueId": number, "changeHistories": [change]} for number, change in page["issueChangeLogs"]
        ]
        return page

    def tokened(
        self,
        listing: Sequence[Any],
        asked: Mapping[str, Any],
        name: str,
        flags: Callable[[bool], dict[str, Any]],
    ) -> dict[str, Any]:
        """Return a page of a listing, and the token of the next where there is one."""
        begin = int(str(asked.get("nextPageToken", "t0")).lstrip("t"))
        end = begin + self.size
        last = end >= len(listing)
        page: dict[str, Any] = {name: list(listing[begin:end]), **flags(last)}
        return page if last else {"nextPageToken": self.tokens(end), **page}

    def page_of(self, asked: Mapping[str, Any]) -> int:
        """Return which page a request is for, counted from 1."""
        begin = str(asked.get("nextPageToken") or asked.get("startAt") or "t0").lstrip("t")
        return int(begin) // self.size + 1

    def client(self, waits: list[float] | None = None, **settings: Any) -> JiraClient:
        """Return a client that notes how long it would wait, instead of waiting."""
        noted = waits if waits is not None else []
        given = {"instance": "acme", "base_url": self.url, "email": EMAIL, "token": TOKEN}
        return JiraClient(**{**given, "projects": ("SHOP",), "sleep": noted.append, **settings})


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # in one write: head and body apart wait 40 ms for each other
    server: Site

    def do_GET(self) -> None:
        """Answer a reading by query."""
        self.respond(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        """Answer a reading by body."""
        self.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def respond(self, asked: dict[str, Any]) -> None:
        """Answer, or misbehave as told."""
        path, site = urlsplit(self.path).path, self.server
        site.asked.append((path, asked))
        word, page = path.rpartition("/")[2], site.page_of(asked)
        site.before_page(word, page)
        waiting = site.odd.get((word, page))
        told = waiting.pop(0) if waiting else Odd()
        if told.reset:
            self.close_connection = True
            self.connection.close()
            return
        body = json.dumps(site.answer(path, asked)).encode() if told.body is None else told.body
        self.send_response_only(told.status)
        self.send_header("Date", format_datetime(NOW, usegmt=True))
        self.send_header("X-ARequestId", "r-1")
        self.send_header("Content-Length", str(len(body) + (10 if told.cut else 0)))
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if told.cut:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    """Serve on loopback."""
    with Site() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def reading() -> Reading:
    """Return a reading of the day that has read nothing yet."""
    return Reading(DAY, "acme", *day_window(DAY), hmac=str)


def issue(number: int, **fields: Any) -> dict[str, Any]:
    """Return an issue of the site as Jira sends it."""
    return {
        "id": str(number),
        "key": f"SHOP-{number}",
        "fields": {
            "project": {"key": "SHOP"},
            "issuetype": {"name": "Bug", "subtask": False},
            "priority": {"name": "Medium"},
            "labels": [],
            "created": "2026-03-10T08:00:00.000+0000",
            "status": {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}},
            **fields,
        },
    }


def change(number: int, at: Any, *items: Mapping[str, Any], by: str = "a1") -> dict[str, Any]:
    """Return a change of an issue as Jira sends it."""
    return {"id": str(number), "author": {"accountId": by}, "created": at, "items": list(items)}


def moved(before: str, after: str) -> dict[str, str]:
    """Return a change of status from one id to another; names are the ids in words."""
    return {
        "field": "status",
        "fieldId": "status",
        "from": before,
        "fromString": f"status {before}",
        "to": after,
        "toString": f"status {after}",
    }
