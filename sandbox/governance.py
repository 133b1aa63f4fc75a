"""Which vendors, recovery plans and secrets does the company's own bookkeeping name at an instant?

Kept by people: a lapse begins and ends at midnight, since a register says what is true of a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from sandbox.aws_secrets import secrets_of
from sandbox.faults import Fault, Faults
from sandbox.org import APPS, PERIOD_START, VENDORS, Vendor

Row = dict[str, Any]
YEAR = timedelta(days=365)
CONTRACTED = date(2024, 4, 1)
TESTED = PERIOD_START - timedelta(days=120)
CRITICAL_SYSTEMS = sorted(
    str(app.system_id) for app in APPS if app.system_id and app.policy != "Business systems"
)


def vendors() -> Iterator[Row]:
    """Yield every vendor."""
    for vendor in VENDORS:
        yield {
            "vendor_id": vendor.id,
            "name": vendor.name,
            "legal_entity": f"{vendor.name} Inc.",
            "service": vendor.service,
            "owner": "procurement",
            "tier": vendor.tier,
            "status": "active",
            "data_classes": ["confidential"] if vendor.tier in ("critical", "high") else ["internal"],
            "onboarded_on": CONTRACTED,
            "offboarded_on": None,
        }


def vendor_evidence(faults: Faults, today: date) -> Iterator[Row]:
    """Yield every assurance document as its row reads on a day."""
    for vendor in VENDORS:
        if vendor.assurance is None:
            continue
        fault = next(
            (f for f in faults.all if f.kind.startswith("vendor_") and f.subject == vendor.subject), None
        )
        yield _report(vendor, fault, today)
        if fault is not None and fault.kind == "vendor_report_lapsed" and today > fault.last:
            yield {**_report(vendor, None, today), "evidence_id": f"{vendor.id}-renewed"}


def _report(vendor: Vendor, fault: Fault | None, today: date) -> Row:
    ended = PERIOD_START - timedelta(days=90)
    kind = fault.kind if fault else ""
    active = fault is not None and fault.first <= today <= fault.last
    if kind == "vendor_report_lapsed" and fault is not None:
        ended = fault.first - YEAR - timedelta(days=1)
    reviewed = not (kind == "vendor_not_reviewed" and active)
    return {
        "evidence_id": f"{vendor.id}-report",
        "vendor_id": vendor.id,
        "kind": vendor.assurance,
        "legal_entity": "Another Company Ltd."
        if kind == "vendor_scope" and active
        else f"{vendor.name} Inc.",
        "service_scope": vendor.service,
        "period_end": ended if vendor.assurance == "soc2_type2" else None,
        "issued_on": ended + timedelta(days=30) if vendor.assurance == "pci_aoc" else None,
        "expires_on": ended + 2 * YEAR if vendor.assurance == "iso27001" else None,
        "opinion": "unqualified" if vendor.assurance == "soc2_type2" and reviewed else None,
        "relevant_exceptions": kind == "vendor_untreated" and active if reviewed else None,
        "risk_treatment_id": None,
        "cuecs_mapped": True if reviewed else None,
        "subservice_reviewed": True if reviewed else None,
        "scope_reviewed": True if reviewed else None,
        "reviewed_by": "security_lead" if reviewed else None,
        "reviewed_on": PERIOD_START - timedelta(days=30) if reviewed else None,
        "document_sha256": None,
    }


def vendor_contracts() -> Iterator[Row]:
    """Yield every vendor's contract."""
    for vendor in VENDORS:
        yield {
            "contract_id": f"C-{vendor.id}",
            "vendor_id": vendor.id,
            "signed_on": CONTRACTED,
            "ends_on": None,
            "clause_security": True,
            "clause_incident_notice": True,
            "clause_right_to_audit": True,
        }


def vendor_assessments(faults: Faults, today: date) -> Iterator[Row]:
    """Yield the assessment of every vendor that has no report."""
    for vendor in VENDORS:
        if vendor.assurance is None and vendor.tier in ("critical", "high"):
            lost = [f for f in faults.of("vendor_no_alternative") if f.subject == vendor.subject]
            away = any(f.first <= today <= f.last for f in lost)
            yield {
                "vendor_id": vendor.id,
                "questionnaire_sent_on": PERIOD_START - timedelta(days=70),
                "questionnaire_reviewed_on": None if away else PERIOD_START - timedelta(days=50),
                "compensating_control_id": "SK-02",
                "approved_by": "security_lead",
                "approved_on": PERIOD_START - timedelta(days=49),
            }


def recovery_plans(faults: Faults) -> Iterator[Row]:
    """Yield the versions of the recovery plan: with the lapse planted, the new one comes late."""
    stale = next(iter(faults.of("dr_plan_stale")), None)
    first = stale.first - YEAR - timedelta(days=1) if stale else PERIOD_START - timedelta(days=150)
    yield _plan("2025.1", first)
    if stale is not None:
        yield _plan("2026.1", stale.last + timedelta(days=1))


def _plan(version: str, approved: date) -> Row:
    return {
        "version": version,
        "approved_on": approved,
        "approved_by": "cto",
        "last_architecture_change_on": None,
        "document_sha256": None,
    }


def recovery_tests() -> Iterator[Row]:
    """Yield the tests of the plan: one of everything, a tabletop before it."""
    for test_id, kind, back in (("DR-2025-1", "tabletop", 60), ("DR-2025-2", "failover", 0)):
        yield {
            "test_id": test_id,
            "tested_on": TESTED - timedelta(days=back),
            "type": kind,
            "system_ids": list(CRITICAL_SYSTEMS),
            "rto_target_min": 240,
            "rto_actual_min": None if kind == "tabletop" else 180,
            "rpo_target_min": 60,
            "rpo_actual_min": None if kind == "tabletop" else 20,
            "result": "pass",
            "after_action_on": TESTED - timedelta(days=back - 6),
            "after_action_sha256": _digest(test_id),
            "restore_job_ids": [],
        }


def recovery_actions(faults: Faults, today: date) -> Iterator[Row]:
    """Yield the corrective actions: with the lapse planted, one is open past its day."""
    late = next(iter(faults.of("dr_action_open")), None)
    due = late.first - timedelta(days=1) if late else PERIOD_START - timedelta(days=60)
    closed = late.last + timedelta(days=1) if late else PERIOD_START - timedelta(days=70)
    done = today >= closed
    yield {
        "action_id": "DRA-1",
        "test_id": "DR-2025-2",
        "description": "Restore the search index from its own backup",
        "owner": "platform",
        "due_on": due,
        "closed_on": closed if done else None,
        "evidence_sha256": _digest("DRA-1") if done else None,
        "retest_id": "DR-2025-2" if done else None,
    }


def registered_secrets(seed: int, faults: Faults, today: date) -> Iterator[Row]:
    """Yield every secret that should be in a vault, but for those planted as forgotten."""
    for account, secrets in secrets_of(seed, faults).items():
        for secret in secrets:
            forgotten = [f for f in faults.of("secret_unregistered") if f.subject == secret.subject]
            if any(f.first <= today <= f.last for f in forgotten):
                continue
            loose = [f for f in faults.of("secret_unrestricted") if f.subject == secret.subject]
            stripe = secret.provider == "stripe"
            yield {
                "secret_id": f"{account}/{secret.name}",
                "provider": secret.provider,
                "provider_key_id": None,
                "environment": "production" if account == "111111111111" else "staging",
                "account_id": account,
                "vault_name": secret.name,
                "owner": "platform",
                "rotation_days": 90,
                "type": "static",
                "created_on": PERIOD_START - timedelta(days=300),
                "retired_on": None,
                "restricted_required": stripe,
                "key_kind": _kind(stripe, any(f.first <= today <= f.last for f in loose)),
            }


def _kind(stripe: bool, loose: bool) -> str | None:
    if not stripe:
        return None
    return "unrestricted" if loose else "restricted"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def population_key(fault: Fault) -> str:
    """Return the key that a fault of the bookkeeping is found under."""
    keys: dict[str, Callable[[str], str]] = {
        "vendor_report_lapsed": lambda vendor: vendor,
        "vendor_not_reviewed": lambda vendor: f"{vendor}-report",
        "vendor_untreated": lambda vendor: f"{vendor}-report",
        "vendor_scope": lambda vendor: f"{vendor}-report",
        "vendor_no_alternative": lambda vendor: vendor,
        "dr_plan_stale": lambda _: "2025.1",
        "dr_action_open": lambda _: "DRA-1",
        "secret_unregistered": lambda secret: secret,
        "secret_unrestricted": lambda secret: secret,
    }
    return keys[fault.kind](fault.subject.partition(" ")[2])
