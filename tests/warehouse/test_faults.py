"""Whatever operation on the file system fails, or kills us, is the store whole and does a retry finish it?"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.snapshots import Index
from warehouse.store import Home, Store
from warehouse.verify import verify

WRITER = Path(__file__).with_name("writer.py")


def stored(home: Path) -> set[str]:
    """Return the digests the ledger names."""
    index = Index(Store(Home(home)).ledger)
    return {snapshot.sha256 for found in index.snapshots.values() for snapshot in found}


@pytest.mark.parametrize("fault", ["kill", "EIO", "ENOSPC"])
def test_a_fault_at_any_operation_loses_nothing_acknowledged_and_a_retry_converges(
    tmp_path: Path, fault: str
) -> None:
    """At every operation: verify never says broken, and writing again ends as if nothing had been."""
    specification = importlib.util.spec_from_file_location("writer", WRITER)
    assert specification is not None
    assert specification.loader is not None
    writer = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(writer)
    whole = set(writer.write_all(tmp_path / "whole"))

    printed = subprocess.run(
        [sys.executable, str(WRITER), str(tmp_path), fault],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout.split("\n")

    homes = sorted((path for path in tmp_path.iterdir() if path.name.isdigit()), key=lambda p: int(p.name))
    assert len(homes) > 30
    for home in homes:
        before = {line.split()[1] for line in printed if line.startswith(f"{home.name} ")}
        found = verify(Store(Home(home)))

        assert 1 != found.exit_code, f"{fault} at {home.name}: {found.text()}"
        assert set() == before - stored(home), f"{fault} at {home.name}"

        again = set(writer.write_all(home))

        assert whole == again == stored(home), f"{fault} at {home.name}"
        assert 1 != verify(Store(Home(home))).exit_code, f"{fault} at {home.name}"
