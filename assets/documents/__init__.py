"""Which documents are there on a day, what do they say they are, and is each still what was added?

Collected: nothing from any source; computed from the ledger's document entries, every stored file re-hashed.
Never: what stands in a document. People add them with `evidence add`; registers cite them by their digest,
and controls judge what a cited one is. Scopes: none. How to keep documents: SETUP.md beside this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from assets.capture import day_window
from warehouse.dataset import Column, Dataset, Kind, Privacy
from warehouse.documents import standing
from warehouse.snapshots import Index
from warehouse.store import Store, digest_of

FILE = Dataset(
    name="document_file",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per document that had been added by the end of the day",
    key=("document_sha256",),
    columns=(
        Column("document_sha256", "text", "Digest of its bytes, by which registers cite it", required=True),
        Column("kind", "text", "What it is: policy, assurance_report, contract, …", required=True),
        Column("title", "text", "What it is called", required=True),
        Column("file_name", "text", "The name it was added under", required=True),
        Column("media_type", "text", "What kind of file it is", required=True),
        Column("bytes", "int", "Size when it was added", unit="bytes", required=True),
        Column("effective_on", "date", "First day it counts, as said when it was added", required=True),
        Column("expires_on", "date", "Last day it counts; null: no last day"),
        Column("author", "text", "Who wrote it", required=True, privacy=Privacy.WORKFORCE),
        Column("approver", "text", "Who approved it", required=True, privacy=Privacy.WORKFORCE),
        Column("added_at", "timestamp", "When this was said of it", required=True),
        Column("ledger_entry", "int", "The ledger entry that says so", required=True),
        Column("corrects_entry", "int", "The entry that said something else before; null: none"),
        Column("correction_reason", "text", "Why that was wrong"),
        Column("intact", "bool", "Whether the stored bytes are still those of the digest", required=True),
    ),
    may_be_empty=True,
)


def files(store: Store, index: Index, day: date) -> Iterator[dict[str, Any]]:
    """Yield the rows of document_file: what was added before the day's end, its bytes hashed now."""
    _, end = day_window(day)
    for document in standing(index.documents, end).values():
        file = store.home.path / document.path
        yield {
            "document_sha256": document.sha256,
            "kind": document.said.kind,
            "title": document.said.title,
            "file_name": document.file_name,
            "media_type": document.media_type,
            "bytes": document.size,
            "effective_on": document.said.effective_on,
            "expires_on": document.said.expires_on,
            "author": document.said.author,
            "approver": document.said.approver,
            "added_at": document.added_at,
            "ledger_entry": document.entry,
            "corrects_entry": document.corrects,
            "correction_reason": document.reason,
            "intact": file.is_file() and not file.is_symlink() and digest_of(file) == document.sha256,
        }
