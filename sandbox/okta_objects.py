"""How does Okta write the company's users, groups, apps and roles?

One function per kind of object, each with the fields that recorded answers of real organisations have.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sandbox.company import Account, Company, Factor, okta_id
from sandbox.org import (
    DEPARTMENTS,
    GROUP_DEPARTMENTS,
    HELP_DESK,
    OKTA_ADMINS,
    READER,
    App,
)
from sandbox.part import instant

Record = dict[str, Any]

FOUNDED = instant(date(2023, 1, 2), 9)
"""When groups, apps and policies were set up."""
ROLE_LABELS = {
    "SUPER_ADMIN": "Super Administrator",
    "ORG_ADMIN": "Organization Administrator",
    "APP_ADMIN": "Application Administrator",
    "HELP_DESK_ADMIN": "Help Desk Administrator",
    "READ_ONLY_ADMIN": "Read-only Administrator",
    "REPORT_ADMIN": "Report Administrator",
}
SINGLE_APP_USERS = 3
"""People assigned to the Stripe dashboard one by one, besides the group."""


def text(moment: datetime | None) -> str | None:
    """Return an instant as Okta writes it."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


class Objects:
    """The company's objects at one instant, as Okta's API shows them."""

    def __init__(self, company: Company, now: datetime, url: str) -> None:
        self.company = company
        self.now = now
        self.api = f"{url}/api/v1"
        self.accounts = company.existing(now)
        self._users: dict[str, Record] = {}
        self.living = [a for a in self.accounts if a.status(now)[1] != "DEPROVISIONED"]

    def id(self, prefix: str, *topic: object) -> str:
        """Return the identifier of one of the organisation's own objects."""
        return okta_id(prefix, self.company.seed, *topic)

    def link(self, *path: str, **more: object) -> Record:
        """Return a link relation."""
        return {"href": "/".join((self.api, *path)), **more}

    def user(self, account: Account) -> Record:
        """Return a user; listings of groups ask for the same ones again and again."""
        if account.user_id not in self._users:
            self._users[account.user_id] = self._user(account)
        return self._users[account.user_id]

    def _user(self, account: Account) -> Record:
        since, status = account.status(self.now)
        job, manager = account.job(self.now), self.company.manager(account, self.now)
        login = self.company.last_login(account, self.now)
        activated = account.activated if account.activated and account.activated <= self.now else None
        changes = [account.created, since, max(account.created, job.since), activated]
        profile: Record = {
            "firstName": account.first_name,
            "lastName": account.last_name,
            "mobilePhone": None,
            "secondEmail": None,
            "login": account.login,
            "email": account.login,
            "userType": "Service" if account.service else "Employee",
            "department": job.department,
            "title": job.title,
        }
        if not account.service:
            profile |= {
                "displayName": f"{account.first_name} {account.last_name}",
                "employeeNumber": f"E{1000 + account.number}",
                "managerId": manager and manager.login,
                "manager": manager and manager.login,
            }
        path = ("users", account.user_id)
        return {
            "id": account.user_id,
            "status": status,
            "created": text(account.created),
            "activated": text(activated),
            "statusChanged": text(since),
            "lastLogin": text(login),
            "lastUpdated": text(max(change for change in changes if change)),
            "passwordChanged": text(activated),
            "type": {"id": self.id("oty", "user")},
            "profile": profile,
            "credentials": {
                "password": {},
                "emails": [{"value": account.login, "status": "VERIFIED", "type": "PRIMARY"}],
                "provider": {"type": "OKTA", "name": "OKTA"},
            },
            "_links": {
                "self": self.link(*path),
                "resetFactors": self.link(*path, "lifecycle", "reset_factors", method="POST"),
                "deactivate": self.link(*path, "lifecycle", "deactivate", method="POST"),
            },
        }

    def factor(self, account: Account, factor: Factor) -> Record:
        """Return an enrolled factor."""
        profiles: dict[str, Record] = {
            "push": {"credentialId": account.login, "deviceType": "SmartPhone_IPhone", "platform": "IOS"},
            "signed_nonce": {"credentialId": account.login, "deviceType": "Computer", "platform": "MACOS"},
            "sms": {"phoneNumber": f"+1555{account.number:07}"},
            "question": {"question": "first_award", "questionText": "What was your first award for?"},
            "webauthn": {"credentialId": factor.id, "authenticatorName": "Security Key"},
            "token:hardware": {"credentialId": factor.id},
        }
        provider = {"webauthn": "FIDO", "token:hardware": "YUBICO"}.get(factor.type, "OKTA")
        path = ("users", account.user_id)
        return {
            "id": factor.id,
            "factorType": factor.type,
            "provider": provider,
            "vendorName": provider,
            "status": "PENDING_ACTIVATION" if factor.pending else "ACTIVE",
            "created": text(factor.enrolled),
            "lastUpdated": text(factor.enrolled),
            "profile": profiles.get(factor.type, {"credentialId": account.login}),
            "_links": {
                "self": self.link(*path, "factors", factor.id, hints={"allow": ["GET", "DELETE"]}),
                "user": self.link(*path, hints={"allow": ["GET"]}),
            },
        }

    @cached_property
    def groups(self) -> dict[str, tuple[Record, list[Account]]]:
        """Group id -> the group and the accounts in it."""
        staff = [a for a in self.living if not a.service and a.status(self.now)[1] != "STAGED"]

        def of(*departments: str) -> list[Account]:
            return [a for a in staff if a.job(self.now).department in departments]

        admins = [a for a in staff if a.number in OKTA_ADMINS]
        members = {"Everyone": self.living, "okta-admins": admins}
        members[HELP_DESK] = [a for a in admins if OKTA_ADMINS[a.number] == "HELP_DESK_ADMIN"]
        members |= {"dept-" + d.lower().replace(" ", "-"): of(d) for d in DEPARTMENTS}
        members |= {name: of(*departments) for name, departments in GROUP_DEPARTMENTS.items()}
        return {self.group_id(name): (self._group(name), accounts) for name, accounts in members.items()}

    def group_id(self, name: str) -> str:
        """Return the identifier of a group."""
        return self.id("00g", name)

    def _group(self, name: str) -> Record:
        built_in = name == "Everyone"
        found = self.group_id(name)
        return {
            "id": found,
            "created": text(FOUNDED),
            "lastUpdated": text(FOUNDED),
            "lastMembershipUpdated": text(self._last_change()),
            "objectClass": ["okta:user_group"],
            "type": "BUILT_IN" if built_in else "OKTA_GROUP",
            "profile": {
                "name": name,
                "description": "All users in your organization" if built_in else None,
            },
            "_links": {
                "users": self.link("groups", found, "users"),
                "apps": self.link("groups", found, "apps"),
            },
        }

    def _last_change(self) -> datetime:
        """Return when somebody last joined, moved or left; Okta keeps it per group, we for all."""
        changes = [
            at for a in self.accounts for at in (*(j.since for j in a.jobs), *(s for s, _ in a.statuses))
        ]
        return max(change for change in changes if change <= self.now)

    def app_id(self, app: App) -> str:
        """Return the identifier of an application."""
        return self.id("0oa", app.label)

    def app(self, app: App) -> Record:
        """Return an application."""
        found = self.app_id(app)
        client: Record = {
            "oauthClient": {"client_id": found, "token_endpoint_auth_method": "client_secret_basic"}
        }
        settings = {"requestIntegration": False, "url": "https://lunch.example/menu"}
        return {
            "id": found,
            "name": app.name,
            "label": app.label,
            "status": "ACTIVE",
            "lastUpdated": text(FOUNDED),
            "created": text(FOUNDED),
            "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
            "visibility": {
                "autoSubmitToolbar": False,
                "hide": {"iOS": False, "web": False},
                "appLinks": {"login": True},
            },
            "features": ["PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"] if app.name == "zendesk" else [],
            "signOnMode": app.sign_on_mode,
            "credentials": {
                "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
                **(client if app.name == "oidc_client" else {}),
            },
            "settings": {"app": settings if app.sign_on_mode == "BOOKMARK" else {}},
            "_links": {
                "accessPolicy": self.link("policies", self.id("rst", "ACCESS_POLICY", app.policy)),
                "groups": self.link("apps", found, "groups"),
                "users": self.link("apps", found, "users"),
            },
        }

    def app_users(self, app: App) -> Iterator[Record]:
        """Yield the users assigned to an app: through its group, or one by one."""
        _, members = self.groups[self.group_id(app.group)]
        single = []
        if app.name == "stripe":
            outside = [a for a in self.living if a.active(self.now) and a not in members and not a.service]
            support = [a for a in outside if a.job(self.now).department == "Customer Support"]
            single = sorted(support, key=lambda a: a.number)[:SINGLE_APP_USERS]
        for account in sorted((*members, *single), key=lambda a: a.user_id):
            since = max(account.created, account.job(self.now).since, FOUNDED) + timedelta(minutes=1)
            yield {
                "id": account.user_id,
                "externalId": None,
                "created": text(since),
                "lastUpdated": text(since),
                "scope": "USER" if account in single else "GROUP",
                "status": "ACTIVE",
                "statusChanged": text(since),
                "passwordChanged": None,
                "syncState": "DISABLED",
                "credentials": {"userName": account.login},
                "profile": {},
                "_links": {
                    "app": self.link("apps", self.app_id(app)),
                    "user": self.link("users", account.user_id),
                },
            }

    def app_group(self, app: App) -> Record:
        """Return the assignment of an app's group."""
        found, group = self.app_id(app), self.group_id(app.group)
        return {
            "id": group,
            "lastUpdated": text(FOUNDED),
            "priority": 0,
            "profile": {},
            "_links": {
                "app": self.link("apps", found),
                "self": self.link("apps", found, "groups", group),
                "group": self.link("groups", group),
            },
        }

    def direct_admins(self) -> list[Account]:
        """Return the administrators who hold a role themselves and not through a group."""
        held = [self.company.people[n] for n, role in OKTA_ADMINS.items() if role != "HELP_DESK_ADMIN"]
        return sorted((a for a in (*held, self.reader) if a in self.living), key=lambda a: a.user_id)

    @property
    def reader(self) -> Account:
        """The account whose token our own connector uses."""
        return self.company.services[READER]

    def user_roles(self, account: Account) -> list[Record]:
        """Return a user's administrator roles, those through a group too."""
        if account is self.reader:
            return [
                self._role(role, self.id("ra1", account.user_id, role), "users", account.user_id)
                for role in self._roles_of_the_reader()
            ]
        role = OKTA_ADMINS.get(account.number)
        if role is None or account not in self.living:
            return []
        if role == "HELP_DESK_ADMIN":
            return self.group_roles(self.group_id(HELP_DESK))
        return [self._role(role, self.id("ra1", account.user_id), "users", account.user_id)]

    def _roles_of_the_reader(self) -> Iterator[str]:
        yield "READ_ONLY_ADMIN"
        for fault in self.company.faults.of("okta_token_can_write"):
            begins = self.company.moment_of(fault, fault.first)
            if begins <= self.now < self.company.moment_of(fault, fault.last + timedelta(days=1)):
                yield "ORG_ADMIN"

    def group_roles(self, group: str) -> list[Record]:
        """Return a group's administrator roles."""
        if group != self.group_id(HELP_DESK):
            return []
        return [self._role("HELP_DESK_ADMIN", self.id("gra", HELP_DESK), "groups", group)]

    def _role(self, role: str, found: str, kind: str, principal: str) -> Record:
        return {
            "id": found,
            "label": ROLE_LABELS[role],
            "type": role,
            "status": "ACTIVE",
            "created": text(FOUNDED),
            "lastUpdated": text(FOUNDED),
            "assignmentType": "GROUP" if kind == "groups" else "USER",
            "_links": {"assignee": self.link(kind, principal)},
        }
