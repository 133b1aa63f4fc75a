"""Does every register become rows, and is what does not fit refused whole, with its line?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from assets.capture import Reading, Recipe, Row, day_window
from assets.failures import PermanentFailure
from assets.registers.client import RegisterFolder
from assets.registers.declare import register
from assets.registers.models import REGISTERS, RegisterRow, schemas
from pipelines.catalogue import catalogue
from sandbox.faults import Faults
from sandbox.process import SEED
from sandbox.registers import RegistersPart
from warehouse.dataset import DeclarationError, Privacy
from warehouse.store import StoreRefusal, conform, table_of

DAY = date(2026, 3, 10)
GOOD = """\
- {secret_id: 111/pay, provider: stripe, environment: production, account_id: "111", vault_name: pay,
   owner: platform, rotation_days: 90, type: static, created_on: 2025-01-01, restricted_required: true,
   key_kind: restricted}
- {secret_id: deploy, provider: github, environment: production, owner: platform, rotation_days: 90,
   type: keyless, created_on: 2025-01-01, restricted_required: false}
"""

UNUSED = {"bank_deposit", "exception_action"}
"""Registers that the company has no rows for yet."""


def recipes() -> dict[str, Recipe]:
    """Return the recipe of every register by the register's name."""
    found = catalogue().recipes.values()
    return {
        dataset.name.removeprefix("register_"): recipe
        for recipe in found
        if recipe.source == "register"
        for dataset in recipe.datasets
        if dataset.name.removeprefix("register_") in REGISTERS
    }


def read(folder: Path, name: str) -> list[Row]:
    """Return the rows of one register."""
    found = recipes()[name].read(
        RegisterFolder("main", folder), Reading(DAY, "main", *day_window(DAY), hmac=str)
    )
    return list(found[f"register_{name}"] if isinstance(found, dict) else found)  # type: ignore[arg-type]


def test_every_register_of_a_company_becomes_rows() -> None:
    """All of them, each with its key, and as many rows as people wrote."""
    part = RegistersPart(SEED, Faults(), datetime(2026, 3, 10, 12, tzinfo=UTC), key_of=lambda fault: fault.id)
    folder = Path(part.start()["folder"])
    try:
        found = {name: read(folder, name) for name in recipes()}
    finally:
        part.stop()

    assert set(REGISTERS) == set(found)
    for name, rows in found.items():
        (dataset,) = (d for d in recipes()[name].datasets if d.name == f"register_{name}")
        keys = {tuple(row[column] for column in dataset.key) for row in rows}
        assert rows or name in UNUSED, name
        assert len(keys) == len(rows), name
    counted = {name: len(rows) for name, rows in found.items()}
    assert (1, 1, 3) == (counted["dr_action"], counted["dr_plan"], counted["dr_test"])
    assert (7, 7, 5, 1) == tuple(
        counted[name] for name in ("vendor", "vendor_contract", "vendor_evidence", "vendor_assessment")
    )
    assert (6, 4) == (counted["secret"], counted["sod_rule"])


def test_a_row_has_what_was_written_and_null_for_the_rest(tmp_path: Path) -> None:
    """Typed, in the columns of the dataset."""
    (tmp_path / "secret.yaml").write_text(GOOD)

    assert [
        ("111/pay", "pay", 90, date(2025, 1, 1), "restricted"),
        ("deploy", None, 90, date(2025, 1, 1), None),
    ] == [
        (row["secret_id"], row["vault_name"], row["rotation_days"], row["created_on"], row["key_kind"])
        for row in read(tmp_path, "secret")
    ]


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        ("rotation_days: 90, type: static", "rotation_days: ninety, type: static", "line 2: rotation_days: "),
        ("rotation_days: 90, type: static", "rotation_days: 0, type: static", "line 2: rotation_days: "),
        ("type: keyless", "type: magic", "line 5: type: "),
        ("key_kind: restricted", "key_kind: rk", "line 3: key_kind: "),
        ("provider: github", "vendor: github", "line 4: provider: "),
        ("created_on: 2025-01-01, restricted_required: false", "retired_on: 2026-01-01", "line 4: created"),
        ("secret_id: deploy", "secret_id: ''", "line 4: secret_id: "),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_refused_with_its_line(
    tmp_path: Path, found: str, wanted: str, said: str
) -> None:
    """And the rows beside it are not stored either."""
    assert GOOD.count(found) == 1
    (tmp_path / "secret.yaml").write_text(GOOD.replace(found, wanted))

    with pytest.raises(PermanentFailure) as refused:
        read(tmp_path, "secret")

    assert said in str(refused.value)
    assert "Mend the file" in str(refused.value)


def test_a_digest_is_sixty_four_hexadecimal_digits(tmp_path: Path) -> None:
    """A shortened one would bind to no document."""
    (tmp_path / "dr_plan.csv").write_text(
        "version,approved_on,approved_by,document_sha256\n1,2026-01-01,cto,abc123\n"
    )

    with pytest.raises(PermanentFailure, match="line 2: document_sha256"):
        read(tmp_path, "dr_plan")


def test_a_machine_of_one_name_is_registered_once_in_each_instance_or_once_for_all(tmp_path: Path) -> None:
    """Two AWS accounts may each have a user called sync; twice in one, or twice for all, is a mistake."""
    machine = "{{system_id: aws, account: sync, {}owner: platform, purpose: syncs, interactive: false}}"
    lines = [
        f"- {machine.format(where)}\n"
        for where in ("", "account_instance: '111', ", "account_instance: '222', ")
    ]
    (tmp_path / "service_account.yaml").write_text("".join(lines))

    found = read(tmp_path, "service_account")
    (dataset,) = recipes()["service_account"].datasets
    stored = conform(dataset, table_of(dataset, found))

    assert ["111", "222", None] == stored.column("account_instance").to_pylist()

    for line in lines[:2]:
        (tmp_path / "service_account.yaml").write_text("".join([*lines, line]))
        with pytest.raises(
            PermanentFailure, match="line 4: system_id, account, account_instance: the same as"
        ):
            read(tmp_path, "service_account")
        with pytest.raises(StoreRefusal, match="1 rows repeat a key"):
            conform(dataset, table_of(dataset, [*found, found[lines.index(line)]]))


def test_a_register_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    """An empty file says that there is nothing; no file says nothing."""
    with pytest.raises(PermanentFailure, match=r"looked for vendor\.yaml, vendor\.yml, vendor\.csv"):
        read(tmp_path, "vendor")
    (tmp_path / "vendor.yaml").write_text("")

    assert [] == read(tmp_path, "vendor")


def test_who_reviewed_or_approved_is_marked_as_about_a_person() -> None:
    """So that it can be left out of what leaves the company."""
    marked = {
        (dataset.name, column.name)
        for recipe in recipes().values()
        for dataset in recipe.datasets
        for column in dataset.columns
        if column.privacy is Privacy.WORKFORCE and dataset.name.startswith("register_vendor")
    }

    assert {
        ("register_vendor_evidence", "reviewed_by"),
        ("register_vendor_assessment", "approved_by"),
    } == marked


def test_a_column_without_a_meaning_is_refused() -> None:
    """Analysts read the comment of every column."""

    class Nameless(RegisterRow):
        """One row per thing."""

        thing_id: str = Field(description="The thing")
        other: Any = None

    with pytest.raises(DeclarationError, match="field other has no description"):
        register("nameless", Nameless, "thing_id")
    assert "nameless" not in REGISTERS


def test_every_field_of_every_register_says_in_its_schema_what_it_means() -> None:
    """As `evidence schema` prints it for editors, in the words that analysts read too."""
    found = {
        name: {field: about.get("description", "") for field, about in schema["items"]["properties"].items()}
        for name, schema in schemas().items()
    }
    meant = {
        dataset.name: {column.name: column.meaning for column in dataset.columns}
        for recipe in recipes().values()
        for dataset in recipe.datasets
    }

    assert meant == found
    assert [] == [(name, field) for name, fields in found.items() for field in fields if not fields[field]]
    assert {f"register_{name}" for name in REGISTERS} == found.keys()
