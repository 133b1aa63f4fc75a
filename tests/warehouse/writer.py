"""A small writer for the fault tests: in one child process per fault, the n-th operation fails.

`writer.py FOLDER ERRNO` forks a child for every n until one meets no fault, each with a home of its own under
the folder. The n-th operation on files fails with ERRNO, or with `kill` ends the child there. Prints
`n digest` for every snapshot that was acknowledged.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from warehouse.dataset import Column, Dataset, Kind
from warehouse.store import Home, Offered, Store, table_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOY = Dataset("toy_row", Kind.STATE, "One row", ("id",), (Column("id", "text", "The row", required=True),))
OPERATIONS = ("open", "fsync", "link", "unlink", "mkdir")
MET, NOT_MET = 3, 0


def write_all(home: Path) -> Iterator[str]:
    """Store two snapshots with raw pages, yielding the digest of each that was acknowledged."""
    store = Store(Home(home))
    store.open(sandbox=False, at=AT)
    for number in range(2):
        entry = store.write(
            [Offered(TOY, table_of(TOY, [{"id": f"row {number}"}]))],
            kind="snapshot",
            instance="one",
            day=date(2026, 3, 1 + number),
            header={"captured_at": AT.isoformat(), "round": "r"},
            recorded_at=AT,
            pages=[{"request": "GET /rows", "records": [number]}],
        )
        yield entry.body["snapshots"][0]["sha256"]


def write_with_fault(home: Path, fault: str, at: int) -> int:
    """Write until the n-th operation, which fails; return whether it was met."""
    counted = 0

    def breaking(operation: Callable[..., Any]) -> Callable[..., Any]:
        def broken(*arguments: Any, **named: Any) -> Any:
            nonlocal counted
            counted += 1
            if counted == at:
                if fault == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(getattr(errno, fault), "injected")
            return operation(*arguments, **named)

        return broken

    for name in OPERATIONS:
        setattr(os, name, breaking(getattr(os, name)))
    try:
        for sha256 in write_all(home):
            os.write(1, f"{at} {sha256}\n".encode())
    except OSError:
        return MET
    return NOT_MET if counted < at else MET


def main() -> None:
    """Fork a child for every operation there is."""
    folder, fault = Path(sys.argv[1]), sys.argv[2]
    at = 0
    while True:
        at += 1
        child = os.fork()
        if child == 0:
            os._exit(write_with_fault(folder / str(at), fault, at))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == NOT_MET:
            return


if __name__ == "__main__":
    main()
