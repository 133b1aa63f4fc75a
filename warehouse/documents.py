"""Which documents did people add as evidence, what do they say they are, and since when are they here?

A policy, a report or a contract is stored once, under the digest of its bytes, and named by one ledger entry
of kind `document`. Nothing is overwritten: what was said wrongly about a document is said again by a second
entry that gives the reason, and both stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from warehouse.ledger import Entry
from warehouse.store import Store, StoreRefusal

if TYPE_CHECKING:
    from warehouse.snapshots import Index

KIND = "document"
"""The kind of a document's ledger entry."""
KINDS: Mapping[str, str] = {
    "policy": "a rule the company has given itself",
    "procedure": "how something is done",
    "recovery_plan": "a disaster-recovery or continuity plan",
    "recovery_test": "the record of a test of that plan",
    "after_action_report": "what a test or an incident showed",
    "action_evidence": "what shows that a corrective action was done",
    "assurance_report": "a vendor's audit report or bridge letter",
    "attestation": "a vendor's or an employee's statement",
    "certificate": "a certificate with a last day",
    "questionnaire": "answers to our questions",
    "contract": "a contract or a part of one",
    "diagram": "how a system or a network is built",
    "screenshot": "what a system showed",
    "minutes": "what was decided in a meeting",
    "notebook": "an executed notebook: what it asked the warehouse, and what the warehouse said",
}
"""What a document can be, and what that word means here."""
ZIP = b"PK\x03\x04"
OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: Mapping[str, tuple[str, bytes | None]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": (f"{OFFICE}wordprocessingml.document", ZIP),
    ".xlsx": (f"{OFFICE}spreadsheetml.sheet", ZIP),
    ".pptx": (f"{OFFICE}presentationml.presentation", ZIP),
    ".odt": ("application/vnd.oasis.opendocument.text", ZIP),
    ".zip": ("application/zip", ZIP),
    ".svg": ("image/svg+xml", None),
    ".md": ("text/markdown", None),
    ".txt": ("text/plain", None),
    ".html": ("text/html", None),
    ".csv": ("text/csv", None),
    ".json": ("application/json", None),
    ".yaml": ("application/yaml", None),
    ".ipynb": ("application/x-ipynb+json", None),
    ".eml": ("message/rfc822", None),
}
"""Ending -> media type, and how such a file begins; null: it is text in UTF-8."""
LARGEST = 200 * 1024 * 1024
"""Bytes a document may have: it is held in memory while it is stored."""


class DocumentRefused(StoreRefusal):
    """What was offered cannot be stored as a document; nothing was written."""


@dataclass(frozen=True)
class Said:
    """What somebody says of a document who adds it."""

    kind: str
    title: str
    effective_on: date
    author: str
    approver: str
    expires_on: date | None = None


@dataclass(frozen=True)
class Document:
    """A stored document, as one ledger entry acknowledged it."""

    entry: int
    path: str
    sha256: str
    size: int
    media_type: str
    file_name: str
    said: Said
    added_at: datetime
    corrects: int | None
    """The ledger entry that said something else about the same bytes."""
    reason: str | None
    """Why that was wrong."""


def add(
    store: Store,
    index: Index,
    *,
    content: bytes,
    file_name: str,
    said: Said,
    at: datetime,
    run: str,
    version: str,
    correction: str | None = None,
) -> tuple[Document, bool]:
    """Store a document and return it, and whether anything was new.

    Adding it again with the same facts changes nothing. With other facts it is refused, unless `correction`
    says why what was said before is wrong. Raises DocumentRefused, and Altered where its stored bytes are
    no longer what they were.
    """
    media_type = media_type_of(content, file_name)
    _refuse_vague(said)
    index.refresh()
    sha256 = hashlib.sha256(content).hexdigest()
    before = standing(index.documents).get(sha256)
    path = store.put_document(content)
    if before is not None and before.said == said:
        return before, False
    if before is not None and not (correction or "").strip():
        raise DocumentRefused(
            f"{file_name}: the same bytes were added at {before.added_at.isoformat()} (ledger entry "
            f"{before.entry}) as {_differences(before.said, said)}. Nothing was recorded. If that was wrong, "
            "add it again with --correct and the reason; both entries stay."
        )
    body = {
        "sandbox": store.is_sandbox,
        "run": run,
        "version": version,
        "document": {
            "path": path,
            "sha256": sha256,
            "bytes": len(content),
            "media_type": media_type,
            "file_name": PurePath(file_name).name,
            "kind": said.kind,
            "title": said.title,
            "effective_on": said.effective_on.isoformat(),
            "expires_on": said.expires_on.isoformat() if said.expires_on else None,
            "author": said.author,
            "approver": said.approver,
            "corrects": before.entry if before else None,
            "reason": correction.strip() if before and correction else None,
        },
    }
    entry = store.ledger.append(KIND, body, at, {path: sha256})
    index.refresh()
    return document_of(entry), True


def media_type_of(content: bytes, file_name: str) -> str:
    """Return what kind of file it is, by its ending and its beginning. Raises DocumentRefused."""
    if not content:
        raise DocumentRefused(f"{file_name}: the file is empty. Nothing was stored.")
    if len(content) > LARGEST:
        raise DocumentRefused(
            f"{file_name}: it has {len(content):,} bytes, at most {LARGEST:,} can be stored. Split it, or "
            "add a smaller version. Nothing was stored."
        )
    ending = PurePath(file_name).suffix.lower()
    if ending not in MEDIA_TYPES:
        raise DocumentRefused(
            f"{file_name}: it ends in {ending or 'nothing'}, expected one of {', '.join(MEDIA_TYPES)}. "
            "Nothing was stored."
        )
    media_type, begins = MEDIA_TYPES[ending]
    if begins is not None and not content.startswith(begins):
        raise DocumentRefused(
            f"{file_name}: its bytes are no {media_type}, which its ending says. Name it for what it is, or "
            "export it anew. Nothing was stored."
        )
    if begins is None:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DocumentRefused(
                f"{file_name}: byte {error.start} is no UTF-8, expected {media_type}. Nothing was stored."
            ) from None
    return media_type


def _refuse_vague(said: Said) -> None:
    if said.kind not in KINDS:
        raise DocumentRefused(f"{said.kind!r} is no kind of document; there are {', '.join(KINDS)}.")
    if blank := [name for name in ("title", "author", "approver") if not getattr(said, name).strip()]:
        raise DocumentRefused(f"the document has no {' and no '.join(blank)}. Nothing was stored.")
    if said.expires_on is not None and said.expires_on < said.effective_on:
        raise DocumentRefused(
            f"it would expire on {said.expires_on} before it is effective on {said.effective_on}. Nothing "
            "was stored."
        )


def _differences(before: Said, now: Said) -> str:
    was, now_is = asdict(before), asdict(now)
    changed = [f"{name} {was[name]} (now: {now_is[name]})" for name in was if was[name] != now_is[name]]
    return ", ".join(changed)


def standing(documents: Iterable[Document], until: datetime | None = None) -> dict[str, Document]:
    """Return digest -> the document as what was said of it last, up to an instant."""
    return {doc.sha256: doc for doc in documents if until is None or doc.added_at < until}


def document_of(entry: Entry) -> Document:
    """Return the document an entry acknowledged. Raises KeyError, TypeError or ValueError."""
    body: dict[str, Any] = entry.body["document"]
    expires = body["expires_on"]
    return Document(
        entry=entry.number,
        path=body["path"],
        sha256=body["sha256"],
        size=body["bytes"],
        media_type=body["media_type"],
        file_name=body["file_name"],
        said=Said(
            kind=body["kind"],
            title=body["title"],
            effective_on=date.fromisoformat(body["effective_on"]),
            author=body["author"],
            approver=body["approver"],
            expires_on=date.fromisoformat(expires) if expires else None,
        ),
        added_at=entry.recorded_at,
        corrects=body["corrects"],
        reason=body["reason"],
    )
