"""Does a listing of GitHub's end only when GitHub says so, and is each of its limits waited for?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.capture import Access
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.github.client import GithubClient
from assets.rest import Refused
from tests.assets.github.conftest import NOW, TOKEN, Connect, Hub, Odd, Within

PATH = "/orgs/acme/members"
PAGES = 4


def ids(client: GithubClient, **query: Any) -> list[int]:
    """Return the ids of all members listed."""
    return [record["id"] for page in client.pages(PATH, **query) for record in page.records]


def refusal(client: GithubClient, kind: type[SourceFailure], **query: Any) -> str:
    """Return why nothing was read; the token is in no message."""
    with pytest.raises(kind) as caught:
        ids(client, **query)
    assert TOKEN not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def members(hub: Hub) -> Hub:
    """Return a server with 20 members on 4 pages."""
    hub.found[PATH] = [{"id": n} for n in range(20)]
    hub.size = 5
    return hub


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 30), size=st.integers(1, 12), counted=st.booleans())
def test_every_record_comes_exactly_once_whatever_the_size_of_pages(
    hub: Hub, connect: Connect, count: int, size: int, counted: bool
) -> None:
    """In a list, and in an object that counts its records."""
    records = [{"id": n} for n in range(count)]
    hub.found[PATH], hub.size = Within("found", records) if counted else records, size

    assert list(range(count)) == ids(connect(), within="found" if counted else None)


def test_an_enterprise_servers_address_has_a_path(hub: Hub, connect: Connect) -> None:
    """Its next links have it too, and lead to nothing outside of it."""
    hub.found[f"/api/v3{PATH}"], hub.size = [{"id": n} for n in range(20)], 5
    client = connect(base_url=f"{hub.url}/api/v3/")

    assert list(range(20)) == ids(client)
    hub.next_of[f"/api/v3{PATH}", 2] = f"{hub.url}/orgs/acme/members?page=3"
    assert "names a next page outside /api/v3" in refusal(client, PermanentFailure)


def reset_in(seconds: int) -> str:
    """Return a moment as GitHub's reset header says it."""
    return str(int((NOW + timedelta(seconds=seconds)).timestamp()))


SAID = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}'
LIMITS: dict[str, tuple[Odd, float]] = {
    "primary, 403": (
        Odd(
            403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset_in(90)}, b'{"message": "API rate"}'
        ),
        90.2,
    ),
    "primary, 429": (Odd(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset_in(30)}), 30.2),
    "primary, reset gone by": (
        Odd(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset_in(-5)}),
        0.2,
    ),
    "primary, no reset": (Odd(403, {"X-RateLimit-Remaining": "0"}), 60.0),
    "secondary, seconds": (Odd(403, {"Retry-After": "7", "X-RateLimit-Remaining": "40"}, SAID), 7.2),
    "secondary, seconds and a spent hour": (
        Odd(
            403,
            {"Retry-After": "7", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset_in(900)},
            SAID,
        ),
        7.2,
    ),
    "secondary, a date": (
        Odd(429, {"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, SAID),
        9.2,
    ),
    "secondary, nothing but a sentence": (Odd(403, {"X-RateLimit-Remaining": "40"}, SAID), 60.0),
    "secondary, 429 and nothing": (Odd(429, {"X-RateLimit-Remaining": "40"}), 60.0),
}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("form", LIMITS)
def test_a_limit_on_any_page_is_waited_for_as_github_says(
    members: Hub, connect: Connect, waits: list[float], page: int, form: str
) -> None:
    """By Retry-After first, then by the reset, then a minute; by GitHub's own clock."""
    odd, seconds = LIMITS[form]
    members.odd[PATH, page] = [odd]

    assert list(range(20)) == ids(connect())
    assert [seconds] == waits


def test_a_primary_limit_may_take_its_hour_and_no_longer(members: Hub, connect: Connect) -> None:
    """What is asked for beyond fails, and a retry may help."""
    hour = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset_in(3600)}
    members.odd[PATH, 2] = [Odd(403, hour)]
    assert list(range(20)) == ids(connect())

    members.odd[PATH, 2] = [Odd(403, hour), Odd(403, hour)]
    assert "larger share" in refusal(connect(), TransientFailure)


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_that_never_ends_stores_nothing(members: Hub, connect: Connect, status: int) -> None:
    """However it is told."""
    members.odd[PATH, 3] = [Odd(status, {"X-RateLimit-Remaining": "40"}, SAID) for _ in range(30)]

    assert f"page 3 of {PATH}?per_page=100 is limited" in refusal(connect(), TransientFailure)


TROUBLE = {
    "reset": Odd(reset=True),
    "cut": Odd(body=b'[{"id": 1}, ', cut=True),
    "half a JSON": Odd(body=b'[{"id": 1}, {"id"'),
    "502": Odd(502, body=b"<html>Bad gateway</html>"),
}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("what", TROUBLE)
def test_trouble_on_any_page_is_no_end_of_the_listing(
    members: Hub, connect: Connect, page: int, what: str
) -> None:
    """Twice it is asked about again; a third time nothing is stored, and the page is named."""
    members.odd[PATH, page] = [TROUBLE[what]] * 2
    assert list(range(20)) == ids(connect())

    members.odd[PATH, page] = [TROUBLE[what]] * 3
    said = refusal(connect(), TransientFailure)
    assert f"page {page} of {PATH}" in said
    assert said.endswith("Nothing was stored. A retry may help.")


@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_repeated_page_is_refused(members: Hub, connect: Connect, page: int) -> None:
    """The listing would never end."""
    members.next_of[PATH, page] = f"{members.url}{PATH}?per_page=100"

    assert "has the cursor of an earlier page" in refusal(connect(), PermanentFailure)


@pytest.mark.parametrize("page", range(1, PAGES))
def test_a_next_link_to_another_host_is_refused(members: Hub, connect: Connect, page: int) -> None:
    """The token goes nowhere else."""
    members.next_of[PATH, page] = "https://api.github.example/organizations/1/members?page=2"

    assert "on host api.github.example" in refusal(connect(), PermanentFailure)


@pytest.mark.parametrize("page", range(2, PAGES + 1))
@pytest.mark.parametrize("change", ["inserted", "deleted"])
def test_rows_that_move_between_pages_are_noticed(
    members: Hub, connect: Connect, page: int, change: str
) -> None:
    """One pushed to the next page repeats; one that slipped to a page already read shows in a second read."""

    def move(_: str, number: int) -> None:
        if number == page and len(members.found[PATH]) == 20:
            if change == "inserted":
                members.found[PATH].insert(0, {"id": 99})
            else:
                del members.found[PATH][0]

    members.before = move

    assert "Rows moved while they were listed" in refusal(connect(), TransientFailure)


@pytest.mark.parametrize("total", [19, 21, None])
def test_a_count_that_disagrees_is_refused(hub: Hub, connect: Connect, total: int | None) -> None:
    """GitHub says how many there are in some listings; null stands for a count it does not give."""
    hub.found[PATH] = Within("found", [{"id": n} for n in range(20)], -1 if total is None else total)
    hub.size = 5

    assert "named 20 records and says there are" in refusal(connect(), TransientFailure, within="found")


def times(*hours: int) -> list[dict[str, Any]]:
    """Return records that were updated at some hours of the day before."""
    return [{"id": hour, "updated_at": f"2026-03-05T{hour:02}:00:00Z"} for hour in hours]


def back(client: GithubClient, hour: int) -> list[int]:
    """Return the ids of what a listing has back to an hour."""
    since = datetime(2026, 3, 5, hour, tzinfo=UTC)
    return [r["id"] for page in client.back_to(PATH, since, by="updated_at") for r in page.records]


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("hour", [0, 3, 8, 20, 23])
def test_a_listing_by_time_is_read_until_it_is_older(
    hub: Hub, connect: Connect, size: int, hour: int
) -> None:
    """Whatever is as new as the instant is there, and no page after the first older record is asked for."""
    hub.found[PATH], hub.size = times(22, 21, 20, 9, 8, 8 - 1, 2), size
    found = back(connect(), hour)

    assert [n for n in (22, 21, 20, 9, 8, 7, 2) if n >= hour] == [n for n in found if n >= hour]
    assert len([n for n in found if n < hour]) <= size


@pytest.mark.parametrize("size", [2, 3, 10])
def test_a_listing_that_is_not_in_order_cannot_be_cut(hub: Hub, connect: Connect, size: int) -> None:
    """Within a page or between two: something newer might stand behind the cut."""
    hub.found[PATH], hub.size = times(22, 20, 21, 9), size
    with pytest.raises(TransientFailure, match="is not listed by updated_at, newest first"):
        back(connect(), 1)


@pytest.mark.parametrize("odd", [None, "soon", 5])
def test_a_record_without_its_time_is_a_changed_interface(hub: Hub, connect: Connect, odd: Any) -> None:
    """It could not be told whether the listing may end there."""
    hub.found[PATH] = [{"id": 1, "updated_at": odd}]
    with pytest.raises(PermanentFailure, match="whose updated_at is no instant"):
        back(connect(), 1)


HINTS = {
    (401, PATH): "unknown, expired or revoked",
    (403, PATH): "lacks the organisation permission Members (read), of an owner",
    (404, "/orgs/acme/installations"): "organisation permission Administration (read)",
    (404, "/repos/acme/shop/keys"): "repository permission Administration (read)",
    (403, "/repos/acme/shop/branches/main/protection"): "repository permission Administration (read)",
    (403, "/repos/acme/shop/commits/abc/check-runs"): "repository permission Checks (read)",
    (403, "/repos/acme/shop/commits/abc/pulls"): "repository permission Pull requests (read)",
    (403, "/repos/acme/shop/compare/a...b"): "repository permission Contents (read)",
    (403, "/repos/acme/shop/deployments/1/statuses"): "repository permission Deployments (read)",
    (404, "/orgs/acme/secret-scanning/alerts"): "with secret scanning switched on",
    (403, "/orgs/acme/organization-roles/1/users"): "Custom organization roles (read)",
}


@pytest.mark.parametrize(("status", "path"), HINTS)
def test_a_refusal_names_the_permission_that_is_missing(
    hub: Hub, connect: Connect, status: int, path: str
) -> None:
    """And no word of what GitHub said; a 403 with requests left is no limit."""
    hub.found[path] = (status, {"message": "Resource not accessible by somebody@acme.example"})
    hub.headers["X-RateLimit-Remaining"] = "40"
    with pytest.raises(Refused) as caught:
        connect().one(path)

    assert HINTS[status, path] in str(caught.value)
    assert "somebody" not in str(caught.value)
    assert (status, "") == (caught.value.status, caught.value.code)


def test_every_request_pins_the_interface_and_asks_for_full_pages(members: Hub, connect: Connect) -> None:
    """The version, the media type and the token stand in every request's headers."""
    ids(connect())

    assert {("2022-11-28", "application/vnd.github+json", f"Bearer {TOKEN}")} == {
        (h["X-GitHub-Api-Version"], h["Accept"], h["Authorization"]) for h in members.seen
    }


def test_the_principal_is_the_user_github_names(hub: Hub, connect: Connect) -> None:
    """Asked once for a client, however many recipes it reads."""
    hub.found["/user"] = {"id": 7, "login": "acme-evidence"}
    client = connect()

    assert ["7 acme-evidence"] * 2 == [client.principal(), client.principal()]
    assert ["/user"] == hub.asked


def test_the_principal_of_an_app_is_its_installation(hub: Hub, connect: Connect) -> None:
    """An installation is no user, and GitHub says no more of it."""
    hub.found["/user"] = (403, {"message": "Resource not accessible by integration"})
    hub.found["/installation/repositories"] = {"total_count": 12, "repositories": []}

    assert "app installation reaching 12 repositories" == connect().principal()


def test_a_revoked_token_is_no_principal(hub: Hub, connect: Connect) -> None:
    """Nor is an answer that names nobody."""
    hub.found["/user"] = (401, {"message": "Bad credentials"})
    with pytest.raises(Refused, match="Issue a new one"):
        connect().principal()
    hub.found["/user"] = {"message": "moved"}
    with pytest.raises(PermanentFailure, match="named nobody"):
        connect().principal()


@pytest.fixture
def whole(hub: Hub) -> Hub:
    """Return a server on which every probe of access is answered."""
    hub.found |= {
        "/rate_limit": {"resources": {}},
        "/orgs/acme/repos": [{"name": "shop", "default_branch": "main"}],
        "/orgs/acme/installations": Within("installations", []),
        "/orgs/acme/members": [],
        "/orgs/acme/organization-roles": Within("roles", []),
        "/orgs/acme/secret-scanning/alerts": [],
        "/repos/acme/shop/collaborators": [],
        "/repos/acme/shop/branches/main/protection": (404, {"message": "Branch not protected"}),
        "/repos/acme/shop/commits": [],
        "/repos/acme/shop/pulls": [],
        "/repos/acme/shop/commits/main/check-runs": Within("check_runs", []),
        "/repos/acme/shop/deployments": [],
    }
    return hub


def test_access_of_a_classic_token_is_its_scopes(whole: Hub, connect: Connect) -> None:
    """All but those known to read are taken to write."""
    whole.headers["X-OAuth-Scopes"] = "repo, read:org, admin:org, user:email, future_scope"

    assert (
        Access(
            granted=("repo", "read:org", "admin:org", "user:email", "future_scope"),
            writing=("repo", "admin:org", "future_scope"),
        )
        == connect().access()
    )
    whole.headers["X-OAuth-Scopes"] = ""
    assert Access(granted=(), writing=()) == connect().access()


def test_access_of_a_fine_grained_token_is_not_told_but_for_what_it_lacks(
    whole: Hub, connect: Connect
) -> None:
    """GitHub says neither what was granted nor whether it could write; what is refused is named."""
    assert Access(granted=None, writing=None) == connect().access()

    refused = (403, {"message": "Resource not accessible by personal access token"})
    whole.found["/orgs/acme/installations"] = refused
    whole.found["/repos/acme/shop/branches/main/protection"] = (404, {"message": "Not Found"})
    whole.found["/repos/acme/shop/deployments"] = refused
    assert (
        "organisation permission Administration (read): installed apps",
        "repository permission Administration (read): branch protection, deploy keys",
        "repository permission Deployments (read): deployments",
    ) == connect().access().lacking


def test_fine_grained_tokens_are_asked_about_only_where_they_are_to_be_read(
    whole: Hub, connect: Connect
) -> None:
    """A token that is no app's lacks nothing without them."""
    path = "/orgs/acme/personal-access-tokens"
    assert () == connect().access().lacking
    assert not [asked for asked in whole.asked if asked.startswith(path)]

    whole.found[path] = (403, {"message": "Resource not accessible by personal access token"})
    assert (
        "organisation permission Personal access tokens (read), of a GitHub App: fine-grained tokens",
    ) == connect(lists_tokens=True).access().lacking


def test_no_repr_and_no_refusal_shows_the_token(connect: Connect) -> None:
    """Nor does a token with a line end in it get as far as a header."""
    client = connect()
    assert TOKEN not in repr(client) + repr(client.rest)
    for token in ("", f"{TOKEN}\n", f" {TOKEN}", "tökén"):
        with pytest.raises(PermanentFailure, match="characters that no token has") as caught:
            connect(token=token)
        assert TOKEN not in str(caught.value)
