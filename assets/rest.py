"""How is a REST source read to its last page: paging, limits, retries and refusals, for every vendor alike?

A vendor's client.py says what differs: where the next page is, what a limit looks like, what a refusal means.
What must never differ stands here: a listing ends only when the source says so, and a doubt is a failure.
Okta is read through its own SDK instead, see okta/client.py.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from assets.capture import Page
from assets.failures import PermanentFailure, SourceFailure, TransientFailure

TRIES = 3
PAUSES = (0.2, 0.6)
"""Seconds before the second and the third try of a request that failed on the way."""
MARGIN = 0.2
"""Seconds added to what a server asks us to wait, since clocks are read in whole seconds."""
SERVER_TROUBLE = 500
MOVED = range(300, 400)
REQUEST_ID_HEADERS = ("x-github-request-id", "request-id", "x-arequestid", "x-request-id")


class Refused(PermanentFailure):
    """The source answered 4xx. Connectors catch it where a status is itself the fact asked for."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        """What the vendor's client recognised in the answer."""


@dataclass(frozen=True)
class Limit:
    """The source asks us to wait."""

    seconds: float | None
    """How long by the server's own clock; None: it does not say."""


@dataclass(frozen=True)
class Request:
    """One read. POST is only used where a vendor reads by POST."""

    path: str
    """Below the base address, query included."""
    body: Mapping[str, Any] | None = None
    """JSON of a POST; None: a GET."""

    def __str__(self) -> str:
        if self.body is None:
            return f"GET {self.path}"
        return f"POST {self.path} {_canonical(self.body)}"


@dataclass(frozen=True)
class Answer:
    """One good answer, as received."""

    request: Request
    headers: httpx.Headers
    content: Any


Records = Callable[[Answer], Sequence[Mapping[str, Any]]]
Following = Callable[[Answer], "Request | str | None"]
"""The next request, or the address the source names for it; None: this was the last page."""


def get(path: str, **query: str | int | bool | None) -> Request:
    """Return a GET of a path; a query value of None is left out."""
    given = {name: _text(value) for name, value in query.items() if value is not None}
    return Request(path + (f"?{urlencode(given)}" if given else ""))


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


@dataclass
class RestClient:
    """One instance of one source. No repr, log or error shows a header."""

    source: str
    instance: str
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    limited: Callable[[httpx.Response], Limit | None]
    """What the vendor calls a limit; None: the answer is something else."""
    hint: Callable[[str, int], str]
    """(path, status) -> what to do about a refusal: the scope that is missing, how to get it."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    max_wait: float = 900.0
    """Seconds this client may spend waiting for limits: beyond, the share of them it has is too small."""
    default_wait: float = 60.0
    """Seconds to wait where a limit does not say how long. Each wait that did not help is doubled."""
    code: Callable[[httpx.Response], str] = field(default=lambda _: "", repr=False)
    """What of a refusal's body may be shown: the vendor's own word for it, never its prose."""
    hopeless: Callable[[httpx.Response], bool] = field(default=lambda _: False, repr=False)
    """Whether the vendor asks not to repeat a request at once that seems worth it."""
    fraction: Callable[[str], Any] = float
    """What a number with a fraction is read as: str keeps every digit of a rate, which float does not."""
    timeout: float = 60.0
    _http: httpx.Client | None = field(default=None, init=False, repr=False)
    _waited: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")

    def close(self) -> None:
        """Give the connection back."""
        if self._http is not None:
            self._http.close()
        self._http = None

    def one(self, request: Request) -> Page:
        """Return the one object of an answer as a page. Raises PermanentFailure where it is a list."""
        answer = self.ask(request, f"{self.source} {self.instance}: {request.path}")
        if not isinstance(answer.content, Mapping):
            raise PermanentFailure(
                f"{self.source} {self.instance}: {request.path} answered a "
                f"{type(answer.content).__name__}, expected one object. Has the interface changed?"
            )
        return page_of(answer, [answer.content])

    def pages(
        self,
        first: Request,
        *,
        records: Records,
        following: Following,
        key: Callable[[Mapping[str, Any]], object],
        numbered: bool = False,
    ) -> Iterator[Page]:
        """Yield the pages of a listing as received, until the source names no next one.

        `key` identifies a record: one seen on two pages means that rows moved while they were listed.
        `numbered` is said of pages that are found by their number: there a deleted row makes another slip
        from a page not yet read onto one already read, and nothing repeats. Such a listing of several pages
        is read twice, and both reads must name the same records. Raises TransientFailure, PermanentFailure.
        """
        found = list(self._listing(first, records, following, key))
        if numbered and len(found) > 1:
            again = [key(r) for page in self._listing(first, records, following, key) for r in page.records]
            if [key(r) for page in found for r in page.records] != again:
                raise TransientFailure(
                    f"{self.source} {self.instance}: {first.path} was read twice and named other records the "
                    "second time. Rows moved while they were listed, so some may be missing."
                )
        yield from found

    def _listing(
        self,
        first: Request,
        records: Records,
        following: Following,
        key: Callable[[Mapping[str, Any]], object],
    ) -> Iterator[Page]:
        request: Request | None = first
        asked: set[str] = set()
        seen: set[object] = set()
        while request is not None:
            number = len(asked) + 1
            where = f"{self.source} {self.instance}: page {number} of {first.path}"
            if str(request) in asked:
                raise PermanentFailure(
                    f"{where} has the cursor of an earlier page; the listing would never end."
                )
            asked.add(str(request))
            answer = self.ask(request, where)
            listed = records(answer)
            if not isinstance(listed, Sequence) or not all(isinstance(r, Mapping) for r in listed):
                raise PermanentFailure(f"{where} is no list of objects. Has the interface changed?")
            keys = [key(record) for record in listed]
            if repeated := len(keys) - len(set(keys) - seen):
                raise TransientFailure(
                    f"{where} repeats {repeated} records. Rows moved while they were listed, so others may "
                    "be missing."
                )
            seen.update(keys)
            yield page_of(answer, listed)
            request = self._next(where, following(answer))

    def _next(self, where: str, following: Request | str | None) -> Request | None:
        if following is None or isinstance(following, Request):
            return following
        own, other = urlsplit(self.base_url), urlsplit(following)
        if (own.scheme, own.netloc) != (other.scheme, other.netloc):
            raise PermanentFailure(
                f"{where} names a next page on host {other.netloc.rpartition('@')[2]}, expected "
                f"{own.netloc}. The credential is sent to no other host. Is the configured address right?"
            )
        if not other.path.startswith(own.path):
            raise PermanentFailure(f"{where} names a next page outside {own.path}. Is the address right?")
        path = other.path.removeprefix(own.path) if own.path != "/" else other.path
        return Request(f"{path}?{other.query}" if other.query else path)

    def ask(self, request: Request, where: str) -> Answer:
        """Return one good answer. Raises Refused for 4xx, TransientFailure for what a retry may help."""
        said = ""
        tries, unhelpful = 0, 0
        while tries < TRIES:
            try:
                response = self._send(request)
            except httpx.TransportError as error:
                said = f"failed on the way ({type(error).__name__})"
            else:
                if (limit := self.limited(response)) is not None:
                    self._wait(where, limit, unhelpful)
                    unhelpful += 1
                    continue
                failure = self._failure(where, request, response)
                if failure is not None and (not failure.retryable or self.hopeless(response)):
                    raise failure
                if failure is None:
                    try:
                        return Answer(
                            request,
                            response.headers,
                            json.loads(response.content, parse_float=self.fraction),
                        )
                    except ValueError:
                        said = "was no whole JSON"
                else:
                    said = f"answered {response.status_code}"
            if tries < len(PAUSES):
                self.sleep(PAUSES[tries])
            tries += 1
        raise TransientFailure(f"{where} {said}, {TRIES} times; expected a whole answer.")

    def _send(self, request: Request) -> httpx.Response:
        if self._http is None:
            self._http = httpx.Client(
                headers=dict(self.headers), timeout=self.timeout, follow_redirects=False, verify=_trusted()
            )
        if request.body is None:
            return self._http.get(self.base_url + request.path)
        return self._http.post(self.base_url + request.path, json=dict(request.body))

    def _failure(self, where: str, request: Request, response: httpx.Response) -> SourceFailure | None:
        status = response.status_code
        if response.is_success:
            return None
        if status >= SERVER_TROUBLE:
            return TransientFailure(f"{where} answered {status}.")
        if status in MOVED:
            return Refused(
                f"{where} answered {status}: it is somewhere else now. The credential is sent to no address "
                "that is not configured.",
                status,
            )
        hint = self.hint(urlsplit(request.path).path, status)
        code = self.code(response)
        said = f"{where} answered {status}{f' ({code})' if code else ''}, expected 200. {hint}".rstrip()
        return Refused(said, status, code)

    def _wait(self, where: str, limit: Limit, unhelpful: int) -> None:
        asked = self.default_wait if limit.seconds is None else limit.seconds
        seconds = asked * 2**unhelpful
        if self._waited + seconds > self.max_wait:
            raise TransientFailure(
                f"{where} is limited; {self._waited:.0f} s were waited already, {seconds:.0f} s more are "
                f"asked for, at most {self.max_wait:.0f} s are allowed. Give this credential a larger share "
                "of the limit, or collect at a quieter hour."
            )
        self._waited += seconds
        self.sleep(seconds)


@cache
def _trusted() -> ssl.SSLContext:
    """Return the authorities whose certificates count: reading them takes longer than many a request."""
    return httpx.create_ssl_context()


def page_of(answer: Answer, records: Sequence[Mapping[str, Any]]) -> Page:
    """Return an answer as a page of evidence."""
    ids = (answer.headers.get(name) for name in REQUEST_ID_HEADERS)
    return Page(
        records=records,
        request=str(answer.request),
        request_id=next((found for found in ids if found), None),
        server_date=server_date(answer.headers),
    )


def next_link(answer: Answer) -> str | None:
    """Return the address with relation next in the `Link` header (RFC 8288); None where there is none."""
    for header in answer.headers.get_list("Link"):
        for part in re.split(r",\s*(?=<)", header):
            address, _, relation = part.partition(">")
            if re.search(r';\s*rel\s*=\s*"?next"?\s*(;|$)', relation):
                return address.strip().removeprefix("<").strip()
    return None


def server_date(headers: httpx.Headers) -> datetime | None:
    """Return the server's clock; None where the answer has no readable Date."""
    return _http_date(headers.get("Date", ""))


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of a `Retry-After` header, a number or a date (RFC 9110); None where it says none.

    A date is compared with the server's own Date, never with our clock.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text) + MARGIN
    return until(_http_date(text), headers)


def until(moment: datetime | None, headers: httpx.Headers) -> float | None:
    """Return the seconds from the server's Date to an instant, never negative; None where one is missing."""
    now = server_date(headers)
    if moment is None or now is None:
        return None
    return max((moment - now).total_seconds(), 0.0) + MARGIN


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
