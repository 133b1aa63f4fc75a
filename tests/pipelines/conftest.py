"""What the tests of the pipeline share: small homes, collected once and copied by whoever changes them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from warehouse.store import Home


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str


Evidence = Callable[..., Answer]


def run(home: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Answer:
    """Run the `evidence` command in a home of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments],
        env={**os.environ, "EVIDENCE_HOME": str(home), "COLUMNS": "200", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """Return a function that runs `evidence` in a home: `evidence(home, "verify")`."""
    return run


@pytest.fixture(scope="session")
def eight_days(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with eight evidence days of the simulated company; read it, do not change it."""
    path = tmp_path_factory.mktemp("eight") / "home"
    answer = run(path, "demo", "--days", "8")

    assert 0 == answer.code, answer.out + answer.err
    return Home(path)


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Home], Home]:
    """Return a function that copies a home, so that a test may damage it."""

    def copy(home: Home) -> Home:
        target = tmp_path / "home"
        shutil.copytree(home.path, target, symlinks=True)
        return Home(target)

    return copy
