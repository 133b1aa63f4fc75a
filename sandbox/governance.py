"""Which vendors, recovery plans and secrets does the company's own bookkeeping name at an instant?

Kept by people: a lapse begins and ends at midnight, since a register says what is true of a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.aws_recovery import RESTORED_ON, job_id, restore_job_ids
from sandbox.aws_secrets import secrets_of
from sandbox.faults import Fault, Faults
from sandbox.org import APPS, GITHUB_KEY, GITHUB_KEY_ID, PERIOD_START, POLICIES, VENDORS, Vendor
from sandbox.paper import digest, pdf
from sandbox.part import instant

Row = dict[str, Any]
YEAR = timedelta(days=365)
CONTRACTED = date(2024, 4, 1)
TESTED = PERIOD_START - timedelta(days=120)
EARLIER_TESTS = {"DR-2025-1": 60, "DR-2025-2": 0}
"""Test before the period -> how many days before TESTED it was: a tabletop exercise, then a failover."""
RESTORE_TEST, RESTORE_REPORTED = "DR-2026-1", RESTORED_ON + timedelta(days=6)
"""The test on the first day of the period, in which backups were restored, and when its report came."""
CRITICAL_SYSTEMS = sorted(
    str(app.system_id) for app in APPS if app.system_id and app.policy != "Business systems"
)


def control_changes() -> Iterator[Row]:
    """Yield the changes of tests that were approved: one, long before the first evidence day."""
    yield {
        "control_id": "SK-02",
        "definition_sha256": digest(b"the definition of SK-02 before its idle days"),
        "reason": "Idle keys are reported after 45 days instead of 60.",
        "author": "platform_engineer",
        "approved_by": "compliance_lead",
        "approved_at": instant(PERIOD_START - timedelta(days=40), 15),
    }


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
        fault = _of_vendor(vendor, faults)
        for report in reports_of(vendor, faults):
            if report.since is None:
                yield _row(vendor, report, fault, today)
            elif today >= report.since:
                yield _row(vendor, report, None, today)


@dataclass(frozen=True)
class Report:
    """An assurance document of a vendor."""

    id: str
    ended: date
    """Last day it covers, and from which its other dates are counted."""
    since: date | None
    """When it came; null: before the period."""
    expires_on: date | None
    content: bytes


def _of_vendor(vendor: Vendor, faults: Faults) -> Fault | None:
    planted = (f for f in faults.all if f.kind.startswith("vendor_") and f.subject == vendor.subject)
    return next(planted, None)


def reports_of(vendor: Vendor, faults: Faults) -> Iterator[Report]:
    """Yield a vendor's assurance documents: with the lapse planted, an old one and a late new one."""
    if vendor.assurance is None:
        return
    fault = _of_vendor(vendor, faults)
    usual = PERIOD_START - timedelta(days=90)
    if fault is None or fault.kind != "vendor_report_lapsed":
        yield _report(vendor, f"{vendor.id}-report", usual, None)
        return
    yield _report(vendor, f"{vendor.id}-report", fault.first - YEAR - timedelta(days=1), None)
    yield _report(vendor, f"{vendor.id}-renewed", usual, fault.last + timedelta(days=1))


def _report(vendor: Vendor, name: str, ended: date, since: date | None) -> Report:
    return Report(
        id=name,
        ended=ended,
        since=since,
        expires_on=ended + 2 * YEAR if vendor.assurance == "iso27001" else None,
        content=pdf(f"{vendor.name}: {vendor.assurance}", [vendor.service, f"Until {ended}", name]),
    )


def _row(vendor: Vendor, report: Report, fault: Fault | None, today: date) -> Row:
    ended, kind = report.ended, fault.kind if fault else ""
    active = fault is not None and fault.first <= today <= fault.last
    missing = kind == "vendor_document_missing" and active
    reviewed = not (kind == "vendor_not_reviewed" and active)
    return {
        "evidence_id": report.id,
        "vendor_id": vendor.id,
        "kind": vendor.assurance,
        "legal_entity": "Another Company Ltd."
        if kind == "vendor_scope" and active
        else f"{vendor.name} Inc.",
        "service_scope": vendor.service,
        "period_end": ended if vendor.assurance == "soc2_type2" else None,
        "issued_on": ended + timedelta(days=30) if vendor.assurance == "pci_aoc" else None,
        "expires_on": report.expires_on,
        "opinion": "unqualified" if vendor.assurance == "soc2_type2" and reviewed else None,
        "relevant_exceptions": kind == "vendor_untreated" and active if reviewed else None,
        "risk_treatment_id": None,
        "cuecs_mapped": True if reviewed else None,
        "subservice_reviewed": True if reviewed else None,
        "scope_reviewed": True if reviewed else None,
        "reviewed_by": "security_lead" if reviewed else None,
        "reviewed_on": PERIOD_START - timedelta(days=30) if reviewed else None,
        "document_sha256": digest(report.content + (b"% another version" if missing else b"")),
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
    for version, approved in plan_versions(faults):
        yield {
            "version": version,
            "approved_on": approved,
            "approved_by": "cto",
            "last_architecture_change_on": None,
            "document_sha256": digest(plan_paper(version)),
        }


def plan_versions(faults: Faults) -> Iterator[tuple[str, date]]:
    """Yield the versions of the recovery plan, each with the day of its approval."""
    stale = next(iter(faults.of("dr_plan_stale")), None)
    yield "2025.1", stale.first - YEAR - timedelta(days=1) if stale else PERIOD_START - timedelta(days=150)
    if stale is not None:
        yield "2026.1", stale.last + timedelta(days=1)


def plan_paper(version: str) -> bytes:
    """Return the text of a version of the recovery plan."""
    return pdf(f"Disaster-recovery plan {version}", ["Who restores what, in which order.", *CRITICAL_SYSTEMS])


def report_paper(subject: str) -> bytes:
    """Return what was written of a test of the plan, or of a corrective action."""
    return pdf(f"Report of {subject}", ["What was aimed at, what was reached, what is to be done."])


def policies() -> Iterator[Row]:
    """Yield every policy."""
    for policy_id, title, owner, control_ids in POLICIES:
        yield {
            "policy_id": policy_id,
            "version": "3",
            "title": title,
            "owner": owner,
            "approved_by": "cto",
            "approved_on": PERIOD_START - timedelta(days=110),
            "effective_on": PERIOD_START - timedelta(days=100),
            "review_due_on": PERIOD_START + timedelta(days=255),
            "retired_on": None,
            "control_ids": list(control_ids),
            "document_sha256": digest(policy_paper(policy_id, title)),
        }


def policy_paper(policy_id: str, title: str) -> bytes:
    """Return the text of a policy."""
    return pdf(title, [f"Policy {policy_id}, version 3", "What must be done, by whom, and how it is shown."])


def after_action_reports() -> Iterator[tuple[str, date]]:
    """Yield every recovery test, and when its report came."""
    for test_id, back in EARLIER_TESTS.items():
        yield test_id, TESTED - timedelta(days=back - 6)
    yield RESTORE_TEST, RESTORE_REPORTED


def recovery_tests(seed: int, faults: Faults, today: date) -> Iterator[Row]:
    """Yield the tests of the plan: one of everything, a tabletop before it, and a restore of the backups.

    What the failover before the period claims nobody can see any more: AWS keeps its jobs for 30 days.
    """
    for kind, (test_id, back) in zip(("tabletop", "failover"), EARLIER_TESTS.items(), strict=True):
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
            "after_action_sha256": digest(report_paper(test_id)),
            "restore_job_ids": [] if kind == "tabletop" else [job_id(seed, test_id)],
        }
    reported = today >= RESTORE_REPORTED
    yield {
        "test_id": RESTORE_TEST,
        "tested_on": RESTORED_ON,
        "type": "restore",
        "system_ids": ["shop"],
        "rto_target_min": 240,
        "rto_actual_min": 95,
        "rpo_target_min": 300,
        "rpo_actual_min": 240,
        "result": "pass",
        "after_action_on": RESTORE_REPORTED if reported else None,
        "after_action_sha256": digest(report_paper(RESTORE_TEST)) if reported else None,
        "restore_job_ids": [
            _invented(n) if any(f.first <= today <= f.last for f in planted) else real
            for n, real in enumerate(restore_job_ids(seed), 1)
            for planted in [[f for f in faults.of("dr_restore_uncorroborated") if f.number == n]]
        ],
    }


def _invented(number: int) -> str:
    """Return the name of a restore that never happened."""
    return job_id("invented", number)


def recovery_actions(faults: Faults, today: date) -> Iterator[Row]:
    """Yield the corrective actions: with the lapse planted, one is open past its day."""
    due, closed = action_days(faults)
    done = today >= closed
    yield {
        "action_id": "DRA-1",
        "test_id": "DR-2025-2",
        "description": "Restore the search index from its own backup",
        "owner": "platform",
        "due_on": due,
        "closed_on": closed if done else None,
        "evidence_sha256": digest(report_paper("DRA-1")) if done else None,
        "retest_id": "DR-2025-2" if done else None,
    }


def action_days(faults: Faults) -> tuple[date, date]:
    """Return until when the corrective action was due, and when it was closed."""
    late = next(iter(faults.of("dr_action_open")), None)
    if late is None:
        return PERIOD_START - timedelta(days=60), PERIOD_START - timedelta(days=70)
    return late.first - timedelta(days=1), late.last + timedelta(days=1)


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
                "provider_key_id": str(GITHUB_KEY_ID) if secret.name == GITHUB_KEY else None,
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


def population_key(fault: Fault) -> str:
    """Return the key that a fault of the bookkeeping is found under."""
    keys: dict[str, Callable[[str], str]] = {
        "vendor_report_lapsed": lambda vendor: vendor,
        "vendor_not_reviewed": lambda vendor: f"{vendor}-report",
        "vendor_untreated": lambda vendor: f"{vendor}-report",
        "vendor_scope": lambda vendor: f"{vendor}-report",
        "vendor_document_missing": lambda vendor: f"{vendor}-report",
        "vendor_no_alternative": lambda vendor: vendor,
        "dr_plan_stale": lambda _: "2025.1",
        "dr_action_open": lambda _: "DRA-1",
        "dr_restore_uncorroborated": lambda number: f"{RESTORE_TEST}/{_invented(int(number))}",
        "secret_unregistered": lambda secret: secret,
        "secret_unrestricted": lambda secret: secret,
    }
    return keys[fault.kind](fault.subject.partition(" ")[2])
