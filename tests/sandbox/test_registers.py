from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.company import Company
from sandbox.faults import Fault, Faults
from sandbox.orders import MARKETS, day_of_orders
from sandbox.org import APPS, PERIOD_END, PERIOD_START, SERVICE_ACCOUNTS
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
    "observation_period": "audit_id report_type period_start period_end categories criteria_version auditor",
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
        assert {"currency.csv", *(f"{name}.yaml" for name in COLUMNS)} == set(texts(folder))
        for register, columns in COLUMNS.items():
            assert {tuple(columns.split())} == {tuple(row) for row in listed(folder, register)}
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


def test_service_accounts_are_those_of_okta_each_with_a_waiver(faults: Faults, company: Company) -> None:
    """It accepts that the account has no factor, and nothing else."""
    with opened(faults, NOON) as (_, folder):
        accounts = listed(folder, "service_account")
        waivers = {row["waiver_id"]: row for row in listed(folder, "waiver")}
    assert {("okta", "acme", account.login, False) for account in SERVICE_ACCOUNTS} == {
        (row["system_id"], row["account_instance"], row["account"], row["interactive"]) for row in accounts
    }
    users = {account.login: account.user_id for account in company.services.values()}
    for row in accounts:
        waiver = waivers[row["waiver_id"]]
        assert ("AC-01.a", "NO_MFA", f"okta:acme:{users[row['account']]}") == (
            waiver["test_id"],
            waiver["exception_code"],
            waiver["subject_pattern"],
        )


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
