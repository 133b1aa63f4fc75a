"""What counts as evidence, in which order was it recorded, and is that order intact?

One file per entry, `ledger/<9 digits>.json`: an in-toto Statement in a DSSE envelope whose list of
signatures is empty until signing arrives. Every entry names the digest of the one before it. Linking a new
file under the next number is a compare-and-swap: of two writers one wins, the other takes the number after.

Who opens a ledger lists its folder. Who has read it looks for the next number, and further ahead in widening
steps: looking at the next alone would take a hole, which is damage, for the end, and fill it. A hole too wide
to be seen so is found by whoever opens the ledger next.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:evidence-warehouse:{kind}:v1"
GENESIS = "0" * 64
DIGITS = 9
NAME = re.compile(rf"(?!0{{{DIGITS}}})[0-9]{{{DIGITS}}}\.json")
"""The name of an entry's file; numbers start at 1."""
AHEAD = tuple(1 << n for n in range(1, 20))
"""How far past the next number is looked whether there are entries after a hole."""
ENTRIES_REMEMBERED = 100_000
"""A year of a company's; beyond, they are read again."""
SLOW_WRITER = timedelta(hours=1)
"""A writer takes its instant before it writes its files; another may record an entry in between."""


class ClockSetBack(Exception):
    """An entry cannot be recorded before the one it follows; nothing was recorded."""


NEVER = datetime.min.replace(tzinfo=UTC)
"""The instant of an entry nobody can read."""


@dataclass(frozen=True)
class Entry:
    """One acknowledged fact. `body` is the statement's predicate without number, previous and time."""

    number: int
    kind: str
    recorded_at: datetime
    previous: str
    sha256: str
    """Digest of the entry's file, which the next entry names."""
    body: dict[str, Any] = field(compare=False)
    """What it says; the digest stands for it where entries are compared."""


@dataclass(frozen=True)
class Damage:
    """One thing wrong with the ledger itself."""

    number: int
    what: str


@dataclass
class Ledger:
    """The ledger in one folder. Keeps what it has read; `refresh` reads what others have added."""

    folder: Path
    entries: list[Entry] = field(default_factory=list, repr=False)
    damage: list[Damage] = field(default_factory=list, repr=False)
    _last: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Read the entries added since the last look, checking that each names the one before it.

        What it costs does not depend on how many there are: the folder is listed once, and again only where
        a number is missing.
        """
        if not self.folder.is_dir():
            return
        if self._last:
            while self._is_there(self._last + 1):
                self._take(self._last + 1)
            if not any(self._is_there(self._last + ahead) for ahead in AHEAD):
                return
        newest = self.path(self._last).name if self._last else ""
        numbers = sorted(
            int(name[:DIGITS])
            for name in os.listdir(self.folder)  # noqa: PTH208 - names alone, without a Path for each
            if name > newest and NAME.fullmatch(name)  # names sort as their numbers do
        )
        for number in numbers:
            if any(self.path(n).exists() for n in range(self._last + 1, number)):
                self.refresh()  # the listing raced a writer: look again
                return
            self.damage.extend(
                Damage(gone, "this entry is missing") for gone in range(self._last + 1, number)
            )
            self._take(number)

    def _take(self, number: int) -> None:
        """Read the entry of a number that is there."""
        hole = number != self._last + 1
        previous = self.entries[-1].sha256 if self.entries else GENESIS
        try:
            entry = self._read(number)
        except (ValueError, KeyError, TypeError) as error:
            self.damage.append(Damage(number, f"this entry cannot be read ({type(error).__name__})"))
            unreadable = _digest(self.path(number).read_bytes())
            entry = Entry(number, "unreadable", NEVER, GENESIS, unreadable, {})
        else:
            if entry.previous != previous and not hole:
                self.damage.append(
                    Damage(
                        number,
                        f"it names {entry.previous[:12]}… as the entry before it, "
                        f"whose digest is {previous[:12]}…",
                    )
                )
        self.entries.append(entry)
        self._last = number

    def _read(self, number: int) -> Entry:
        path = self.path(number)
        found = path.stat()
        return _entry(path, number, (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))

    def _is_there(self, number: int) -> bool:
        name = f"{self.folder}/{number:0{DIGITS}d}.json"
        return os.path.exists(name)  # noqa: PTH110 - asked twenty times an append, without a Path for each

    def path(self, number: int) -> Path:
        """Return where the entry of that number rests."""
        return self.folder / f"{number:0{DIGITS}d}.json"

    def append(
        self, kind: str, body: dict[str, Any], recorded_at: datetime, subjects: dict[str, str] | None = None
    ) -> Entry:
        """Record one entry durably and return it.

        `subjects` maps the names of the files it stands for to their SHA-256; an entry that stands for no
        file has the digest of its own body as subject. No entry is recorded before the one it follows: a
        slow writer's gets that one's instant. Raises ClockSetBack where the clock must be wrong.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            self.refresh()
            number = self._last + 1
            previous = self.entries[-1].sha256 if self.entries else GENESIS
            content = encode(number, previous, kind, body, self._not_before_the_last(recorded_at), subjects)
            if put_if_absent(self.path(number), content):
                self.entries.append(decode(number, content))
                self._last = number
                return self.entries[-1]

    def _not_before_the_last(self, instant: datetime) -> datetime:
        last = self.entries[-1].recorded_at if self.entries else NEVER
        if last - instant > SLOW_WRITER:
            raise ClockSetBack(
                f"Entry {self._last} of the ledger was recorded at {last.isoformat()}, this clock says "
                f"{instant.isoformat()}. Nothing was recorded: an entry dated back proves nothing. Set this "
                "machine's clock (NTP). A retry will not help before that."
            )
        return max(instant, last)


def encode(
    number: int,
    previous: str,
    kind: str,
    body: dict[str, Any],
    recorded_at: datetime,
    subjects: dict[str, str] | None,
) -> bytes:
    """Return the bytes of an entry's file."""
    named = subjects or subject_of_body(kind, body)
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha}} for name, sha in sorted(named.items())],
        "predicateType": PREDICATE.format(kind=kind),
        "predicate": {
            "number": number,
            "previous": previous,
            "recorded_at": recorded_at.isoformat(),
            "kind": kind,
            "body": body,
        },
    }
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode("ascii"),
        "signatures": [],
    }
    return json.dumps(envelope, separators=(",", ":")).encode() + b"\n"


@lru_cache(maxsize=ENTRIES_REMEMBERED)
def _entry(path: Path, number: int, state: tuple[int, ...]) -> Entry:  # noqa: ARG001 - see below
    """Return the entry of a file in one state (inode, size, times); a changed file is read again.

    One process opens a home many times, once for each of a run's steps, and entries never change.
    """
    return decode(number, path.read_bytes())


def decode(number: int, content: bytes) -> Entry:
    """Return the entry a file holds. Raises ValueError, KeyError or TypeError where it holds none."""
    envelope = json.loads(content)
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise ValueError(f"payload type {envelope['payloadType']!r}, expected {PAYLOAD_TYPE!r}")
    statement = json.loads(base64.b64decode(envelope["payload"], validate=True))
    predicate = statement["predicate"]
    if predicate["number"] != number:
        raise ValueError(f"the file is numbered {number}, its content {predicate['number']}")
    kind, body = predicate["kind"], predicate["body"]
    recorded_at = datetime.fromisoformat(predicate["recorded_at"])
    if statement["predicateType"] != PREDICATE.format(kind=kind):
        raise ValueError(f"predicate type {statement['predicateType']!r} of an entry of kind {kind!r}")
    if not isinstance(kind, str) or not isinstance(body, dict) or recorded_at.tzinfo is None:
        raise TypeError("the kind is no text, the body no object, or the instant has no time zone")
    return Entry(number, kind, recorded_at, predicate["previous"], _digest(content), body)


def subjects_of(content: bytes) -> dict[str, str]:
    """Return the subjects an entry's file names, each with its digest. Raises as `decode` does."""
    statement = json.loads(base64.b64decode(json.loads(content)["payload"], validate=True))
    return {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}


def subject_of_body(kind: str, body: dict[str, Any]) -> dict[str, str]:
    """Return the subject of an entry that stands for no file: the digest of what it says."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {kind: _digest(text.encode())}


def put_if_absent(path: Path, content: bytes) -> bool:
    """Write a file durably under a name nobody has; False, and nothing changed, where the name is taken."""
    staged = path.parent / f".{secrets.token_hex(8)}.staged"
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(staged, path)
        except FileExistsError:
            return False
    finally:
        staged.unlink()
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make a folder's new names durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
