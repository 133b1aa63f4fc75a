"""Which of Okta's endpoints does the sandbox serve, and what does each answer at one instant?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.company import Account, Company
from sandbox.okta_answers import OktaError, behind, invalid, missing
from sandbox.okta_credentials import client_secrets, log_streams, tokens
from sandbox.okta_log import events
from sandbox.okta_objects import Objects, Record, text
from sandbox.okta_policies import OTHER_POLICIES, Policies
from sandbox.org import APPS, ORG, App

RETENTION = timedelta(days=90)
"""Okta keeps its system log that long."""
EVENT_DAYS_KEPT = 8
MORE_THAN_A_PAGE = 2000
"""Events that are looked up for one page of the log, so that a long listing is not made anew for each."""


class Api:
    """What the endpoints draw on."""

    def __init__(self, company: Company, now: datetime, url: str = "") -> None:
        self.company = company
        self.url = url
        self._events: dict[date, list[Record]] = {}
        self.objects = Objects(company, now, url)

    @property
    def now(self) -> datetime:
        """The instant as of which it answers."""
        return self.objects.now

    def move(self, to: datetime) -> None:
        """Answer as of another instant."""
        self.objects = Objects(self.company, to, self.url)

    def serve_at(self, url: str) -> None:
        """Write links that begin with an address."""
        self.url = url
        self.move(self.now)

    def account(self, found: str) -> Account:
        """Return an existing account, or Okta's 404."""
        account = self.company.by_id.get(found)
        if account is None or account not in self.objects.accounts:
            raise missing(found, "User")
        return account

    def app(self, found: str) -> App:
        """Return an application, or Okta's 404."""
        for app in APPS:
            if self.objects.app_id(app) == found:
                return app
        raise missing(found, "AppInstance")

    def group(self, found: str) -> tuple[Record, list[Account]]:
        """Return a group and its members, or Okta's 404."""
        if found not in self.objects.groups:
            raise missing(found, "UserGroup")
        return self.objects.groups[found]

    def policy(self, found: str) -> Record:
        """Return a policy, or Okta's 404."""
        policies = Policies(self.objects)
        for policy_type in ("ACCESS_POLICY", *OTHER_POLICIES):
            for policy in policies.policies(policy_type):
                if policy["id"] == found:
                    return policy
        raise missing(found, "Policy")

    def day(self, day: date) -> list[Record]:
        """Return the events of a day; a few days are kept, as pages of one listing come one by one."""
        if day not in self._events:
            while len(self._events) >= EVENT_DAYS_KEPT:
                del self._events[next(iter(self._events))]
            self._events[day] = events(self.company, day, self.objects)
        return self._events[day]


@dataclass(frozen=True)
class Route:
    """One endpoint."""

    path: re.Pattern[str]
    bucket: str
    answer: Callable[[Api, Mapping[str, str], str], Any]
    """(this, query, the identifier in the path) -> an object, or a list to be paged."""
    default: int
    most: int
    """Records per page: if the caller does not say, and at most."""


def users(api: Api, query: Mapping[str, str], _: str) -> list[Record]:
    """Answer GET /users: without `search` or `filter` the deprovisioned are left out."""
    expression = query.get("search") or query.get("filter")
    if not expression:
        return [api.objects.user(account) for account in api.objects.living]
    wanted = statuses(expression)
    found = api.objects.accounts
    chosen = [a for a in found if not wanted or a.status(api.now)[1] in wanted]
    return [api.objects.user(account) for account in chosen]


def statuses(expression: str) -> set[str]:
    """Return the statuses that a search asks for; none means all."""
    if re.fullmatch(r"(status|id|created) pr", expression.strip()):
        return set()
    terms = [re.fullmatch(r'\(?status eq "([A-Z_]+)"\)?', t.strip()) for t in expression.split(" or ")]
    if None in terms:
        raise OktaError(400, "E0000031", "Invalid search criteria.")
    return {term[1] for term in terms if term}


def user(api: Api, _: Mapping[str, str], found: str) -> Record:
    """Answer GET /users/{id}; `me` is the owner of the token."""
    return api.objects.user(api.objects.reader if found == "me" else api.account(found))


def factors(api: Api, _: Mapping[str, str], found: str) -> list[Record]:
    """Answer GET /users/{id}/factors; deactivation takes all factors away."""
    account = api.account(found)
    if account not in api.objects.living:
        return []
    return [api.objects.factor(account, factor) for factor in account.factors_at(api.now)]


def members(api: Api, _: Mapping[str, str], found: str) -> list[Record]:
    """Answer GET /groups/{id}/users."""
    return [api.objects.user(account) for account in api.group(found)[1]]


def assignees(api: Api, _: Mapping[str, str], __: str) -> list[Record]:
    """Answer GET /iam/assignees/users: those who hold a role themselves."""
    link = api.objects.link
    return [
        {
            "id": account.user_id,
            "orn": f"orn:okta:directory:{api.objects.id('00o', ORG)}:users:{account.user_id}",
            "_links": {
                "self": link("users", account.user_id),
                "roles": link("users", account.user_id, "roles"),
            },
        }
        for account in api.objects.direct_admins()
    ]


def policies(api: Api, query: Mapping[str, str], _: str) -> list[Record]:
    """Answer GET /policies?type=."""
    if query.get("type") not in ("ACCESS_POLICY", *OTHER_POLICIES):
        raise invalid("type")
    return Policies(api.objects).policies(query["type"])


def rules(api: Api, _: Mapping[str, str], found: str) -> list[Record]:
    """Answer GET /policies/{id}/rules."""
    return Policies(api.objects).rules(api.policy(found)["id"])


def mappings(api: Api, _: Mapping[str, str], found: str) -> list[Record]:
    """Answer GET /policies/{id}/mappings."""
    return Policies(api.objects).mappings(api.policy(found)["id"])


def logs(api: Api, query: Mapping[str, str], _: str) -> list[Record]:
    """Answer GET /logs: what was published in [since, until), as far back as it is kept."""
    now = api.now
    if query.get("sortOrder", "ASCENDING") != "ASCENDING":
        raise invalid("sortOrder (this sandbox lists in ascending order only)")
    until = min(moment(query, "until", now), now)
    since = max(moment(query, "since", until - timedelta(days=7)), now - RETENTION)
    kinds = set(re.findall(r'eventType eq "([\w.]+)"', query.get("filter", "")))
    if query.get("filter") and not kinds:
        raise invalid("filter")
    if "after" in query:
        since = max(since, moment({"after": behind(query["after"]).partition("/")[0]}, "after", since))
    lower, upper = str(text(since)), str(text(until))
    found: list[Record] = []
    for n in range((until.date() - since.date()).days + 1):
        found += [
            event
            for event in api.day(since.date() + timedelta(days=n))
            if lower <= event["published"] < upper and (not kinds or event["eventType"] in kinds)
        ]
        if len(found) > MORE_THAN_A_PAGE:
            break
    return found


def moment(query: Mapping[str, str], name: str, default: datetime) -> datetime:
    """Return an instant of the query."""
    if name not in query:
        return default
    try:
        found = datetime.fromisoformat(query[name])
    except ValueError as error:
        raise invalid(name) from error
    return found if found.tzinfo else found.replace(tzinfo=default.tzinfo)


def route(path: str, bucket: str, answer: Callable[..., Any], default: int = 200, most: int = 200) -> Route:
    """Return an endpoint; `{id}` in its path is the identifier it is about."""
    pattern = re.compile("/api/v1/" + path.replace("{id}", "(?P<id>[^/]+)"))
    return Route(pattern, bucket, answer, default, most)


ROUTES = (
    route("users", "users", users),
    route("users/{id}/factors", "factors", factors),
    route("users/{id}/roles", "users", lambda a, _, i: a.objects.user_roles(a.account(i))),
    route("users/{id}", "users", user),
    route("groups", "groups", lambda a, _, __: [g for g, _ in a.objects.groups.values()], 10_000, 10_000),
    route("groups/{id}", "groups", lambda a, _, i: a.group(i)[0]),
    route("groups/{id}/users", "groups", members, 1000, 1000),
    route("groups/{id}/roles", "groups", lambda a, _, i: a.objects.group_roles(a.group(i)[0]["id"])),
    route("apps", "apps", lambda a, _, __: [a.objects.app(app) for app in APPS], 20),
    route("apps/{id}", "apps", lambda a, _, i: a.objects.app(a.app(i))),
    route("apps/{id}/users", "apps", lambda a, _, i: list(a.objects.app_users(a.app(i))), 50, 500),
    route("apps/{id}/groups", "apps", lambda a, _, i: [a.objects.app_group(a.app(i))], 20),
    route("apps/{id}/credentials/secrets", "apps", lambda a, _, i: client_secrets(a.objects, a.app(i))),
    route("api-tokens", "credentials", lambda a, _, __: tokens(a.objects)),
    route("logStreams", "credentials", lambda a, _, __: log_streams(a.objects), 20),
    route("iam/assignees/users", "iam", assignees, 100),
    route("policies", "policies", policies),
    route("policies/{id}", "policies", lambda a, _, i: a.policy(i)),
    route("policies/{id}/rules", "policies", rules),
    route("policies/{id}/mappings", "policies", mappings),
    route("logs", "logs", logs, 100, 1000),
)
