"""What do the company's documents look like? Small PDF files, the same for the same words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """Return one page with a title and some lines of text."""
    shown = "".join(f"0 -18 Td ({_escaped(line)}) Tj " for line in lines)
    text = f"BT /F1 16 Tf 72 760 Td ({_escaped(title)}) Tj /F1 11 Tf {shown}ET"
    box = "/MediaBox [0 0 595 842]"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {box} /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body = "%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode("ascii")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def digest(content: bytes) -> str:
    """Return the SHA-256 of a document's bytes, as a register cites it."""
    return hashlib.sha256(content).hexdigest()
