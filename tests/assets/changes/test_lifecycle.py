"""Is every link of a deployed change the right one, by the right actor at the right instant?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assets.changes import LIFECYCLE, LIFECYCLES
from tests.assets.derivations import derived
from warehouse.store import conform, table_of

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PARAMETERS = {
    "ticket_types": ["Bug", "Hotfix"],
    "approved_statuses": ["Approved", "CAB approved"],
    "verified_statuses": ["Verified"],
}
READ = (("jira_issue", "acme", DAY),)
Rows = Sequence[Mapping[str, Any]]


def at(minutes: int) -> datetime:
    """Return an instant before or after noon."""
    return NOON + timedelta(minutes=minutes)


def step(minutes: int, by: str, to: str, category: str = "indeterminate") -> dict[str, str]:
    """Return an entry of a ticket's history."""
    return {"at": at(minutes).isoformat(), "by": by, "from": "?", "to": to, "category": category}


HISTORY = [
    step(-120, "ada", "In Progress"),
    step(-20, "head", "Approved"),
    step(15, "ada", "Verified", "done"),
]


def ticket(key: str = "SHOP-1", history: Rows = tuple(HISTORY), **other: Any) -> dict[str, Any]:
    """Return a ticket that was made the day before, with its history."""
    return {
        "issue_id": f"id of {key}",
        "key": key,
        "instance": "acme",
        "issue_type": "Bug",
        "created_at": at(-1440),
        "created_by": "bob",
        "status_history": json.dumps(list(history)),
        **other,
    }


def merged(**other: Any) -> dict[str, Any]:
    """Return the pull request by which commit c1 came."""
    return {
        "repository": "shop",
        "sha": "c1",
        "number": 7,
        "created_at": at(-60),
        "merged_at": at(-10),
        "author_login": "ada",
        "title_keys": ["SHOP-1"],
        **other,
    }


def lifecycle(*, read: Sequence[tuple[str, str, date]] = READ, **rows: Rows) -> list[dict[str, Any]]:
    """Return the chains of one deployment at noon that brought c1, but for what is given."""
    everything: dict[str, Rows] = {
        "github_deployment": [
            {
                "repository": "shop",
                "deployment_id": "51",
                "sha": "c1",
                "environment": "production",
                "is_production": True,
                "creator_login": "ada",
                "created_at": NOON,
            }
        ],
        "github_deployment_status": [
            {"repository": "shop", "deployment_id": "51", "state": "success", "created_at": at(6)}
        ],
        "github_deployment_commit": [{"repository": "shop", "deployment_id": "51", "sha": "c1"}],
        "github_commit": [
            {
                "repository": "shop",
                "sha": "c1",
                "author_login": "ada",
                "committed_at": at(-10),
                "title_keys": [],
            }
        ],
        "github_commit_pull_request": [merged()],
        "jira_issue": [ticket()],
    }
    found = derived(LIFECYCLES, "acme", PARAMETERS, read, **{**everything, **rows})
    conform(LIFECYCLE, table_of(LIFECYCLE, found))
    return found


def test_a_whole_chain_has_every_link_with_actor_and_instant() -> None:
    """From the ticket to who verified it; reviews and checks of a change that was merged days before too."""
    [row] = lifecycle(
        github_pull_request_before=[
            {
                "repository": "shop",
                "number": 7,
                "head_sha": "h1",
                "author_id": "1",
                "merged_by_login": "eve",
                "title_keys": ["SHOP-1"],
            }
        ],
        github_pr_review_before=[
            {
                "repository": "shop",
                "number": 7,
                "state": "APPROVED",
                "reviewer_id": "2",
                "reviewer_login": "bob",
                "submitted_at": at(-30),
            },
            {
                "repository": "shop",
                "number": 7,
                "state": "APPROVED",
                "reviewer_id": "1",
                "reviewer_login": "ada",
                "submitted_at": at(-25),
            },
            {
                "repository": "shop",
                "number": 7,
                "state": "COMMENTED",
                "reviewer_id": "3",
                "reviewer_login": "eve",
                "submitted_at": at(-20),
            },
        ],
        github_check_run_before=[
            {
                "repository": "shop",
                "head_sha": "h1",
                "name": "test",
                "check_run_id": "1",
                "conclusion": "failure",
                "started_at": at(-58),
                "completed_at": at(-57),
            },
            {
                "repository": "shop",
                "head_sha": "h1",
                "name": "test",
                "check_run_id": "2",
                "conclusion": "success",
                "started_at": at(-50),
                "completed_at": at(-49),
            },
            {
                "repository": "shop",
                "head_sha": "h1",
                "name": "lint",
                "check_run_id": "3",
                "conclusion": "timed_out",
                "started_at": at(-58),
                "completed_at": at(-55),
            },
        ],
    )

    assert {
        "deployment_key": "github:acme:shop/deployment/51",
        "repository": "shop",
        "environment": "production",
        "deployment_started_at": NOON,
        "deployment_started_by": "ada",
        "deployment_state": "success",
        "deployed_at": at(6),
        "sha": "c1",
        "change_key": "github:acme:shop@c1",
        "is_new": True,
        "committed_at": at(-10),
        "commit_author": "ada",
        "pull_request_key": "github:acme:shop#7",
        "pull_request_number": 7,
        "pull_request_author": "ada",
        "pull_request_created_at": at(-60),
        "merged_at": at(-10),
        "merged_by": "eve",
        "reviewed_at": at(-30),
        "reviewed_by": "bob",
        "checks": 2,
        "checks_failed": 1,
        "checked_at": at(-49),
        "ticket_keys": ["SHOP-1"],
        "ticket_key": "SHOP-1",
        "ticket_type": "Bug",
        "ticket_is_allowed": True,
        "ticket_created_at": at(-1440),
        "ticket_created_by": "bob",
        "approved_at": at(-20),
        "approved_by": "head",
        "verified_at": at(15),
        "verified_by": "ada",
        "verified_early_at": None,
        "tickets_read_until": datetime(2026, 3, 11, tzinfo=UTC),
    } == row


def test_a_deployment_that_no_ticket_and_no_pull_request_knows_has_its_row() -> None:
    """The population is what was deployed."""
    [row] = lifecycle(github_commit_pull_request=[], jira_issue=[])

    assert {"c1"} == {row["sha"]}
    assert [[], None, None, None, None, None] == [
        row[name]
        for name in (
            "ticket_keys",
            "ticket_key",
            "pull_request_key",
            "approved_at",
            "verified_at",
            "merged_at",
        )
    ]


def test_every_deployment_to_production_is_in_but_those_that_failed() -> None:
    """One of which nothing is said is in; one that ended after midnight is known by the day after."""
    deployments = [
        {
            "repository": "shop",
            "deployment_id": n,
            "sha": "c1",
            "environment": "production",
            "is_production": n != "60",
            "created_at": NOON,
        }
        for n in ("51", "52", "53", "54", "60")
    ]
    found = lifecycle(
        github_deployment=deployments,
        github_deployment_status=[
            {"repository": "shop", "deployment_id": "52", "state": "failure", "created_at": at(3)},
            {"repository": "shop", "deployment_id": "53", "state": "error", "created_at": at(3)},
            {"repository": "shop", "deployment_id": "54", "state": "in_progress", "created_at": at(3)},
        ],
        github_deployment_status_after=[
            {"repository": "shop", "deployment_id": "51", "state": "success", "created_at": at(730)},
            {"repository": "shop", "deployment_id": "53", "state": "success", "created_at": at(731)},
        ],
        github_deployment_commit=[],
    )

    assert [
        ("51", "success", at(730)),
        ("53", "success", at(731)),
        ("54", "unknown", None),
    ] == [(r["deployment_key"][-2:], r["deployment_state"], r["deployed_at"]) for r in found]
    assert {False} == {row["is_new"] for row in found}


@pytest.mark.parametrize(
    ("pulls", "number"),
    [
        ([merged(merged_at=None)], None),
        ([merged(merged_at=at(1))], None),
        ([merged(merged_at=at(0))], 7),
        ([merged(number=9, merged_at=at(-5)), merged(number=8, merged_at=at(-30))], 8),
        ([merged(sha="c2")], None),
        ([merged(repository="other")], None),
    ],
    ids=["unmerged", "merged after", "merged at that instant", "the first of two", "of another", "elsewhere"],
)
def test_the_pull_request_is_the_first_that_was_merged_before_the_deployment(
    pulls: Rows, number: int
) -> None:
    """What is merged later was not what was deployed."""
    [row] = lifecycle(github_commit_pull_request=pulls)

    assert number == row["pull_request_number"]


@pytest.mark.parametrize(
    ("history", "approved"),
    [
        ([step(-20, "a", "Approved"), step(-5, "b", "CAB approved")], (at(-5), "b")),
        ([step(-20, "a", "Approved"), step(5, "b", "Approved")], (at(-20), "a")),
        ([step(5, "a", "Approved"), step(9, "b", "Approved")], (at(5), "a")),
        ([step(0, "a", "Approved")], (at(0), "a")),
        ([step(-20, "a", "Approved"), step(-5, "b", "To Do", "new")], (None, None)),
        (
            [step(-20, "a", "Approved"), step(-15, "b", "To Do", "new"), step(-5, "c", "Approved")],
            (at(-5), "c"),
        ),
        (
            [step(-20, "a", "Approved"), step(-15, "b", "To Do", "new"), step(5, "c", "Approved")],
            (at(5), "c"),
        ),
        ([step(-20, "a", "Approved"), step(5, "b", "To Do", "new")], (at(-20), "a")),
        ([step(-20, "a", "Done", "done")], (None, None)),
        ([], (None, None)),
    ],
    ids=[
        "the last before",
        "before counts, not after",
        "the first after",
        "at the instant it began",
        "withdrawn",
        "withdrawn and given again",
        "withdrawn and given again too late",
        "withdrawn after the deployment",
        "another status",
        "never moved",
    ],
)
def test_the_approval_is_the_last_before_the_deployment_that_was_not_withdrawn(
    history: Rows, approved: tuple[datetime, str]
) -> None:
    """Else the first after it, so that it can be seen to be late."""
    [row] = lifecycle(jira_issue=[ticket(history=history)])

    assert approved == (row["approved_at"], row["approved_by"])


@pytest.mark.parametrize(
    ("history", "verified"),
    [
        ([step(15, "a", "Verified"), step(20, "b", "Verified")], (at(15), "a", None)),
        ([step(5, "a", "Verified")], (None, None, at(5))),
        ([step(5, "a", "Verified"), step(6, "b", "Verified")], (at(6), "b", at(5))),
        ([step(15, "a", "Done", "done")], (None, None, None)),
    ],
    ids=["the first after", "before it had ended", "again at the instant it ended", "another status"],
)
def test_a_verification_counts_from_when_the_deployment_had_ended(
    history: Rows, verified: tuple[datetime, str, datetime]
) -> None:
    """One before that is told apart."""
    [row] = lifecycle(jira_issue=[ticket(history=history)])

    assert verified == (row["verified_at"], row["verified_by"], row["verified_early_at"])


def test_tickets_of_the_day_after_tell_more_and_up_to_when() -> None:
    """The newer row of an issue counts; where one of two sites was not read again, only what both told."""
    later = ticket(history=[*HISTORY[:2], step(700, "eve", "Verified", "done")], day=date(2026, 3, 11))
    after = (("jira_issue", "acme", date(2026, 3, 11)),)
    unread = (("jira_issue", "other", DAY),)
    rows: dict[str, Rows] = {
        "jira_issue": [ticket(history=HISTORY[:2])],
        "jira_issue_after": [later],
    }
    [both] = lifecycle(read=READ + after, **rows)
    [one] = lifecycle(read=READ + after + unread, **rows)

    assert (at(700), "eve", datetime(2026, 3, 12, tzinfo=UTC)) == (
        both["verified_at"],
        both["verified_by"],
        both["tickets_read_until"],
    )
    assert datetime(2026, 3, 11, tzinfo=UTC) == one["tickets_read_until"]


@pytest.mark.parametrize(
    ("tickets", "key"),
    [
        ([ticket("SHOP-1", issue_type="Epic"), ticket("SHOP-2")], "SHOP-2"),
        ([ticket("SHOP-1", created_at=at(-30)), ticket("SHOP-2")], "SHOP-2"),
        ([ticket("SHOP-1", history=[]), ticket("SHOP-2")], "SHOP-2"),
        ([ticket("SHOP-2"), ticket("SHOP-1", created_at=at(-1000))], "SHOP-2"),
        ([ticket("SHOP-3")], None),
    ],
    ids=["of an allowed kind", "there before", "approved", "the first made", "not named"],
)
def test_of_several_tickets_the_one_it_can_rest_on_is_chosen(tickets: Rows, key: str) -> None:
    """Allowed, there first, approved, old, in this order; a key of no ticket is none."""
    [row] = lifecycle(
        github_commit_pull_request=[merged(title_keys=["SHOP-1"])],
        github_commit=[{"repository": "shop", "sha": "c1", "title_keys": ["SHOP-2"]}],
        jira_issue=tickets,
    )

    assert (key, ["SHOP-1", "SHOP-2"]) == (row["ticket_key"], row["ticket_keys"])
