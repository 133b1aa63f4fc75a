"""Is evidence that was removed, altered or added named by verify, and never passed again by a test?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from warehouse.snapshots import Index, Slot
from warehouse.store import Home, Store

Evidence: TypeAlias = Callable[..., Any]
DAY = "2026-03-02"


def file_of(home: Home, dataset: str, instance: str) -> tuple[str, int]:
    """Return path and ledger entry of the first snapshot of a slot of the tested day."""
    index = Index(Store(home).ledger)
    found = next(
        snapshots[0]
        for slot, snapshots in index.snapshots.items()
        if (slot.dataset, slot.instance, slot.day.isoformat()) == (dataset, instance, DAY)
    )
    return found.path, found.entry


def flip(home: Home, path: str) -> None:
    """Change one byte of a stored file."""
    file = home.path / path
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(bytes(content))


def verdicts(home: Home, evidence: Evidence, day: str = DAY) -> dict[str, str]:
    """Return test -> verdict of a day, from a file published anew."""
    import json

    answer = evidence(
        home.path,
        "query",
        f"select test_id, verdict from ctl.test_day where result_day = date '{day}'",
        "--format",
        "json",
    )
    return {row["test_id"]: row["verdict"] for row in json.loads(answer.out)}


def test_verify_names_everything_that_was_done_to_the_store(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """A deleted file, a changed byte, a stray file, a removed entry: each is named; the exit code is 1."""
    home = copy_of(eight_days)
    gone, _ = file_of(home, "okta_user_factor", "acme")
    changed, _ = file_of(home, "aws_access_key", "111111111111")
    (home.path / gone).unlink()
    flip(home, changed)
    stray = home.path / "evidence" / "okta_user" / "instance=acme" / f"day={DAY}" / f"{'0' * 64}.parquet"
    stray.write_bytes(b"not what its name says")
    _, entry = file_of(home, "register_system", "main")
    (home.path / "ledger" / f"{entry:09d}.json").unlink()

    answer = evidence(home.path, "verify")

    assert 1 == answer.code
    for named in (gone, changed, str(stray.relative_to(home.path)), f"ledger/{entry:09d}.json"):
        assert named in answer.out


def test_a_whole_file_without_an_entry_is_listed_and_harms_nothing(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """As a crash between the file and its entry leaves it."""
    import hashlib

    home = copy_of(eight_days)
    content = b"acknowledged by nobody"
    name = f"{hashlib.sha256(content).hexdigest()}.parquet"
    path = home.path / "evidence" / "okta_user" / "instance=acme" / f"day={DAY}" / name
    path.write_bytes(content)

    answer = evidence(home.path, "verify")

    assert 2 == answer.code
    assert name in answer.out


def test_testing_again_without_a_file_is_not_tested_and_with_an_altered_one_an_error(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Neither ever passes; what failed before stays failed; tests that need neither are as they were."""
    home = copy_of(eight_days)
    before = verdicts(home, evidence)
    gone, _ = file_of(home, "aws_account_summary", "111111111111")
    changed, _ = file_of(home, "aws_access_key", "111111111111")
    (home.path / gone).unlink()
    flip(home, changed)

    evidence(home.path, "test", "--day", DAY)
    evidence(home.path, "publish")
    after = verdicts(home, evidence)

    assert "PASS" == before["AC-02.a"] == before["SK-02.a"] == before["SK-02.b"] == before["SK-02.c"]
    assert {
        **before,
        "AC-02.a": "NOT_TESTED",
        "AC-07.b": "ERROR",  # reads the credentials derived from the altered file
        "AC-07.d": "ERROR",
        "SK-02.a": "ERROR",
        "SK-02.b": "ERROR",
        "SK-02.c": "ERROR",
        "GV-06.c": "FAIL",
        "GV-06.g": after["GV-06.g"],
    } == after
    assert "PASS" != after["GV-06.g"]


def test_taking_the_evidence_of_a_failure_away_does_not_improve_the_day(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """A day of a state that failed stays failed when its file is deleted and the day is tested again."""
    home = copy_of(eight_days)
    day = "2026-03-03"
    index = Index(Store(home).ledger)
    slot = next(s for s in index.snapshots if s.dataset == "okta_user_factor" and s.day.isoformat() == day)
    assert isinstance(slot, Slot)
    before = verdicts(home, evidence, day)
    (home.path / index.snapshots[slot][0].path).unlink()

    evidence(home.path, "test", "--day", day)
    evidence(home.path, "publish")

    assert "FAIL" == before["AC-01.a"]
    assert "FAIL" == verdicts(home, evidence, day)["AC-01.a"]


def test_dagster_shows_the_verdicts_of_the_warehouse_also_after_an_older_day_ran_again(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """The check of every test and day, against ctl.test_day, after day 2 was evaluated after day 8."""
    import json

    import dagster as dg

    from pipelines.controls import check_name, control_key
    from pipelines.runs import instance_of

    home = copy_of(eight_days)
    evidence(home.path, "test", "--day", DAY)
    evidence(home.path, "publish")
    answer = evidence(
        home.path,
        "query",
        "select test_id, control_id, result_day, verdict from ctl.test_day",
        "--format",
        "json",
    )
    shown = {}
    with instance_of(home) as instance:
        for row in json.loads(answer.out):
            key = dg.AssetCheckKey(control_key(row["control_id"]), check_name(row["test_id"]))
            records = instance.event_log_storage.get_asset_check_execution_history(key, limit=100)
            of_day = [
                record.event.asset_check_evaluation
                for record in records
                if record.event is not None
                and record.event.asset_check_evaluation is not None
                and record.event.asset_check_evaluation.metadata["day"].value == row["result_day"]
            ]
            shown[row["test_id"], row["result_day"]] = of_day[0].metadata["verdict"].value

    assert {(row["test_id"], row["result_day"]): row["verdict"] for row in json.loads(answer.out)} == shown
