"""Is an issue told as the day left it, whenever it is read, and does every change belong to one day?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from assets.capture import Reading, day_window
from assets.failures import PermanentFailure
from assets.jira.assets import ISSUE, ISSUE_CHANGE, PROJECT, STATUS_STATE, USER, jira_issue, jira_site
from tests.assets.jira.conftest import DAY, change, issue, moved
from warehouse.store import conform, table_of

if TYPE_CHECKING:
    from assets.capture import Recipe
    from tests.assets.jira.conftest import Site

NAMES = {"1": ("To Do", "new"), "2": ("In Progress", "indeterminate"), "3": ("Live", "done")}


def read(site: Site, recipe: Recipe, reading: Reading, **settings: Any) -> dict[str, list[dict[str, Any]]]:
    """Return dataset -> rows, each seen to fit its declaration."""
    site.statuses = [
        {"id": number, "name": name, "statusCategory": {"key": category}}
        for number, (name, category) in NAMES.items()
    ]
    client = site.client(**settings)
    try:
        filled: Any = recipe.read(client, reading)
    finally:
        client.close()
    return {
        dataset.name: conform(dataset, table_of(dataset, list(filled[dataset.name]))).to_pylist()
        for dataset in recipe.datasets
    }


def status(number: str) -> dict[str, Any]:
    """Return a status as an issue shows it."""
    name, category = NAMES[number]
    return {"status": {"id": number, "name": name, "statusCategory": {"key": category}}}


def test_an_issue_is_told_as_it_stood_when_the_day_ended(site: Site, reading: Reading) -> None:
    """What happened to it since is undone; its history until then is whole and in order."""
    site.issues = [
        issue(
            7,
            created="2026-03-01T10:00:00.000+0100",
            creator={"accountId": "c"},
            reporter={"accountId": "r"},
            assignee={"accountId": "late"},
            resolution={"id": "9", "name": "Won't do"},
            labels=["b", "a"],
            **status("3"),
        )
    ]
    resolved = {"fieldId": "resolution", "to": "9", "toString": "Won't do"}
    handed_over = {"fieldId": "assignee", "from": "early", "fromString": "E.", "to": "late", "toString": "L."}
    site.histories = [
        ("7", change(20, "2026-03-10T23:59:59.999+0000", moved("1", "2"), by="a2")),
        ("7", change(3, "2026-03-02T08:00:00.000+0000", moved("2", "1"), by="a1")),
        ("7", change(21, "2026-03-11T00:00:00.000+0000", moved("2", "3"), resolved, by="a3")),
        ("7", change(22, "2026-03-11T00:10:00.000+0000", handed_over, by="a3")),
        ("7", change(2, "2026-03-01T12:00:00.000+0000", moved("1", "2"), by="a1")),
    ]
    filled = read(site, jira_issue, reading)

    assert [
        {
            "issue_id": "7",
            "key": "SHOP-7",
            "project_key": "SHOP",
            "issue_type": "Bug",
            "is_subtask": False,
            "priority": "Medium",
            "labels": ["b", "a"],
            "created_at": datetime(2026, 3, 1, 9, tzinfo=UTC),
            "created_by": "c",
            "reporter_id": "r",
            "status_id": "2",
            "status": "status 2",
            "status_category": "indeterminate",
            "resolution_id": None,
            "assignee_id": "early",
            "status_history": json.dumps(
                [
                    {"at": "2026-03-01T12:00:00+00:00", "by": "a1", "from": "status 1", "to": "status 2",
                     "category": "indeterminate"},
                    {"at": "2026-03-02T08:00:00+00:00", "by": "a1", "from": "status 2", "to": "status 1",
                     "category": "new"},
                    {"at": "2026-03-10T23:59:59.999000+00:00", "by": "a2", "from": "status 1",
                     "to": "status 2", "category": "indeterminate"},
                ],
                separators=(",", ":"),
            ),
            "last_done_at": datetime(2026, 3, 10, 23, 59, 59, 999000, tzinfo=UTC),
        }
    ] == filled[ISSUE.name]  # fmt: skip
    assert ["20"] == [row["change_id"] for row in filled[ISSUE_CHANGE.name]]


def test_reading_a_day_again_later_brings_the_same(site: Site) -> None:
    """So that two reads agree although the issue has moved on, and a day that was missed can be had."""
    site.issues = [issue(7, **status("1"))]
    first = read(site, jira_issue, Reading(DAY, "acme", *day_window(DAY), hmac=str))
    site.issues = [issue(7, **status("3")), issue(8, created="2026-03-11T09:00:00.000+0000")]
    site.histories = [
        ("7", change(30, "2026-03-12T09:00:00.000+0000", {**moved("1", "3"), "fromString": "To Do"}))
    ]
    again = read(site, jira_issue, Reading(DAY, "acme", *day_window(DAY), hmac=str))

    assert first == again
    assert ["1"] == [row["status_id"] for row in again[ISSUE.name]]


@pytest.mark.parametrize(
    ("created", "touched", "kept"),
    [
        ("2026-03-10T23:59:59.999+0000", None, True),
        ("2026-03-11T00:00:00.000+0000", None, False),
        ("2025-12-10T00:00:00.000+0000", None, True),
        ("2025-12-09T23:59:59.000+0000", None, False),
        ("2025-01-01T00:00:00.000+0000", "2025-12-10T00:00:00.000+0000", True),
        ("2025-01-01T00:00:00.000+0000", "2025-12-09T23:59:59.000+0000", False),
        ("2025-01-01T00:00:00.000+0000", "2026-03-11T00:00:00.000+0000", False),
    ],
)
def test_issues_of_a_day_are_those_something_was_done_to_in_ninety_days(
    site: Site, reading: Reading, created: str, touched: str | None, *, kept: bool
) -> None:
    """Bounds in UTC, the first instant in and the last one out; what comes later changes nothing."""
    site.issues = [issue(7, created=created)]
    site.histories = [("7", change(1, touched, moved("1", "1")))] if touched else []

    assert kept == bool(read(site, jira_issue, reading)[ISSUE.name])


def test_more_is_asked_for_than_is_kept_since_dates_in_jql_are_of_some_time_zone(
    site: Site, reading: Reading
) -> None:
    """Two days on either side are enough for any."""
    read(site, jira_issue, reading)
    jql = next(asked["jql"] for path, asked in site.asked if path.endswith("/search/jql"))

    assert (
        'project in ("SHOP") and updated >= "2025-12-08" and created < "2026-03-13" order by key asc' == jql
    )


@pytest.mark.parametrize(
    "at",
    ["2026-03-10T09:00:00.000+0000", "2026-03-10T10:00:00+01:00", 1773133200, 1773133200000],
    ids=["Jira's text", "text", "seconds", "milliseconds"],
)
def test_instants_of_changes_come_as_text_or_as_a_number(site: Site, reading: Reading, at: Any) -> None:
    """Jira's description says the one, its examples show the other."""
    site.issues = [issue(7)]
    site.histories = [("7", change(1, at, moved("1", "2")))]
    [row] = read(site, jira_issue, reading)[ISSUE_CHANGE.name]

    assert datetime(2026, 3, 10, 9, tzinfo=UTC) == row["changed_at"]


def test_only_fields_that_are_asked_for_are_kept_of_a_change(site: Site, reading: Reading) -> None:
    """Ids of people and approvals, names of statuses; of all others how many, and no word."""
    site.issues = [issue(7)]
    site.histories = [
        (
            "7",
            change(
                1,
                "2026-03-10T09:00:00.000+0000",
                {"fieldId": "description", "fromString": "secret", "toString": "more"},
                moved("1", "2"),
                {"fieldId": "assignee", "from": None, "to": "a9", "toString": "Ada"},
                {"fieldId": "customfield_1", "from": "", "to": "a8", "toString": "Head"},
            ),
        )
    ]
    filled = read(site, jira_issue, reading, approval_fields=("customfield_1",))
    asked = next(asked for path, asked in site.asked if path.endswith("bulkfetch"))

    assert [
        (1, "status", "1", "2", "status 1", "status 2"),
        (2, "assignee", None, "a9", None, None),
        (3, "customfield_1", "", "a8", None, None),
    ] == [
        tuple(row[name] for name in ("item", "field", "from_id", "to_id", "from_name", "to_name"))
        for row in filled[ISSUE_CHANGE.name]
    ]
    assert ["assignee", "customfield_1", "resolution", "status"] == asked["fieldIds"]
    assert 3 == reading.dropped["jira_issue_change: left_out"]
    assert "secret" not in json.dumps(reading.pages)


def test_changes_of_an_issue_nobody_asked_about_are_a_changed_interface(site: Site, reading: Reading) -> None:
    """They could belong to another project."""
    site.issues = [issue(7)]
    site.histories = [("7", change(1, "2026-03-10T09:00:00.000+0000", moved("1", "2")))]
    site.changelog = lambda _: {  # type: ignore[method-assign]
        "issueChangeLogs": [{"issueId": "8", "changeHistories": [site.histories[0][1]]}]
    }

    with pytest.raises(PermanentFailure, match="changes of issue 8, which nobody asked about"):
        read(site, jira_issue, reading)


def test_a_project_without_issues_is_an_empty_day(site: Site, reading: Reading) -> None:
    """Nothing is asked about the changes of none."""
    assert {ISSUE.name: [], ISSUE_CHANGE.name: []} == read(site, jira_issue, reading)
    assert not any(path.endswith("bulkfetch") for path, _ in site.asked)


def test_done_is_a_category_and_never_a_name(site: Site, reading: Reading) -> None:
    """A status called Live is done, one that is no more has no category."""
    site.issues = [
        issue(7, **status("3")),
        issue(8, status={"id": "99", "name": "Done", "statusCategory": {"key": "done"}}),
    ]
    filled = read(site, jira_issue, reading)

    assert [("Live", "done"), ("Done", None)] == [
        (row["status"], row["status_category"]) for row in filled[ISSUE.name]
    ]


def test_statuses_projects_and_accounts_are_read_together(site: Site, reading: Reading) -> None:
    """Customers are shoppers: their accounts are counted and not kept."""
    site.projects = [{"id": "1", "key": "SHOP", "name": "Shop"}, {"id": "2", "key": "OPS", "isPrivate": True}]
    site.users = [
        {"accountId": "a1", "accountType": "atlassian", "active": True, "emailAddress": "ada@acme.example"},
        {"accountId": "a2", "accountType": "atlassian", "active": False},
        {"accountId": "a3", "accountType": "app", "active": True},
        {"accountId": "a4", "accountType": "customer", "active": True, "emailAddress": "shopper@x.example"},
    ]
    filled = read(site, jira_site, reading)

    assert [("1", "To Do", "new"), ("2", "In Progress", "indeterminate"), ("3", "Live", "done")] == [
        (row["status_id"], row["name"], row["category"]) for row in filled[STATUS_STATE.name]
    ]
    assert [("SHOP", True), ("OPS", False)] == [
        (row["key"], row["is_collected"])
        for row in sorted(filled[PROJECT.name], key=lambda r: r["project_id"])
    ]
    assert [
        ("a1", "atlassian", True, "ada@acme.example"),
        ("a2", "atlassian", False, None),
        ("a3", "app", True, None),
    ] == [tuple(row.values()) for row in filled[USER.name]]
    assert 1 == reading.dropped["jira_user: accounts of customers"]
    assert "shopper" not in json.dumps(reading.pages)


def test_a_status_without_a_category_is_a_changed_interface(site: Site, reading: Reading) -> None:
    """Whether work is done could not be told."""
    site.statuses = [{"id": "1", "name": "Done"}]
    client = site.client()
    with pytest.raises(PermanentFailure, match=r"jira_status\.category: the source sent no"):
        jira_site.read(client, reading)
    client.close()
