"""Is every file the ledger names still what was stored, without reading again what cannot have changed?

A file with the same size, the same times of change and the same place as when it was last hashed is not read
again: the system sets the time of the last status change, and no program can set it back. `evidence verify`
trusts none of this and reads every byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from warehouse.documents import Document, standing
from warehouse.read import Fault
from warehouse.snapshots import Index, Slot, Snapshot
from warehouse.store import digest_of

DOCUMENT_FILE = "document_file"
"""The dataset in which analysts see documents."""


@dataclass(frozen=True)
class Seen:
    """A file as it was when its bytes were hashed."""

    size: int
    mtime_ns: int
    ctime_ns: int
    sha256: str


@dataclass(frozen=True)
class Broken:
    """An acknowledged file that is missing or altered."""

    snapshot: Snapshot
    fault: Fault
    found: str | None

    @property
    def reason(self) -> str:
        """What is wrong, in words."""
        if self.found is None:
            return f"the file {self.snapshot.path} is missing"
        return (
            f"the file {self.snapshot.path} has digest {self.found[:12]}…, the ledger says "
            f"{self.snapshot.sha256[:12]}…"
        )


class Rehash:
    """What re-hashing an index's files found."""

    def __init__(self, home: Path, index: Index, known: Mapping[str, Seen]) -> None:
        self.index = index
        self.seen: dict[str, Seen] = {}
        self.hashed = 0
        for path in (*index.by_path, *{document.path for document in index.documents}):
            if (found := self._look(home / path, known.get(path))) is not None:
                self.seen[path] = found
        self._faults: dict[tuple[int, str], str | None] = {}

    def _look(self, file: Path, before: Seen | None) -> Seen | None:
        try:
            facts = file.stat()
            shape = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
            if before is not None and shape == (before.size, before.mtime_ns, before.ctime_ns):
                return before
            digest = digest_of(file)
        except FileNotFoundError:
            return None
        self.hashed += 1
        return Seen(*shape, digest)

    def intact(self, snapshot: Snapshot) -> bool:
        """Return whether the snapshot's own file is what the ledger names."""
        seen = self.seen.get(snapshot.path)
        return seen is not None and seen.sha256 == snapshot.sha256

    def broken(self, snapshots: Iterable[Snapshot]) -> list[Broken]:
        """Return the snapshots whose own file is missing or altered."""
        found = []
        for snapshot in snapshots:
            if not self.intact(snapshot):
                seen = self.seen.get(snapshot.path)
                fault = Fault.MISSING if seen is None else Fault.ALTERED
                found.append(Broken(snapshot, fault, seen.sha256 if seen else None))
        return found

    def broken_documents(self) -> list[Broken]:
        """Return the documents people added whose file is missing or altered."""
        return self.broken(_as_snapshot(document) for document in standing(self.index.documents).values())

    def fault(self, snapshot: Snapshot) -> str | None:
        """Return what does not verify of a snapshot: its file, or one it was computed from."""
        key = (snapshot.entry, snapshot.path)
        if key not in self._faults:
            self._faults[key] = self._fault(snapshot)
        return self._faults[key]

    def _fault(self, snapshot: Snapshot) -> str | None:
        if not self.intact(snapshot):
            return self.broken([snapshot])[0].reason
        for path in snapshot.inputs:
            source = self.index.by_path.get(path)
            if source is None:
                return f"it was computed from {path}, which the ledger does not name"
            if (fault := self.fault(source)) is not None:
                return f"of what it was computed from, {fault}"
        return None


def _as_snapshot(document: Document) -> Snapshot:
    """Return a document as the capture it would be: of the day it was added on."""
    return Snapshot(
        entry=document.entry,
        slot=Slot(DOCUMENT_FILE, "main", document.added_at.astimezone(UTC).date()),
        sha256=document.sha256,
        path=document.path,
        rows=0,
        captured_at=document.added_at,
        recorded_at=document.added_at,
        round="",
        inputs=(),
        header={},
    )
