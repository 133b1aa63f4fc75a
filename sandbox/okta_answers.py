"""How does Okta cut a listing into pages, and how does it say no?"""

from __future__ import annotations

import base64

from sandbox.okta_objects import Record


class OktaError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, summary: str) -> None:
        super().__init__(summary)
        self.status = status
        self.code = code
        self.summary = summary


def missing(what: str, kind: str) -> OktaError:
    """Return Okta's 404."""
    return OktaError(404, "E0000007", f"Not found: Resource not found: {what} ({kind})")


def invalid(what: str) -> OktaError:
    """Return Okta's 400."""
    return OktaError(400, "E0000001", f"Api validation failed: {what}")


def size(asked: str | None, default: int, most: int) -> int:
    """Return how many records a page has."""
    if asked is None:
        return default
    if not asked.isdecimal() or int(asked) == 0:
        raise invalid("limit")
    return min(int(asked), most)


def key_of(record: Record) -> str:
    """Return what a listing is ordered by: time and id of events, priority and id of rules, else the id."""
    if "published" in record:
        return f"{record['published']}/{record['uuid']}"
    return f"{record['priority']:09}/{record['id']}" if "priority" in record else str(record["id"])


def cursor(record: Record) -> str:
    """Return the opaque cursor that stands for all records after this one."""
    return base64.urlsafe_b64encode(key_of(record).encode()).decode().rstrip("=")


def behind(after: str) -> str:
    """Return the key of the last record that a cursor has behind it."""
    try:
        return base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise invalid("after") from error


def cut(records: list[Record], after: str | None, most: int) -> tuple[list[Record], str | None]:
    """Return one page of a listing, and the cursor of the next page if there is one."""
    rest = sorted(records, key=key_of)
    if after is not None:
        last = behind(after)
        rest = [record for record in rest if key_of(record) > last]
    page = rest[:most]
    return page, cursor(page[-1]) if len(rest) > most else None
