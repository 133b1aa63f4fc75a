"""Does a day that is derived and judged again, however often, come out as it did?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

import pyarrow.parquet as pq

from pipelines.catalogue import catalogue
from pipelines.evaluation import controls
from warehouse.dataset import Kind
from warehouse.snapshots import Index
from warehouse.store import Home, Store

Evidence: TypeAlias = Callable[..., Any]
DAY = date(2026, 3, 3)
OF_THE_STORE = ("ctl_", "meta_")
"""What says what the store holds, which every judgement adds to; GV-06 judges that."""
COUNTS = "population_count, exempt_count, unknown_count, exceptions_count, waived_count, missing"
FOUND = "test_id, population_key, code, subject_label, occurred_at, waiver_id"


def derived(home: Home) -> dict[str, str]:
    """Return slot -> digest of the newest of every derived snapshot of the day."""
    datasets = catalogue().datasets
    return {
        str(slot): snapshots[-1].sha256
        for slot, snapshots in Index(Store(home).ledger).snapshots.items()
        if slot.day == DAY
        and datasets[slot.dataset].kind is Kind.DERIVED
        and not slot.dataset.startswith(OF_THE_STORE)
    }


def judged(home: Home, evidence: Evidence, results: str, exceptions: str) -> list[Any]:
    """Return every result and exception of the day, but for those of the store itself."""
    found = []
    for table, columns in (("test_day", results), ("exception", exceptions)):
        of_day = f"from ctl.{table} where result_day = date '{DAY}' and control_id <> 'GV-06'"
        sql = f"select {columns} {of_day} order by all"
        found.append(json.loads(evidence(home.path, "query", sql, "--format", "json").out))
    return found


def test_a_day_judged_again_and_again_comes_out_alike(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Later reads only make findings older; of the same evidence every byte stays the same."""
    home = copy_of(eight_days)
    short = f"test_id, verdict, {COUNTS}", FOUND
    whole = f"test_id, verdict, {COUNTS}, reason, rounds", f"{FOUND}, severity, detail"
    at_first, again = judged(home, evidence, *short), []
    assert all(at_first)

    for _ in range(2):
        answer = evidence(home.path, "test", "--day", DAY.isoformat())
        assert answer.code in {0, 2}, answer.out + answer.err
        assert evidence(home.path, "publish").code == 0
        assert at_first == judged(home, evidence, *short)
        again.append((derived(home), judged(home, evidence, *whole)))

    assert again[0][0]
    assert again[0] == again[1]


def test_a_later_read_judges_again_only_the_tests_whose_input_it_changed(eight_days: Home) -> None:
    """A test is either judged or confirmed; one that reads unchanged bytes is confirmed."""
    store = Store(eight_days)
    first, *later = [
        snapshot
        for slot, snapshots in Index(store.ledger).snapshots.items()
        if slot.dataset == "ctl_result" and slot.day == DAY
        for snapshot in snapshots
    ]
    tests = {control.id: {test.id for test in control.tests} for control in controls()}

    assert [] == first.header["confirmed"]
    for snapshot in later:
        table = pq.read_table(eight_days.path / snapshot.path, partitioning=None)
        found = [*table["test_id"].to_pylist(), *snapshot.header["confirmed"]]

        listed = [test for control in snapshot.header["definitions"] for test in tests[control]]

        assert sorted(listed) == sorted(found)
    assert {"PI-01.a", "PI-01.c", "PI-02.b"} <= set(later[-1].header["confirmed"])
    assert "PI-08.c" not in later[-1].header["confirmed"]
