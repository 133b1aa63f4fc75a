"""How is a Jira Cloud site read completely: pages by token, limits, and what a refusal means?

Jira counts only roughly how many issues a search finds, and says so in the name of the endpoint: a listing
ends when Jira names no next page, and that count is looked at for plausibility alone.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from assets.capture import Access, Page
from assets.failures import PermanentFailure, TransientFailure
from assets.rest import Answer, Limit, Request, RestClient, get, retry_after

API = "/rest/api/3"
TOO_MANY, BUSY = 429, 503
A_PAGE = 100
"""Issues a page: Jira sends no more where fields are asked for."""
A_LISTING = 200
"""Accounts or projects a page."""
ISSUES_AT_ONCE = 1000
"""Issues whose changes Jira tells in one request, at most."""
NAMED = frozenset({"status", "resolution"})
"""Fields whose values are words of the workflow; of all others, such as people, the ids are kept alone."""
READING = frozenset(
    {
        "BROWSE_PROJECTS",
        "USER_PICKER",
        "VIEW_AGGREGATED_DATA",
        "VIEW_DEV_TOOLS",
        "VIEW_READONLY_WORKFLOW",
        "VIEW_VOTERS_AND_WATCHERS",
    }
)
"""Permissions that let nobody change anything; every other one counts as writing."""
NEEDED = {
    "BROWSE_PROJECTS": "issues and projects",
    "USER_PICKER": "accounts",
}
"""Permission -> what cannot be read without it."""
HINTS = (
    (r".*", 401, "The address or the API token is wrong, expired or revoked. Issue a new token."),
    (
        rf"{API}/users/search",
        403,
        "The account lacks the global permission Browse users and groups. Grant it.",
    ),
    (
        rf"{API}/(search/.*|changelog/.*)",
        400,
        "Does each configured project exist, and may the account browse it? Grant it Browse projects.",
    ),
    (r".*", 403, "The account lacks a permission. See SETUP.md for the two it needs."),
    (r".*", 404, "Is the base address that of the Jira Cloud site, without a path behind it?"),
    (r".*", 410, "Jira has withdrawn this interface."),
)
"""(path, status, what to do)."""


@dataclass
class JiraClient:
    """One Jira Cloud site, read with an account's address and API token. No repr shows the token."""

    instance: str
    base_url: str
    email: str = field(repr=False)
    token: str = field(repr=False)
    projects: tuple[str, ...]
    """Keys of the projects whose issues are read."""
    approval_fields: tuple[str, ...] = ()
    """Ids of custom fields whose changes are approvals."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    max_wait: float = 900.0
    _rest: RestClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pair = base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        self._rest = RestClient(
            "jira",
            self.instance,
            self.base_url,
            {"Authorization": f"Basic {pair}", "Accept": "application/json"},
            limited=limited,
            hint=hint,
            sleep=self.sleep,
            max_wait=self.max_wait,
        )

    def principal(self) -> str:
        """Return the account we are, as the site says. Anonymous readers are refused here."""
        record = self._rest.one(get(f"{API}/myself")).records[0]
        return f"{record.get('displayName')} ({record.get('accountId')})"

    def close(self) -> None:
        """Give the connection back."""
        self._rest.close()

    def access(self) -> Access:
        """Return the permissions our account has anywhere on the site, and those it lacks in a project."""
        known = self._rest.one(get(f"{API}/permissions")).records[0].get("permissions") or {}
        held = self._held(sorted(known))
        lacking = [f"{name}: {NEEDED[name]} cannot be read" for name in NEEDED if name not in held]
        lacking += [
            f"BROWSE_PROJECTS in {project}: its issues cannot be read"
            for project in self.projects
            if "BROWSE_PROJECTS" in held and not self._held(["BROWSE_PROJECTS"], project)
        ]
        return Access(tuple(held), tuple(name for name in held if name not in READING), tuple(lacking))

    def _held(self, names: Sequence[str], project: str | None = None) -> list[str]:
        path = get(f"{API}/mypermissions", permissions=",".join(names), projectKey=project)
        told = self._rest.one(path).records[0].get("permissions")
        if not isinstance(told, Mapping) or not told.keys() >= set(names):
            raise PermanentFailure(
                f"jira {self.instance}: {path.path} did not answer for every permission asked about. Has the "
                "interface changed?"
            )
        return sorted(name for name in names if told[name].get("havePermission") is True)

    def statuses(self) -> Iterator[Page]:
        """Yield every status with its category: one answer, which Jira does not page."""
        return self._listing(get(f"{API}/status"), lambda answer: answer.content, lambda _: None)

    def all_projects(self) -> Iterator[Page]:
        """Yield every project our account may browse. Refuses to be without a configured one."""
        seen: set[Any] = set()

        def following(answer: Answer) -> Request | None:
            if answer.content.get("isLast") is True:
                return None
            start = answer.content.get("startAt", 0) + len(answer.content["values"])
            return get(f"{API}/project/search", startAt=start, maxResults=A_LISTING, orderBy="key")

        first = get(f"{API}/project/search", startAt=0, maxResults=A_LISTING, orderBy="key")
        for page in self._listing(first, lambda answer: _list(answer, "values"), following, numbered=True):
            seen.update(record.get("key") for record in page.records)
            yield page
        if unseen := sorted(set(self.projects) - seen):
            raise PermanentFailure(
                f"jira {self.instance}: project {', '.join(unseen)} is configured and not among the projects "
                "this account may browse. Grant it Browse projects there, or mend evidence.yaml."
            )

    def users(self) -> Iterator[Page]:
        """Yield every account, inactive ones too. Jira names no last page: the first empty one is it."""

        def following(answer: Answer) -> Request | None:
            if not answer.content:
                return None
            at = int(httpx.URL(answer.request.path).params["startAt"]) + len(answer.content)
            return get(f"{API}/users/search", startAt=at, maxResults=A_LISTING)

        first = get(f"{API}/users/search", startAt=0, maxResults=A_LISTING)
        return self._listing(first, lambda answer: answer.content, following, numbered=True, key="accountId")

    def issues(self, condition: str, fields: Sequence[str]) -> Iterator[Page]:
        """Yield every issue of the configured projects that meets a condition in JQL, with some fields.

        The first page is the rough count, without records, so that the run header has its request too.
        """
        projects = ", ".join(f'"{key}"' for key in self.projects)
        jql = f"project in ({projects}) and {condition}"
        counted = self._rest.one(Request(f"{API}/search/approximate-count", {"jql": jql}))
        yield replace(counted, records=())
        body = {"jql": f"{jql} order by key asc", "fields": list(fields), "maxResults": A_PAGE}
        listed = 0
        for page in self._tokens(f"{API}/search/jql", body, lambda answer: _list(answer, "issues")):
            listed += len(page.records)
            yield page
        self._plausible(listed, counted.records[0].get("count"))

    def _plausible(self, listed: int, count: Any) -> None:
        """Refuse a listing that is far shorter than Jira's rough count of it."""
        if not isinstance(count, int):
            raise PermanentFailure(
                f"jira {self.instance}: the approximate count is a {type(count).__name__}, expected a number."
            )
        if count - listed > max(10, count // 10):
            raise TransientFailure(
                f"jira {self.instance}: {listed} issues were listed, Jira counts about {count}. The count is "
                "rough, but not that rough: its search index may be behind."
            )

    def changes(self, issue_ids: Sequence[str], fields: Sequence[str]) -> Iterator[Page]:
        """Yield every change of some fields of some issues; a record is one field changed at one instant.

        Jira may send everything that was changed at once. Fields not asked for may hold what people wrote, so
        they are left out here; `left_out` says how many a change had of them.
        """
        wanted = frozenset(fields)
        for begin in range(0, len(issue_ids), ISSUES_AT_ONCE):
            body = {
                "issueIdsOrKeys": list(issue_ids[begin : begin + ISSUES_AT_ONCE]),
                "fieldIds": sorted(wanted),
                "maxResults": ISSUES_AT_ONCE,
            }
            yield from self._tokens(
                f"{API}/changelog/bulkfetch",
                body,
                lambda answer: _changes(answer, wanted),
                key=lambda record: (record["id"], record["item"]),
            )

    def _tokens(
        self,
        path: str,
        body: Mapping[str, Any],
        records: Callable[[Answer], Sequence[Mapping[str, Any]]],
        key: str | Callable[[Mapping[str, Any]], object] = "id",
    ) -> Iterator[Page]:
        """Yield the pages of a listing whose answers name the next by an opaque token."""

        def following(answer: Answer) -> Request | None:
            token, last = answer.content.get("nextPageToken"), answer.content.get("isLast")
            if token is None and last is False:
                raise PermanentFailure(
                    f"jira {self.instance}: a page of {path} is not the last and names no next one. Has the "
                    "interface changed?"
                )
            # A token counts whatever isLast says: to ask once more than needed loses nothing.
            return Request(path, {**body, "nextPageToken": token}) if token else None

        return self._listing(Request(path, body), records, following, key=key)

    def _listing(
        self,
        first: Request,
        records: Callable[[Answer], Sequence[Mapping[str, Any]]],
        following: Callable[[Answer], Request | None],
        *,
        numbered: bool = False,
        key: str | Callable[[Mapping[str, Any]], object] = "id",
    ) -> Iterator[Page]:
        def identity(record: Mapping[str, Any]) -> object:
            found = record.get(key) if isinstance(key, str) else key(record)
            if found is None:
                raise PermanentFailure(
                    f"jira {self.instance}: {first.path} has a record without {key}. Has the interface "
                    "changed?"
                )
            return found

        return self._rest.pages(first, records=records, following=following, key=identity, numbered=numbered)


def limited(response: httpx.Response) -> Limit | None:
    """Return how long to wait where Jira limits us: 429, and 503 where it names a time."""
    if response.status_code == TOO_MANY or (
        response.status_code == BUSY and "Retry-After" in response.headers
    ):
        return Limit(retry_after(response.headers))
    return None


def hint(path: str, status: int) -> str:
    """Return what to do about a refusal."""
    return next((what for form, code, what in HINTS if code == status and re.fullmatch(form, path)), "")


def _list(answer: Answer, name: str) -> Any:
    """Return the list in an answer that is an object; what is none is refused as no list."""
    return answer.content.get(name) if isinstance(answer.content, Mapping) else None


def _changes(answer: Answer, wanted: frozenset[str]) -> Any:
    """Return a record for each changed field of each change of each issue."""
    issues = _list(answer, "issueChangeLogs")
    if not isinstance(issues, list):
        return None
    found = []
    for issue in issues:
        for change in _inner(issue, "changeHistories"):
            items = _inner(change, "items")
            kept = [(n, item) for n, item in enumerate(items) if item.get("fieldId") in wanted]
            found += [
                {
                    "issueId": issue.get("issueId"),
                    **{name: value for name, value in change.items() if name != "items"},
                    "item": n,
                    "change": item if item["fieldId"] in NAMED else _unnamed(item),
                    **({"left_out": len(items) - len(kept)} if len(items) > len(kept) else {}),
                }
                for n, item in kept
            ]
    return found


def _inner(found: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list inside a record. Where it is absent nobody has said that there is none."""
    if not isinstance(found.get(name), list):
        raise PermanentFailure(f"jira: a change came without its list of {name}. Has the interface changed?")
    return list(found[name])


def _unnamed(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in item.items() if name not in {"fromString", "toString"}}
