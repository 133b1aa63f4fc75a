"""Do the company's documents lie there from their day on, and is each the kind of file its name says?"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from sandbox.documents import LISTED, DocumentsPart, documents
from sandbox.faults import Faults
from sandbox.paper import digest, pdf
from sandbox.part import instant
from warehouse.documents import Said, media_type_of

NOON = instant(date(2026, 3, 26), 12)


def names(folder: Path) -> set[str]:
    """Return the documents that lie in a folder; its list names exactly those."""
    listed = {item["file"] for item in json.loads((folder / LISTED).read_text(encoding="utf-8"))}
    assert listed == {path.name for path in folder.iterdir()} - {LISTED}
    return listed


def test_a_document_lies_there_from_its_day_on(faults: Faults) -> None:
    """The same whether the company started or moved there; a new report and plan come when they come."""
    part = DocumentsPart(faults, NOON - timedelta(days=25))
    try:
        folder = Path(part.start()["folder"])
        first = names(folder)
        part.advance(NOON)
        last = names(folder)
        later = DocumentsPart(faults, NOON)
        assert last == names(Path(later.start()["folder"]))
        later.stop()
    finally:
        part.stop()

    assert {"github-renewed.pdf", "recovery-plan-2026.1.pdf", "DRA-1.pdf", "DR-2026-1.pdf"} == last - first
    assert first < last
    assert not folder.exists()


@pytest.mark.parametrize("named", ["planted", "none"])
def test_every_document_can_be_added_as_what_it_says(faults: Faults, named: str) -> None:
    """Each with a name, a kind and bytes of its own."""
    found = list(documents(faults if named == "planted" else Faults()))

    assert len(found) == len({filed.name for filed in found}) == len({digest(f.content) for f in found})
    for filed in found:
        assert "application/pdf" == media_type_of(filed.content, filed.name)
        assert filed.expires_on is None or filed.expires_on >= filed.effective_on
        assert set(filed.said()) - {"file"} == set(Said.__dataclass_fields__)


def test_a_page_is_a_whole_pdf() -> None:
    """Its table points to where its objects are."""
    content = pdf("A (title)", ["one", "two"])
    table = content[content.index(b"xref\n0 6") :].splitlines()[3:8]

    assert content.startswith(b"%PDF-1.4")
    assert content.endswith(b"%%EOF\n")
    assert [f"{n} 0 obj".encode() for n in range(1, 6)] == [
        content[int(line[:10]) :].partition(b"\n")[0] for line in table
    ]
    assert rb"A \(title\)" in content
