"""How does GitHub cut a listing into pages, how does it say no, and when does it ask to wait?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.okta_limits import real_seconds

PER_HOUR = 5000
MOST = 100
"""Records per page at most."""
WINDOW = timedelta(seconds=1)
"""How long a limit holds, in real time too: who waits as told loses a second, no more."""
FORMS = ("primary", "seconds", "date")
"""How a limit says how long it holds: by its reset alone, or by Retry-After in either form."""


class GithubError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def missing() -> GithubError:
    """Return GitHub's 404, which also hides what one may not see."""
    return GithubError(404, "Not Found")


def cut(found: list[Any], query: Mapping[str, str], address: str) -> tuple[list[Any], str | None]:
    """Return one page of a listing, and the Link header that leads to the others if there are any."""
    page, size = number(query, "page", 1), min(number(query, "per_page", 30), MOST)
    last = max(1, -(-len(found) // size))
    links = []
    for relation, target in (("prev", page - 1), ("next", page + 1), ("last", last), ("first", 1)):
        forward = relation in ("next", "last")
        if (page < last) if forward else (page > 1):
            asked = urlencode({**query, "page": target})
            links.append(f'<{address}?{asked}>; rel="{relation}"')
    return found[(page - 1) * size : page * size], ", ".join(links) or None


def number(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a positive number of the query; GitHub takes what is none for the default."""
    text = query.get(name, "")
    return int(text) if text.isdecimal() and int(text) else default


@dataclass
class Limits:
    """The share of the day's reader: enough, but on some days somebody else has used it up for a moment."""

    form: str | None = None
    """How today's limit is told; None: there is none today."""
    at: int = 0
    """The request that meets it."""
    answered: int = 0
    closes: float | None = None

    def begin(self, form: str | None, at: int) -> None:
        """Begin a day."""
        self.form, self.at, self.answered, self.closes = form, at, 0, None

    def take(self, now: datetime) -> dict[str, str]:
        """Return the headers of a request's answer; raises GithubError where it must wait."""
        self.answered += 1
        headers = {
            "X-RateLimit-Limit": str(PER_HOUR),
            "X-RateLimit-Remaining": str(max(PER_HOUR - self.answered, 1)),
            "X-RateLimit-Used": str(min(self.answered, PER_HOUR - 1)),
            "X-RateLimit-Reset": str(int((now + timedelta(hours=1)).timestamp())),
            "X-RateLimit-Resource": "core",
        }
        if self.form is None or self.answered < self.at:
            return headers
        if self.closes is None:
            self.closes = real_seconds() + WINDOW.total_seconds()
        if real_seconds() >= self.closes:
            return headers
        raise self._refusal(now, headers)

    def _refusal(self, now: datetime, headers: dict[str, str]) -> GithubError:
        open_again = now + WINDOW
        if self.form == "primary":
            spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Used": str(PER_HOUR)}
            spent["X-RateLimit-Reset"] = str(int(open_again.timestamp()))
            return GithubError(403, "API rate limit exceeded for user.", headers | spent)
        said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        if self.form == "seconds":
            return GithubError(403, said, headers | {"Retry-After": str(int(WINDOW.total_seconds()))})
        return GithubError(429, said, headers | {"Retry-After": f"{open_again:%a, %d %b %Y %H:%M:%S} GMT"})
