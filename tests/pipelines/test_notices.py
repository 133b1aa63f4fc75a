"""Is everybody told what is new, nobody twice, and is nothing recorded that was not taken?"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from warehouse.store import Home, Store

if TYPE_CHECKING:
    from conftest import Answer, Evidence

SECRET = "canary-path-of-the-webhook"


class Receiver:
    """A webhook on this machine: what was posted to it, and what it answers."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 200:
                    receiver.taken.append(json.loads(body)["text"])
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"


class PostOffice(socketserver.ThreadingTCPServer):
    """As much of an SMTP server as takes a letter."""

    allow_reuse_address = True
    letters: list[str]


class Counter(socketserver.StreamRequestHandler):
    """Takes letters at the post office."""

    def handle(self) -> None:
        """Speak SMTP until the other side quits."""
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part.decode())
                self.server.letters.append("".join(lines))  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 well\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a webhook that listens."""
    made = Receiver()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """Return an SMTP server that listens."""
    made = PostOffice(("127.0.0.1", 0), Counter)
    made.letters = []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def configured(home: Home, **notify: Any) -> Home:
    """Write whom to tell into a home's configuration."""
    file = home.path / "evidence.yaml"
    content = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**content, "notify": notify}))
    return home


def told(home: Home, evidence: Evidence, receiver: Receiver, *more: str) -> Answer:
    """Run `evidence notify` with the webhook's address where it belongs."""
    return evidence(home.path, "notify", *more, environment={"EVIDENCE_WEBHOOK_URL": receiver.url})


def open_exceptions(home: Home) -> int:
    """Return how many exceptions of Critical and High are to be told."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        ((count,),) = connection.execute(
            "select count(*) from ctl.exception_episode where severity in ('Critical', 'High') "
            "and status in ('OPEN', 'TICKETED', 'REMEDIATION_CLAIMED', 'DEVIATION')"
        ).fetchall()
    return int(count)


def test_what_is_new_is_told_once(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence, receiver: Receiver
) -> None:
    """One message of everything; the second time there is nothing to tell; SANDBOX stands first."""
    home = configured(copy_of(eight_days), webhook={})
    answers = [told(home, evidence, receiver) for _ in range(2)]

    assert [0, 0] == [answer.code for answer in answers], answers[0].err
    (text,) = receiver.taken
    assert text.startswith("SANDBOX")
    assert f"New exceptions ({open_exceptions(home)})" in text
    assert "told webhook: 0" in answers[1].out
    assert "@" not in text, "a notice names no person"


def test_a_channel_that_fails_is_told_the_next_time(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence, receiver: Receiver
) -> None:
    """Exit 1, nothing recorded, the address in no message; later it takes all of it."""
    home = configured(copy_of(eight_days), webhook={})
    before = len(Store(home).ledger.entries)
    receiver.status = 500
    answer = told(home, evidence, receiver)

    assert 1 == answer.code
    assert "the address in EVIDENCE_WEBHOOK_URL answered 500, expected 2xx" in answer.err
    assert SECRET not in answer.out + answer.err
    assert before == len(Store(home).ledger.entries)

    receiver.status = 200
    assert 0 == told(home, evidence, receiver).code
    assert 1 == len(receiver.taken)


def test_one_channel_that_fails_keeps_no_other_from_being_told(
    eight_days: Home,
    copy_of: Callable[[Home], Home],
    evidence: Evidence,
    receiver: Receiver,
    post_office: PostOffice,
) -> None:
    """The letter arrives, and is not written again when the webhook is back."""
    email = {
        "host": "127.0.0.1",
        "port": post_office.server_address[1],
        "sender": "evidence@acme-shop.example",
        "recipients": ["compliance@acme-shop.example"],
        "starttls": False,
    }
    home = configured(copy_of(eight_days), webhook={}, email=email)
    receiver.status = 503
    first = told(home, evidence, receiver)
    receiver.status = 200
    second = told(home, evidence, receiver)

    assert (1, 0) == (first.code, second.code)
    (letter,) = post_office.letters
    assert "To: compliance@acme-shop.example" in letter
    assert "New exceptions" in letter
    assert "told email: 0" in second.out


def test_a_dry_run_tells_nobody(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence, receiver: Receiver
) -> None:
    """It prints what would be told."""
    home = configured(copy_of(eight_days), lowest_severity="Critical", webhook={})
    answer = told(home, evidence, receiver, "--dry-run")

    assert 0 == answer.code
    assert "New exceptions: Critical " in answer.out
    assert "New exceptions: High " not in answer.out
    assert [] == receiver.taken


def test_where_nobody_is_to_be_told_it_says_how_to_change_that(eight_days: Home, evidence: Evidence) -> None:
    """The command is no silent success."""
    answer = evidence(eight_days.path, "notify")

    assert 1 == answer.code
    assert "evidence.yaml has no `notify`" in answer.err
