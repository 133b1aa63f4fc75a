"""Is Jira read to its last page or refused, whatever happens on which page, and is a refusal explained?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.capture import Access
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.jira.client import JiraClient
from tests.assets.jira.conftest import EMAIL, NOW, TOKEN, Odd, change, issue, moved

if TYPE_CHECKING:
    from tests.assets.jira.conftest import Site

PAGES = 4


@pytest.fixture
def whole(site: Site) -> Site:
    """Return a site whose every listing has four pages of three."""
    site.issues = [issue(n) for n in range(12)]
    site.histories = [("0", change(n, "2026-03-10T09:00:00.000+0000", moved("1", "2"))) for n in range(12)]
    site.users = [{"accountId": f"a{n}", "accountType": "atlassian", "active": True} for n in range(12)]
    site.projects = [{"id": str(n), "key": key} for n, key in enumerate(["SHOP", *map(chr, range(65, 76))])]
    return site


def issues(client: JiraClient) -> list[str]:
    """Return the ids of all issues."""
    return [record["id"] for page in client.issues("updated >= x", ["status"]) for record in page.records]


def changes(client: JiraClient) -> list[str]:
    """Return the ids of all changes of issue 0."""
    return [record["id"] for page in client.changes(["0"], ["status"]) for record in page.records]


def users(client: JiraClient) -> list[str]:
    """Return the ids of all accounts, without their letter."""
    return [record["accountId"][1:] for page in client.users() for record in page.records]


def projects(client: JiraClient) -> list[str]:
    """Return the ids of all projects."""
    return [record["id"] for page in client.all_projects() for record in page.records]


EVERYTHING = [str(n) for n in range(12)]
LISTINGS: dict[str, tuple[str, Callable[[JiraClient], list[str]]]] = {
    "issues": ("jql", issues),
    "changes": ("bulkfetch", changes),
    "accounts": ("search", users),
    "projects": ("search", projects),
}
BY_TOKEN = ["issues", "changes"]
BY_POSITION = ["accounts", "projects"]


def refusal(read: Callable[[JiraClient], Any], client: JiraClient, kind: type[SourceFailure]) -> str:
    """Return why nothing was read; never a word of the credential."""
    with pytest.raises(kind) as caught:
        read(client)
    client.close()
    assert TOKEN not in str(caught.value)
    return str(caught.value)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 30), size=st.integers(1, 12))
@pytest.mark.parametrize("name", LISTINGS)
def test_every_record_comes_exactly_once_whatever_the_size_of_pages(
    site: Site, name: str, count: int, size: int
) -> None:
    """In the order listed, also where the last page is full and where there is nothing."""
    site.size = size
    site.issues = [issue(n) for n in range(count)]
    site.histories = [("0", change(n, "2026-03-10T09:00:00.000+0000", moved("1", "2"))) for n in range(count)]
    site.users = [{"accountId": f"a{n}"} for n in range(count)]
    site.projects = [{"id": str(n), "key": "SHOP"} for n in range(max(count, 1))]
    client = site.client()
    found = LISTINGS[name][1](client)
    client.close()

    assert [str(n) for n in range(max(count, 1) if name == "projects" else count)] == found


LIMITS = {
    "429 in seconds": (Odd(429, {"Retry-After": "7"}, b"{}"), 7.2),
    "429 until a date": (
        Odd(429, {"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, b"{}"),
        9.2,
    ),
    "429 without a word": (Odd(429, {}, b"{}"), 60.0),
    "503 with a time": (Odd(503, {"Retry-After": "3"}, b"{}"), 3.2),
}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", LISTINGS)
def test_a_limit_on_any_page_is_waited_for(whole: Site, name: str, limit: str, page: int) -> None:
    """Then the listing goes on where it was."""
    word, read = LISTINGS[name]
    odd, seconds = LIMITS[limit]
    whole.odd[word, page] = [odd]
    waits: list[float] = []
    client = whole.client(waits)
    found = read(client)
    client.close()

    assert EVERYTHING == found
    assert [seconds] == waits


TROUBLE = {
    "500": Odd(500, {}, b"{}"),
    "503": Odd(503, {}, b""),
    "reset": Odd(reset=True),
    "cut": Odd(cut=True),
    "half a JSON": Odd(body=b'{"issues": [{"id"'),
}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("what", TROUBLE)
@pytest.mark.parametrize("name", BY_TOKEN)
def test_trouble_that_passes_loses_nothing_and_trouble_that_lasts_is_no_end(
    whole: Site, name: str, what: str, page: int
) -> None:
    """The page is named, and that a retry may help."""
    word, read = LISTINGS[name]
    whole.odd[word, page] = [TROUBLE[what]] * 2
    client = whole.client()
    found = read(client)
    client.close()
    whole.odd[word, page] = [TROUBLE[what]] * 3

    assert EVERYTHING == found
    assert f"page {page} of " in (said := refusal(read, whole.client(), TransientFailure))
    assert said.endswith("Nothing was stored. A retry may help.")


@pytest.mark.parametrize("name", BY_TOKEN)
@pytest.mark.parametrize("page", range(1, PAGES))
def test_a_repeated_token_is_refused(whole: Site, name: str, page: int) -> None:
    """The listing would never end, or end where nobody knows."""
    whole.tokens = lambda begin: f"t{begin if begin < page * whole.size else 0 if page == 1 else whole.size}"
    said = refusal(LISTINGS[name][1], whole.client(), SourceFailure)

    assert "has the cursor of an earlier page" in said or "repeats 3 records" in said


@pytest.mark.parametrize("name", BY_TOKEN)
@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_row_inserted_in_front_while_listing_is_noticed(whole: Site, name: str, page: int) -> None:
    """It pushes a record onto a page not yet read, which then repeats it."""
    word, read = LISTINGS[name]

    def insert(asked: str, number: int) -> None:
        if (asked, number) == (word, page) and len(whole.issues) == 12:
            whole.issues.insert(0, issue(99))
            whole.histories.insert(0, ("0", change(99, "2026-03-10T09:00:00.000+0000", moved("1", "2"))))

    whole.before_page = insert

    assert f"page {page} of " in (said := refusal(read, whole.client(), TransientFailure))
    assert "repeats 1 records" in said


@pytest.mark.parametrize("name", BY_POSITION)
@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_row_deleted_while_listing_by_position_is_noticed(whole: Site, name: str, page: int) -> None:
    """Nothing repeats then, so such a listing is read twice."""
    _, read = LISTINGS[name]

    def delete(_: str, number: int) -> None:
        if number == page and len(whole.users) == 12:
            del whole.users[0]
            del whole.projects[1]

    whole.before_page = delete

    assert "named other records the second time" in refusal(read, whole.client(), TransientFailure)


def test_a_page_that_is_not_the_last_and_names_no_next_one_is_refused(whole: Site) -> None:
    """Half a listing must not pass for a whole one."""
    whole.size = 12
    whole.flags = lambda _: {"isLast": False}

    assert "is not the last and names no next one" in refusal(issues, whole.client(), PermanentFailure)


@pytest.mark.parametrize("flags", [{}, {"isLast": True}, {"isLast": None}])
def test_a_token_counts_whatever_else_is_said(whole: Site, flags: dict[str, Any]) -> None:
    """To ask once more than needed loses nothing."""
    whole.flags = lambda _: flags
    client = whole.client()
    found = issues(client)
    client.close()

    assert EVERYTHING == found


@pytest.mark.parametrize(
    ("count", "refused"), [(22, False), (23, True), (11, False), (0, False), (500, True)]
)
def test_the_rough_count_is_looked_at_for_plausibility_alone(
    whole: Site, count: int, *, refused: bool
) -> None:
    """It is approximate by its name: only a listing that is far too short is refused."""
    whole.count = count
    if refused:
        said = refusal(issues, whole.client(), TransientFailure)
        assert f"12 issues were listed, Jira counts about {count}" in said
    else:
        client = whole.client()
        assert EVERYTHING == issues(client)
        client.close()


def test_a_count_that_is_no_number_is_a_changed_interface(whole: Site) -> None:
    """So that it is never silently skipped."""
    whole.count = "many"

    assert "expected a number" in refusal(issues, whole.client(), PermanentFailure)


@pytest.mark.parametrize("body", [b"[]", b'{"issues": null}', b'{"total": 0}', b'{"issues": [1]}'])
def test_an_answer_without_a_list_of_issues_is_refused(whole: Site, body: bytes) -> None:
    """An empty list must never stand for what could not be read."""
    whole.odd["jql", 1] = [Odd(body=body)]

    assert "is no list of objects" in refusal(issues, whole.client(), PermanentFailure)


def test_a_record_without_its_id_is_refused(whole: Site) -> None:
    """Whether it repeats could not be told."""
    whole.issues[5] = {"key": "SHOP-5"}

    assert "has a record without id" in refusal(issues, whole.client(), PermanentFailure)


def test_changes_of_many_issues_are_asked_for_a_thousand_at_a_time(site: Site) -> None:
    """As many as Jira takes; of none nothing is asked."""
    client = site.client()
    found = [page for page in client.changes([str(n) for n in range(2001)], ["status"]) if page.records]
    nothing = list(client.changes([], ["status"]))
    client.close()

    assert ([], []) == (found, nothing)
    assert [1000, 1000, 1] == [len(asked["issueIdsOrKeys"]) for _, asked in site.asked]
    assert {("status",)} == {tuple(asked["fieldIds"]) for _, asked in site.asked}


def test_issues_are_asked_for_by_project_and_condition_with_their_fields(whole: Site) -> None:
    """Without the fields Jira would send ids alone."""
    client = whole.client(projects=("SHOP", "OPS"))
    found = list(client.issues('updated >= "2026-01-01"', ["status", "created"]))
    client.close()
    jql = 'project in ("SHOP", "OPS") and updated >= "2026-01-01"'
    first = {"jql": f"{jql} order by key asc", "fields": ["status", "created"], "maxResults": 100}

    assert [
        ("/rest/api/3/search/approximate-count", {"jql": jql}),
        ("/rest/api/3/search/jql", first),
        ("/rest/api/3/search/jql", {**first, "nextPageToken": "t3"}),
    ] == whole.asked[:3]
    assert ("r-1", NOW) == (found[0].request_id, found[0].server_date)


STATUSES = {
    400: "Does each configured project exist",
    401: "Issue a new token",
    403: "lacks a permission",
    404: "Is the base address that of the Jira Cloud site",
    410: "withdrawn this interface",
    302: "somewhere else now",
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_is_final_says_what_to_do_and_quotes_nothing(whole: Site, status: int) -> None:
    """Asked once; the body may name people."""
    body = b'{"errorMessages": ["somebody@acme.example"]}'
    whole.odd["jql", 1] = [Odd(status, {"Location": "https://elsewhere.example/"}, body)]
    said = refusal(issues, whole.client(), PermanentFailure)

    assert f"answered {status}" in said
    assert STATUSES[status] in said
    assert "somebody" not in said
    assert 2 == len(whole.asked)


def test_accounts_that_may_not_be_browsed_name_the_permission(whole: Site) -> None:
    """It is a global one, and not everybody's."""
    whole.odd["search", 1] = [Odd(403, {}, b"{}")]

    assert "Browse users and groups" in refusal(users, whole.client(), PermanentFailure)


def test_a_configured_project_that_is_not_listed_is_named(whole: Site) -> None:
    """Jira shows projects one may not browse to nobody, without a word."""
    client = whole.client(projects=("SHOP", "SECRET"))

    assert "project SECRET is configured" in refusal(projects, client, PermanentFailure)


def test_principal_is_the_account_that_the_site_says_we_are(site: Site) -> None:
    """By its name and opaque id."""
    client = site.client()
    found = client.principal()
    client.close()

    assert "Reader (a0)" == found


def test_access_tells_what_is_held_what_of_it_writes_and_what_lacks(site: Site) -> None:
    """Every permission that the site knows is asked about."""
    site.permissions = {
        "": ["BROWSE_PROJECTS", "EDIT_ISSUES", "VIEW_DEV_TOOLS"],
        "SHOP": ["BROWSE_PROJECTS"],
        "OPS": [],
    }
    client = site.client(projects=("SHOP", "OPS"))
    found = client.access()
    client.close()

    assert (
        Access(
            granted=("BROWSE_PROJECTS", "EDIT_ISSUES", "VIEW_DEV_TOOLS"),
            writing=("EDIT_ISSUES",),
            lacking=(
                "USER_PICKER: accounts cannot be read",
                "BROWSE_PROJECTS in OPS: its issues cannot be read",
            ),
        )
        == found
    )


def test_an_answer_about_other_permissions_is_refused(site: Site) -> None:
    """What was not answered must not read as not held."""
    site.permissions = {"": []}
    site.odd["mypermissions", 1] = [Odd(body=b'{"permissions": {}}')]

    assert "did not answer for every permission" in refusal(
        lambda client: client.access(), site.client(), PermanentFailure
    )


def test_no_repr_shows_the_credential(site: Site) -> None:
    """Neither the address nor the token."""
    shown = repr(site.client())

    assert (False, False) == (EMAIL in shown, TOKEN in shown)


@pytest.mark.parametrize(
    ("logs", "named"),
    [
        ([{"issueId": "0"}], "changeHistories"),
        ([{"issueId": "0", "changeHistories": [{"id": "1"}]}], "items"),
    ],
)
def test_a_change_without_its_lists_is_refused(whole: Site, logs: list[dict[str, Any]], named: str) -> None:
    """An absent list is no empty one."""
    whole.odd["bulkfetch", 1] = [Odd(body=json.dumps({"issueChangeLogs": logs}).encode())]

    said = refusal(changes, whole.client(), PermanentFailure)

    assert f"without its list of {named}. Has the interface changed?" in said
