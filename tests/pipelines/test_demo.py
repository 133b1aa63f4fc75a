"""Is exactly what was planted found, however the demo is run or interrupted?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest

from pipelines.catalogue import catalogue
from pipelines.evaluation import controls
from pipelines.query import connect
from warehouse.dataset import Kind
from warehouse.snapshots import Index
from warehouse.store import Home, Store

Evidence: TypeAlias = Callable[..., Any]


def verdicts(home: Home) -> dict[tuple[str, str], str]:
    """Return (test, day) -> the verdict the analysts' file shows."""
    with connect(home) as connection:
        rows = connection.execute("select test_id, result_day, verdict from ctl.test_day").fetchall()
    return {(test, day.isoformat()): verdict for test, day, verdict in rows}


def exceptions(home: Home) -> dict[tuple[str, str], set[str]]:
    """Return (test, day) -> what the analysts' file shows as an exception nobody accepted."""
    with connect(home) as connection:
        rows = connection.execute(
            "select test_id, result_day, population_key from ctl.exception where waiver_id is null"
        ).fetchall()
    found: dict[tuple[str, str], set[str]] = {}
    for test, day, key in rows:
        found.setdefault((test, day.isoformat()), set()).add(key)
    return found


def needing(source: str) -> set[str]:
    """Return the tests that cannot be told on a day without the states of a source."""
    found = catalogue()

    def sources(dataset: str, only: str | None = None) -> set[str]:
        made = [one for one in found.derivations if one.dataset.name == dataset]
        if not made:
            return {found.datasets[dataset].source} if found.datasets[dataset].kind is Kind.STATE else set()
        mine = [one for one in made if only is None or one.instance("x").startswith(f"{only}-")]
        return {word for one in mine for name in one.inputs for word in sources(name)}

    return {
        test.id
        for control in controls()
        for test in control.tests
        for need in test.needs
        if not need.around and source in sources(need.dataset, need.source)
    }


def test_a_second_company_with_a_drawn_fault_list_is_found_exactly(
    tmp_path: Path, evidence: Evidence
) -> None:
    """Thirty days of another company: every drawn fault on its days with its code, and nothing else.

    This one was once drawn by chance and found a fault of ours; `make drawn` draws another each time.
    """
    answer = evidence(tmp_path, "demo", "--seed", "891448", "--draw", "891448")

    assert 0 == answer.code, answer.out + answer.err
    assert "Exactly the planted faults were found" in answer.out


def test_an_outage_of_okta_leaves_gaps_and_untested_controls_and_nothing_else(
    tmp_path: Path, eight_days: Home, evidence: Evidence
) -> None:
    """Two days without Okta: a gap per state dataset and day, NOT_TESTED where it is needed, else as ever."""
    down = ("2026-03-04", "2026-03-05")
    answer = evidence(tmp_path, "demo", "--days", "8", "--okta-down", down[0], "--okta-down", down[1])
    home = Home(tmp_path)
    calm, stormy = verdicts(eight_days), verdicts(home)
    changed = {key: verdict for key, verdict in stormy.items() if calm[key] != verdict}
    known, seen = exceptions(eight_days), exceptions(home)
    # GV-06.e asks what every source let us do, and Okta said nothing.
    blind = {(test, day) for test in (*needing("okta"), "GV-06.e") for day in down}

    assert 0 == answer.code, answer.out + answer.err
    assert {
        # What the other systems show is still a failure.
        **dict.fromkeys(blind - seen.keys(), "NOT_TESTED"),
        **{("GV-06.a", day): "FAIL" for day in down},
    } == changed
    assert set() == {(key, row) for key in blind & seen.keys() for row in seen[key] - known[key]}

    index = Index(Store(home).ledger)
    states = {slot.dataset for slot in index.snapshots if slot.dataset.startswith("okta_")} - {
        "okta_system_log"
    }
    gaps = {(slot.dataset, slot.day.isoformat()) for slot in index.gaps if slot.dataset in states}

    assert {(dataset, day) for dataset in states for day in down} == gaps


def test_of_three_accounts_with_one_unreachable_two_are_stored_and_the_third_is_named(
    tmp_path: Path, evidence: Evidence
) -> None:
    """Two snapshots and one gap; every result that needed the account names it."""
    answer = evidence(tmp_path, "demo", "--days", "3", "--aws-unreachable", "222222222222:2026-03-02")
    home = Home(tmp_path)
    index = Index(Store(home).ledger)
    reports = {
        slot.instance
        for slot in index.snapshots
        if slot.dataset == "aws_iam_credential_report" and slot.day.isoformat() == "2026-03-02"
    }
    gaps = {
        slot.instance
        for slot in index.gaps
        if slot.dataset == "aws_iam_credential_report" and slot.day.isoformat() == "2026-03-02"
    }
    with connect(home) as connection:
        reasons = connection.execute(
            """
            select
                test_id,
                verdict,
                reason
            from ctl.test_day
            where result_day = date '2026-03-02' and control_id in ('AC-02', 'SK-02')
            order by test_id
            """
        ).fetchall()

    assert 0 == answer.code, answer.out + answer.err
    assert {"111111111111", "333333333333"} == reports
    assert {"222222222222"} == gaps
    assert {"NOT_TESTED"} == {verdict for _, verdict, _ in reasons}
    assert [True] * len(reasons) == ["222222222222" in reason for _, _, reason in reasons]


def test_a_demo_killed_at_any_moment_continues_without_loss_or_duplicate(
    tmp_path: Path, evidence: Evidence
) -> None:
    """Kill -9 at several moments, then run to the end: every acknowledged snapshot stays, none twice."""
    acknowledged: set[tuple[str, str]] = set()
    for seconds in (6, 9, 12):
        child = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "demo", "--days", "5"],
            env={**os.environ, "EVIDENCE_HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(seconds)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if (tmp_path / "ledger").is_dir():
            index = Index(Store(Home(tmp_path)).ledger)
            now = {(str(slot), s.sha256) for slot, found in index.snapshots.items() for s in found}

            assert set() == acknowledged - now

            acknowledged |= now
    answer = evidence(tmp_path, "demo", "--days", "5")
    index = Index(Store(Home(tmp_path)).ledger)
    captured = [
        (str(slot), snapshot.round)
        for slot, found in index.snapshots.items()
        for snapshot in found
        if "principal" in snapshot.header
    ]

    assert 0 == answer.code, answer.out + answer.err
    assert len(set(captured)) == len(captured)
    assert set() == acknowledged - {
        (str(slot), s.sha256) for slot, found in index.snapshots.items() for s in found
    }
    assert evidence(tmp_path, "verify").code in {0, 2}


def test_a_second_demo_stores_nothing_more_and_says_the_same(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """`make demo` can be repeated."""
    home = copy_of(eight_days)
    before = [entry.sha256 for entry in Store(home).ledger.entries]

    answer = evidence(home.path, "demo", "--days", "8")

    assert 0 == answer.code, answer.out + answer.err
    assert before == [entry.sha256 for entry in Store(home).ledger.entries]


def test_replayed_days_store_the_same_evidence_as_dagsters_jobs(tmp_path: Path, evidence: Evidence) -> None:
    """Four days replayed and the same four days through the jobs: the same files for the same slots."""
    stored = []
    for name, real in (("replayed", "0"), ("through jobs", "4")):
        answer = evidence(tmp_path / name, "demo", "--days", "4", "--through-dagster", real)

        assert 0 == answer.code, answer.out + answer.err

        index = Index(Store(Home(tmp_path / name)).ledger)
        stored.append(
            {
                (str(slot), snapshot.round, snapshot.sha256)
                for slot, found in index.snapshots.items()
                for snapshot in found
                if "principal" in snapshot.header
            }
        )

    assert stored[0] == stored[1]


def test_a_publication_that_fails_ends_the_demo_with_the_reason(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Where the analysts' file cannot be put in place: exit 1 and why, no comparison with an older file."""
    home = copy_of(eight_days)
    home.warehouse.unlink()
    (home.warehouse / "in the way").mkdir(parents=True)

    answer = evidence(home.path, "demo", "--days", "8")

    assert 1 == answer.code
    assert "The run of publish" in answer.err
    assert "Exactly the planted faults" not in answer.out


def test_two_companies_never_share_a_home(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Asking for another company where one lives is refused, and says which lives there."""
    home = copy_of(eight_days)
    before = [entry.sha256 for entry in Store(home).ledger.entries]

    answer = evidence(home.path, "demo", "--days", "8", "--seed", "7")

    assert 1 == answer.code
    assert "Another company lives in" in answer.err
    assert "seed: 20260301" in answer.err
    assert before == [entry.sha256 for entry in Store(home).ledger.entries]


@pytest.mark.parametrize("sql", ["from ctl.matrix", "from meta.published", "from ctl.coverage"])
def test_the_file_answers_what_analysts_ask_first(eight_days: Home, sql: str, evidence: Evidence) -> None:
    """`evidence query` answers from a published home."""
    answer = evidence(eight_days.path, "query", sql, "--format", "json")

    assert 0 == answer.code, answer.err


def test_who_had_and_access_of_say_what_was_captured_on_the_day(eight_days: Home) -> None:
    """Both ways of asking agree, whichever way access was given; a leaver's accounts show what they are."""
    with duckdb.connect(str(eight_days.warehouse), read_only=True) as connection:
        captured = connection.sql("""
            select p.person_id, e.account_key, e.entitlement, e.via
            from ev.access_entitlement as e
            join ev.identity_person as p on p.account_key = e.account_key and p.day = e.day
            where e.day = date '2026-03-05' and p.person_id is not null
        """).fetchall()
        had = connection.sql("""
            select person_id, account_key, entitlement, via
            from who_had('*', date '2026-03-05') where person_id is not null
        """).fetchall()
        of_one = connection.execute(
            "select person_id, account_key, entitlement, via from access_of($person, date '2026-03-05')",
            {"person": "E1082"},
        ).fetchall()
        named = connection.sql("select distinct entitlement from who_had('app:GitHub*', date '2026-03-05')")
        assert [("app:GitHub Enterprise Cloud",)] == named.fetchall()

    assert sorted(captured) == sorted(had)
    # An account that may do nothing is shown as well: it is there.
    allowed, idle = [row for row in of_one if row[2]], [row for row in of_one if not row[2]]
    assert sorted(row for row in captured if row[0] == "E1082") == sorted(allowed)
    assert ["jira"] == [row[1].partition(":")[0] for row in idle]
    assert {"okta", "shop"} <= {row[1].partition(":")[0] for row in allowed}
