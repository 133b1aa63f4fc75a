"""What do issues, changes, statuses and accounts of the company's Jira look like at an instant?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.changes import PROJECT, Ticket, Transition
from sandbox.company import Account, Company

Record = dict[str, Any]
READER = "siem-reader"
"""The service account whose token reads."""
APP = "app"
"""The topic of the id of the one app that has an account."""
ISSUE_IDS = 20_000
"""Added to a ticket's number: ids and numbers are different things."""
CATEGORIES = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
STATUSES = {
    "To Do": ("10000", "new"),
    "In Progress": ("3", "indeterminate"),
    "Approved": ("10011", "indeterminate"),
    "Verified": ("10012", "done"),
    "Done": ("10002", "done"),
}
"""Name -> id and category. Two are done, and neither word says so to a program."""
TYPES = {"Bug": "10004", "Story": "10001", "Task": "10002", "Hotfix": "10010"}
PROJECTS = ((PROJECT, "10100", "Shop"), ("OPS", "10101", "Operations"))
RESOLVED = {"id": "10000", "name": "Done"}


def text(moment: datetime) -> str:
    """Return an instant as Jira writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.000+0000}"


def account_id(seed: int, *topic: object) -> str:
    """Return an account's opaque id: the same on every Atlassian site, and no one's address."""
    return hashlib.sha256("/".join(map(str, (seed, "jira", *topic))).encode()).hexdigest()[:24]


def issue_id(ticket: Ticket) -> str:
    """Return Jira's own id of a ticket."""
    return str(ISSUE_IDS + ticket.number)


class Objects:
    """Jira's records, each with links that begin with an address."""

    def __init__(self, company: Company, now: datetime, url: str) -> None:
        self.company = company
        self.now = now
        self.url = url

    def link(self, *steps: str) -> str:
        """Return the address of a record."""
        return "/".join([f"{self.url}/rest/api/3", *steps])

    def person(self, number: int) -> Record:
        """Return the account of a person, as issues and changes show it."""
        return self.account(self.company.people[number])

    def account(self, account: Account) -> Record:
        """Return the account of a person or a service; leavers' are inactive."""
        found = account_id(self.company.seed, account.user_id)
        return self._user(
            found,
            f"{account.first_name} {account.last_name}",
            account.login,
            active=account.status(self.now)[1] != "DEPROVISIONED",
        )

    def _user(
        self, found: str, name: str, email: str | None, kind: str = "atlassian", *, active: bool
    ) -> Record:
        user = {
            "self": self.link(f"user?accountId={found}"),
            "accountId": found,
            "accountType": kind,
            "avatarUrls": {"48x48": f"https://avatar.example/{found}.png"},
            "displayName": name,
            "active": active,
            "timeZone": "Africa/Lagos",
        }
        return user if email is None else {**user, "emailAddress": email}

    def users(self) -> Iterator[Record]:
        """Yield every account of the site: people, the reader, an app, and customers of its help desk."""
        for account in self.company.people.values():
            if account.activated is not None and account.activated <= self.now:
                yield self.account(account)
        yield self.account(self.company.services[READER])
        seed = self.company.seed
        yield self._user(account_id(seed, APP), "Automation for Jira", None, "app", active=True)
        for n in range(3):
            found = account_id(seed, "customer", n)
            yield self._user(found, f"Shopper {n}", f"shopper{n}@mail.example", "customer", active=True)

    def status(self, name: str) -> Record:
        """Return a status with its category."""
        number, key = STATUSES[name]
        category, colour, label = CATEGORIES[key]
        return {
            "self": self.link("status", number),
            "description": "",
            "iconUrl": f"{self.url}/images/icons/statuses/generic.png",
            "name": name,
            "id": number,
            "statusCategory": {
                "self": self.link("statuscategory", str(category)),
                "id": category,
                "key": key,
                "colorName": colour,
                "name": label,
            },
        }

    def projects(self) -> list[Record]:
        """Return every project our account may browse."""
        return [
            {
                "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
                "self": self.link("project", number),
                "id": number,
                "key": key,
                "name": name,
                "avatarUrls": {"48x48": self.link("universal_avatar", "view", "type", "project")},
                "projectTypeKey": "software",
                "simplified": False,
                "style": "classic",
                "isPrivate": False,
                "properties": {},
            }
            for key, number, name in PROJECTS
        ]

    def done(self, ticket: Ticket) -> list[Transition]:
        """Return the transitions a ticket has been through."""
        return [step for step in ticket.transitions if step.at <= self.now]

    def updated(self, ticket: Ticket) -> datetime:
        """Return when anything was last done to a ticket."""
        return max([ticket.created, *(step.at for step in self.done(ticket))])

    def fields(self, ticket: Ticket) -> Record:
        """Return every field of an issue, those that people write too."""
        key, project_id, name = PROJECTS[0]
        steps = self.done(ticket)
        status = self.status(steps[-1].after if steps else "To Do")
        category = status["statusCategory"]["key"]
        return {
            "summary": ticket.summary,
            "description": {"type": "doc", "version": 1, "content": [{"type": "paragraph"}]},
            "comment": {"comments": [], "total": 0},
            "project": {
                "self": self.link("project", project_id),
                "id": project_id,
                "key": key,
                "name": name,
                "projectTypeKey": "software",
                "simplified": False,
            },
            "issuetype": {
                "self": self.link("issuetype", TYPES[ticket.type]),
                "id": TYPES[ticket.type],
                "description": "",
                "name": ticket.type,
                "subtask": False,
                "hierarchyLevel": 0,
            },
            "priority": {"self": self.link("priority", "3"), "id": "3", "name": "Medium"},
            "labels": [],
            "created": text(ticket.created),
            "updated": text(self.updated(ticket)),
            "creator": self.person(ticket.reporter),
            "reporter": self.person(ticket.reporter),
            "assignee": self.person(ticket.assignee),
            "status": status,
            "resolution": {"self": self.link("resolution", "10000"), **RESOLVED}
            if category == "done"
            else None,
        }

    def issue(self, ticket: Ticket, fields: list[str]) -> Record:
        """Return an issue with the fields asked for; without any it is its id alone."""
        found: Record = {"id": issue_id(ticket)}
        if fields:
            every = self.fields(ticket)
            chosen = every if "*all" in fields else {name: every[name] for name in fields if name in every}
            found = {
                "expand": "renderedFields,names,schema,operations,editmeta,changelog",
                **found,
                "self": self.link("issue", found["id"]),
                "key": ticket.key,
                "fields": chosen,
            }
        return found

    def histories(self, ticket: Ticket) -> list[Record]:
        """Return the changes of an issue so far; being verified also resolves it."""
        found = []
        for n, step in enumerate(self.done(ticket)):
            items = [
                _item("status", STATUSES[step.before][0], step.before, STATUSES[step.after][0], step.after)
            ]
            if STATUSES[step.after][1] == "done":
                items.append(_item("resolution", None, None, RESOLVED["id"], RESOLVED["name"]))
            found.append(
                {
                    "id": f"{issue_id(ticket)}{n:02}",
                    "author": self.person(step.by),
                    "created": text(step.at),
                    "items": items,
                }
            )
        return found


def _item(field: str, before: str | None, named: str | None, after: str, called: str) -> Record:
    item = {"field": field, "fieldtype": "jira", "fieldId": field, "to": after, "toString": called}
    return item if before is None else {**item, "from": before, "fromString": named}
