"""Has anything been altered, removed or added behind the ledger's back, and what was not checked?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from warehouse.ledger import DIGITS
from warehouse.period import Calendar
from warehouse.snapshots import STORING, Index
from warehouse.store import Store, digest_of

BROKEN, INTACT_BUT, CLEAN = 1, 2, 0
BACKWARDS = timedelta(minutes=1)
"""Clocks are set by small steps; an entry recorded earlier than the one before it by more is damage."""
SHORT = 12


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the ledger says."""

    kind: str
    """altered, missing, stray, ledger (evidence is broken); unacknowledged, staged (harmless leftovers)."""
    subject: str
    found: str
    expected: str
    advice: str

    @property
    def breaks(self) -> bool:
        """Whether evidence is no longer what it was."""
        return self.kind in {"altered", "missing", "stray", "ledger"}

    def __str__(self) -> str:
        said = f"{self.subject}: found {self.found}, expected {self.expected}. {self.advice}"
        return f"{self.kind.upper():<14} {said}"


@dataclass(frozen=True)
class Verification:
    """What a verification found, and over what."""

    level: str
    sandbox: bool
    entries: int
    files: int
    bytes: int
    newest: datetime | None
    period: str
    slots_expected: int
    slots_present: int
    gaps: int
    findings: list[Finding] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 broken, 2 intact but with gaps or leftovers or bytes not re-hashed, 0 nothing wrong."""
        if any(finding.breaks for finding in self.findings):
            return BROKEN
        owed = self.slots_present < self.slots_expected
        return INTACT_BUT if self.findings or self.gaps or owed or self.level != "content" else CLEAN

    def text(self) -> str:
        """Return the whole as lines for people."""
        verdict = {
            BROKEN: "BROKEN: evidence was altered, removed or added.",
            INTACT_BUT: "INTACT, but with gaps, leftovers or something not checked.",
            CLEAN: "INTACT: every file and every entry is what was recorded.",
        }[self.exit_code]
        unchecked = [
            "whether entries were cut off the end of the ledger: it has no checkpoints yet",
            "who wrote the entries: they carry no signatures yet",
        ]
        if self.level != "content":
            unchecked.insert(0, "the bytes of the files: --level content re-hashes them")
        lines = [str(finding) for finding in self.findings]
        if self.sandbox:
            lines.append("SANDBOX: this evidence is of a simulated company.")
        lines += [
            f"period       {self.period}",
            (
                f"slots        {self.slots_present} of {self.slots_expected} expected snapshots are there, "
                f"{self.gaps} gaps recorded"
            ),
            f"files        {self.files} named by the ledger, {self.bytes:,} bytes"
            + (" re-hashed" if self.level == "content" else " by size only"),
            f"ledger       {self.entries} entries, newest recorded at {self.newest}",
            *(f"not checked  {what}" for what in unchecked),
            verdict,
        ]
        return "\n".join(lines)


def verify(
    store: Store, *, level: str = "content", progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Check every file the ledger names, every file it does not, and the chain itself.

    `structure` looks at presence and size, `content` re-hashes every byte.
    """
    index = Index(store.ledger)
    expected = named_files(store)
    findings = list(_ledger(store))
    total = 0
    for number, (path, (sha256, size)) in enumerate(sorted(expected.items()), 1):
        finding, read = _file(store.home.path, path, sha256, size, level)
        total += read
        if finding is not None:
            findings.append(finding)
        if progress is not None:
            progress(number, len(expected))
    findings += _unnamed(store.home.path, expected.keys())
    calendar = Calendar(index.configurations)
    entries = store.ledger.entries
    days = sorted({slot.day for slot in index.snapshots} | {slot.day for slot in index.gaps})
    slots = [slot for day in days for slot, _ in calendar.slots(day)]
    return Verification(
        level=level,
        sandbox=store.is_sandbox,
        entries=len(entries),
        files=len(expected),
        bytes=total,
        newest=entries[-1].recorded_at if entries else None,
        period=f"{days[0]} to {days[-1]}, {len(days)} days" if days else "no day has evidence",
        slots_expected=len(slots),
        slots_present=sum(bool(index.snapshots.get(slot)) for slot in slots),
        gaps=sum(not index.snapshots.get(slot) for slot in index.gaps),
        findings=findings,
    )


def named_files(store: Store) -> dict[str, tuple[str, int]]:
    """Return path -> (digest, size) of every file the ledger names, data and raw pages."""
    named: dict[str, tuple[str, int]] = {}
    for entry in store.ledger.entries:
        if entry.kind in STORING:
            for item in entry.body["snapshots"]:
                named[item["path"]] = (item["sha256"], item["bytes"])
            if raw := entry.body["raw"]:
                named[raw["path"]] = (raw["sha256"], raw["bytes"])
    return named


def _file(home: Path, path: str, sha256: str, size: int, level: str) -> tuple[Finding | None, int]:
    file = home / path
    restore = "Restore it from a copy; a result that needed it is NOT_TESTED until then."
    if not file.is_file():
        return Finding("missing", path, "nothing", f"sha256 {sha256[:SHORT]}…, {size} bytes", restore), 0
    there = file.stat().st_size
    if there != size:
        return Finding("altered", path, f"{there} bytes", f"{size} bytes", restore), there
    if level == "content" and (found := digest_of(file)) != sha256:
        return (
            Finding("altered", path, f"sha256 {found[:SHORT]}…", f"sha256 {sha256[:SHORT]}…", restore),
            there,
        )
    return None, there


def _unnamed(home: Path, known: AbstractSet[str]) -> Iterator[Finding]:
    """Yield every file of the store that no ledger entry names."""
    for part in ("evidence", "raw"):
        for file in sorted(path for path in (home / part).rglob("*") if path.is_file() or path.is_symlink()):
            path = file.relative_to(home).as_posix()
            if path in known:
                continue
            if ".staging" in file.parts:
                yield Finding(
                    "staged", path, "a file half way", "none between runs", "A run was cut off; delete it."
                )
                continue
            name = file.name.split(".", 1)[0]
            if file.is_symlink() or digest_of(file) != name:
                yield Finding(
                    "stray", path, "a file whose name is not its digest", "none", "Find out who put it there."
                )
            else:
                yield Finding(
                    "unacknowledged",
                    path,
                    "a whole file that no entry names",
                    "an entry",
                    "A run was cut off before its entry; nothing reads the file.",
                )


def _ledger(store: Store) -> Iterator[Finding]:
    for damage in store.ledger.damage:
        yield Finding(
            "ledger",
            f"ledger/{damage.number:0{DIGITS}d}.json",
            damage.what,
            "an unbroken chain",
            "Restore the ledger from a copy; what the entry stood for counts as missing.",
        )
    entries = store.ledger.entries
    for earlier, later in itertools.pairwise(entries):
        if later.kind != "unreadable" and later.recorded_at < earlier.recorded_at - BACKWARDS:
            yield Finding(
                "ledger",
                f"ledger/{later.number:0{DIGITS}d}.json",
                f"recorded at {later.recorded_at.isoformat()}",
                f"no earlier than entry {earlier.number} at {earlier.recorded_at.isoformat()}",
                "A clock was set back, or the entry was dated back.",
            )
    folder = store.ledger.folder
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.name.endswith(".staged"):
            yield Finding(
                "staged", f"ledger/{file.name}", "an entry half way", "none", "A run was cut off; delete it."
            )
        elif not (len(file.name) == DIGITS + 5 and file.name[:DIGITS].isdigit() and file.suffix == ".json"):
            yield Finding(
                "stray",
                f"ledger/{file.name}",
                "a file that is no entry",
                "none",
                "Find out who put it there.",
            )
