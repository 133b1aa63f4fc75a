"""What does somebody of finance export of the payment processor's dashboard, and drop every day?

The dashboard has no connector: its users stand in two CSV files with a manifest beside them, exported anew
whenever the company moves.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from sandbox.company import Account, Company, okta_id
from sandbox.faults import Fault, Faults
from sandbox.leftovers import GuardedFolder
from sandbox.org import DASHBOARD_ROLES, HEADS

Row = dict[str, Any]
MANIFEST = "stripe-dashboard.yaml"
EXPORTED_FROM = "https://dashboard.stripe.example/settings/team"


class ListsPart:
    """The folder that the dashboard's list is dropped into."""

    def __init__(self, seed: int, faults: Faults, at: datetime) -> None:
        self._company = Company(seed, faults)
        self._at = at
        self._folder: GuardedFolder | None = None

    def start(self) -> Mapping[str, Any]:
        """Write the drop and return where."""
        self._folder = GuardedFolder("sandbox-lists-")
        self.advance(self._at)
        return {"folder": str(self._folder.path)}

    def advance(self, to: datetime) -> None:
        """Export the list as it stands at an instant."""
        if self._folder is None:
            raise RuntimeError("the list is exported only after the part was started")
        accounts = list(dashboard_accounts(self._company, to))
        entitlements = list(dashboard_entitlements(self._company, to))
        self._csv("accounts.csv", accounts)
        self._csv("entitlements.csv", entitlements)
        manifest = {
            "exported_by": "finance-lead",
            "exported_at": to,
            "exported_from": EXPORTED_FROM,
            "accounts": {"file": "accounts.csv", "rows_shown": len(accounts)},
            "entitlements": {"file": "entitlements.csv", "rows_shown": len(entitlements)},
        }
        text = yaml.safe_dump(manifest, sort_keys=False)
        (self._folder.path / MANIFEST).write_text(text, encoding="utf-8")

    def _csv(self, name: str, rows: Sequence[Row]) -> None:
        if self._folder is None:
            raise RuntimeError("the list is exported only after the part was started")
        with (self._folder.path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def population_key(self, fault: Fault, test: str | None = None) -> str:  # noqa: ARG002 - one test a fault
        """Return the key of a fault of this part: there is none."""
        raise ValueError(f"fault {fault.id} is not about a dropped list")

    def stop(self) -> None:
        """Remove the folder; may be called twice."""
        if self._folder is not None:
            self._folder.remove()


def dashboard_users(company: Company, moment: datetime) -> Iterator[tuple[Account, str]]:
    """Yield whoever uses the dashboard, with the role there: finance, and half of support.

    Who has left is taken off the list before the identity provider knows.
    """
    for account in company.people.values():
        started, ended = account.activated, account.ended
        if started is None or started > moment or (ended is not None and ended <= moment):
            continue
        department = account.job(moment).department
        role = DASHBOARD_ROLES.get(department + (" head" if HEADS[department] == account.number else ""))
        role = role or DASHBOARD_ROLES.get(department)
        if role is not None and (department == "Finance" or account.number % 2 == 0):
            yield account, role


def dashboard_accounts(company: Company, moment: datetime) -> Iterator[Row]:
    """Yield the rows of the list of accounts: everybody comes in through the identity provider."""
    for account, role in dashboard_users(company, moment):
        yield {
            "native_id": okta_id("usr", company.seed, "dashboard", account.number),
            "login": account.login,
            "account_type": "person",
            "status": "active",
            "enabled": "true",
            "mfa": "upstream",
            "is_admin": "true" if role == "administrator" else "false",
            "console_access": "true",
            "created_at": max(account.activated or moment, account.job(moment).since).isoformat(),
            "upstream_id": account.user_id,
        }


def dashboard_entitlements(company: Company, moment: datetime) -> Iterator[Row]:
    """Yield the rows of the list of entitlements: the one role of each account."""
    for account, role in dashboard_users(company, moment):
        yield {
            "native_id": okta_id("usr", company.seed, "dashboard", account.number),
            "entitlement": f"role:{role}",
            "via": "direct",
        }
