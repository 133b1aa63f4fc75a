"""Does the REST client read to the last page or say why not, whatever the server does on whichever page?"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.rest import Answer, Limit, Refused, RestClient, get, next_link, retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "canary-credential"
PAGES = 4
TOO_MANY = 429


@dataclass
class Served:
    """What the server answers once, instead of a page: a status and headers, or broken bytes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    reset: bool = False
    link: str | None = None
    """A next link instead of the right one."""


class Server(ThreadingHTTPServer):
    """Serves 20 numbered records, `size` a page, and misbehaves as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.records = [{"id": n} for n in range(20)]
        self.size = 5
        self.odd: dict[int, list[Served]] = {}
        """Page -> what to answer instead, each once."""
        self.asked: list[int] = []
        self.before_page: Callable[[int], None] = lambda _: None
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # in one write: head and body apart wait 40 ms for each other
    server: Server

    def do_GET(self) -> None:
        """Answer a page."""
        server = self.server
        number = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        server.asked.append(number)
        server.before_page(number)
        odd = server.odd.get(number)
        told = odd.pop(0) if odd else Served()
        if told.reset:
            self.close_connection = True
            self.connection.close()
            return
        begin = (number - 1) * server.size
        last = begin + server.size >= len(server.records)
        body = json.dumps(server.records[begin : begin + server.size]).encode()
        if told.body is not None:
            body = told.body
        self.send_response_only(told.status)  # the other one adds a Date of its own
        self.send_header("Date", format_datetime(NOW, usegmt=True))
        self.send_header("Content-Length", str(len(body) + (10 if told.cut else 0)))
        following = told.link or (None if last else f"{server.url}/things?page={number + 1}")
        if following:
            self.send_header("Link", f'<{server.url}/things?page=1>; rel="first", <{following}>; rel="next"')
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if told.cut:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def closed() -> Iterator[list[RestClient]]:
    """Close every client that a test has made."""
    MADE.clear()
    yield MADE
    for client in MADE:
        client.close()


MADE: list[RestClient] = []


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve on loopback."""
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def limited(response: httpx.Response) -> Limit | None:
    """Say what this server's limits look like."""
    return Limit(retry_after(response.headers)) if response.status_code == TOO_MANY else None


class Slept(list[float]):
    """The waits that were asked for."""


def client_of(server: Server, slept: Slept) -> RestClient:
    """Return a client that does not really wait."""
    client = RestClient(
        "toy",
        "one",
        server.url,
        {"Authorization": f"Bearer {SECRET}"},
        limited=limited,
        hint=lambda path, status: f"Grant read on {path}." if status == httpx.codes.FORBIDDEN else "",
        sleep=slept.append,
    )
    MADE.append(client)
    return client


def ids(client: RestClient, *, numbered: bool = False) -> list[int]:
    """Return the ids of all records listed."""
    pages = client.pages(
        get("/things", page=1),
        records=lambda answer: answer.content,
        following=next_link,
        key=lambda record: record["id"],
        numbered=numbered,
    )
    return [record["id"] for page in pages for record in page.records]


def refusal(server: Server, kind: type[SourceFailure], *, numbered: bool = False) -> str:
    """Return why nothing was read."""
    with pytest.raises(kind) as caught:
        ids(client_of(server, Slept()), numbered=numbered)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_every_record_comes_exactly_once_whatever_the_size_of_pages(server: Server) -> None:
    """In the order listed."""
    client = client_of(server, Slept())

    @settings(max_examples=60, deadline=None)
    @given(count=st.integers(0, 40), size=st.integers(1, 12))
    def holds(count: int, size: int) -> None:
        server.records, server.size = [{"id": n} for n in range(count)], size

        assert list(range(count)) == ids(client, numbered=True)

    holds()


LIMITS = {
    "seconds": ({"Retry-After": "7"}, [7.2]),
    "a date": ({"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, [9.2]),
    "a date gone by": ({"Retry-After": format_datetime(NOW - timedelta(seconds=9), usegmt=True)}, [0.2]),
    "nothing": ({}, [60.0]),
    "nonsense": ({"Retry-After": "soon"}, [60.0]),
}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("form", LIMITS)
def test_a_limit_on_any_page_is_waited_for_by_the_servers_clock(server: Server, page: int, form: str) -> None:
    """Then the listing goes on where it was."""
    headers, waits = LIMITS[form]
    server.odd[page] = [Served(status=TOO_MANY, headers=headers)]
    slept = Slept()

    assert list(range(20)) == ids(client_of(server, slept))
    assert waits == slept


def test_a_wait_that_did_not_help_is_doubled_and_bounded(server: Server) -> None:
    """An account whose share of the limit is too small must not hold up a day for ever."""
    server.odd[2] = [Served(status=TOO_MANY, headers={"Retry-After": "100"}) for _ in range(9)]
    slept = Slept()
    with pytest.raises(TransientFailure, match=r"701 s were waited already, 802 s more are") as caught:
        ids(client_of(server, slept))

    assert [100.2, 200.4, 400.8] == slept
    assert "A retry may help" in str(caught.value)


ONCE = {
    "reset": Served(reset=True),
    "cut": Served(cut=True),
    "500": Served(status=500, body=b"{}"),
    "503": Served(status=503, body=b""),
    "half a JSON": Served(body=b'[{"id": 1}, {"id"'),
}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("what", ONCE)
def test_trouble_on_the_way_is_asked_about_again(server: Server, page: int, what: str) -> None:
    """Twice; nothing is lost."""
    server.odd[page] = [ONCE[what], ONCE[what]]

    assert list(range(20)) == ids(client_of(server, Slept()))


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("what", ONCE)
def test_trouble_that_lasts_is_no_end_of_the_listing(server: Server, page: int, what: str) -> None:
    """The page is named, and that a retry may help."""
    server.odd[page] = [ONCE[what]] * 3
    said = refusal(server, TransientFailure)

    assert f"toy one: page {page} of /things?page=1" in said
    assert said.endswith("Nothing was stored. A retry may help.")


@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_repeated_cursor_is_refused(server: Server, page: int) -> None:
    """The listing would never end."""
    server.odd[page] = [Served(link=f"{server.url}/things?page=1")]

    assert f"page {page + 1} of /things?page=1 has the cursor of an earlier page" in refusal(
        server, PermanentFailure
    )


@pytest.mark.parametrize("page", range(1, PAGES))
def test_a_next_link_to_another_host_is_refused(server: Server, page: int) -> None:
    """The credential goes nowhere else."""
    server.odd[page] = [Served(link="https://elsewhere.example/things?page=9")]

    assert "on host elsewhere.example" in refusal(server, PermanentFailure)
    assert list(range(1, page + 1)) == server.asked


@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_row_inserted_in_front_while_listing_is_noticed(server: Server, page: int) -> None:
    """It pushes a record onto a page not yet read, which then repeats it."""

    def insert(number: int) -> None:
        if number == page and len(server.records) == 20:
            server.records.insert(0, {"id": 99})

    server.before_page = insert

    assert f"page {page} of /things?page=1 repeats 1 records" in refusal(server, TransientFailure)


@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_row_deleted_while_listing_is_noticed_where_pages_have_numbers(server: Server, page: int) -> None:
    """Nothing repeats then, so such a listing is read twice."""

    def delete(number: int) -> None:
        if number == page and len(server.records) == 20:
            del server.records[0]

    server.before_page = delete

    assert "was read twice and named other records" in refusal(server, TransientFailure, numbered=True)


STATUSES = {401: "", 403: "Grant read on /things.", 404: "", 301: "somewhere else now", 302: "somewhere else"}


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_is_final_and_says_what_to_do(server: Server, status: int) -> None:
    """No second try, no following to another address, no word of the body."""
    body = b'{"message": "shopper@x.example"}'
    server.odd[2] = [Served(status, {"Location": "https://elsewhere.example/"}, body)]
    with pytest.raises(Refused) as caught:
        ids(client_of(server, Slept()))

    assert status == caught.value.status
    assert f"page 2 of /things?page=1 answered {status}" in str(caught.value)
    assert STATUSES[status] in str(caught.value)
    assert "shopper" not in str(caught.value)
    assert [1, 2] == server.asked


@pytest.mark.parametrize("body", [b'{"id": 1}', b"[1, 2]", b'"text"', b"null"])
def test_a_page_that_is_no_list_of_objects_is_refused(server: Server, body: bytes) -> None:
    """The interface has changed."""
    server.odd[1] = [Served(body=body)]

    assert "is no list of objects" in refusal(server, PermanentFailure)


def test_one_object_is_read_as_a_page_with_its_request(server: Server) -> None:
    """The request, the request's id and the server's clock are evidence too."""
    server.odd[1] = [Served(body=b'{"login": "ada"}', headers={"X-GitHub-Request-Id": "R-1"})]
    client = client_of(server, Slept())
    page = client.one(get("/user", page=1, all=True, none=None))

    assert ("GET /user?page=1&all=true", "R-1", NOW, [{"login": "ada"}]) == (
        page.request,
        page.request_id,
        page.server_date,
        page.records,
    )


def test_no_repr_shows_the_credential(server: Server) -> None:
    """Neither the client's nor an answer's."""
    client = client_of(server, Slept())

    assert SECRET not in repr(client)
    assert SECRET not in repr(Answer(get("/"), httpx.Headers(), {}))


def test_a_number_with_a_fraction_is_read_as_asked(server: Server) -> None:
    """As text where it is money or a rate: a float keeps sixteen digits of it."""
    digits = "1.00000000000000000001"
    for fraction, expected in ((str, digits), (float, 1.0)):
        server.odd[1] = [Served(body=f'{{"rate": {digits}, "whole": 3}}'.encode())]
        client = client_of(server, Slept())
        client.fraction = fraction

        assert [{"rate": expected, "whole": 3}] == client.one(get("/rate", page=1)).records


def test_a_refusal_shows_the_vendors_word_for_it_where_it_has_one(server: Server) -> None:
    """And what the vendor asks not to repeat is asked once."""
    server.odd[2] = [Served(400), Served(500), Served(500)]
    client = client_of(server, Slept())
    client.code = lambda response: f"code {response.status_code}"
    client.hopeless = lambda response: response.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    with pytest.raises(Refused, match=r"answered 400 \(code 400\), expected 200"):
        ids(client)
    with pytest.raises(TransientFailure, match="answered 500"):
        ids(client)

    assert [1, 2, 1, 2] == server.asked
