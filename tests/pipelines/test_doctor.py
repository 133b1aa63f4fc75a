"""Does `evidence doctor` say of every source whether it can be reached and what we may do, and no secret?"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from assets.capture import Access
from assets.failures import PermanentFailure
from pipelines.configuration import ConfigurationError
from pipelines.doctor import KEPT_BY_PEOPLE, Finding, examine
from warehouse.store import Home

Evidence: TypeAlias = Callable[..., Any]
CANARY = "canaryTokenThatNobodyMaySee"


@dataclass
class Source:
    """A source that answers as it was told to."""

    access_: Access | Exception = field(default_factory=lambda: Access(("read",), ()))
    principal_: str | Exception = "reader"
    waits: threading.Event | None = None

    def principal(self) -> str:
        """Say who we are, or wait for ever."""
        if self.waits is not None:
            self.waits.wait()
        if isinstance(self.principal_, Exception):
            raise self.principal_
        return self.principal_

    def access(self) -> Access:
        """Say what we may do."""
        if isinstance(self.access_, Exception):
            raise self.access_
        return self.access_

    def close(self) -> None:
        """Nothing is open."""


FINE = Finding("okta", "a", reached=True, principal="reader", granted=("read",), writing=())


@pytest.mark.parametrize(
    ("source", "expected", "word", "code"),
    [
        (Source(), FINE, "fine", 0),
        (
            Source(Access(("admin",), ("admin",))),
            Finding("okta", "a", reached=True, principal="reader", granted=("admin",), writing=("admin",)),
            "CAN WRITE",
            2,
        ),
        (
            Source(Access(("read",), (), ("logs",))),
            Finding(
                "okta",
                "a",
                reached=True,
                principal="reader",
                granted=("read",),
                writing=(),
                lacking=("logs",),
            ),
            "LACKS SCOPES",
            2,
        ),
        (Source(Access(None, None)), Finding("okta", "a", reached=True, principal="reader"), "fine", 0),
        (
            Source(PermanentFailure("it said 403")),
            Finding(
                "okta", "a", reached=True, principal="reader", problem=str(PermanentFailure("it said 403"))
            ),
            "NOT TOLD",
            2,
        ),
        (
            Source(principal_=PermanentFailure("it said 401")),
            Finding("okta", "a", reached=False, problem=str(PermanentFailure("it said 401"))),
            "NOT REACHED",
            1,
        ),
        (
            Source(principal_=RuntimeError(CANARY)),
            Finding(
                "okta",
                "a",
                reached=False,
                problem="asking who we are raised something unforeseen (RuntimeError).",
            ),
            "NOT REACHED",
            1,
        ),
    ],
)
def test_each_answer_has_its_finding(source: Source, expected: Finding, word: str, code: int) -> None:
    """What was reached, lacks nothing and cannot write is fine; a text that is not ours is never quoted."""
    (found,) = examine([("okta", "a")], lambda *_: source, timeout=5)

    assert (expected, word, code) == (found, found.word, found.code)


def test_a_file_that_people_keep_is_fine_though_this_process_could_write_it() -> None:
    """Whoever runs as an administrator always can; that it could is shown."""
    source = Source(Access(("read the file", "write the file"), ("write the file",)))
    (found,) = examine([("people", "a")], lambda *_: source, timeout=5)

    assert ("fine", 0, ("write the file",)) == (found.word, found.code, found.writing)


def test_one_that_hangs_keeps_no_other_from_being_told_about() -> None:
    """After the time limit it counts as not reached, in its place."""
    never = threading.Event()
    sources = {"a": Source(waits=never), "b": Source()}
    found = examine([("okta", "a"), ("okta", "b")], lambda _, instance: sources[instance], timeout=0.3)
    never.set()

    assert ["NOT REACHED", "fine"] == [one.word for one in found]
    assert "did not answer within 0.3 seconds" in str(found[0].problem)


def test_a_credential_that_is_not_set_is_named() -> None:
    """The variable's name, so that somebody can set it."""

    def clients(_: str, instance: str) -> Source:
        if instance == "a":
            raise ConfigurationError("the environment variable OKTA_API_TOKEN is not set")
        return Source()

    found = examine([("okta", "a"), ("shop", "b")], clients, timeout=5)

    assert [(False, "the environment variable OKTA_API_TOKEN is not set"), (True, None)] == [
        (one.reached, one.problem) for one in found
    ]


class Echo(BaseHTTPRequestHandler):
    """Refuses every request and quotes all of it, as a badly made proxy does."""

    def do_GET(self) -> None:
        """Answer 403 with the request's own headers."""
        body = json.dumps({"errorCode": "E0000006", "errorSummary": str(self.headers)}).encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def echo() -> Iterator[str]:
    """Serve it, and return where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("form", ["table", "json"])
def test_no_credential_is_printed(tmp_path: Path, evidence: Evidence, echo: str, form: str) -> None:
    """Of a token, a password in an address and a key, whatever a hostile source answers."""
    configuration = {
        "company": "Canary",
        "start": "2026-03-01",
        "sources": {
            "okta": [{"instance": "acme", "org_url": echo}],
            "shop": [{"instance": "main"}],
            "aws": [
                {
                    "instance": "111111111111",
                    "region": "eu-central-1",
                    "access_key_id_env": "CANARY_KEY_ID",
                    "secret_access_key_env": "CANARY_KEY",
                    "endpoint_url": echo,
                }
            ],
            "people": [{"instance": "main", "file": str(tmp_path / "people.csv")}],
            "register": [{"instance": "main", "folder": str(tmp_path)}],
        },
    }
    file = tmp_path / "evidence.yaml"
    file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    answer = evidence(
        tmp_path / "home",
        "doctor",
        "--format",
        form,
        "--timeout",
        "120",
        environment={
            "EVIDENCE_CONFIG": str(file),
            "OKTA_API_TOKEN": CANARY,
            "OKTA_TESTING_TESTINGDISABLEHTTPSCHECK": "true",
            "SHOP_DSN": f"postgresql://reader:{CANARY}@127.0.0.1:1/shop",
            "CANARY_KEY_ID": f"AKIA{CANARY}",
            "CANARY_KEY": CANARY,
            "EVIDENCE_HMAC_KEY": "",
            "NO_PROXY": "127.0.0.1",
        },
    )
    said = answer.out + answer.err

    assert 1 == answer.code, said
    assert CANARY not in said
    assert "Traceback" not in said
    assert [True] * 4 == [
        words in " ".join(said.split())
        for words in (
            "EVIDENCE_HMAC_KEY is not set",
            "answered 403 (E0000006)",
            "connecting failed",
            "nobody can tell who has left",
        )
    ]
    assert not (tmp_path / "home").exists()


def test_the_simulated_company_lets_us_read_and_nothing_else(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Every source of the demo is fine; one of them can be asked alone."""
    home = copy_of(eight_days)
    answer = evidence(home.path, "doctor", "--format", "json", "--timeout", "120")
    found = json.loads(answer.out)

    assert 0 == answer.code, answer.out
    assert {"fine"} == {one["finding"] for one in found}
    assert KEPT_BY_PEOPLE >= {one["source"] for one in found if one["writing"]}

    wrong = evidence(home.path, "doctor", "--source", "bogus")

    assert (64, True) == (wrong.code, "is no configured source; there are" in " ".join(wrong.err.split()))
