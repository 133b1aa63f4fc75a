"""Does `evidence add` keep a document and say by which digest it is cited, and refuse with the right code?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner

from pipelines.cli import evidence as command
from warehouse.documents import KINDS
from warehouse.snapshots import Index
from warehouse.store import Home, Store

Evidence: TypeAlias = Callable[..., Any]
CONFIGURATION = "company: Toy\nstart: 2026-03-01\nsources: {}\n"
FACTS = ("--kind", "policy", "--effective", "2026-01-01", "--author", "security", "--approver", "cto")
PDF = b"%PDF-1.4\na policy\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a configuration and a policy."""
    (tmp_path / "evidence.yaml").write_text(CONFIGURATION)
    (tmp_path / "policy.pdf").write_bytes(PDF)
    return tmp_path


def run(evidence: Evidence, place: Path, *arguments: str) -> Any:
    """Run `evidence add` on the policy."""
    return evidence(
        place / "home",
        "add",
        str(place / "policy.pdf"),
        *arguments,
        environment={"EVIDENCE_CONFIG": str(place / "evidence.yaml")},
    )


def test_a_document_is_stored_and_its_digest_printed(place: Path, evidence: Evidence) -> None:
    """Twice is once; another fact takes a reason."""
    first, second = run(evidence, place, *FACTS), run(evidence, place, *FACTS)
    other = run(evidence, place, *FACTS, "--expires", "2026-12-31")
    mended = run(evidence, place, *FACTS, "--expires", "2026-12-31", "--correct", "the date was left out")
    verified = evidence(place / "home", "verify")
    index = Index(Store(Home(place / "home")).ledger)

    assert [(0, "stored"), (0, "already stored"), (1, ""), (0, "stored")] == [
        (answer.code, answer.out.partition("  ")[0]) for answer in (first, second, other, mended)
    ]
    assert f"sha256: {hashlib.sha256(PDF).hexdigest()}" in first.out
    assert "--correct and the reason" in " ".join(other.err.split())
    assert [None, "the date was left out"] == [document.reason for document in index.documents]
    assert "policy" == index.documents[0].said.title
    assert f"{len(PDF)} bytes re-hashed" in verified.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 64, "Missing option '--kind'"),
        ((*FACTS[2:], "--kind", "thing"), 64, "'thing' is none of policy"),
        ((*FACTS, "--expires", "soon"), 64, "is no date"),
        ((*FACTS, "--expires", "2025-01-01"), 1, "would expire on 2025-01-01"),
        ((*FACTS, "--title", " "), 1, "has no title"),
    ],
)
def test_what_cannot_be_added_says_why(
    place: Path, evidence: Evidence, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Wrong usage is 64, a refusal is 1; no traceback."""
    answer = run(evidence, place, *arguments)

    assert code == answer.code
    assert said in " ".join(answer.err.split())
    assert "Traceback" not in answer.err


def test_the_help_names_every_kind() -> None:
    """And no other."""
    shown = CliRunner().invoke(command, ["add", "--help"]).output
    listed = re.search(r"Kinds: (.*?)\n\n", shown, re.DOTALL)

    assert listed is not None
    assert list(KINDS) == re.findall(r"\w+", listed[1])
