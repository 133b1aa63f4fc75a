"""Is a dropped list stored whole with what its manifest says, and else refused with the line?"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets import access
from assets.capture import Reading, day_window
from assets.failures import PermanentFailure
from assets.lists.assets import ACCOUNT, ENTITLEMENT, list_accounts
from assets.lists.client import ListClient
from assets.lists.models import ListedAccount, ListedEntitlement
from tests.assets.derivations import derived
from warehouse.store import conform, table_of

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
EXPORTED = "2026-03-10T09:30:00Z"
CANARY = "canary-person"
ANA = {
    "native_id": "usr_1",
    "login": f"{CANARY}@acme.example",
    "account_type": "person",
    "status": "active",
    "enabled": "true",
    "mfa": "upstream",
    "is_admin": "false",
    "console_access": "true",
    "created_at": "2025-02-03T08:00:00Z",
}
BEN = {**ANA, "native_id": "usr_2", "login": "ben@acme.example", "mfa": "", "created_at": ""}
READS = {"native_id": "usr_1", "entitlement": "role:view_only", "via": ""}
PAYS = {"native_id": "usr_2", "entitlement": "role:admin", "via": "team:finance"}


def manifest(**said: Any) -> str:
    """Return the text of a manifest; a value of None leaves the line out."""
    lines = {
        "exported_by": "Mona Example, Finance",
        "exported_at": EXPORTED,
        "exported_from": "https://dashboard.processor.example/settings/team",
        "accounts": "{file: accounts.csv, rows_shown: 2}",
        "entitlements": "{file: entitlements.csv, rows_shown: 2}",
        **said,
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items() if value is not None)


def table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write a CSV file as an export would be."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """Return a folder with one good drop."""
    table(tmp_path / "accounts.csv", [ANA, BEN])
    table(tmp_path / "entitlements.csv", [READS, PAYS])
    (tmp_path / "march.yaml").write_text(manifest(), encoding="utf-8")
    return tmp_path


def read(folder: Path, started: datetime | None = NOON, **settings: Any) -> tuple[dict[str, Any], Reading]:
    """Return what is read of a folder at noon of the day, as it would be stored."""
    client = ListClient("main", "processor", folder=folder, **settings)
    reading = Reading(DAY, "main", *day_window(DAY), hmac=str, started=started)
    filled = list_accounts.read(client, reading)
    assert isinstance(filled, Mapping)
    stored = {
        dataset.name: conform(dataset, table_of(dataset, list(filled[dataset.name]))).to_pylist()  # type: ignore[arg-type]
        for dataset in (ACCOUNT, ENTITLEMENT)
    }
    return stored, reading


def test_a_drop_is_stored_whole_with_what_its_manifest_says(drop: Path) -> None:
    """Accounts and entitlements of one export; what a cell leaves open is unknown, never none."""
    stored, reading = read(drop)

    assert [
        ("usr_1", "processor", "upstream", datetime(2025, 2, 3, 8, tzinfo=UTC)),
        ("usr_2", "processor", "unknown", None),
    ] == [
        (row["native_id"], row["system_id"], row["mfa"], row["created_at"]) for row in stored["list_account"]
    ]
    assert [("usr_1", "role:view_only", "direct"), ("usr_2", "role:admin", "team:finance")] == [
        (row["native_id"], row["entitlement"], row["via"]) for row in stored["list_entitlement"]
    ]
    assert {
        (
            "Mona Example, Finance",
            datetime(2026, 3, 10, 9, 30, tzinfo=UTC),
            "https://dashboard.processor.example/settings/team",
        )
    } == {
        (row["exported_by"], row["exported_at"], row["exported_from"])
        for rows in stored.values()
        for row in rows
    }
    assert {"list_account": 2, "list_entitlement": 2} == reading.reported
    assert ["accounts.csv", "entitlements.csv"] == [request.split()[0] for request in reading.requests]
    assert {} == reading.dropped


def test_a_list_has_the_neutral_shape() -> None:
    """What access_account and access_entitlement have, but for what is computed of it."""
    wanted = {column.name for column in access.ACCOUNT.columns} - {"account_key", "system_id"}
    granted = {column.name for column in access.ENTITLEMENT.columns} - {"account_key", "system_id"}

    assert wanted == set(ListedAccount.model_fields)
    assert granted | {"native_id"} == set(ListedEntitlement.model_fields)


def test_parquet_is_read_as_csv_is(drop: Path) -> None:
    """The same rows, typed by the file; a column may lack where it may be empty."""
    pq.write_table(
        pa.table({
            "native_id": ["usr_1", "usr_2"],
            "status": ["active", "active"],
            "enabled": [True, False],
            "console_access": [True, True],
            "strong_factor_count": [1, None],
            "last_login_at": [NOON, None],
        }),
        drop / "accounts.parquet",
    )  # fmt: skip
    (drop / "march.yaml").write_text(manifest(accounts="{file: accounts.parquet, rows_shown: 2}"))
    stored, _ = read(drop)

    assert [(True, 1, NOON, None), (False, None, None, None)] == [
        (row["enabled"], row["strong_factor_count"], row["last_login_at"], row["login"])
        for row in stored["list_account"]
    ]


def test_a_list_that_says_nobody_may_do_anything_is_one(drop: Path) -> None:
    """A heading and a count of nought: a statement, where a missing file would be none."""
    (drop / "entitlements.csv").write_text("native_id,entitlement,via\n")
    (drop / "march.yaml").write_text(manifest(entitlements="{file: entitlements.csv, rows_shown: 0}"))

    assert [] == read(drop)[0]["list_entitlement"]


@pytest.mark.parametrize(
    ("file", "rows", "said"),
    [
        ("accounts.csv", [ANA, {**BEN, "enabled": "maybe"}], "line 3: enabled: "),
        ("accounts.csv", [ANA, {**BEN, "enabled": ""}], "line 3: enabled: "),
        ("accounts.csv", [ANA, {**BEN, "native_id": "usr_1"}], "line 3: native_id: the same as in line 2"),
        ("accounts.csv", [{**ANA, "salary": "1"}, {**BEN, "salary": "1"}], "line 2: salary: "),
        ("accounts.csv", [ANA, {**BEN, "mfa": "yes"}], "line 3: mfa: "),
        ("accounts.csv", [ANA, {**BEN, "created_at": "2025-02-03T08:00:00"}], "line 3: created_at: "),
        ("accounts.csv", [ANA, {**BEN, "created_at": "20250203"}], "line 3: created_at: "),
        ("accounts.csv", [ANA, BEN, {**BEN, "native_id": "u3"}], "3 rows, the manifest says that the system"),
        ("accounts.csv", [ANA], "accounts.csv: 1 rows, the manifest says that the system showed 2"),
        ("entitlements.csv", [READS, {**PAYS, "native_id": "usr_9"}], "line 3: native_id: no account of"),
        ("entitlements.csv", [READS, READS], "line 3: native_id, entitlement, via: the same as in line 2"),
        ("entitlements.csv", [READS, {**PAYS, "entitlement": ""}], "line 3: entitlement: "),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_nobody_is_quoted(
    drop: Path, file: str, rows: Sequence[Mapping[str, str]], said: str
) -> None:
    """And of a drop with one wrong row nothing is read."""
    table(drop / file, rows)
    with pytest.raises(PermanentFailure) as refused:
        read(drop)

    assert said in str(refused.value)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (manifest(exported_by=None), "exported_by: Field required"),
        (manifest(exported_at=None), "exported_at: Field required"),
        (manifest(exported_at="2026-03-10 09:30:00"), "line 2: exported_at: "),
        (manifest(exported_from=None), "exported_from: Field required"),
        (manifest(accounts="{file: accounts.csv}"), "line 4: accounts.rows_shown: Field required"),
        (manifest(accounts="{file: accounts.csv, rows_shown: true}"), "line 4: accounts.rows_shown: "),
        (manifest(accounts="{file: ../accounts.csv, rows_shown: 2}"), "write its bare name"),
        (manifest(accounts="{file: accounts.xlsx, rows_shown: 2}"), "a .csv or a .parquet file"),
        (manifest(accounts="{file: other.csv, rows_shown: 2}"), "names other.csv, which does not lie beside"),
        (manifest(entitlements=None), "entitlements: Field required"),
        (manifest(note="hello"), "line 6: note: "),
        (manifest(exported_by="[a, b"), "not YAML"),
        ("- a\n- b\n", "expected exported_by"),
        ("", "expected exported_by"),
        (manifest(exported_from="https://x.example/team?token=canary-person"), "after a `?`"),
        (manifest(exported_from="https://canary-person:x@x.example/team"), "without user, password"),
    ],
)
def test_a_manifest_that_does_not_say_it_all_is_refused(drop: Path, text: str, said: str) -> None:
    """Who, when, from where and how many: without one of them a list is no evidence."""
    (drop / "march.yaml").write_text(text)
    with pytest.raises(PermanentFailure) as refused:
        read(drop)

    assert said in str(refused.value)
    assert CANARY not in str(refused.value)


def test_a_list_without_a_manifest_is_refused(drop: Path) -> None:
    """And so is a folder that is not there."""
    (drop / "march.yaml").unlink()
    with pytest.raises(PermanentFailure, match="there is no manifest"):
        read(drop)
    with pytest.raises(PermanentFailure, match="there is no folder"):
        read(drop / "gone")


@pytest.mark.parametrize(
    ("exported", "age", "fits"),
    [
        ("2026-03-10T00:00:00Z", 0, True),
        ("2026-03-10T00:30:00+01:00", 0, False),
        ("2026-03-09T23:59:59Z", 0, False),
        ("2026-03-09T23:59:59Z", 1, True),
        ("2026-03-03T00:00:00Z", 7, True),
        ("2026-03-02T23:59:59Z", 7, False),
    ],
)
def test_a_list_counts_only_as_long_as_it_may(drop: Path, exported: str, age: int, fits: bool) -> None:
    """On the day it was exported on, else on as many days after it as somebody answered for."""
    (drop / "march.yaml").write_text(manifest(exported_at=exported))
    if fits:
        assert 2 == len(read(drop, max_age_days=age)[0]["list_account"])
    else:
        with pytest.raises(PermanentFailure, match="Export it anew and drop it with its manifest today"):
            read(drop, max_age_days=age)


@pytest.mark.parametrize("exported", ["2026-03-11T00:00:00Z", "2026-03-10T12:02:00Z"])
def test_a_list_from_the_future_is_refused(drop: Path, exported: str) -> None:
    """Neither of another day nor later than our own clock."""
    (drop / "march.yaml").write_text(manifest(exported_at=exported))
    with pytest.raises(PermanentFailure, match="which has not come yet"):
        read(drop)


def test_of_several_drops_the_newest_counts_and_two_of_one_instant_do_not(drop: Path) -> None:
    """A folder may keep them all; a broken manifest among them is not passed over."""
    table(drop / "old.csv", [ANA])
    old = {"accounts": "{file: old.csv, rows_shown: 1}", "exported_at": "2026-03-09T09:30:00Z"}
    (drop / "february.yaml").write_text(manifest(**old))
    assert 2 == len(read(drop)[0]["list_account"])

    (drop / "february.yaml").write_text(manifest(**{**old, "exported_at": EXPORTED}))
    with pytest.raises(PermanentFailure, match=r"february\.yaml and march\.yaml were both exported"):
        read(drop)
    (drop / "february.yaml").write_text("exported_by: somebody\n")
    with pytest.raises(PermanentFailure, match=r"february\.yaml: 4 problem"):
        read(drop)


def test_one_manifest_that_is_replaced_each_time_is_read_alone(drop: Path) -> None:
    """Whatever else lies beside it."""
    (drop / "other.yaml").write_text("nothing of ours")
    client = ListClient("main", "processor", file=drop / "march.yaml")
    found = client.drop(*day_window(DAY), NOON)

    assert ("march.yaml", 2) == (found.name, len(found.accounts.rows))


def test_access_says_whether_this_process_could_write_what_it_reads(drop: Path) -> None:
    """The system is asked: an administrator always can."""
    found = ListClient("main", "processor", folder=drop).access()
    gone = ListClient("main", "processor", folder=drop / "gone").access()

    assert (f"read the folder {drop}", f"write the folder {drop}") == found.granted
    assert bool(found.writing) == os.access(drop, os.W_OK)
    assert ((), ()) == (gone.granted, gone.writing)
    assert 1 == len(gone.lacking)


def test_lists_become_accounts_and_entitlements_of_their_own_system(drop: Path) -> None:
    """So that identity and access controls read them as any other's."""
    stored, _ = read(drop)
    accounts = derived(access.LIST_ACCOUNTS, "main", list_account=stored["list_account"])
    granted = derived(access.LIST_ENTITLEMENTS, "main", list_entitlement=stored["list_entitlement"])

    assert ["processor:main:usr_1", "processor:main:usr_2"] == [row["account_key"] for row in accounts]
    assert [column.name for column in access.ACCOUNT.columns] == list(accounts[0])
    assert [("processor:main:usr_1", "role:view_only"), ("processor:main:usr_2", "role:admin")] == [
        (row["account_key"], row["entitlement"]) for row in granted
    ]
    assert "list-main" == access.LIST_ACCOUNTS.instance("main")


def test_an_export_made_while_we_read_is_not_from_the_future(drop: Path) -> None:
    """Two clocks never agree to the second."""
    (drop / "march.yaml").write_text(manifest(exported_at=(NOON + timedelta(seconds=59)).isoformat()))

    assert 2 == len(read(drop)[0]["list_account"])
