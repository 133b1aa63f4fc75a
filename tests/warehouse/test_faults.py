"""Whatever operation on the file system fails, or kills us, is the store whole and does a retry finish it?"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from warehouse.store import Home, Store
from warehouse.verify import verify

WRITER = Path(__file__).with_name("writer.py")


def stored(home: Path) -> list[str]:
    """Return the digest of every snapshot the ledger names, once for each time it does."""
    entries = Store(Home(home)).ledger.entries
    return [item["sha256"] for entry in entries for item in entry.body.get("snapshots", [])]


def run_writer(*arguments: str) -> list[str]:
    """Run the writer in a process of its own and return the lines it printed."""
    return subprocess.run(
        [sys.executable, str(WRITER), *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout.splitlines()


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """Return the writer as a module, to write without a fault."""
    specification = importlib.util.spec_from_file_location("writer", WRITER)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("fault", ["kill", "EIO", "ENOSPC"])
def test_a_fault_at_any_operation_loses_nothing_acknowledged_and_a_retry_converges(
    tmp_path: Path, fault: str, writer: ModuleType
) -> None:
    """At every operation: verify never says broken, and writing again ends as if nothing had been."""
    whole = list(writer.write_all(tmp_path / "whole"))

    printed = [line.split() for line in run_writer(str(tmp_path), fault)]

    homes = sorted((path for path in tmp_path.iterdir() if path.name.isdigit()), key=lambda p: int(p.name))
    assert len(homes) > 50
    for home in homes:
        acknowledged = {sha256 for at, sha256 in printed if at == home.name}
        found = verify(Store(Home(home)))

        assert found.exit_code in {0, 2}, f"{fault} at {home.name}: {found.text()}"
        assert acknowledged <= set(stored(home)), f"{fault} at {home.name}"

        again = list(writer.write_all(home))

        assert whole == again == stored(home), f"{fault} at {home.name}"
        assert verify(Store(Home(home))).exit_code in {0, 2}, f"{fault} at {home.name}"


def test_killed_at_any_moment_and_started_again_it_goes_on_where_it_was(
    tmp_path: Path, writer: ModuleType
) -> None:
    """Each snapshot once, in order; none that was acknowledged is lost; the store is intact."""
    acknowledged = set(run_writer(str(tmp_path), "anytime"))
    found = stored(tmp_path)

    assert acknowledged <= set(found)
    assert found == list(writer.write_all(tmp_path, range(len(found))))
    assert found
    assert verify(Store(Home(tmp_path))).exit_code in {0, 2}
