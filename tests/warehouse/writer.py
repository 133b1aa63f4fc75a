"""A small writer for the fault tests: in one child process per fault, the n-th operation fails.

`writer.py FOLDER FAULT` forks a child for every n until one meets no fault, each with a home of its own under
the folder. The n-th operation on files fails with the errno of that name, or `kill` ends the child there; a
write does half of its work first. Prints `n digest` for every snapshot that was acknowledged.

`writer.py FOLDER anytime` forks a child that stores snapshots in one home until it is killed at no moment in
particular, and another that goes on, many times.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self

from warehouse.dataset import Column, Dataset, Kind
from warehouse.ledger import Entry
from warehouse.snapshots import Index, Slot
from warehouse.store import Home, Offered, Store, conform, table_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOY = Dataset("toy_row", Kind.STATE, "One row", ("id",), (Column("id", "text", "The row", required=True),))
OPERATIONS = ("open", "fsync", "link", "unlink", "mkdir")
MET, NOT_MET = 3, 0
KILLS = 25


def write(store: Store, number: int) -> Entry:
    """Store the snapshot of a number with its raw page, unless an entry says that it is stored."""
    day = AT.date() + timedelta(days=number)
    found = Index(store.ledger).snapshots.get(Slot(TOY.name, "one", day))
    if found:
        return store.ledger.entries[found[-1].entry - 1]
    return store.write(
        [Offered(TOY, table_of(TOY, [{"id": f"row {number}"}]))],
        kind="snapshot",
        instance="one",
        day=day,
        header={"captured_at": AT.isoformat(), "round": "r"},
        recorded_at=AT,
        pages=[{"request": "GET /rows", "records": [number]}],
    )


def write_all(home: Path, numbers: Iterator[int] | range = range(2)) -> Iterator[str]:
    """Store snapshots, yielding the digest of each that was acknowledged."""
    store = Store(Home(home))
    store.open(sandbox=False, at=AT)
    for number in numbers:
        yield write(store, number).body["snapshots"][0]["sha256"]


class Disk:
    """The operations on files, of which the n-th fails."""

    def __init__(self, fault: str, at: int) -> None:
        self.fault = fault
        self.at = at
        self.counted = 0

    def breaking(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        """Return an operation that is counted and fails when its turn has come."""

        def broken(*arguments: Any, **named: Any) -> Any:
            self.counted += 1
            if self.counted == self.at:
                if self.fault == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(getattr(errno, self.fault), "injected")
            return operation(*arguments, **named)

        return broken

    def breaking_writes(self, fdopen: Callable[..., Any]) -> Callable[..., Any]:
        """Return an fdopen whose files write half of what they are given when their turn has come."""

        def opened(descriptor: int, mode: str) -> Any:
            file = fdopen(descriptor, mode, buffering=0)
            whole = file.write

            def write_half(content: bytes) -> None:
                half = whole(content[: len(content) // 2])
                self.breaking(whole)(content[half:])

            return Halting(file, write_half)

        return opened


class Halting:
    """A file that writes in another way."""

    def __init__(self, file: Any, write: Callable[[bytes], None]) -> None:
        self.file = file
        self.write = write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def write_with_fault(home: Path, fault: str, at: int) -> int:
    """Write until the n-th operation, which fails; return whether it was met."""
    disk = Disk(fault, at)
    for name in OPERATIONS:
        setattr(os, name, disk.breaking(getattr(os, name)))
    os.fdopen = disk.breaking_writes(os.fdopen)
    try:
        for sha256 in write_all(home):
            os.write(1, f"{at} {sha256}\n".encode())
    except OSError:
        return MET
    return NOT_MET if disk.counted < at else MET


def write_and_kill(home: Path) -> None:
    """Let children write to one home, each until it is killed."""
    for number in range(KILLS):
        child = os.fork()
        if child == 0:
            for sha256 in write_all(home, count()):
                os.write(1, f"{sha256}\n".encode())
        time.sleep(0.02 + 0.004 * number)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main() -> None:
    """Fork a child for every operation there is, or children that are killed at any time."""
    folder, fault = Path(sys.argv[1]), sys.argv[2]
    conform(TOY, table_of(TOY, [{"id": "once, so that no child has to import what this imports"}]))
    if fault == "anytime":
        write_and_kill(folder)
        return
    for at in count(1):
        child = os.fork()
        if child == 0:
            os._exit(write_with_fault(folder / str(at), fault, at))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == NOT_MET:
            return


if __name__ == "__main__":
    main()
