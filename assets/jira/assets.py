"""What is captured from Jira, and what does each column mean?

Issues are read as events, since they can be had later: Jira keeps every change, so that an issue can be told
as it stood when a day ended. The issues of a day are those something was done to in the 90 days before its
end, each with its whole history of statuses. They so hold every ticket that a change deployed on the day can
honestly rest on; no other day is needed to find it, and a day that was missed can be read late.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from assets.capture import Page, Reading, Row, Rows, captures, row
from assets.failures import PermanentFailure
from assets.jira.client import JiraClient
from warehouse.dataset import Column, Dataset, Kind, Privacy

KEPT_DAYS = 3650
"""Jira keeps issues and their changes until somebody deletes them."""
WORKED_ON = timedelta(days=90)
"""How long after something was done to it an issue is still read every day."""
ANY_ZONE = timedelta(days=2)
"""Dates in JQL are of the account's own time zone: more is asked for, and the rest left out here."""
MILLISECONDS = 10**11
"""A number beyond this is in milliseconds: seconds will not get there for three thousand years."""
CUSTOMER = "customer"
STATUS, RESOLUTION, ASSIGNEE = "status", "resolution", "assignee"
FIELDS = (
    "project",
    "issuetype",
    "priority",
    "labels",
    "created",
    "creator",
    "reporter",
    STATUS,
    RESOLUTION,
    ASSIGNEE,
)

ISSUE = Dataset(
    name="jira_issue",
    kind=Kind.EVENT,
    title="One row per issue something was done to in the 90 days up to the day's end, as it stood then",
    key=("issue_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("issue_id", "text", "The issue", source="id", required=True),
        Column("key", "text", "What people call it", source="key", required=True),
        Column("project_key", "text", "Its project", source="fields.project.key", required=True),
        Column("issue_type", "text", "Bug, Story, …, as read", source="fields.issuetype.name", required=True),
        Column(
            "is_subtask", "bool", "Whether it is part of another issue", source="fields.issuetype.subtask"
        ),
        Column("priority", "text", "Its priority, as read", source="fields.priority.name"),
        Column("labels", "text[]", "Its labels, as read", source="fields.labels"),
        Column("created_at", "timestamp", "When it was created", source="fields.created", required=True),
        Column("created_by", "text", "The account that created it", source="fields.creator.accountId"),
        Column("reporter_id", "text", "The account it was created for", source="fields.reporter.accountId"),
        Column(
            "status_id", "text", "Its status when the day ended", source="fields.status.id", required=True
        ),
        Column("status", "text", "Name of that status", source="fields.status.name"),
        Column(
            "status_category",
            "text",
            "What kind of status that is: new, indeterminate or done; null: the status is no more",
            source="fields.status.statusCategory.key",
        ),
        Column(
            "resolution_id",
            "text",
            "How it was resolved when the day ended; null: it was not",
            source="fields.resolution.id",
        ),
        Column(
            "assignee_id",
            "text",
            "The account it was assigned to when the day ended",
            source="fields.assignee.accountId",
        ),
        Column(
            "status_history",
            "json",
            "Every change of its status until then, oldest first: at, by, from, to, category (of to)",
            required=True,
        ),
        Column("last_done_at", "timestamp", "Its last recorded change, or its creation", required=True),
    ),
)

ISSUE_CHANGE = Dataset(
    name="jira_issue_change",
    kind=Kind.EVENT,
    title="One row per change of an issue's status, resolution, assignee or approval on the day",
    key=("change_id", "item"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("change_id", "text", "The change: what was changed at once", source="id", required=True),
        Column("item", "int", "Which field of it, counted from 0", source="item", required=True),
        Column("issue_id", "text", "The issue", source="issueId", required=True),
        Column("issue_key", "text", "What people call it, as read", required=True),
        Column("changed_at", "timestamp", "When", source="created", required=True),
        Column("changed_by", "text", "The account that did it; null: not told", source="author.accountId"),
        Column(
            "field",
            "text",
            "status, resolution, assignee, or the id of an approval field",
            source="change.fieldId",
            required=True,
        ),
        Column("from_id", "text", "Its value before; null: none", source="change.from"),
        Column("to_id", "text", "Its value after; null: none", source="change.to"),
        Column("from_name", "text", "Name of the status or resolution before", source="change.fromString"),
        Column("to_name", "text", "Name of the status or resolution after", source="change.toString"),
    ),
)

STATUS_STATE = Dataset(
    name="jira_status",
    kind=Kind.STATE,
    title="One row per status of a workflow, with the category that says whether work is done",
    key=("status_id",),
    columns=(
        Column("status_id", "text", "The status", source="id", required=True),
        Column("name", "text", "What people call it; several may share a name", source="name", required=True),
        Column(
            "category",
            "text",
            "new, indeterminate or done: what counts as done is told by this and by no name",
            source="statusCategory.key",
            required=True,
        ),
        Column("project_id", "text", "The project it is of; null: shared", source="scope.project.id"),
    ),
)

PROJECT = Dataset(
    name="jira_project",
    kind=Kind.STATE,
    title="One row per project our account may browse",
    key=("project_id",),
    columns=(
        Column("project_id", "text", "The project", source="id", required=True),
        Column("key", "text", "What its issues' keys begin with", source="key", required=True),
        Column("name", "text", "Its name", source="name"),
        Column("project_type", "text", "software, service_desk or business", source="projectTypeKey"),
        Column("style", "text", "classic (company-managed) or next-gen (team-managed)", source="style"),
        Column("is_private", "bool", "Whether only its members see it", source="isPrivate"),
        Column("is_collected", "bool", "Whether its issues are read", required=True),
    ),
)

USER = Dataset(
    name="jira_user",
    kind=Kind.STATE,
    title="One row per account that is no customer's, inactive ones included",
    key=("account_id",),
    columns=(
        Column(
            "account_id",
            "text",
            "The account, the same on every Atlassian site",
            source="accountId",
            required=True,
        ),
        Column("account_type", "text", "atlassian (a person) or app", source="accountType", required=True),
        Column("active", "bool", "Whether it can be signed in with", source="active", required=True),
        Column(
            "email",
            "text",
            "Work address; null: the account's owner hides it, or it is an app",
            source="emailAddress",
            privacy=Privacy.WORKFORCE,
        ),
    ),
)


@captures(ISSUE, ISSUE_CHANGE)
def jira_issue(client: JiraClient, reading: Reading) -> Mapping[str, Rows]:
    """Every issue worked on lately as the day left it, and every change of the day: who did it, and when."""
    since = reading.start - WORKED_ON
    condition = f'updated >= "{since - ANY_ZONE:%Y-%m-%d}" and created < "{reading.end + ANY_ZONE:%Y-%m-%d}"'
    categories = {}
    for page in client.statuses():
        reading.request(page.request)
        categories.update(
            {str(s.get("id")): (s.get("statusCategory") or {}).get("key") for s in page.records}
        )
    records = list(reading.records(client.issues(condition, FIELDS), ISSUE))
    keys = {str(record["id"]): str(record.get("key")) for record in records}
    wanted = (STATUS, RESOLUTION, ASSIGNEE, *client.approval_fields)
    changes = list(_changes(reading, client.changes(list(keys), wanted), keys))
    return {
        ISSUE.name: list(_issues(reading, records, changes, categories, since)),
        ISSUE_CHANGE.name: [change.row for change in changes if reading.start <= change.at < reading.end],
    }


@dataclass(frozen=True)
class Change:
    """One field of an issue, changed at one instant."""

    issue_id: str
    at: datetime
    field: str
    row: Mapping[str, Any]
    order: tuple[datetime, int, str, int]


def _changes(reading: Reading, pages: Iterable[Page], keys: Mapping[str, str]) -> Iterator[Change]:
    """Yield the changes of some issues, whenever they were made."""
    for record in reading.records(_by_the_clock(pages), ISSUE_CHANGE):
        if (issue_id := str(record.get("issueId"))) not in keys:
            raise PermanentFailure(
                f"jira {reading.instance}: it told changes of issue {issue_id}, which nobody asked about. "
                "Has the interface changed?"
            )
        found = row(ISSUE_CHANGE, record, issue_key=keys[issue_id])
        number = found["change_id"]
        order = (found["changed_at"], len(number), number, found["item"])
        yield Change(issue_id, found["changed_at"], found["field"], found, order)


def _by_the_clock(pages: Iterable[Page]) -> Iterator[Page]:
    """Yield pages of changes whose instants are text: Jira tells them as text or as a number."""
    for page in pages:
        yield replace(page, records=[{**r, "created": _moment(r.get("created"))} for r in page.records])


def _moment(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    seconds = value / 1000 if value > MILLISECONDS else value
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _issues(
    reading: Reading,
    records: Sequence[Mapping[str, Any]],
    changes: Iterable[Change],
    categories: Mapping[str, str | None],
    since: datetime,
) -> Iterator[Row]:
    """Yield the issues something was done to in time, as they stood when the day ended."""
    histories: dict[str, list[Change]] = {}
    for change in sorted(changes, key=lambda change: change.order):
        histories.setdefault(change.issue_id, []).append(change)
    for record in records:
        found = row(ISSUE, record, status_history="", last_done_at=None)
        history = histories.get(found["issue_id"], [])
        past = [change for change in history if change.at < reading.end]
        last = max([found["created_at"], *(change.at for change in past)])
        if found["created_at"] >= reading.end or last < since:
            continue
        status, name = _as_it_stood(history, reading.end, STATUS, (found["status_id"], found["status"]))
        yield {
            **found,
            "status_id": status,
            "status": name,
            "status_category": categories.get(str(status)),
            "resolution_id": _as_it_stood(history, reading.end, RESOLUTION, (found["resolution_id"], ""))[0],
            "assignee_id": _as_it_stood(history, reading.end, ASSIGNEE, (found["assignee_id"], ""))[0],
            "status_history": json.dumps(
                [
                    {
                        "at": change.at.astimezone(UTC).isoformat(),
                        "by": change.row["changed_by"],
                        "from": change.row["from_name"],
                        "to": change.row["to_name"],
                        "category": categories.get(str(change.row["to_id"])),
                    }
                    for change in past
                    if change.field == STATUS
                ],
                separators=(",", ":"),
                ensure_ascii=False,
            ),
            "last_done_at": last,
        }


def _as_it_stood(
    history: Sequence[Change], end: datetime, field: str, now: tuple[str | None, str | None]
) -> tuple[str | None, str | None]:
    """Return id and name of a field's value at an instant: its last change to, or the first since from."""
    mine = [change for change in history if change.field == field]
    before = [change.row for change in mine if change.at < end]
    since = [change.row for change in mine if change.at >= end]
    if before:
        return before[-1]["to_id"], before[-1]["to_name"]
    if since:
        return since[0]["from_id"], since[0]["from_name"]
    return now


@captures(STATUS_STATE, PROJECT, USER)
def jira_site(client: JiraClient, reading: Reading) -> Mapping[str, Rows]:
    """Every status with its category, every project and every account of the site."""
    return {
        STATUS_STATE.name: [row(STATUS_STATE, r) for r in reading.records(client.statuses(), STATUS_STATE)],
        PROJECT.name: [
            row(PROJECT, record, is_collected=record.get("key") in client.projects)
            for record in reading.records(client.all_projects(), PROJECT)
        ],
        USER.name: [row(USER, r) for r in reading.records(_workforce(reading, client.users()), USER)],
    }


def _workforce(reading: Reading, pages: Iterable[Page]) -> Iterator[Page]:
    """Yield pages without the accounts of customers, who are shoppers: nothing of them is kept."""
    for page in pages:
        kept = [record for record in page.records if record.get("accountType") != CUSTOMER]
        if left_out := len(page.records) - len(kept):
            reading.dropped[f"{USER.name}: accounts of customers"] += left_out
        yield replace(page, records=kept)
