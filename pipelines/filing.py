"""How does a document get from somebody's folder into the evidence home?"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pipelines.session import Session, product_version
from warehouse.documents import Document, DocumentRefused, Said, add

LISTED = "documents.json"
"""The list in a folder of documents: of each, its file and what is said of it."""


def file_document(
    session: Session, path: Path, said: Said, correction: str | None = None
) -> tuple[Document, bool]:
    """Store a file as a document and return it, and whether anything was new.

    Raises DocumentRefused where the file cannot be read or is no evidence.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DocumentRefused(f"{path}: it cannot be read ({error.strerror}). Nothing was stored.") from error
    return add(
        session.store,
        session.index,
        content=content,
        file_name=path.name,
        said=said,
        at=session.clock.now(),
        run=session.run,
        version=product_version(),
        correction=correction,
    )


def file_folder(session: Session, folder: Path) -> list[Document]:
    """Store every document that a folder lists, and return those that were new."""
    found = []
    for item in json.loads((folder / LISTED).read_text(encoding="utf-8")):
        said = Said(
            kind=item["kind"],
            title=item["title"],
            effective_on=date.fromisoformat(item["effective_on"]),
            author=item["author"],
            approver=item["approver"],
            expires_on=date.fromisoformat(item["expires_on"]) if item["expires_on"] else None,
        )
        document, new = file_document(session, folder / item["file"], said)
        if new:
            found.append(document)
    return found
