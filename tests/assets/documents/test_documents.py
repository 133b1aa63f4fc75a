"""Is a document stored once with what is said of it, and does the day's dataset say what has become of it?"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets import documents, meta
from assets.documents import FILE, files
from warehouse.documents import KINDS, MEDIA_TYPES, Document, DocumentRefused, Said, add
from warehouse.rehash import Rehash
from warehouse.snapshots import Index
from warehouse.store import Altered, Home, Store, StoreRefusal, conform, table_of
from warehouse.verify import verify

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PDF = b"%PDF-1.4\nthe access policy\n%%EOF\n"
SHA256 = hashlib.sha256(PDF).hexdigest()
POLICY = Said("policy", "Access policy", date(2026, 1, 1), "security", "cto", date(2026, 12, 31))


class World:
    """A home to which documents are added."""

    def __init__(self, path: Path) -> None:
        self.store = Store(Home(path))
        self.store.open(sandbox=False, at=NOON - timedelta(days=2))
        self.index = Index(self.store.ledger)

    def add(self, content: bytes = PDF, name: str = "policy.pdf", **how: Any) -> tuple[Document, bool]:
        """Add a document, at noon if not said otherwise."""
        return add(
            self.store,
            self.index,
            content=content,
            file_name=name,
            said=how.pop("said", POLICY),
            at=how.pop("at", NOON),
            run="a test",
            version="1",
            **how,
        )

    def rows(self, day: date = DAY) -> list[dict[str, Any]]:
        """Return the rows of document_file, as they would be stored."""
        found = list(files(self.store, self.index, day))
        return conform(FILE, table_of(FILE, found)).to_pylist()  # type: ignore[no-any-return]

    @property
    def file(self) -> Path:
        """The policy's file in the store."""
        return self.store.home.path / "documents" / SHA256

    def alter(self, content: bytes) -> None:
        """Change the stored bytes behind the ledger's back."""
        self.file.chmod(0o644)
        self.file.write_bytes(content)

    def findings(self) -> list[tuple[str, str]]:
        """Return what verification finds."""
        return [(f.kind, f.subject) for f in verify(self.store, now=NOON).findings]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a home without a document."""
    return World(tmp_path / "home")


def test_a_document_is_kept_as_it_is_with_both_dates(world: World) -> None:
    """Under its digest, read-only, with media type, effective date and the instant it was added."""
    document, new = world.add()

    assert new
    assert PDF == world.file.read_bytes()
    assert 0o444 == stat.S_IMODE(world.file.stat().st_mode)
    assert [
        {
            "document_sha256": SHA256,
            "kind": "policy",
            "title": "Access policy",
            "file_name": "policy.pdf",
            "media_type": "application/pdf",
            "bytes": len(PDF),
            "effective_on": date(2026, 1, 1),
            "expires_on": date(2026, 12, 31),
            "author": "security",
            "approver": "cto",
            "added_at": NOON,
            "ledger_entry": document.entry,
            "corrects_entry": None,
            "correction_reason": None,
            "intact": True,
        }
    ] == world.rows()
    assert [] == world.findings()


def test_adding_it_again_changes_nothing(world: World) -> None:
    """The same bytes with the same facts, even under another name and on another day."""
    first, _ = world.add()
    entries = len(world.store.ledger.entries)
    again, new = world.add(name="copy.pdf", at=NOON + timedelta(days=1))

    assert (first, False, entries) == (again, new, len(world.store.ledger.entries))


def test_saying_something_else_of_the_same_bytes_takes_a_reason_and_keeps_both(world: World) -> None:
    """The newest counts; the older day still shows what was said then."""
    first, _ = world.add(at=NOON - timedelta(days=1))
    longer = replace(POLICY, expires_on=None, approver="ceo")
    with pytest.raises(DocumentRefused) as refused:
        world.add(said=longer)
    assert "approver cto (now: ceo)" in str(refused.value)
    assert "--correct" in str(refused.value)

    second, new = world.add(said=longer, correction=" the ceo had signed ")
    (before,), (now,) = world.rows(DAY - timedelta(days=1)), world.rows()

    assert new
    assert (("cto", None), ("ceo", first.entry)) == (
        (before["approver"], before["corrects_entry"]),
        (now["approver"], now["corrects_entry"]),
    )
    assert ("the ceo had signed", second.entry) == (now["correction_reason"], now["ledger_entry"])
    assert [] == world.findings()


def test_a_day_shows_what_had_been_added_by_its_end(world: World) -> None:
    """What comes later was not there."""
    world.add(at=NOON + timedelta(hours=12))

    assert ([], 1) == (world.rows(), len(world.rows(DAY + timedelta(days=1))))


def test_altered_and_missing_bytes_are_found_by_everything_that_looks(world: World) -> None:
    """The day's dataset, the facts about stored files, verification, and what publishing re-hashes."""
    world.add()
    world.alter(PDF.replace(b"access", b"excess"))
    path = f"documents/{SHA256}"
    checked = {row["object_key"]: row["found_sha256"] for row in meta.objects(world.store, world.index, DAY)}
    broken = Rehash(world.store.home.path, world.index, {}).broken_documents()

    assert [False] == [row["intact"] for row in world.rows()]
    assert [("altered", path)] == world.findings()
    assert hashlib.sha256(world.file.read_bytes()).hexdigest() == checked[path]
    assert [("altered", path)] == [(item.fault.value, item.snapshot.path) for item in broken]
    with pytest.raises(Altered, match="nothing was overwritten"):
        world.add()

    world.file.unlink()
    broken = Rehash(world.store.home.path, world.index, {}).broken_documents()

    assert [False] == [row["intact"] for row in world.rows()]
    assert [("missing", path)] == world.findings()
    assert [("missing", path)] == [(item.fault.value, item.snapshot.path) for item in broken]


def test_a_file_nobody_acknowledged_is_found(world: World) -> None:
    """A whole one is left over from a run that was cut off; one that is not its digest is a stray."""
    world.add()
    (world.store.home.path / world.store.put_document(b"whole")).touch()
    (world.store.home.path / "documents" / ("0" * 64)).write_bytes(b"strange")

    assert {
        ("unacknowledged", f"documents/{hashlib.sha256(b'whole').hexdigest()}"),
        ("stray", f"documents/{'0' * 64}"),
    } == set(world.findings())


def test_a_document_put_back_under_the_store_by_a_link_is_not_intact(world: World, tmp_path: Path) -> None:
    """What a link points to can be changed without touching the store."""
    world.add()
    (tmp_path / "elsewhere").write_bytes(PDF)
    world.file.unlink()
    world.file.symlink_to(tmp_path / "elsewhere")

    assert [False] == [row["intact"] for row in world.rows()]
    assert [("altered", f"documents/{SHA256}")] == world.findings()


@pytest.mark.parametrize(
    ("content", "name", "said", "why"),
    [
        (b"", "policy.pdf", POLICY, "the file is empty"),
        (PDF, "policy.exe", POLICY, "it ends in .exe, expected one of"),
        (PDF, "policy", POLICY, "it ends in nothing"),
        (b"<html>", "policy.pdf", POLICY, "its bytes are no application/pdf"),
        (PDF, "screen.png", POLICY, "its bytes are no image/png"),
        (b"a\xff", "policy.md", POLICY, "byte 1 is no UTF-8"),
        (PDF, "policy.pdf", replace(POLICY, kind="thing"), "'thing' is no kind of document"),
        (PDF, "policy.pdf", replace(POLICY, approver=" "), "has no approver"),
        (PDF, "policy.pdf", replace(POLICY, title="", author=""), "has no title and no author"),
        (PDF, "policy.pdf", replace(POLICY, expires_on=date(2025, 12, 31)), "would expire on 2025-12-31"),
    ],
)
def test_what_is_no_evidence_is_refused_and_leaves_nothing(
    world: World, content: bytes, name: str, said: Said, why: str
) -> None:
    """Neither a file nor an entry."""
    entries = len(world.store.ledger.entries)
    with pytest.raises(StoreRefusal, match=why):
        world.add(content, name, said=said)

    assert entries == len(world.store.ledger.entries)
    assert [] == list((world.store.home.path / "documents").iterdir())


def test_a_document_that_is_too_large_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held in memory while it is stored."""
    monkeypatch.setattr("warehouse.documents.LARGEST", 10)
    with pytest.raises(DocumentRefused, match="at most 10 can be stored"):
        world.add()


def test_every_kind_and_every_ending_can_be_stored(world: World) -> None:
    """Each kind has a meaning; each ending its media type."""
    for number, (ending, (media_type, begins)) in enumerate(MEDIA_TYPES.items()):
        content = (begins or b"") + str(number).encode()
        kind = list(KINDS)[number % len(KINDS)]
        document, _ = world.add(content, f"x{ending.upper()}", said=replace(POLICY, kind=kind))

        assert media_type == document.media_type
    assert set(KINDS) <= {row["kind"] for row in world.rows()}
    assert all(KINDS.values())


def test_a_removed_ledger_is_not_begun_anew_over_documents(world: World) -> None:
    """A home with documents and no entry was tampered with."""
    world.add()
    for entry in (world.store.home.path / "ledger").iterdir():
        entry.unlink()
    with pytest.raises(StoreRefusal, match="files but no ledger entry"):
        Store(world.store.home).open(sandbox=False, at=NOON)


def test_an_entry_that_names_another_file_is_found(world: World) -> None:
    """What it says must be what it stands for."""
    document, _ = world.add()
    body = world.store.ledger.entries[-1].body
    body["document"]["path"] = "documents/../elsewhere"
    world.store.ledger.append("document", body, NOON, {"documents/../elsewhere": document.sha256})

    assert ("ledger", f"ledger/{document.entry + 1:09d}.json") in world.findings()


def test_the_dataset_says_who_is_about_a_person() -> None:
    """So that author and approver can be left out of what leaves the company."""
    marked = {column.name for column in FILE.columns if column.privacy.value == "workforce"}

    assert {"author", "approver"} == marked
    assert documents.FILE is FILE
