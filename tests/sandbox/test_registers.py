from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.aws_recovery import restore_job_ids
from sandbox.company import Company
from sandbox.documents import documents
from sandbox.faults import Fault, Faults
from sandbox.github_people import MACHINES
from sandbox.jira_objects import APP, account_id
from sandbox.kinds import KINDS
from sandbox.orders import MARKETS, day_of_orders
from sandbox.org import APPS, IAM_USERS, PERIOD_END, PERIOD_START, SECRETS, SERVICE_ACCOUNTS
from sandbox.paper import digest
from sandbox.process import SEED
from sandbox.registers import RegistersPart

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
COLUMNS = {
    "system": "system_id name in_scope environments criticality mfa_required owner access_dataset "
    "okta_app_label",
    "service_account": "system_id account account_instance owner purpose interactive waiver_id reviewed_at",
    "rounding_policy": "policy_id valid_from valid_to line_mode tax_scope mode inclusive_target "
    "tolerance_minor",
    "waiver": "waiver_id control_id test_id subject_pattern exception_code reason compensating_control "
    "risk_id requested_by approved_by approved_at effective_from expires_at revoked_at",
    "exception_action": "exception_id ticket_key done_at event actor note",
    "observation_period": "audit_id report_type period_start period_end categories criteria_version auditor",
    "control_change": "control_id definition_sha256 reason author approved_by approved_at",
    "role_matrix": "job_role system_id entitlement approved_by reviewed_on",
    "sod_rule": "sod_rule_id description left_system_id left_entitlement right_system_id right_entitlement",
    "identity_link": "system_id account account_instance person_id reviewed_on",
    "secret": "secret_id provider provider_key_id environment account_id vault_name owner rotation_days type "
    "created_on retired_on restricted_required key_kind",
    "vendor": "vendor_id name legal_entity service owner tier status data_classes onboarded_on offboarded_on",
    "vendor_evidence": "evidence_id vendor_id kind legal_entity service_scope period_end issued_on "
    "expires_on opinion relevant_exceptions risk_treatment_id cuecs_mapped subservice_reviewed "
    "scope_reviewed reviewed_by reviewed_on document_sha256",
    "vendor_assessment": "vendor_id questionnaire_sent_on questionnaire_reviewed_on compensating_control_id "
    "approved_by approved_on",
    "vendor_contract": "contract_id vendor_id signed_on ends_on clause_security clause_incident_notice "
    "clause_right_to_audit",
    "policy": "policy_id version title owner approved_by approved_on effective_on review_due_on retired_on "
    "control_ids document_sha256",
    "dr_plan": "version approved_on approved_by last_architecture_change_on document_sha256",
    "dr_test": "test_id tested_on type system_ids rto_target_min rto_actual_min rpo_target_min "
    "rpo_actual_min result after_action_on after_action_sha256 restore_job_ids",
    "dr_action": "action_id test_id description owner due_on closed_on evidence_sha256 retest_id",
    "promotion": "promotion_id kind valid_from valid_to approver",
    "tax_rate": "jurisdiction tax_category rate_e9 valid_from valid_to",
    "tax_registration": "jurisdiction valid_from valid_to",
    "tax_certificate": "certificate_id jurisdiction reason valid_from valid_to",
    "tax_return": "period jurisdiction source currency taxable_minor tax_minor filed_on due_on",
    "fee_schedule": "processor currency kind rate_e9 fixed_minor valid_from valid_to",
    "cycle_count": "count_id sku location due_on counted_on expected counted resolved_on",
    "approval_limit": "actor entity currency limit_minor",
    "late_arrival": "table_name row_id reason approver",
}


def key_of(fault: Fault) -> str:
    """Name a fault's population key as the other parts would."""
    return f"key-of-{fault.id}"


@contextmanager
def opened(faults: Faults, at: datetime) -> Iterator[tuple[RegistersPart, Path]]:
    """Keep the demo's registers in a folder."""
    part = RegistersPart(SEED, faults, at, key_of=key_of)
    folder = Path(part.start()["folder"])
    try:
        yield part, folder
    finally:
        part.stop()
        part.stop()
    assert not folder.exists()


def listed(folder: Path, register: str) -> list[dict[str, Any]]:
    """Return the rows of a register in YAML."""
    rows: list[dict[str, Any]] = yaml.safe_load((folder / f"{register}.yaml").read_text(encoding="utf-8"))
    return rows


def texts(folder: Path) -> dict[str, str]:
    """Return every file of a folder."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_every_register_has_exactly_its_columns(faults: Faults) -> None:
    """In every row; the collector refuses a name it does not know."""
    with opened(faults, NOON) as (_, folder):
        named = {f"{name}.yaml" for name in COLUMNS}
        assert {"bank_deposit.csv", "currency.csv", *named} == set(texts(folder))
        for register, columns in COLUMNS.items():
            assert {tuple(columns.split())} >= {tuple(row) for row in listed(folder, register)}
        with (folder / "currency.csv").open(encoding="utf-8", newline="") as file:
            assert [
                ["currency", "minor_digits", "processor_multiple"],
                ["USD", "2", "1"],
                ["EUR", "2", "1"],
                ["GBP", "2", "1"],
                ["JPY", "0", "1"],
                ["KWD", "3", "10"],
            ] == list(csv.reader(file))


def test_a_start_at_an_instant_and_an_advance_to_it_write_the_same(faults: Faults) -> None:
    """Byte for byte."""
    with opened(faults, NOON) as (_, folder):
        expected = texts(folder)
    with opened(faults, NOON - timedelta(days=14)) as (part, folder):
        part.advance(NOON - timedelta(days=3))
        part.advance(NOON)
        assert expected == texts(folder)


def test_the_systems_that_people_reach_through_okta_require_mfa(faults: Faults) -> None:
    """One that does not is out of scope."""
    with opened(faults, NOON) as (_, folder):
        systems = listed(folder, "system")
    required = {row["system_id"]: row["okta_app_label"] for row in systems if row["mfa_required"]}
    assert {app.system_id: app.label for app in APPS if app.system_id} == required
    assert [("lunch", False)] == [
        (row["system_id"], row["in_scope"]) for row in systems if not row["mfa_required"]
    ]


def test_service_accounts_are_those_of_okta_aws_github_and_jira(faults: Faults, company: Company) -> None:
    """Those of Okta each with a waiver that accepts that the account has no factor, and nothing else."""
    with opened(faults, NOON) as (_, folder):
        accounts = listed(folder, "service_account")
        waivers = {row["waiver_id"]: row for row in listed(folder, "waiver")}
    assert {
        *(("okta", "acme", account.login, False) for account in SERVICE_ACCOUNTS),
        *(("aws", user.account, user.name, False) for user in IAM_USERS if user.machine),
        *(("github", "acme", machine.login, False) for machine in MACHINES),
        ("jira", "acme", "svc-siem-reader@acme-shop.example", False),
        ("jira", "acme", account_id(SEED, APP), False),
    } == {(row["system_id"], row["account_instance"], row["account"], row["interactive"]) for row in accounts}
    users = {account.login: account.user_id for account in company.services.values()}
    for row in accounts:
        if row["system_id"] == "okta":
            waiver = waivers[row["waiver_id"]]
            assert ("AC-01.a", "NO_MFA", f"okta:acme:{users[row['account']]}") == (
                waiver["test_id"],
                waiver["exception_code"],
                waiver["subject_pattern"],
            )


def test_what_the_bookkeeping_lacks_is_what_was_planted(faults: Faults) -> None:
    """On every day: reports, reviews, plans, actions and registered secrets, against the list of faults."""
    every = {f"{account}/{name}" for account, names in SECRETS.items() for name in names}
    for day in (PERIOD_START + timedelta(days=n) for n in range(30)):
        with opened(faults, datetime(day.year, day.month, day.day, 12, tzinfo=UTC)) as (_, folder):
            evidence = listed(folder, "vendor_evidence")
            secrets = listed(folder, "secret")
            claimed = next(t for t in listed(folder, "dr_test") if t["test_id"] == "DR-2026-1")
            plan = max(p["approved_on"] for p in listed(folder, "dr_plan") if p["approved_on"] <= day)
            assert {
                "vendor_report_lapsed": sorted(
                    {e["vendor_id"] for e in evidence if e["kind"] == "soc2_type2"}
                    - {e["vendor_id"] for e in evidence if _covers(e["period_end"], day)}
                ),
                "vendor_not_reviewed": [e["vendor_id"] for e in evidence if not e["reviewed_on"]],
                "vendor_untreated": [e["vendor_id"] for e in evidence if e["relevant_exceptions"]],
                "vendor_scope": [e["vendor_id"] for e in evidence if e["legal_entity"].startswith("Another")],
                "vendor_no_alternative": [
                    a["vendor_id"]
                    for a in listed(folder, "vendor_assessment")
                    if not a["questionnaire_reviewed_on"]
                ],
                "vendor_document_missing": sorted(
                    e["vendor_id"] for e in evidence if e["document_sha256"] not in filed(faults, day)
                ),
                "dr_plan_stale": ["1"] if (day - plan).days > 365 else [],
                "dr_action_open": [
                    "1" for a in listed(folder, "dr_action") if not a["closed_on"] and a["due_on"] < day
                ],
                "dr_restore_uncorroborated": [
                    str(n)
                    for n, real in enumerate(restore_job_ids(SEED), 1)
                    if claimed["restore_job_ids"][n - 1] != real
                ],
                "secret_unregistered": sorted(every - {row["secret_id"] for row in secrets}),
                "secret_unrestricted": [
                    row["secret_id"] for row in secrets if row["key_kind"] == "unrestricted"
                ],
            } == {
                kind.name: sorted(
                    f.subject.partition(" ")[2] for f in faults.of(kind.name) if f.first <= day <= f.last
                )
                for kind in KINDS.values()
                if kind.part == "governance"
            }


def filed(faults: Faults, day: date) -> set[str]:
    """Return the digests of the documents that lie there on a day."""
    return {digest(document.content) for document in documents(faults) if document.since <= day}


def test_whatever_else_the_registers_cite_has_been_filed(faults: Faults) -> None:
    """Plans in force, reports of tests, what shows that an action was done, and policies."""
    for day in (PERIOD_START + timedelta(days=n) for n in range(0, 30, 3)):
        with opened(faults, datetime(day.year, day.month, day.day, 12, tzinfo=UTC)) as (_, folder):
            cited = {
                *(row["document_sha256"] for row in listed(folder, "dr_plan") if row["approved_on"] <= day),
                *(row["after_action_sha256"] for row in listed(folder, "dr_test") if row["after_action_on"]),
                *(row["evidence_sha256"] for row in listed(folder, "dr_action") if row["closed_on"]),
                *(row["document_sha256"] for row in listed(folder, "policy")),
            }
        assert set() == cited - filed(faults, day)


def _covers(period_end: date | None, day: date) -> bool:
    return period_end is not None and (day - period_end).days <= 365


def test_every_order_is_rounded_by_a_policy_in_force(faults: Faults) -> None:
    """And in a currency that is registered."""
    with opened(faults, NOON) as (_, folder):
        policies = {row["policy_id"]: row for row in listed(folder, "rounding_policy")}
    orders = day_of_orders(SEED, faults, PERIOD_START)["orders"]
    assert {order["policy_id"] for order in orders} == set(policies)
    assert {market.policy_id: market.line_mode for market in MARKETS} == {
        name: row["line_mode"] for name, row in policies.items()
    }
    assert date(2026, 1, 1) > max(row["valid_from"] for row in policies.values())


def test_a_waiver_is_registered_when_a_second_person_approved_it(faults: Faults) -> None:
    """On the day before it counts; it counts from midnight to midnight."""
    fault = faults.by_id("erp-key-waiver")
    begins = datetime(2026, 3, 20, tzinfo=UTC)
    with opened(faults, begins - timedelta(hours=9)) as (part, folder):
        assert "W-erp-key-waiver" not in {row["waiver_id"] for row in listed(folder, "waiver")}
        part.advance(begins - timedelta(hours=8))
        waiver = {row["waiver_id"]: row for row in listed(folder, "waiver")}["W-erp-key-waiver"]
        assert "key-of-erp-key-old" == waiver["subject_pattern"] == part.population_key(fault)
    assert ("SK-02", "SK-02.a", "KEY_AGE") == (
        waiver["control_id"],
        waiver["test_id"],
        waiver["exception_code"],
    )
    assert (begins - timedelta(hours=8), begins, datetime(2026, 3, 27, tzinfo=UTC)) == (
        waiver["approved_at"],
        waiver["effective_from"],
        waiver["expires_at"],
    )
    assert waiver["requested_by"] != waiver["approved_by"]


def test_the_observation_period_is_the_thirty_days(faults: Faults) -> None:
    """Of a type 2 report."""
    with opened(faults, NOON) as (_, folder):
        assert [(2, PERIOD_START, PERIOD_END)] == [
            (row["report_type"], row["period_start"], row["period_end"])
            for row in listed(folder, "observation_period")
        ]
