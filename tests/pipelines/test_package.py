"""Can a package be checked and run again without anything of ours, and is it whole or not there?"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.store import Home, Store

if TYPE_CHECKING:
    from conftest import Answer, Evidence

ASKED = ("package", "--recipient", "Sample & Partners")


@pytest.fixture(scope="module")
def packed(
    eight_days: Home, evidence: Evidence, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Home, Path, Answer]:
    """Return a home, the package made of it and what the command said."""
    home = Home(shutil.copytree(eight_days.path, tmp_path_factory.mktemp("packed") / "home"))
    answer = evidence(home.path, *ASKED, "--out", str(home.path.parent / "package"))

    assert 0 == answer.code, answer.out + answer.err
    return home, home.path.parent / "package", answer


@pytest.fixture
def copied(packed: tuple[Home, Path, Answer], tmp_path: Path) -> Path:
    """Return a copy of the package in another place, to be changed."""
    return Path(shutil.copytree(packed[1], tmp_path / "elsewhere"))


def kit(folder: Path, script: str) -> tuple[int, str]:
    """Run a script of the package's kit without our code in reach; return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-I", "-B", str(folder / "kit" / script)],
        cwd="/",
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_package_is_what_was_handed_over(packed: tuple[Home, Path, Answer]) -> None:
    """Its own check says so, and its manifest's digest is the one that was told and recorded."""
    home, folder, answer = packed
    code, said = kit(folder, "check.py")
    sha256 = hashlib.sha256((folder / "MANIFEST.sha256").read_bytes()).hexdigest()

    assert 0 == code, said
    assert said.splitlines()[-1].startswith("AS IT WAS HANDED OVER")
    assert f"manifest: sha256 {sha256}" in answer.out
    assert sha256 in said
    assert (folder.parent / "package.zip").is_file()
    last = Store(home).ledger.entries[-1].body["snapshots"][0]
    assert ("ctl_package", 1) == (last["dataset"], last["rows"])


def test_every_test_finds_again_what_is_stored(packed: tuple[Home, Path, Answer]) -> None:
    """All but the tests that cannot be run from files alone, which are named with the reason."""
    code, said = kit(packed[1], "reperform.py")

    assert 2 == code, said
    assert "EQUAL: 0 rows differ" in said
    assert {"GV-06.g", "SK-01.b"} == {
        line.split()[2] for line in said.splitlines() if line.startswith("NOT RUN")
    }


def test_one_byte_changed_is_named(copied: Path) -> None:
    """By the manifest and by the ledger."""
    (file, *_) = sorted((copied / "store" / "evidence" / "okta_user").rglob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    code, said = kit(copied, "check.py")

    named = [line for line in said.splitlines() if line.startswith("DIFFERS ") and file.name in line]
    assert (1, 2) == (code, len(named))


@pytest.mark.parametrize("what", ["removed", "added", "an entry of the ledger removed"])
def test_what_is_missing_or_was_never_there_is_named(copied: Path, what: str) -> None:
    """A file too few or too many makes it another package."""
    file = {
        "removed": copied / "controls" / "AC-01.xlsx",
        "added": copied / "controls" / "extra.xlsx",
        "an entry of the ledger removed": copied / "store" / "ledger" / "000000007.json",
    }[what]
    if what == "added":
        file.write_bytes(b"more")
    else:
        file.unlink()
    code, said = kit(copied, "check.py")

    assert 1 == code
    assert file.name in said


def test_another_result_than_the_stored_one_is_found_by_running_again(copied: Path) -> None:
    """A rule that was made laxer in the script finds fewer rows than the package says."""
    script = copied / "kit" / "reperform.sql"
    text = script.read_text()
    assert "\"mfa\" in ('none')" in text
    script.write_text(text.replace("\"mfa\" in ('none')", "\"mfa\" in ('nobody')"))
    code, said = kit(copied, "reperform.py")

    assert 1 == code
    assert "AC-01.a of 2026-03-03: only then refused" in said


def test_the_package_says_what_the_statement_says(
    packed: tuple[Home, Path, Answer], evidence: Evidence
) -> None:
    """The same counts for a program, for SQL and on the page; SANDBOX wherever somebody looks."""
    home, folder, _ = packed
    told = json.loads((folder / "statement.json").read_text())
    asked = json.loads(evidence(home.path, "period", "--format", "json").out)
    page = (folder / "index.html").read_text()

    assert asked["tests"] == told["tests"]
    assert "Sample &amp; Partners" in page
    assert "SANDBOX" in page
    assert all(row["statement"] in page for row in told["tests"])
    assert not {"compliant", "effective", "certified"} & set(page.lower().split())
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        assert [(True, True)] == connection.execute(
            "select sandbox, self_contained from meta.published"
        ).fetchall()


def test_management_gets_what_it_amounts_to_without_the_evidence(
    packed: tuple[Home, Path, Answer], tmp_path: Path, evidence: Evidence
) -> None:
    """The page, the report and the workbooks; no evidence, no file of everything."""
    answer = evidence(
        packed[0].path, *ASKED, "--profile", "management", "--out", str(tmp_path / "for-management")
    )

    assert 0 == answer.code, answer.err
    assert {"MANIFEST.sha256", "controls", "index.html", "report.html", "statement.json"} == {
        path.name for path in (tmp_path / "for-management").iterdir()
    }


def test_there_is_no_package_of_evidence_that_does_not_verify(
    eight_days: Home, copy_of: Callable[[Home], Home], tmp_path: Path, evidence: Evidence
) -> None:
    """One byte of one file: what it is, and nothing left behind."""
    home = copy_of(eight_days)
    (file, *_) = sorted((home.path / "evidence" / "okta_user").rglob("*.parquet"))
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")
    answer = evidence(home.path, *ASKED, "--out", str(tmp_path / "out" / "package"))

    assert 1 == answer.code
    assert file.name in answer.err
    assert not (tmp_path / "out").exists()


def test_a_package_is_never_written_over(packed: tuple[Home, Path, Answer], evidence: Evidence) -> None:
    """Where one is, another is refused, and the first stays as it was."""
    home, folder, _ = packed
    before = (folder / "MANIFEST.sha256").read_bytes()
    answer = evidence(home.path, *ASKED, "--out", str(folder))

    assert 1 == answer.code
    assert "exists already" in answer.err
    assert before == (folder / "MANIFEST.sha256").read_bytes()
