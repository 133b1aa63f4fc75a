"""Which listings stand for the REST sources, and how does each source page them and limit us?

Of each way a source pages there is one listing, read by the recipe that reads it in earnest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from assets.github.client import GithubClient
from assets.github.guards import github_secret_alert
from assets.github.people import github_people
from assets.jira.assets import jira_issue, jira_site
from assets.jira.client import JiraClient
from assets.okta.assets import okta_group
from assets.okta.client import OktaClient
from assets.stripe.account import stripe_event
from assets.stripe.client import StripeClient
from assets.stripe.keys import stripe_api_key
from tests.assets.served import NOW, Listing, Odd, Part, Record

YESTERDAY = NOW - timedelta(days=1)
SECRET = "canaryCredentialOfTheListings"
WHEN = "2026-03-01T08:00:00.000+00:00"


def link(path: str, name: str, value: Callable[[Part], int | None]) -> Callable[[Part], Mapping[str, str]]:
    """Return the `Link` header of a page whose next one is asked for by a parameter."""

    def headers(part: Part) -> Mapping[str, str]:
        if part.following is None:
            return {}
        return {"Link": f'<{part.url}{path}?{urlencode({name: value(part)})}>; rel="next"'}

    return headers


def at_token(name: str) -> Callable[[Mapping[str, Any], Sequence[Record], int], int]:
    """Return where a page begins that is asked for by a token."""
    return lambda asked, _records, _size: int(str(asked.get(name, "0")).lstrip("t"))


def at_page(asked: Mapping[str, Any], _records: Sequence[Record], size: int) -> int:
    """Return where a page begins that is asked for by its number."""
    return (int(asked.get("page", 1)) - 1) * size


def after_id(asked: Mapping[str, Any], records: Sequence[Record], _size: int) -> int:
    """Return where the page after a record begins."""
    ids = [record["id"] for record in records]
    return ids.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0


def number_of(part: Part) -> int | None:
    """Return the number of the next page."""
    return None if part.following is None else part.following // part.size + 1


def token_of(part: Part, name: str) -> dict[str, str]:
    """Return the token of the next page, where there is one."""
    return {} if part.following is None else {name: f"t{part.following}"}


def soon(seconds: int) -> str:
    """Return an instant shortly after the server's clock, as an HTTP date."""
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


RESET = str(int(NOW.timestamp()) + 8)
OKTA = {"429": Odd(429, {"X-Rate-Limit-Reset": RESET}, b'{"errorCode": "E0000047"}')}
GITHUB = {
    "403 of the hour": Odd(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}, b"{}"),
    "403 in seconds": Odd(403, {"Retry-After": "7"}, b"{}"),
    "403 without a word": Odd(403, {}, b'{"message": "You have exceeded a secondary rate limit."}'),
    "429 until a date": Odd(429, {"Retry-After": soon(9)}, b"{}"),
}
JIRA = {"429 in seconds": Odd(429, {"Retry-After": "7"}, b"{}"), "429 without a word": Odd(429, {}, b"{}")}
STRIPE = {"429": Odd(429, {}, b'{"error": {"type": "invalid_request_error", "code": "rate_limit"}}')}


def okta(url: str, sleep: Callable[[float], None]) -> OktaClient:
    """Return a client of Okta."""
    return OktaClient("acme", url, SECRET, sleep=sleep)


def github(url: str, sleep: Callable[[float], None]) -> GithubClient:
    """Return a client of GitHub."""
    return GithubClient("acme", "acme", SECRET, url, sleep=sleep)


def jira(url: str, sleep: Callable[[float], None]) -> JiraClient:
    """Return a client of Jira."""
    return JiraClient("acme", url, "reader@acme.example", SECRET, ("SHOP",), sleep=sleep)


def stripe(url: str, sleep: Callable[[float], None]) -> StripeClient:
    """Return a client of Stripe."""
    return StripeClient("acme", f"rk_live_{SECRET}", url, preview=True, sleep=sleep)


ME = {"/api/v1/users/me": {"id": "00u1", "profile": {"login": "reader@acme.example"}}}
USER = {"/user": {"id": 1, "login": "reader"}}
MYSELF = {"/rest/api/3/myself": {"accountId": "a0", "displayName": "Reader"}}
ACCOUNT = {"/v1/account": {"id": "acct_1"}}
STATUS = {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}}
ALERTS, APPS = "/orgs/acme/secret-scanning/alerts", "/orgs/acme/installations"
LISTINGS = (
    Listing(
        "okta: groups, by address",
        okta_group,
        "okta_group",
        "group_id",
        "/api/v1/groups",
        lambda n: {"id": f"00g{n}", "type": "OKTA_GROUP", "created": WHEN},
        okta,
        at_token("after"),
        lambda part: (part.records, link("/api/v1/groups", "after", lambda p: p.following)(part)),
        OKTA,
        "address",
        noticed=("inserted",),
        others=ME,
    ),
    Listing(
        "github: alerts, by address with a number",
        github_secret_alert,
        "github_secret_alert",
        "number",
        ALERTS,
        lambda n: {
            "number": n,
            "repository": {"name": "shop"},
            "secret_type": "x",
            "state": "open",
            "created_at": WHEN,
        },
        github,
        at_page,
        lambda part: (part.records, link(ALERTS, "page", number_of)(part)),
        GITHUB,
        "address",
        noticed=("inserted", "deleted"),
        others=USER,
    ),
    Listing(
        "github: apps, counted, by address with a number",
        github_people,
        "github_app_installation",
        "installation_id",
        APPS,
        lambda n: {"id": n, "app_id": n, "repository_selection": "all"},
        github,
        at_page,
        lambda part: (
            {"total_count": part.count, "installations": part.records},
            link(APPS, "page", number_of)(part),
        ),
        GITHUB,
        "address",
        noticed=("inserted", "deleted"),
        others={
            **USER,
            "/orgs/acme": {"id": 1, "login": "acme", "default_repository_permission": "none"},
            "/orgs/acme/organization-roles": {"total_count": 0, "roles": []},
            "/orgs/acme/members": lambda _served, asked: (
                [{"id": 1, "login": "a"}] * (asked.get("role") == "admin")
            ),
        },
        count_by="exactly",
    ),
    Listing(
        "jira: issues, by token",
        jira_issue,
        "jira_issue",
        "issue_id",
        "/rest/api/3/search/jql",
        lambda n: {
            "id": str(n),
            "key": f"SHOP-{n}",
            "fields": {
                "project": {"key": "SHOP"},
                "issuetype": {"name": "Bug"},
                "created": WHEN,
                "status": STATUS,
            },
        },
        jira,
        at_token("nextPageToken"),
        lambda part: (
            {
                "issues": part.records,
                "isLast": part.following is None,
                **token_of(part, "nextPageToken"),
            },
            {},
        ),
        JIRA,
        "token",
        noticed=("inserted",),
        others={
            **MYSELF,
            "/rest/api/3/status": [STATUS],
            "/rest/api/3/changelog/bulkfetch": {"issueChangeLogs": []},
            "/rest/api/3/search/approximate-count": lambda served, _asked: {
                "count": len(served.records) if served.count is None else served.count
            },
        },
        count_by="roughly",
    ),
    Listing(
        "jira: accounts, by position",
        jira_site,
        "jira_user",
        "account_id",
        "/rest/api/3/users/search",
        lambda n: {"accountId": f"a{n}", "accountType": "atlassian", "active": True},
        jira,
        at_token("startAt"),
        lambda part: (part.records, {}),
        JIRA,
        "",
        noticed=("inserted", "deleted"),
        others={
            **MYSELF,
            "/rest/api/3/status": [STATUS],
            "/rest/api/3/project/search": {
                "startAt": 0,
                "isLast": True,
                "values": [{"id": "1", "key": "SHOP"}],
            },
        },
    ),
    Listing(
        "stripe: events, by the last id",
        stripe_event,
        "stripe_event",
        "event_id",
        "/v1/events",
        lambda n: {
            "id": f"evt_{n}",
            "created": int(YESTERDAY.timestamp()),
            "type": "charge.captured",
            "livemode": True,
        },
        stripe,
        after_id,
        lambda part: ({"data": part.records, "has_more": part.following is not None}, {}),
        STRIPE,
        "",
        noticed=(),
        others=ACCOUNT,
    ),
    Listing(
        "stripe: keys, by address in the body",
        stripe_api_key,
        "stripe_api_key",
        "key_id",
        "/v2/iam/api_keys",
        lambda n: {
            "id": f"key_{n}",
            "type": "secret_key",
            "status": "active",
            "created": WHEN,
            "ip_allowlist": [],
            "livemode": True,
        },
        stripe,
        at_token("page"),
        lambda part: (
            {
                "data": part.records,
                "next_page_url": None
                if part.following is None
                else f"{part.url}/v2/iam/api_keys?page=t{part.following}",
            },
            {},
        ),
        STRIPE,
        "address",
        noticed=("inserted",),
        others=ACCOUNT,
    ),
)
