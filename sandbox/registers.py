"""Which registers does the company keep, and how do they change?"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox import bank, books, governance, jira_objects, roles
from sandbox.company import Company, okta_id
from sandbox.faults import Fault, Faults
from sandbox.github_people import MACHINES, Machine
from sandbox.leftovers import GuardedFolder
from sandbox.orders import MARKETS
from sandbox.org import (
    APPS,
    IAM_USERS,
    ORG,
    PERIOD_END,
    PERIOD_START,
    SERVICE_ACCOUNTS,
    App,
    IamUser,
)
from sandbox.part import instant

REVIEWED = PERIOD_START - timedelta(days=40)
"""When the service accounts were last reviewed."""
APPROVED_BEFORE = timedelta(hours=8)
"""How long before it is in force a waiver is approved, and first in the register."""
MULTIPLES = {"KWD": (3, 10), "JPY": (0, 1)}
"""Currency -> ISO digits and the processor's multiple, where they are not 2 and 1."""

ACCESS_DATASETS = {"okta": "okta_user", "aws": "aws_iam_credential_report"}
OUT_OF_SCOPE = {
    "system_id": "lunch",
    "name": "Lunch Menu",
    "in_scope": False,
    "environments": ["production"],
    "criticality": "low",
    "mfa_required": False,
    "owner": "people_operations",
    "access_dataset": None,
    "okta_app_label": "Lunch Menu",
}
"""A system that asks for no second factor, and need not."""


class Plain(yaml.CSafeDumper):
    """Writes a value that occurs twice twice, as a person would."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - theirs
        """Never refer to another line."""
        return True


class RegistersPart:
    """A folder of registers, as it stands at the company's instant."""

    def __init__(self, seed: int, faults: Faults, at: datetime, key_of: Callable[[Fault], str]) -> None:
        self._seed = seed
        self._faults = faults
        self._at = at
        self._key_of = key_of
        self._company = Company(seed, faults)
        self._folder: GuardedFolder | None = None

    def start(self) -> Mapping[str, Any]:
        """Write the registers and return where."""
        self._folder = GuardedFolder("sandbox-registers-")
        self.advance(self._at)
        return {"folder": str(self._folder.path)}

    def advance(self, to: datetime) -> None:
        """Write the registers as they stand at an instant."""
        self._yaml("system", [_system(app) for app in APPS if app.system_id] + [OUT_OF_SCOPE])
        self._yaml(
            "service_account",
            [
                {
                    "system_id": "okta",
                    "account": account.login,
                    "account_instance": ORG,
                    "owner": account.owner,
                    "purpose": account.purpose,
                    "interactive": False,
                    "waiver_id": _service_waiver_id(number),
                    "reviewed_at": REVIEWED,
                }
                for number, account in enumerate(SERVICE_ACCOUNTS, 1)
            ]
            + [_machine(user) for user in IAM_USERS if user.machine]
            + [_bot(machine) for machine in MACHINES]
            + list(_site_accounts(self._seed)),
        )
        self._csv(
            "currency",
            ["currency", "minor_digits", "processor_multiple"],
            [[market.currency, *MULTIPLES.get(market.currency, (2, 1))] for market in MARKETS],
        )
        self._yaml(
            "rounding_policy",
            [
                {
                    "policy_id": market.policy_id,
                    "valid_from": date(2025, 1, 1),
                    "valid_to": None,
                    "line_mode": market.line_mode,
                    "tax_scope": market.tax_scope,
                    "mode": market.tax_mode,
                    "inclusive_target": "tax",
                    "tolerance_minor": market.tolerance,
                }
                for market in MARKETS
            ],
        )
        for name, rows in self._kept(to).items():
            self._yaml(name, list(rows))
        booked = list(bank.deposits(self._seed, self._faults, to.date()))
        self._csv("bank_deposit", bank.HEADING, [[row[name] for name in bank.HEADING] for row in booked])
        self._yaml("exception_action", list(self._actions(to)))
        planted = [self._waiver(f) for f in self._faults.of("register_waiver") if _known(f, to)]
        self._yaml("waiver", [*self._service_waivers(), *planted])
        self._yaml(
            "observation_period",
            [
                {
                    "audit_id": "2026-march",
                    "report_type": 2,
                    "period_start": PERIOD_START,
                    "period_end": PERIOD_END,
                    "categories": ["security", "processing_integrity"],
                    "criteria_version": "2017 (points of focus 2022)",
                    "auditor": "Sample & Partners",
                }
            ],
        )

    def population_key(self, fault: Fault, test: str | None = None) -> str:  # noqa: ARG002 - one test a fault
        """Return the key of what a waiver covers."""
        return self._key_of(self._faults.by_id(fault.subject))

    def stop(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            self._folder.remove()

    def _waiver(self, fault: Fault) -> dict[str, Any]:
        covered = self._faults.by_id(fault.subject)
        return {
            "waiver_id": f"W-{fault.id}",
            "control_id": fault.control,
            "test_id": fault.test,
            "subject_pattern": self._key_of(covered),
            "exception_code": fault.code,
            "reason": fault.what,
            "compensating_control": "Alerts on every use are read daily.",
            "risk_id": "R-017",
            "requested_by": "it-operations",
            "approved_by": "security-lead",
            "approved_at": instant(fault.first) - APPROVED_BEFORE,
            "effective_from": instant(fault.first),
            "expires_at": instant(fault.last) + timedelta(days=1),
            "revoked_at": None,
        }

    def _kept(self, to: datetime) -> dict[str, Iterable[Mapping[str, Any]]]:
        """Return register -> rows of what does not depend on a waiver."""
        faults, today = self._faults, to.date()
        return {
            "role_matrix": roles.role_matrix(),
            "sod_rule": roles.sod_rules(),
            "control_change": governance.control_changes(),
            "identity_link": roles.identity_links(self._company),
            "secret": governance.registered_secrets(self._seed, faults, today),
            "vendor": governance.vendors(),
            "vendor_evidence": governance.vendor_evidence(faults, today),
            "vendor_assessment": governance.vendor_assessments(faults, today),
            "vendor_contract": governance.vendor_contracts(),
            "policy": governance.policies(),
            "dr_plan": governance.recovery_plans(faults),
            "dr_test": governance.recovery_tests(self._seed, faults, today),
            "dr_action": governance.recovery_actions(faults, today),
            **books.kept(self._seed, faults, today),
        }

    def _actions(self, to: datetime) -> Iterator[dict[str, Any]]:
        """Yield what the company did about sign-ins without a strong factor, as far as it has by then.

        It writes the digest that its evidence warehouse shows for the exception.
        """
        for fault in self._faults.all:
            if (fault.test, fault.expect) != ("AC-01.a", "fail"):
                continue
            named = f"{fault.test}|{self._key_of(fault)}|{fault.code}"
            noted = {
                "exception_id": hashlib.sha256(named.encode()).hexdigest(),
                "ticket_key": f"SEC-{fault.first:%m%d}",
            }
            for at, event, actor in (
                (instant(fault.first + timedelta(days=1), 9), "ticketed", "it-operations"),
                (instant(fault.last, 16), "remediation_claimed", "it-operations"),
                (instant(fault.last + timedelta(days=2), 10), "verified", "security-lead"),
            ):
                if at <= to:
                    yield noted | {"done_at": at, "event": event, "actor": actor, "note": None}

    def _service_waivers(self) -> Iterator[dict[str, Any]]:
        """Yield why service accounts go without MFA; one that is signed in to is not covered."""
        for number, account in enumerate(SERVICE_ACCOUNTS, 1):
            yield {
                "waiver_id": _service_waiver_id(number),
                "control_id": "AC-01",
                "test_id": "AC-01.a",
                "subject_pattern": f"okta:{ORG}:{okta_id('00u', self._seed, 'service', account.name)}",
                "exception_code": "NO_MFA",
                "reason": f"The account {account.purpose}; nobody signs in with it.",
                "compensating_control": "Its token is bound to the network of the servers.",
                "risk_id": "R-003",
                "requested_by": "it-operations",
                "approved_by": "security-lead",
                "approved_at": instant(REVIEWED, 14),
                "effective_from": instant(REVIEWED, 14),
                "expires_at": instant(REVIEWED, 14) + timedelta(days=180),
                "revoked_at": None,
            }

    def _yaml(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self._write(f"{name}.yaml", yaml.dump([dict(row) for row in rows], Dumper=Plain, sort_keys=False))

    def _csv(self, name: str, heading: list[str], rows: Sequence[Sequence[Any]]) -> None:
        with self._path(f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heading, *rows])

    def _write(self, name: str, text: str) -> None:
        self._path(name).write_text(text, encoding="utf-8")

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise RuntimeError("the registers are written only after the part was started")
        return self._folder.path / name


def _known(fault: Fault, to: datetime) -> bool:
    """Return whether a waiver has been approved by an instant."""
    return to >= instant(fault.first) - APPROVED_BEFORE


def _machine(user: IamUser) -> dict[str, Any]:
    """Return the register's row of an IAM user that no person signs in with."""
    return {
        "system_id": "aws",
        "account": user.name,
        "account_instance": user.account,
        "owner": "platform",
        "purpose": f"runs {user.name}",
        "interactive": False,
        "waiver_id": None,
        "reviewed_at": REVIEWED,
    }


def _bot(machine: Machine) -> dict[str, Any]:
    """Return the register's row of a GitHub account that is no person's."""
    return {
        "system_id": "github",
        "account": machine.login,
        "account_instance": ORG,
        "owner": machine.owner,
        "purpose": machine.purpose,
        "interactive": False,
        "waiver_id": None,
        "reviewed_at": REVIEWED,
    }


def _site_accounts(seed: int) -> Iterator[dict[str, Any]]:
    """Yield the register's rows of Jira's accounts that are no person's: our own reader and an app."""
    reader = next(account for account in SERVICE_ACCOUNTS if account.name == jira_objects.READER)
    for account, owner, purpose in (
        (reader.login, reader.owner, "reads evidence"),
        (jira_objects.account_id(seed, jira_objects.APP), "IT Operations", "moves tickets by rules"),
    ):
        yield {
            "system_id": "jira",
            "account": account,
            "account_instance": ORG,
            "owner": owner,
            "purpose": purpose,
            "interactive": False,
            "waiver_id": None,
            "reviewed_at": REVIEWED,
        }


def _service_waiver_id(number: int) -> str:
    return f"SA-{number:02d}"


def _system(app: App) -> dict[str, Any]:
    """Return the register's row of an app that is a system in scope."""
    return {
        "system_id": app.system_id,
        "name": app.label,
        "in_scope": True,
        "environments": ["production", "staging"] if app.system_id in {"aws", "shop"} else ["production"],
        "criticality": "critical" if app.policy != "Business systems" else "medium",
        "mfa_required": True,
        "owner": "it_operations",
        "access_dataset": ACCESS_DATASETS.get(str(app.system_id)),
        "okta_app_label": app.label,
    }
