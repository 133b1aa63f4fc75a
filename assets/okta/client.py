"""What does one Okta organisation answer, read to its last page?

The vendor's SDK authenticates and sends; the raw JSON is taken, since its typed models refuse real answers.
Paging, retries and waiting for limits are ours: the SDK's own paging ends on other things than the last page,
and its own wait for a limit has no bound.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit
from urllib.request import proxy_bypass

from assets.capture import Access, Page
from assets.failures import PermanentFailure, SourceFailure, TransientFailure

Found = TypeVar("Found")

SCOPES = (
    (r"/api/v1/(users|groups)/[^/]+/roles", "okta.roles.read"),
    (r"/api/v1/iam/.*", "okta.roles.read"),
    (r"/api/v1/api-tokens.*", "okta.apiTokens.read"),
    (r"/api/v1/logStreams.*", "okta.logStreams.read"),
    (r"/api/v1/users.*", "okta.users.read"),
    (r"/api/v1/groups.*", "okta.groups.read"),
    (r"/api/v1/apps.*", "okta.apps.read"),
    (r"/api/v1/policies.*", "okta.policies.read"),
    (r"/api/v1/logs", "okta.logs.read"),
)
"""The path of a request -> the scope it needs; the first that fits counts."""
ME = "/api/v1/users/me"
READ_ONLY = frozenset({"READ_ONLY_ADMIN", "REPORT_ADMIN"})
"""The administrator roles that change nothing."""
CUSTOM = "CUSTOM"
"""A role of the organisation's own making, of which the listing does not say what it permits."""
ALL_SEEING = frozenset({"READ_ONLY_ADMIN", "ORG_ADMIN", "SUPER_ADMIN"})
"""The roles that see everything we read."""
AT_ONCE = 8
"""Requests under way together where one is needed per user or group."""
TRIES = 3
PAUSES = (0.2, 0.6)
"""Seconds before the second and the third try of a request that failed on the way."""
LONGEST_WAIT = 120.0
"""Seconds: Okta's windows last one minute, so a reset further ahead is asked about again after this."""
DEFAULT_WAIT = 2.0
"""Seconds to wait where the answer does not say how long, and whenever a first wait did not help."""
MARGIN = 0.2
OK, BAD_REQUEST, UNAUTHORISED, FORBIDDEN, NOT_FOUND = 200, 400, 401, 403, 404
TOO_MANY, SERVER_TROUBLE = 429, 500
BELOW_A_LISTING = re.compile(r"/api/v1/[a-z]+/[^/]+/[^/]+(/secrets)?")
"""A listing that belongs to one user, group, application or policy."""


class NotOffered(PermanentFailure):
    """The organisation has no such kind of policy: those of the Classic engine have no access policies."""


@dataclass
class OktaClient:
    """One organisation. No repr, log or error shows the token."""

    instance: str
    org_url: str
    token: str = field(repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    max_wait: float = 900.0
    """Seconds this client may spend waiting for limits: beyond, the token's share of them is too small."""
    timeout: float = 60.0
    """Seconds one answer may take. The SDK's own default is to wait for ever."""
    _runner: asyncio.Runner | None = field(default=None, init=False, repr=False)
    _session: Any = field(default=None, init=False, repr=False)
    _executor: Any = field(default=None, init=False, repr=False)
    _limit: asyncio.Lock = field(init=False, repr=False)
    """Held by the one request that waits for the limit; all others then wait with it, as they share it."""
    _waits: int = field(default=0, init=False, repr=False)
    _waited: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.org_url = self.org_url.rstrip("/")

    def principal(self) -> str:
        """Return whose token this is, as Okta says."""
        record = self._me()
        login = (record.get("profile") or {}).get("login")
        if not record.get("id") or not login:
            raise PermanentFailure(
                f"okta {self.instance}: {ME} named no user with a login. Use the token of a user."
            )
        return f"{record['id']} {login}"

    def access(self) -> Access:
        """Return which administrator roles the owner of the token holds: a token can do what they can."""
        path = f"/api/v1/users/{self._me()['id']}/roles"
        roles = sorted({str(record.get("type")) for page in self.pages(path) for record in page.records})
        writing = tuple(role for role in roles if role not in READ_ONLY and role != CUSTOM)
        return Access(
            tuple(roles),
            None if CUSTOM in roles and not writing else writing,
            ()
            if ALL_SEEING & set(roles) or CUSTOM in roles
            else ("READ_ONLY_ADMIN, without which factors, roles and policies cannot be read",),
        )

    def _me(self) -> Mapping[str, Any]:
        return self._run(self._one(ME, ME, 1)).records[0]

    def close(self) -> None:
        """Close the connections and the event loop they live in."""
        if self._runner is not None:
            if self._session is not None:
                self._runner.run(self._session.close())
            self._runner.close()
        self._runner = self._session = self._executor = None

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

    def _run(self, work: Coroutine[Any, Any, Found]) -> Found:
        if self._runner is None:
            self._runner, self._limit = asyncio.Runner(), asyncio.Lock()
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
        url: str | None = self.org_url + path + (f"?{urlencode(query)}" if query else "")
        asked: set[str] = set()
        seen: set[str] = set()
        pages: list[Page] = []
        while url is not None:
            number = len(pages) + 1
            if url in asked:
                raise PermanentFailure(
                    f"okta {self.instance}: page {number} of {path} has the address of an earlier page; the "
                    "listing would never end."
                )
            asked.add(url)
            page = await self._one(path, url, number)
            if not page.is_list:
                raise PermanentFailure(
                    f"okta {self.instance}: page {number} of {path} is a single object, expected a list."
                )
            ids = {str(found) for record in page.records if (found := record.get("id", record.get("uuid")))}
            if ids & seen:
                raise TransientFailure(
                    f"okta {self.instance}: page {number} of {path} repeats {len(ids & seen)} records of "
                    "earlier pages. Rows moved while they were listed, so others may be missing."
                )
            seen |= ids
            pages.append(page)
            url = self._next(path, page, number)
        return pages

    def _next(self, path: str, page: _Answer, number: int) -> str | None:
        if page.following is not None and not self._is_ours(page.following):
            raise PermanentFailure(
                f"okta {self.instance}: page {number} of {path} names a next page on host "
                f"{urlsplit(page.following).netloc.rpartition('@')[2]}, expected "
                f"{urlsplit(self.org_url).netloc}. The token is sent to no other host. Is org_url the "
                "organisation's own address?"
            )
        return page.following

    def _is_ours(self, url: str) -> bool:
        own, other = urlsplit(self.org_url), urlsplit(url)
        return (own.scheme, own.netloc) == (other.scheme, other.netloc)

    async def _one(self, path: str, url: str, number: int) -> _Answer:
        """Return one answer as a page."""
        where = f"okta {self.instance}: page {number} of {path}"
        said = ""
        tries = limited = 0
        while tries < TRIES:
            async with self._limit:
                waits = self._waits
            response, body, error = await self._send(url)
            if response is None:
                said = f"failed on the way ({type(error).__name__})"
            elif response.history or not self._is_ours(str(response.url)):
                raise PermanentFailure(
                    f"{where} sent us to host {response.url.host}, expected an answer. Is org_url the "
                    "organisation's own address?"
                )
            elif response.status == TOO_MANY:
                await self._wait(where, response.headers, waits, at_least=DEFAULT_WAIT if limited else 0.0)
                limited += 1
                continue
            elif response.status == OK:
                try:
                    content = json.loads(body)
                except json.JSONDecodeError:
                    said = "was no whole JSON"
                else:
                    return answer(where, url.removeprefix(self.org_url), response.headers, content)
            elif response.status >= SERVER_TROUBLE:
                said = f"answered {response.status}"
            else:
                raise refused(where, path, response.status, body)
            if tries < len(PAUSES):
                await asyncio.to_thread(self.sleep, PAUSES[tries])
            tries += 1
        raise TransientFailure(f"{where} {said}, {TRIES} times; expected 200 and JSON.")

    async def _send(self, url: str) -> tuple[Any, str, Exception | None]:
        """Return the SDK's response and its text; of a request that failed, the error alone."""
        if self._executor is None:
            await self._connect()
        request, error = await self._executor.create_request("GET", url)
        if error is not None:
            return None, "", error
        try:
            _, response, body, error = await self._executor.fire_request(request)
        except UnicodeDecodeError as half_a_letter:  # a body cut off inside one; the SDK does not expect it
            return None, "", half_a_letter
        return response, body or "", error

    async def _connect(self) -> None:
        import aiohttp
        from okta.client import Client
        from okta.constants import LOGGER_NAME
        from okta.http_client import HTTPClient

        def transport(settings: dict[str, Any]) -> Any:
            # The SDK takes the proxy of the environment even for the hosts that NO_PROXY excludes.
            direct = proxy_bypass(urlsplit(self.org_url).hostname or "")
            make: Any = HTTPClient
            return make({k: v for k, v in settings.items() if k != "proxy" or not direct})

        if not self.token.isprintable() or not self.token.isascii() or " " in self.token:
            raise PermanentFailure(
                f"okta {self.instance}: the token has characters that no token has. Was a line end stored "
                "with it?"
            )
        try:
            sdk: Any = Client(
                {
                    "orgUrl": self.org_url,
                    "authorizationMode": "SSWS",
                    "token": self.token,
                    "requestTimeout": self.timeout,
                    "rateLimit": {"maxRetries": 0},
                    "cache": {"enabled": False},
                    "logging": {"enabled": False},
                    "httpClient": transport,
                }
            )
        except ValueError:  # its text quotes the settings
            raise PermanentFailure(
                f"okta {self.instance}: the SDK refuses org_url {self.org_url!r} or the token. Expected "
                "https://<organisation>.okta.com, without -admin and without a path, and a token that is "
                "not empty."
            ) from None
        # Its debug messages quote whole requests, the token included.
        logging.getLogger(LOGGER_NAME).disabled = True
        self._session = aiohttp.ClientSession()
        self._executor = sdk.get_request_executor()
        self._executor.set_session(self._session)

    async def _wait(self, where: str, headers: Mapping[str, str], waits: int, at_least: float) -> None:
        """Wait until the limit's window ends, unless somebody has since this request was sent."""
        async with self._limit:
            if waits != self._waits:
                return
            seconds = max(seconds_to_wait(headers), at_least)
            if self._waited + seconds > self.max_wait:
                raise TransientFailure(
                    f"{where} is limited (429); {self._waited:.0f} s were waited already, {seconds:.0f} s "
                    f"more are asked for, at most {self.max_wait:.0f} s are allowed. Raise the token's share "
                    "of the limit, or collect at a quieter hour."
                )
            self._waited += seconds
            await asyncio.to_thread(self.sleep, seconds)
            self._waits += 1


@dataclass(frozen=True)
class _Answer(Page):
    """A page, and where the one after it is."""

    following: str | None = None
    is_list: bool = True


def answer(where: str, request: str, headers: Any, content: Any) -> _Answer:
    """Return an answer as a page. Records may come in `value` with the next link beside, as in /iam."""
    following = next_link(headers.getall("Link", ()))
    records, is_list = [content], False
    if isinstance(content, list):
        records, is_list = content, True
    elif isinstance(content, dict) and isinstance(content.get("value"), list):
        records, is_list = content["value"], True
        following = ((content.get("_links") or {}).get("next") or {}).get("href")
    if not all(isinstance(record, dict) for record in records):
        raise PermanentFailure(f"{where} has a record that is no object. Has the interface changed?")
    return _Answer(
        records=records,
        request=f"GET {request}",
        request_id=headers.get("X-Okta-Request-Id"),
        server_date=server_date(headers),
        following=following,
        is_list=is_list,
    )


def refused(where: str, path: str, status: int, body: str) -> SourceFailure:
    """Return what an answer of 4xx means. Of its body only Okta's error code is shown."""
    code = re.search(r'"errorCode"\s*:\s*"(E\d{7})"', body)
    said = f"{where} answered {status}" + (f" ({code[1]})" if code else "")
    if status == UNAUTHORISED:
        return PermanentFailure(f"{said}; the token is unknown, expired or revoked. Issue a new one.")
    if status == FORBIDDEN:
        scope = next((scope for form, scope in SCOPES if re.fullmatch(form, path)), "a read scope")
        return PermanentFailure(f"{said}; the token lacks {scope}. Grant it, or the read-only admin role.")
    if status == NOT_FOUND and BELOW_A_LISTING.fullmatch(path):
        # Left out, it would be missing from a listing that claims to be whole: the next try lists anew.
        return TransientFailure(f"{said}; what it belongs to has gone since it was listed.")
    if status == BAD_REQUEST and "policy type" in body.lower():
        return NotOffered(f"{said}; this organisation has no policies of the type asked for.")
    return PermanentFailure(f"{said}, expected 200.")


def next_link(links: Iterable[str]) -> str | None:
    """Return the address of the link with relation next, of `Link` headers; None where there is none."""
    for header in links:
        for part in header.split(", <"):
            address, _, relation = part.partition(">")
            if re.search(r';\s*rel\s*=\s*"?next"?\s*(;|$)', relation):
                return address.strip().removeprefix("<").strip()
    return None


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's clock; None where the answer has no readable Date."""
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return how long a limit still holds: its reset less the server's own Date, bounded."""
    reset, date = headers.get("X-Rate-Limit-Reset", "").strip(), server_date(headers)
    if date is None or not re.fullmatch(r"[0-9]{1,18}", reset):
        return DEFAULT_WAIT
    return min(max(int(reset) - date.timestamp(), 0.0) + MARGIN, LONGEST_WAIT)
