"""Has anything been altered, removed or added behind the ledger's back, and what was not checked?"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from warehouse.documents import KIND as DOCUMENT
from warehouse.ledger import DIGITS, NAME, Entry, subject_of_body, subjects_of
from warehouse.period import Calendar, closes_at
from warehouse.snapshots import STORING, Index
from warehouse.store import KEPT, Store, digest_of

BROKEN, INTACT_BUT, CLEAN = 1, 2, 0
BACKWARDS = timedelta(minutes=1)
"""Our own writers never date an entry back; what lies within a minute is left to older clocks."""
SHORT = 12
PLACE = re.compile(
    r"evidence/[a-z][a-z0-9_]*/instance=[^/]+/day=[0-9]{4}-[0-9]{2}-[0-9]{2}/([0-9a-f]{64})\.parquet"
    r"|raw/([0-9a-f]{64})\.jsonl\.zst"
    r"|documents/([0-9a-f]{64})"
)
"""Where a file may rest, and the digest its name says."""
STAGED = re.compile(r"evidence/\.staging/[^/]+|ledger/\.[^/]+\.staged")
RESTORE = "Restore it from a copy; a result that needs it is no PASS until then."
WHO = "Find out who put it there."


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the ledger says."""

    kind: str
    """altered, missing, stray, ledger: evidence is broken. unacknowledged, staged, empty: harmless."""
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
    days: int
    days_with_gaps: int
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
            "whether the ledger's end was cut off or its last entry rewritten: it has no checkpoints yet",
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
                f"days         {self.days} expected: {self.days - self.days_with_gaps} complete, "
                f"{self.days_with_gaps} with something missing"
            ),
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
    store: Store,
    *,
    level: str = "content",
    now: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check every file the ledger names, every file it does not, and the chain itself.

    `structure` looks at presence and size, `content` re-hashes every byte. Slots closed by `now`, else by
    the newest entry, are expected.
    """
    if level not in {"structure", "content"}:
        raise ValueError(f"level {level!r}: expected structure or content")
    store = Store(store.home)  # read again: what is remembered of the ledger may have been altered since
    index = Index(store.ledger)
    findings, named = list(_ledger(store)), dict[str, tuple[str, int]]()
    for entry in store.ledger.entries:
        files, problem = _named(entry, store.ledger.path(entry.number))
        named.update(files)
        if problem:
            findings.append(_wrong_entry(entry.number, *problem))
    total = 0
    for number, (path, (sha256, size)) in enumerate(sorted(named.items()), 1):
        finding, read = _look(store.home.path, path, sha256, size, level)
        total += read
        if finding is not None:
            findings.append(finding)
        if progress is not None:
            progress(number, len(named))
    unnamed = list(_unnamed(store.home.path, named.keys()))
    if not store.ledger.entries:
        kind = "ledger" if any(f.kind != "staged" for f in unnamed) else "empty"
        advice = "Restore the ledger from a copy." if kind == "ledger" else "Nothing was ever recorded here."
        unnamed.append(Finding(kind, "ledger/", "no entry at all", "an opening entry", advice))
    return _verification(store, index, level, now, named, total, findings + unnamed)


def _verification(
    store: Store,
    index: Index,
    level: str,
    now: datetime | None,
    named: dict[str, tuple[str, int]],
    total: int,
    findings: list[Finding],
) -> Verification:
    entries = store.ledger.entries
    newest = max((entry.recorded_at for entry in entries), default=None)
    calendar = Calendar(index.configurations)
    until = max(instant for instant in (newest, now) if instant) if newest or now else None
    expected = set()
    day = calendar.start
    while day is not None and until is not None and day <= until.date():
        expected |= {
            slot
            for slot, item in calendar.slots(day)
            if index.snapshots.get(slot) or slot in index.gaps or closes_at(item.kind, day) <= until
        }
        day += timedelta(days=1)
    present = {slot for slot in expected if index.snapshots.get(slot)}
    days = sorted({slot.day for slot in expected})
    return Verification(
        level=level,
        sandbox=store.is_sandbox,
        entries=len(entries),
        files=len(named),
        bytes=total,
        newest=newest,
        period=f"{days[0]} to {days[-1]}" if days else "nothing was expected yet",
        days=len(days),
        days_with_gaps=len({slot.day for slot in expected - present}),
        slots_expected=len(expected),
        slots_present=len(present),
        gaps=sum(not index.snapshots.get(slot) for slot in index.gaps),
        findings=sorted(findings, key=lambda finding: not finding.breaks),
    )


def _named(entry: Entry, file: Path) -> tuple[dict[str, tuple[str, int]], tuple[str, str] | None]:
    """Return the files an entry names, with digest and size, and (found, expected) where it is wrong."""
    files: dict[str, tuple[str, int]] = {}
    if entry.kind == "unreadable":
        return files, None  # the chain's own check names it
    try:
        if entry.kind in STORING:
            items = [*entry.body["snapshots"], *([entry.body["raw"]] if entry.body["raw"] else [])]
        else:
            items = [entry.body["document"]] if entry.kind == DOCUMENT else []
        for item in items:
            place = PLACE.fullmatch(item["path"])
            if place is None or item["sha256"] not in place.groups():
                return files, (f"the path {item['path']}", f"a place named {item['sha256']}")
            files[item["path"]] = (item["sha256"], item["bytes"])
        subjects = subjects_of(file.read_bytes())
    except (KeyError, TypeError, ValueError, OSError) as error:
        return files, (f"content that makes no sense ({type(error).__name__})", "an entry as we write it")
    said = {path: sha256 for path, (sha256, _) in files.items()} or subject_of_body(entry.kind, entry.body)
    if subjects != said:
        wrong = sorted(name for name in subjects.keys() | said.keys() if subjects.get(name) != said.get(name))
        return files, (f"subjects that disagree with its body about {', '.join(wrong)}", "the same digests")
    return files, None


def _look(home: Path, path: str, sha256: str, size: int, level: str) -> tuple[Finding | None, int]:
    """Return what is wrong with a file the ledger names, and how many bytes it has."""
    expected = f"{size} bytes with sha256 {sha256[:SHORT]}…"
    try:
        facts = (home / path).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Finding("missing", path, "nothing", expected, RESTORE), 0
    if not stat.S_ISREG(facts.st_mode):
        return Finding("altered", path, "no regular file", expected, RESTORE), 0
    if facts.st_size != size:
        return Finding("altered", path, f"{facts.st_size} bytes", expected, RESTORE), 0
    if level == "content":
        try:
            digest = digest_of(home / path)
        except OSError as error:
            return Finding("altered", path, f"what cannot be read ({error.strerror})", expected, RESTORE), 0
        if digest != sha256:
            return Finding("altered", path, f"sha256 {digest[:SHORT]}…", expected, RESTORE), size
    return None, size


def _unnamed(home: Path, known: AbstractSet[str]) -> Iterator[Finding]:
    """Yield everything in the store that no ledger entry names."""
    for file in (path for part in KEPT for path in sorted(_all_below(home / part))):
        path = file.relative_to(home).as_posix()
        if path in known:
            continue
        if STAGED.fullmatch(path):
            yield Finding(
                "staged", path, "a file half way", "none between runs", "A run was cut off; delete it."
            )
            continue
        place = PLACE.fullmatch(path)
        if place is None or file.is_symlink() or not file.is_file():
            yield Finding("stray", path, "something the store never makes", "none", WHO)
            continue
        try:
            digest = digest_of(file)
        except OSError as error:
            yield Finding("stray", path, f"what cannot be read ({error.strerror})", "none", WHO)
            continue
        if digest not in place.groups():
            yield Finding("stray", path, "a file whose name is not its digest", "none", WHO)
        else:
            yield Finding(
                "unacknowledged",
                path,
                "a whole file that no entry names",
                "an entry",
                "A run was cut off before its entry; nothing reads the file.",
            )


def _all_below(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder but the folders themselves, links to folders and closed folders too."""
    shut: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=shut.append):
        yield from (Path(place, name) for name in files)
        yield from (path for name in folders if (path := Path(place, name)).is_symlink())
    yield from (Path(error.filename) for error in shut if not isinstance(error, FileNotFoundError))


def _ledger(store: Store) -> Iterator[Finding]:
    """Yield what is wrong with the chain, the instants and the folder of the ledger."""
    for damage in store.ledger.damage:
        yield _wrong_entry(damage.number, damage.what, "an unbroken chain")
    latest: Entry | None = None
    for entry in store.ledger.entries:
        if entry.kind == "unreadable":
            continue
        if entry.number == 1 and entry.kind != "opening":
            yield _wrong_entry(1, f"an entry of kind {entry.kind}", "the opening of the home")
        if latest is not None and entry.recorded_at < latest.recorded_at - BACKWARDS:
            yield _wrong_entry(
                entry.number,
                f"recorded at {entry.recorded_at.isoformat()}",
                f"no earlier than entry {latest.number} at {latest.recorded_at.isoformat()}",
            )
        if latest is None or entry.recorded_at > latest.recorded_at:
            latest = entry
    folder = store.ledger.folder
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        path = f"ledger/{file.name}"
        if STAGED.fullmatch(path):
            yield Finding("staged", path, "an entry half way", "none", "A run was cut off; delete it.")
        elif not NAME.fullmatch(file.name):
            yield Finding("stray", path, "a file that is no entry", "none", WHO)


def _wrong_entry(number: int, found: str, expected: str) -> Finding:
    advice = "Restore the ledger from a copy; what the entry stood for counts as missing."
    return Finding("ledger", f"ledger/{number:0{DIGITS}d}.json", found, expected, advice)
