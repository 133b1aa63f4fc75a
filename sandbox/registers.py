"""Which registers does the company keep, and how do they change?"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.faults import Fault, Faults
from sandbox.orders import MARKETS
from sandbox.org import APPS, PERIOD_END, PERIOD_START, SERVICE_ACCOUNTS
from sandbox.part import instant

MULTIPLES = {"KWD": (3, 10), "JPY": (0, 1)}
"""Currency -> ISO digits and the processor's multiple, where they are not 2 and 1."""


class RegistersPart:
    """A folder of registers, as it stands at the company's instant."""

    def __init__(self, seed: int, faults: Faults, at: datetime, key_of: Callable[[Fault], str]) -> None:
        self._seed = seed
        self._faults = faults
        self._at = at
        self._key_of = key_of
        self._folder: Path | None = None

    def start(self) -> Mapping[str, Any]:
        """Write the registers and return where."""
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-registers-"))
        self.advance(self._at)
        return {"folder": str(self._folder)}

    def advance(self, to: datetime) -> None:
        """Write the registers as they stand at an instant."""
        self._yaml("system", [system for app in APPS if (system := _system(app)) is not None])
        self._yaml(
            "service_account",
            [
                {
                    "system_id": "okta",
                    "account": account.login,
                    "account_instance": "acme",
                    "owner": account.owner,
                    "purpose": account.purpose,
                    "interactive": False,
                    "waiver_id": f"SA-{number:02d}",
                    "reviewed_at": (PERIOD_START - timedelta(days=40)).isoformat(),
                }
                for number, account in enumerate(SERVICE_ACCOUNTS, 1)
            ],
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
                    "valid_from": "2025-01-01",
                    "line_mode": market.line_mode,
                    "tax_scope": "line",
                    "mode": "half_up",
                    "inclusive_target": "tax",
                    "tolerance_minor": 0,
                }
                for market in MARKETS
            ],
        )
        self._yaml("waiver", [self._waiver(f) for f in self._faults.of("register_waiver") if _known(f, to)])
        self._yaml(
            "observation_period",
            [
                {
                    "audit_id": "2026-march",
                    "report_type": 2,
                    "period_start": PERIOD_START.isoformat(),
                    "period_end": PERIOD_END.isoformat(),
                    "categories": ["security", "processing_integrity"],
                    "criteria_version": "2017 (points of focus 2022)",
                    "auditor": "Sample & Partners",
                }
            ],
        )

    def population_key(self, fault: Fault) -> str:
        """Return the key of what a waiver covers."""
        return self._key_of(self._faults.by_id(fault.subject))

    def stop(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

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
            "approved_at": (instant(fault.first) - timedelta(hours=8)).isoformat(),
            "effective_from": instant(fault.first).isoformat(),
            "expires_at": (instant(fault.last) + timedelta(days=1)).isoformat(),
        }

    def _yaml(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self._write(f"{name}.yaml", yaml.safe_dump([dict(row) for row in rows], sort_keys=False))

    def _csv(self, name: str, heading: list[str], rows: Sequence[Sequence[Any]]) -> None:
        with self._path(f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heading, *rows])

    def _write(self, name: str, text: str) -> None:
        self._path(name).write_text(text, encoding="utf-8")

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise RuntimeError("the registers are written only after the part was started")
        return self._folder / name


def _known(fault: Fault, to: datetime) -> bool:
    """Return whether a waiver has been approved by an instant."""
    return to >= instant(fault.first) - timedelta(hours=8)


def _system(app: Any) -> dict[str, Any] | None:
    """Return the register's row of an app that is a system in scope."""
    if not app.system_id:
        return None
    return {
        "system_id": app.system_id,
        "name": app.label,
        "in_scope": True,
        "environments": ["production"],
        "criticality": "high",
        "mfa_required": True,
        "owner": "it_operations",
        "okta_app_label": app.label,
    }
