"""Which registers are captured, and what does each column mean?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assets.capture import Reading, Row, capture, row
from assets.registers.client import RegisterFolder
from warehouse.dataset import Column, Dataset, Kind, Privacy


def _column(name: str, type_: str, meaning: str, *, required: bool = False, **other: Any) -> Column:
    return Column(name, type_, meaning, source=name, required=required, **other)


SYSTEM = Dataset(
    name="register_system",
    kind=Kind.REGISTER,
    title="One row per system the company runs or uses",
    key=("system_id",),
    columns=(
        _column("system_id", "text", "The system", required=True),
        _column("name", "text", "What people call it", required=True),
        _column("in_scope", "bool", "Whether the audit covers it", required=True),
        _column("environments", "text[]", "Its environments", required=True),
        _column("criticality", "text", "critical, high, medium or low", required=True),
        _column("mfa_required", "bool", "Whether signing in to it must need a second factor", required=True),
        _column("owner", "text", "The role that answers for it", required=True),
        _column("access_dataset", "text", "The dataset that lists its accounts"),
        _column("okta_app_label", "text", "The Okta application that signs people in to it"),
    ),
)

SERVICE_ACCOUNT = Dataset(
    name="register_service_account",
    kind=Kind.REGISTER,
    title="One row per account that no person signs in with",
    key=("system_id", "account"),
    columns=(
        _column("system_id", "text", "okta, aws or another system", required=True),
        _column("account", "text", "Its login or user name there", required=True),
        _column("account_instance", "text", "The organisation or account it is in; null: any"),
        _column("owner", "text", "The role that answers for it", required=True),
        _column("purpose", "text", "What it is for", required=True),
        _column("interactive", "bool", "Whether somebody may sign in with it", required=True),
        _column("waiver_id", "text", "The waiver that allows it to go without MFA"),
        _column("reviewed_at", "date", "When its owner last confirmed it"),
    ),
    may_be_empty=True,
)

CURRENCY = Dataset(
    name="register_currency",
    kind=Kind.REGISTER,
    title="One row per currency that is sold in",
    key=("currency",),
    columns=(
        _column("currency", "text", "ISO 4217 code", required=True),
        _column("minor_digits", "int", "Decimal digits of its minor unit by ISO 4217", required=True),
        _column(
            "processor_multiple", "int", "Amounts must be a multiple of this many minor units", required=True
        ),
    ),
)

ROUNDING_POLICY = Dataset(
    name="register_rounding_policy",
    kind=Kind.REGISTER,
    title="One row per rounding policy and the days it is valid for",
    key=("policy_id", "valid_from"),
    columns=(
        _column("policy_id", "text", "The policy an order names", required=True),
        _column("valid_from", "date", "First day it applies", required=True),
        _column("valid_to", "date", "Last day it applies; null: still"),
        _column("line_mode", "text", "How a line's extension is rounded", required=True),
        _column("tax_scope", "text", "What tax is rounded on", required=True),
        _column("mode", "text", "How tax is rounded", required=True),
        _column(
            "inclusive_target", "text", "Which of net and tax is rounded in an inclusive price", required=True
        ),
        _column("tolerance_minor", "int", "Accepted difference", unit="minor units", required=True),
    ),
)

WAIVER = Dataset(
    name="register_waiver",
    kind=Kind.REGISTER,
    title="One row per approved, expiring acceptance of exceptions",
    key=("waiver_id",),
    columns=(
        _column("waiver_id", "text", "The waiver", required=True),
        _column("control_id", "text", "The control it is about", required=True),
        _column("test_id", "text", "The test; null: all of the control"),
        _column("subject_pattern", "text", "Which population keys, with * and ?", required=True),
        _column("exception_code", "text", "Which code; null: every"),
        _column("reason", "text", "Why it is accepted", required=True),
        _column("compensating_control", "text", "What limits the risk meanwhile"),
        _column("risk_id", "text", "The entry in the risk register"),
        _column("requested_by", "text", "Who asked", required=True, privacy=Privacy.WORKFORCE),
        _column("approved_by", "text", "Who approved", required=True, privacy=Privacy.WORKFORCE),
        _column("approved_at", "timestamp", "When it was approved", required=True),
        _column("effective_from", "timestamp", "From when it counts", required=True),
        _column("expires_at", "timestamp", "From when it counts no more", required=True),
        _column("revoked_at", "timestamp", "When it was taken back"),
    ),
    may_be_empty=True,
)

OBSERVATION_PERIOD = Dataset(
    name="register_observation_period",
    kind=Kind.REGISTER,
    title="One row per audit: the period it observes and its categories",
    key=("audit_id",),
    columns=(
        _column("audit_id", "text", "The audit", required=True),
        _column("report_type", "int", "1: one date; 2: a period", required=True),
        _column("period_start", "date", "First day observed", required=True),
        _column("period_end", "date", "Last day observed", required=True),
        _column("categories", "text[]", "Trust Services categories in scope", required=True),
        _column("criteria_version", "text", "Version of the criteria", required=True),
        _column("auditor", "text", "The audit firm"),
    ),
)


def _read(folder: RegisterFolder, reading: Reading, dataset: Dataset) -> Iterator[Row]:
    register = dataset.name.removeprefix("register_")
    for record in reading.records(folder.rows(register, dataset.key), dataset):
        yield row(dataset, record)


@capture(SYSTEM)
def register_system(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
    """Every system: which are in scope, and where a second factor is required."""
    return _read(folder, reading, SYSTEM)


@capture(SERVICE_ACCOUNT)
def register_service_account(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
    """Every service account with its owner: what exempts an account from rules about people."""
    return _read(folder, reading, SERVICE_ACCOUNT)


@capture(CURRENCY)
def register_currency(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
    """Every currency: how many digits an amount has."""
    return _read(folder, reading, CURRENCY)


@capture(ROUNDING_POLICY)
def register_rounding_policy(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
    """Every rounding policy with its days: rounding is a policy, not a constant."""
    return _read(folder, reading, ROUNDING_POLICY)


@capture(WAIVER)
def register_waiver(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
    """Every waiver, those that may not count included."""
    return _read(folder, reading, WAIVER)


@capture(OBSERVATION_PERIOD)
def register_observation_period(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
    """Every audit's period and categories."""
    return _read(folder, reading, OBSERVATION_PERIOD)
