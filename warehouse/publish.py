"""How does everything acknowledged become one file that analysts open, without ever disturbing a reader?

The file is built aside in the same folder, closed, made durable and moved over the old one: who has the old
one open keeps it, whole; who opens the path next gets the new one. One publisher at a time works on a home.
The file is a view of the evidence, not the evidence: deleting it loses nothing.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.build import NEEDED, SQL, Build, Built
from warehouse.dataset import Dataset
from warehouse.ledger import sync_folder
from warehouse.rehash import Broken
from warehouse.snapshots import Index
from warehouse.store import Store

STORAGE = "v1.4.0"
"""The oldest storage DuckDB still writes that 1.4 and 1.5 open: auditors bring their own DuckDB."""


class PublishRefused(Exception):
    """The file cannot be made; the old one, if any, is untouched."""


@dataclass(frozen=True)
class Published:
    """What was published."""

    path: Path
    at: datetime
    size: int
    built: Built

    @property
    def broken_files(self) -> tuple[Broken, ...]:
        """The acknowledged files that are missing or altered."""
        return self.built.broken_files

    def facts(self) -> dict[str, str | int]:
        """Return what a reader of the command line or of a run's metadata wants to know."""
        histories = sorted(self.built.histories.items())
        return {
            "ledger entries taken in": self.built.ledger_number,
            "snapshots": self.built.snapshots,
            "files hashed again": self.built.rehashed,
            "histories": ", ".join(f"{count} {made}" for made, count in histories),
            "bytes": self.size,
            "files missing or altered": len(self.broken_files),
        }


def publish(
    store: Store,
    index: Index,
    datasets: Mapping[str, Dataset],
    controls: Sequence[Mapping[str, Any]],
    *,
    at: datetime,
    company: str,
    target: Path | None = None,
    self_contained: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Published:
    """Make the analysts' file, by default the home's own.

    `controls` are definitions as plain facts, each with its `tests`. A self-contained file holds copies of
    the evidence and opens anywhere; else its views read the store under the home's absolute path, so it works
    only where that home is. Raises PublishRefused.
    """
    if lacking := [name for name in NEEDED if name not in datasets]:
        raise PublishRefused(
            f"publish was given no declaration of {', '.join(lacking)}, which the SQL in {SQL} reads. Pass "
            "every dataset of the catalogue. Nothing was published; a retry will not help."
        )
    home = store.home.path.absolute()
    goal = (target or store.home.warehouse).absolute()
    with _alone(home):
        index.refresh()
        store.ledger.refresh()
        if not store.ledger.entries:
            raise PublishRefused(f"The ledger of {home} is empty: open the home and collect first.")
        goal.parent.mkdir(parents=True, exist_ok=True)
        _clear(goal)
        beside = goal.parent / f".{goal.name}.{secrets.token_hex(8)}"
        built, previous = Path(f"{beside}.building"), Path(f"{beside}.previous")
        try:
            if store.home.warehouse.exists():
                _keep(store.home.warehouse, previous)
            with duckdb.connect(str(built), config=_config(beside)) as connection:
                build = Build(connection, index, datasets, home, previous, self_contained=self_contained)
                filled = build.run(store, controls, at, company, progress)
            _swap(built, goal)
        finally:
            _clear(goal)
    return Published(goal, at, goal.stat().st_size, filled)


def _config(beside: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "storage_compatibility_version": STORAGE,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": f"{beside}.spill",
    }


def _clear(goal: Path) -> None:
    """Remove what a publisher leaves beside its goal, one that was killed included."""
    for left in goal.parent.glob(f".{goal.name}.*"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Wait until no other publisher works on the home; the system frees the lock of one that died."""
    descriptor = os.open(home / ".publish.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _keep(published: Path, beside: Path) -> None:
    """Give the published file a second name, under which this process can read it.

    DuckDB shares one database per path within a process: under its own name an analyst's connection in this
    process, such as a notebook's, would be shared or be in the way.
    """
    try:
        os.link(published, beside)
    except OSError:  # another file system: a self-contained file may be wanted anywhere
        beside.write_bytes(published.read_bytes())


def _swap(built: Path, goal: Path) -> None:
    """Put the closed file in place of the old one, durably. Raises PublishRefused where a WAL is left."""
    if Path(f"{built}.wal").exists():
        raise PublishRefused(
            f"DuckDB left a write-ahead log beside {built.name}: the file is not whole. Nothing was "
            "published. A retry may help."
        )
    built.chmod(0o444)
    descriptor = os.open(built, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    built.replace(goal)
    sync_folder(goal.parent)
