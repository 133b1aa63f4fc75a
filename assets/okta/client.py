"""What does one Okta organisation answer, read to its last page?

The vendor's SDK authenticates and sends; the raw JSON is taken, since its typed models refuse real answers.
Paging, retries and waiting for limits are ours: the SDK's own end on other things than the last page.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from assets.capture import Page
from assets.failures import PermanentFailure, TransientFailure

SCOPES = {
    "/api/v1/users": "okta.users.read",
    "/api/v1/groups": "okta.groups.read",
    "/api/v1/apps": "okta.apps.read",
    "/api/v1/iam": "okta.roles.read",
    "/api/v1/policies": "okta.policies.read",
    "/api/v1/logs": "okta.logs.read",
}
"""Where a path begins -> the scope it needs."""
AT_ONCE = 8
"""Requests under way together where one is needed per user or group."""
TRIES = 3
PAUSES = (0.2, 0.6)
"""Seconds before the second and the third try of a request that failed on the way."""
LONGEST_WAIT = 120.0
WAIT_BUDGET = 900.0
"""Seconds one capture may spend waiting for limits: beyond, the credential's limit is too small."""
DEFAULT_WAIT = 2.0
OK, UNAUTHORISED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_TROUBLE = 200, 401, 403, 404, 429, 500


@dataclass
class OktaClient:
    """One organisation. No repr shows the token."""

    instance: str
    org_url: str
    token: str = field(repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    _runner: asyncio.Runner | None = field(default=None, init=False, repr=False)
    _sdk: Any = field(default=None, init=False, repr=False)
    _waited: float = field(default=0.0, init=False, repr=False)

    def principal(self) -> str:
        """Return whose token this is, as Okta says."""
        record, _ = self._run(self._one("/api/v1/users/me", "/api/v1/users/me", 1))
        return f"{record['id']} {record['profile']['login']}"

    def close(self) -> None:
        """Close the connections and the event loop they live in."""
        if self._runner is not None:
            if self._sdk is not None:
                self._runner.run(self._sdk.__aexit__(None, None, None))
            self._runner.close()
        self._runner = self._sdk = None

    def pages(self, path: str, **query: str | int) -> Iterator[Page]:
        """Yield the pages of a listing as received, until Okta names no next one."""
        yield from self._run(self._listing(path, query))

    def each(self, paths: Mapping[str, str], **query: str | int) -> Iterator[tuple[str, list[Page]]]:
        """Yield (name, pages) of many listings, a few of them under way at once."""
        names = list(paths)
        for start in range(0, len(names), AT_ONCE * 4):
            batch = names[start : start + AT_ONCE * 4]
            found = self._run(self._listings([paths[name] for name in batch], query))
            yield from zip(batch, found, strict=True)

    def _run(self, work: Any) -> Any:
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(work)

    async def _listings(self, paths: Iterable[str], query: Mapping[str, str | int]) -> list[list[Page]]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(path: str) -> list[Page]:
            async with gate:
                return await self._listing(path, query)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(path)) for path in paths]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _listing(self, path: str, query: Mapping[str, str | int]) -> list[Page]:
        url: str | None = f"{path}?{urlencode(query)}" if query else path
        seen: set[str] = set()
        pages: list[Page] = []
        while url is not None:
            if url in seen:
                raise PermanentFailure(
                    f"okta {self.instance}: page {len(pages) + 1} of {path} has the address of an earlier "
                    "page; the listing would never end."
                )
            seen.add(url)
            records, page = await self._one(path, url, len(pages) + 1)
            if not isinstance(records, list) and not page.is_envelope:
                raise PermanentFailure(
                    f"okta {self.instance}: page {len(pages) + 1} of {path} is a {type(records).__name__}, "
                    "expected a list."
                )
            pages.append(page)
            url = self._next(path, page, len(pages))
        return pages

    def _next(self, path: str, page: _Answer, number: int) -> str | None:
        following = next_link(page.links)
        if following is None:
            return None
        own, other = urlsplit(self.org_url), urlsplit(following)
        if (own.scheme, own.netloc) != (other.scheme, other.netloc):
            raise PermanentFailure(
                f"okta {self.instance}: page {number} of {path} names a next page on host {other.netloc}, "
                f"expected {own.netloc}. The token is sent to no other host. Is org_url the organisation's "
                "own address?"
            )
        return following

    async def _one(self, path: str, url: str, number: int) -> tuple[Any, _Answer]:
        """Return one answer's JSON, and the answer as a page."""
        said = "nothing"
        tries = 0
        while tries < TRIES:
            response, body, error = await self._send(url)
            if response is None:
                said = f"failed on the way ({type(error).__name__})"
            elif response.status == TOO_MANY:
                self._wait(path, response.headers)
                continue
            elif response.status == OK:
                try:
                    content = json.loads(body)
                except json.JSONDecodeError:
                    said = "was no whole JSON"
                else:
                    return content, answer(self.org_url, url, response.headers, content)
            elif response.status >= SERVER_TROUBLE:
                said = f"answered {response.status}"
            else:
                raise self._refused(path, number, response.status)
            if tries < len(PAUSES):
                self.sleep(PAUSES[tries])
            tries += 1
        raise TransientFailure(
            f"okta {self.instance}: page {number} of {path} {said}, {TRIES} times; expected 200 and JSON."
        )

    async def _send(self, url: str) -> tuple[Any, str, Exception | None]:
        if self._sdk is None:
            self._sdk = await self._connected().__aenter__()
        executor = self._sdk.get_request_executor()
        request, error = await executor.create_request("GET", url, headers={"Accept": "application/json"})
        if error is not None:
            raise PermanentFailure(
                f"okta {self.instance}: the SDK made no request of it ({type(error).__name__})."
            )
        _, response, body, error = await executor.fire_request(request)
        return response, body or "", error

    def _connected(self) -> Any:
        from okta.client import Client
        from okta.constants import LOGGER_NAME

        # Its debug messages quote whole requests, the token included.
        logging.getLogger(LOGGER_NAME).disabled = True
        return Client(
            {
                "orgUrl": self.org_url,
                "token": self.token,
                "requestTimeout": 0,
                "rateLimit": {"maxRetries": 0},
                "cache": {"enabled": False},
                "logging": {"enabled": False},
            }
        )

    def _wait(self, path: str, headers: Mapping[str, str]) -> None:
        """Wait until the limit's window ends, by the server's clock. All requests wait: they share it."""
        seconds = seconds_to_wait(headers)
        if self._waited + seconds > WAIT_BUDGET:
            raise TransientFailure(
                f"okta {self.instance}: {path} is limited (429) and {self._waited:.0f} s of at most "
                f"{WAIT_BUDGET:.0f} s were waited already. Raise the token's share of the limit, or collect "
                "at a quieter hour."
            )
        self._waited += seconds
        self.sleep(seconds)

    def _refused(self, path: str, number: int, status: int) -> PermanentFailure | TransientFailure:
        where = f"okta {self.instance}: page {number} of {path} answered {status}"
        scope = next((scope for begin, scope in SCOPES.items() if path.startswith(begin)), "a read scope")
        if status == UNAUTHORISED:
            return PermanentFailure(f"{where}; the token is unknown, expired or revoked. Issue a new one.")
        if status == FORBIDDEN:
            return PermanentFailure(f"{where}; the token lacks {scope}.")
        if status == NOT_FOUND and path.count("/") > 3:  # noqa: PLR2004 - below /api/v1/<listing>
            return TransientFailure(f"{where}; what it belongs to has gone since it was listed.")
        return PermanentFailure(f"{where}, expected 200.")


@dataclass(frozen=True)
class _Answer(Page):
    """A page with the links Okta sent with it."""

    links: tuple[str, ...] = ()
    is_envelope: bool = False
    """True where the records came inside `value`, as those of /api/v1/iam do."""


def answer(org_url: str, url: str, headers: Any, content: Any) -> _Answer:
    """Return an answer as a page."""
    date = headers.get("Date")
    links = tuple(headers.getall("Link", ()))
    envelope = isinstance(content, dict) and isinstance(content.get("value"), list)
    if envelope:
        following = content.get("_links", {}).get("next", {}).get("href")
        links = (f'<{following}>; rel="next"',) if following else ()
        records = content["value"]
    else:
        records = content if isinstance(content, list) else [content]
    return _Answer(
        records=records,
        request=f"GET {url.removeprefix(org_url)}",
        request_id=headers.get("X-Okta-Request-Id"),
        server_date=parsedate_to_datetime(date).astimezone(UTC) if date else None,
        links=links,
        is_envelope=envelope,
    )


def next_link(links: Iterable[str]) -> str | None:
    """Return the address of the link with relation next, of `Link` headers; None where there is none."""
    for header in links:
        for part in header.split(", <"):
            address, _, relation = part.partition(">")
            if 'rel="next"' in relation.replace(" ", ""):
                return address.removeprefix("<").strip()
    return None


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return how long a limit still holds: its reset less the server's own Date, bounded."""
    reset, date = headers.get("X-Rate-Limit-Reset"), headers.get("Date")
    if reset is None or date is None or not reset.strip().isdigit():
        return DEFAULT_WAIT
    left = datetime.fromtimestamp(int(reset), UTC) - parsedate_to_datetime(date).astimezone(UTC)
    return min(max(left.total_seconds(), 0.0) + 0.2, LONGEST_WAIT)
