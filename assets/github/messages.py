"""Which tickets and which co-authors do titles, branches and commit messages name? The texts are not kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

KEY = re.compile(r"(?<![A-Za-z0-9_])([A-Z][A-Z0-9_]+-[1-9][0-9]*)(?![A-Za-z0-9_])")
"""A ticket's key, as Jira writes it. Whether there is such a ticket, the ticket system tells."""
TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: .+")
CO_AUTHOR = re.compile(r"co-authored-by:[^<]*<([^<>\s]+)>\s*", re.IGNORECASE)


def keys_of(
    *, titles: Iterable[str] = (), branches: Iterable[str] = (), messages: Iterable[str] = ()
) -> list[str]:
    """Return the ticket keys in titles, branches (in whatever case) and messages, sorted.

    Of a message the first line and the trailers count: what is between may mention any ticket.
    """
    texts = [*titles, *(branch.upper() for branch in branches)]
    for message in messages:
        first, *others = message.splitlines() or [""]
        texts += [first, *filter(TRAILER.fullmatch, others)]
    return sorted({key for text in texts for key in KEY.findall(text)})


def co_authors_of(message: str) -> list[str]:
    """Return the addresses in Co-authored-by trailers, in lower case, sorted."""
    found = (CO_AUTHOR.fullmatch(line) for line in message.splitlines())
    return sorted({match[1].lower() for match in found if match})
