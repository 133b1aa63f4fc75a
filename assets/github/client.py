"""What does one GitHub organisation answer, read to its last page?

Paging, retries and waits are assets/rest.py's. Here stands what is GitHub's own: its two limits, the address
of the next page, what a refusal means and which permission is missing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from assets.capture import Access, Page
from assets.failures import PermanentFailure, TransientFailure
from assets.github.permissions import PROBES, REPOSITORY_PROBES, TOKEN_PROBES, hint, writing
from assets.rest import Answer, Limit, Refused, RestClient, get, next_link, retry_after, until

PUBLIC = "https://api.github.com"
VERSION = "2022-11-28"
"""The interface this connector was written for; GitHub keeps each for years and changes none under way."""
PAGE_SIZE = 100
WINDOW = 3900.0
"""Seconds a client may wait in all: GitHub's primary limit is renewed every hour."""
FORBIDDEN, NOT_FOUND, TOO_MANY, UNPROCESSABLE = 403, 404, 429, 422
SECONDARY = re.compile(r"secondary rate limit|abuse detection", re.IGNORECASE)
SAID = ("Branch not protected", "Branch not found", "Git Repository is empty.")
"""Reasons of a refusal that are facts. No other word of a refusal's body is looked at."""
Key = Callable[[Mapping[str, Any]], object]


def by_id(record: Mapping[str, Any]) -> object:
    """Return what tells most of GitHub's records apart."""
    return record.get("id")


def by_sha(record: Mapping[str, Any]) -> object:
    """Return what tells commits apart."""
    return record.get("sha")


@dataclass
class GithubClient:
    """One organisation. No repr, log or error shows the token."""

    instance: str
    org: str
    token: str = field(repr=False)
    base_url: str = PUBLIC
    """GitHub Enterprise Server: https://<host>/api/v3."""
    only: tuple[str, ...] = ()
    """Names of the repositories that are read; none: all of the organisation."""
    lists_tokens: bool = False
    """Whether fine-grained tokens are to be read."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    max_wait: float = WINDOW
    timeout: float = 60.0
    rest: RestClient = field(init=False, repr=False)
    _principal: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.token or not self.token.isascii() or not self.token.isprintable() or " " in self.token:
            raise PermanentFailure(
                f"github {self.instance}: the token has characters that no token has, or none. Was a line "
                "end stored with it?"
            )
        self.rest = RestClient(
            "github",
            self.instance,
            self.base_url,
            {
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": VERSION,
                "User-Agent": "evidence-warehouse",
            },
            limited=limited,
            hint=hint,
            code=code,
            sleep=self.sleep,
            max_wait=self.max_wait,
            timeout=self.timeout,
        )

    def principal(self) -> str:
        """Return whose token this is, as GitHub says: a user's, or an app's installation."""
        if not self._principal:
            self._principal = self._asked()
        return self._principal

    def _asked(self) -> str:
        try:
            record = self.rest.one(get("/user")).records[0]
        except Refused as refused:
            if refused.status != FORBIDDEN:
                raise
            # An installation is no user; GitHub tells its token only what it reaches.
            record = self.rest.one(get("/installation/repositories", per_page=1)).records[0]
            return f"app installation reaching {record.get('total_count')} repositories"
        if not record.get("id") or not record.get("login"):
            raise PermanentFailure(
                f"github {self.instance}: /user named nobody with an id and a login. Is base_url GitHub's "
                "REST interface?"
            )
        return f"{record['id']} {record['login']}"

    def access(self) -> Access:
        """Return what the token may do: a classic one's scopes; of others only what they lack can be seen."""
        scopes = self.rest.ask(get("/rate_limit"), f"github {self.instance}: /rate_limit").headers.get(
            "X-OAuth-Scopes"
        )
        granted = None if scopes is None else tuple(filter(None, (s.strip() for s in scopes.split(","))))
        return Access(
            granted=granted,
            writing=None if granted is None else writing(granted),
            lacking=tuple(self._lacking()),
        )

    def _lacking(self) -> Iterator[str]:
        for path, what in PROBES + (TOKEN_PROBES if self.lists_tokens else ()):
            if not self._may(path.format(org=self.org)):
                yield what
        repositories = self.rest.ask(
            get(f"/orgs/{self.org}/repos", per_page=1), f"github {self.instance}: /orgs/{self.org}/repos"
        ).content
        if isinstance(repositories, list) and repositories:
            first = repositories[0]
            for path, what in REPOSITORY_PROBES:
                asked = path.format(repo=f"{self.org}/{first['name']}", branch=first["default_branch"])
                if not self._may(asked):
                    yield what

    def _may(self, path: str) -> bool:
        try:
            self.rest.ask(get(path), f"github {self.instance}: {path}")
        except Refused as refused:
            return refused.code in SAID
        return True

    def close(self) -> None:
        """Give the connection back."""
        self.rest.close()

    def one(self, path: str, **query: str | int | bool | None) -> Page:
        """Return the one object of an answer as a page."""
        return self.rest.one(get(path, **query))

    def pages(
        self,
        path: str,
        *,
        within: str | None = None,
        counted: str = "total_count",
        key: Key = by_id,
        numbered: bool = True,
        **query: str | int | bool | None,
    ) -> Iterator[Page]:
        """Yield the pages of a listing as received, until GitHub names no next one.

        `within` is the field that has the records where the answer is an object that also counts them, in
        `counted`: then the number read must be that one.
        """
        told: set[object] = set()

        def records(answer: Answer) -> Any:
            if within is None:
                return answer.content  # what is no list is refused where it is paged
            content = answer.content if isinstance(answer.content, Mapping) else {}
            told.add(content.get(counted))
            return content.get(within)

        found = list(
            self.rest.pages(
                get(path, per_page=PAGE_SIZE, **query),
                records=records,
                following=next_link,
                key=key,
                numbered=numbered,
            )
        )
        read = sum(len(page.records) for page in found)
        if told - {read}:
            raise TransientFailure(
                f"github {self.instance}: {path} named {read} records and says there are "
                f"{', '.join(sorted(map(str, told)))}. Some came or went while they were listed."
            )
        yield from found

    def back_to(
        self, path: str, since: datetime, *, by: str, numbered: bool = True, **query: str | int | bool | None
    ) -> Iterator[Page]:
        """Yield the pages of a listing that is newest first, until its times are before `since`.

        What comes after the last page yielded is older still: that the listing is in this order is looked at
        on the way, and where it is not, it cannot be cut and is refused.
        """
        first = get(path, per_page=PAGE_SIZE, **query)
        latest: datetime | None = None

        def following(answer: Answer) -> str | None:
            nonlocal latest
            times = [self._time(record, by, path) for record in answer.content]
            before = None if answer.request == first else latest
            if times != sorted(times, reverse=True) or (times and before and times[0] > before):
                raise TransientFailure(
                    f"github {self.instance}: {path} is not listed by {by}, newest first. Rows moved while "
                    "they were listed, so some may be missing."
                )
            if not times:
                return next_link(answer)
            latest = times[-1]
            return next_link(answer) if latest >= since else None

        yield from self.rest.pages(
            first,
            records=lambda answer: answer.content,
            following=following,
            key=by_id,
            numbered=numbered,
        )

    def _time(self, record: Mapping[str, Any], by: str, path: str) -> datetime:
        try:
            return datetime.fromisoformat(record[by])
        except (KeyError, TypeError, ValueError):
            raise PermanentFailure(
                f"github {self.instance}: {path} has a record whose {by} is no instant. Has the interface "
                "changed?"
            ) from None


def inner(record: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list inside a record. Where it is absent nobody has said that there is none."""
    if not isinstance(record.get(name), list):
        raise PermanentFailure(
            f"github: a record came without its list of {name}. Has the interface changed?"
        )
    return list(record[name])


def limited(response: httpx.Response) -> Limit | None:
    """Return how long GitHub asks us to wait: the primary limit by its reset, the secondary by Retry-After.

    A secondary limit may say nothing but a sentence; GitHub then asks for a minute, which is the default.
    """
    if response.status_code not in (FORBIDDEN, TOO_MANY):
        return None
    if "Retry-After" in response.headers:
        return Limit(retry_after(response.headers))
    if response.headers.get("X-RateLimit-Remaining", "").strip() == "0":
        return Limit(until(_reset(response.headers), response.headers))
    if response.status_code == TOO_MANY or SECONDARY.search(_message(response)):
        return Limit(None)
    return None


def code(response: httpx.Response) -> str:
    """Return what GitHub says in a refusal that is itself a fact; of all others nothing."""
    said = _message(response)
    return said if said in SAID else ""


def _message(response: httpx.Response) -> str:
    try:
        content = response.json()
    except ValueError:
        return ""
    return str(content.get("message", "")) if isinstance(content, Mapping) else ""


def _reset(headers: httpx.Headers) -> datetime | None:
    """Return when GitHub renews the primary limit; None where it does not say."""
    text = headers.get("X-RateLimit-Reset", "").strip()
    return datetime.fromtimestamp(int(text), UTC) if re.fullmatch(r"[0-9]{1,11}", text) else None
