"""Which of Jira's endpoints does the sandbox serve, and what does each answer at one instant?"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.changes import PROJECT, Changes, Ticket
from sandbox.company import Company
from sandbox.jira_objects import PROJECTS, READER, STATUSES, Objects, Record, issue_id

ZONE = timezone(timedelta(hours=1))
"""The reader's time zone, which dates in JQL are of."""
MOST_ISSUES = 100
MOST_CHANGES = 1000
MOST_LISTED = 100
PERMISSIONS = (
    "ADMINISTER",
    "ADMINISTER_PROJECTS",
    "BROWSE_PROJECTS",
    "BULK_CHANGE",
    "CREATE_ISSUES",
    "DELETE_ISSUES",
    "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "USER_PICKER",
    "VIEW_DEV_TOOLS",
)
HELD = ("BROWSE_PROJECTS", "USER_PICKER")
TERM = re.compile(
    r"project in \((?P<projects>[^)]*)\)"
    r'|(?P<field>updated|created) (?P<sign>>=|<) "(?P<day>\d{4}-\d\d-\d\d)"',
    re.IGNORECASE,
)


class JiraError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Api:
    """What the endpoints draw on."""

    collected = PROJECT

    def __init__(self, company: Company, changes: Changes, now: datetime, url: str = "") -> None:
        self.company = company
        self.now = now
        self.url = url
        self.tickets = changes.tickets

    @property
    def objects(self) -> Objects:
        """The records as they are now."""
        return Objects(self.company, self.now, self.url)

    def found(self, jql: Any) -> list[Ticket]:
        """Return the tickets that a search finds, in order of their keys."""
        if not isinstance(jql, str):
            raise JiraError(400, "The JQL query must be specified.")
        where, _, order = re.sub(r"\s+", " ", jql.strip()).partition(" order by ")
        if order not in ("", "key asc"):
            raise JiraError(400, f"Error in the JQL Query: '{order}' is not served here.")
        tests = [self._test(term) for term in where.split(" and ")]
        return [t for t in self.tickets if t.created <= self.now and all(test(t) for test in tests)]

    def _test(self, term: str) -> Callable[[Ticket], bool]:
        match = TERM.fullmatch(term)
        if match is None:
            raise JiraError(400, f"Error in the JQL Query: '{term}' is not understood.")
        if match["projects"] is not None:
            wanted = {name.strip().strip('"') for name in match["projects"].split(",")}
            for name in sorted(wanted - {key for key, _, _ in PROJECTS}):
                raise JiraError(400, f"The value '{name}' does not exist for the field 'project'.")
            return lambda _: PROJECT in wanted
        bound = datetime.fromisoformat(match["day"]).replace(tzinfo=ZONE)
        at = self.objects.updated if match["field"].lower() == "updated" else _created
        if match["sign"] == "<":
            return lambda ticket: at(ticket) < bound
        return lambda ticket: at(ticket) >= bound


def _created(ticket: Ticket) -> datetime:
    return ticket.created


def _token(position: int, asked: object) -> str:
    """Return the opaque token of the page that begins at a position of a listing."""
    return base64.urlsafe_b64encode(f"{position}.{_digest(asked)}".encode()).decode().rstrip("=")


def _digest(asked: object) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _position(token: Any, asked: object) -> int:
    """Return where a page begins. A token of another listing, or none of ours, is refused."""
    if token is None:
        return 0
    try:
        begin, _, digest = (
            base64.urlsafe_b64decode(str(token) + "=" * (-len(str(token)) % 4)).decode().partition(".")
        )
        position = int(begin)
    except ValueError:
        digest, position = "", 0
    if digest != _digest(asked):
        raise JiraError(400, "The provided next page token is invalid or has expired.")
    return position


def _size(asked: Any, default: int, most: int) -> int:
    if asked is None:
        return default
    if not str(asked).isdecimal():
        raise JiraError(400, "maxResults must be a number.")
    return min(int(asked), most)


def search(api: Api, body: Mapping[str, Any]) -> Record:
    """Answer POST /search/jql: pages by token, no total, ids alone where no fields are asked for."""
    found = api.found(body.get("jql"))
    asked = [body.get("jql"), body.get("fields")]
    begin = _position(body.get("nextPageToken"), asked)
    end = begin + _size(body.get("maxResults"), 50, MOST_ISSUES)
    answer: Record = {
        "issues": [api.objects.issue(ticket, body.get("fields") or []) for ticket in found[begin:end]],
        "isLast": end >= len(found),
    }
    return answer if end >= len(found) else {**answer, "nextPageToken": _token(end, asked)}


def count(api: Api, body: Mapping[str, Any]) -> Record:
    """Answer POST /search/approximate-count."""
    return {"count": len(api.found(body.get("jql")))}


def changes(api: Api, body: Mapping[str, Any]) -> Record:
    """Answer POST /changelog/bulkfetch: the changes of some issues, oldest first, in pages by token."""
    wanted, fields = body.get("issueIdsOrKeys"), body.get("fieldIds")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= 1000:
        raise JiraError(400, "issueIdsOrKeys must contain between 1 and 1000 values.")
    if fields is not None and len(fields) > 10:
        raise JiraError(400, "fieldIds must contain at most 10 values.")
    names = set(map(str, wanted))
    mine = [t for t in api.tickets if {issue_id(t), t.key} & names and t.created <= api.now]
    every = sorted(
        (
            (history["created"], issue_id(ticket), history["id"], history)
            for ticket in mine
            for history in api.objects.histories(ticket)
            if fields is None or {item["fieldId"] for item in history["items"]} & set(fields)
        ),
        key=lambda entry: entry[:3],
    )
    asked = [sorted(names), fields]
    begin = _position(body.get("nextPageToken"), asked)
    end = begin + _size(body.get("maxResults"), MOST_CHANGES, MOST_CHANGES)
    by_issue: dict[str, list[Record]] = {}
    for _, number, _, history in every[begin:end]:
        by_issue.setdefault(number, []).append(history)
    answer: Record = {
        "issueChangeLogs": [
            {"issueId": number, "changeHistories": histories} for number, histories in by_issue.items()
        ]
    }
    return answer if end >= len(every) else {**answer, "nextPageToken": _token(end, asked)}


def projects(api: Api, query: Mapping[str, str]) -> Record:
    """Answer GET /project/search: pages by position, with a total and whether it is the last."""
    every = api.objects.projects()
    begin, size = int(query.get("startAt", "0")), _size(query.get("maxResults"), 50, MOST_LISTED)
    return {
        "self": api.objects.link("project", "search"),
        "maxResults": size,
        "startAt": begin,
        "total": len(every),
        "isLast": begin + size >= len(every),
        "values": every[begin : begin + size],
    }


def users(api: Api, query: Mapping[str, str]) -> list[Record]:
    """Answer GET /users/search: pages by position; nothing says which is the last."""
    begin, size = int(query.get("startAt", "0")), _size(query.get("maxResults"), 50, MOST_LISTED)
    return list(api.objects.users())[begin : begin + size]


def statuses(api: Api, _: Mapping[str, str]) -> list[Record]:
    """Answer GET /status."""
    return [api.objects.status(name) for name in STATUSES]


def myself(api: Api, _: Mapping[str, str]) -> Record:
    """Answer GET /myself."""
    return api.objects.account(api.company.services[READER])


def permissions(_: Api, __: Mapping[str, str]) -> Record:
    """Answer GET /permissions: every permission there is."""
    return {"permissions": {name: _permission(name) for name in PERMISSIONS}}


def mine(_: Api, query: Mapping[str, str]) -> Record:
    """Answer GET /mypermissions: which of some permissions our account has."""
    asked = [name for name in query.get("permissions", "").split(",") if name]
    if not asked or not set(asked) <= set(PERMISSIONS):
        raise JiraError(400, "The permissions query parameter is required and must hold known keys.")
    if query.get("projectKey") not in (None, *(key for key, _, _ in PROJECTS)):
        raise JiraError(404, f"No project could be found with key '{query['projectKey']}'.")
    return {"permissions": {name: {**_permission(name), "havePermission": name in HELD} for name in asked}}


def _permission(name: str) -> Record:
    kind = "GLOBAL" if name in ("ADMINISTER", "BULK_CHANGE", "USER_PICKER") else "PROJECT"
    return {"key": name, "name": name.replace("_", " ").capitalize(), "type": kind, "description": ""}


def withdrawn(_: Api, __: Mapping[str, str]) -> Record:
    """Answer /search, which Jira has withdrawn."""
    raise JiraError(
        410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    )


@dataclass(frozen=True)
class Route:
    """One endpoint."""

    method: str
    path: str
    answer: Callable[[Api, Mapping[str, Any]], Any]
    """(this, the query of a GET or the body of a POST) -> the body of the answer."""


ROUTES = tuple(
    Route(method, "/rest/api/3/" + path, answer)
    for method, path, answer in (
        ("POST", "search/jql", search),
        ("POST", "search/approximate-count", count),
        ("POST", "changelog/bulkfetch", changes),
        ("GET", "project/search", projects),
        ("GET", "users/search", users),
        ("GET", "status", statuses),
        ("GET", "myself", myself),
        ("GET", "permissions", permissions),
        ("GET", "mypermissions", mine),
        ("GET", "search", withdrawn),
    )
)
