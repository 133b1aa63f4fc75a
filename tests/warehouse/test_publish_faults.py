"""Is what no longer verifies left out, listed, and marked on every result that rests on it?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.dataset import Dataset
from warehouse.ledger import Entry
from warehouse.snapshots import Index
from warehouse.store import Store

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

MARKS = "select test_id, verdict, evidence_verifies, evidence_fault from ctl.test_day where evaluations > 0"


def digest(entry: Entry) -> str:
    """Return the digest of an entry's only file."""
    return str(entry.body["snapshots"][0]["sha256"])


def test_an_altered_file_is_left_out_listed_and_marked(company: Company, at: At) -> None:
    """Its rows are gone from every view; the verdict stands, and says that its evidence does not."""
    good = company.users(1, {"u1": "ON"})
    bad = company.users(2, {"u2": "ON"})
    company.evaluate(1, {"AC-01.a": "PASS", "AC-01.b": "NO_OCCURRENCE"}, read=[digest(good)])
    company.evaluate(2, {"AC-01.a": "PASS", "AC-01.b": "NO_OCCURRENCE"}, read=[digest(bad)])
    company.publish(at(3, 2))
    file = company.file(bad)
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    published = company.publish(at(3, 3))
    found = hashlib.sha256(content).hexdigest()
    path = str(file.relative_to(company.home.path))

    assert 1 == len(published.broken_files)
    assert [("u1",)] == company.ask("select user_id from ev.demo_user")
    assert [(path, "demo_user", "acme", 2, bad.number, "altered", digest(bad), found)] == company.ask(
        "select path, dataset, instance, day(day), entry, fault, expected, found from meta.broken_file"
    )
    reason = f"the file {path} has digest {found[:12]}…, the ledger says {digest(bad)[:12]}…"
    assert [
        ("AC-01.a", "PASS", True, None),
        ("AC-01.a", "PASS", False, reason),
    ] == company.ask(MARKS + " and test_id = 'AC-01.a' order by result_day")
    assert [("PASS",), ("PASS (does not verify)",)] == company.ask(
        'select "AC-01" from ctl.matrix order by result_day'
    )


def test_a_file_altered_in_place_with_its_old_times_is_still_found(company: Company, at: At) -> None:
    """Setting back the time of change sets the time of the last status change."""
    entry = company.users(1, {"u1": "ON"})
    company.publish(at(1))
    file = company.file(entry)
    before = file.stat()
    content = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(content[:50] + b"X" + content[51:])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    published = company.publish(at(1))

    assert ["altered"] == [item.fault.value for item in published.broken_files]


def test_files_that_did_not_change_are_not_read_again(company: Company, at: At) -> None:
    """The second publish hashes what is new and nothing else."""
    company.users(1, {"u1": "ON"})
    first = company.publish(at(1)).built.rehashed
    company.users(2, {"u2": "ON"})
    second = company.publish(at(2)).built.rehashed

    assert (1, 1) == (first, second)


def test_a_missing_file_is_a_gap_and_cur_falls_back(company: Company, at: At) -> None:
    """The latest capture that is whole is shown, with its day; coverage says what is missing."""
    company.users(1, {"u1": "ON"})
    lost = company.users(2, {"u2": "ON"})
    company.file(lost).unlink()
    company.publish(at(2, 13))

    assert [(1, "u1")] == company.ask("select day(day), user_id from cur.demo_user")
    path = company.file(lost).relative_to(company.home.path)
    assert [("gap", f"the file {path} is missing")] == company.ask(
        "select state, cause from ctl.coverage where dataset = 'demo_user' and day = date '2026-03-02'"
    )


def test_a_result_from_derived_data_is_marked_when_its_source_is_lost(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Lineage counts: the derived file is whole, what it was computed from is not."""
    source = company.users(1, {"u1": "ON"})
    path = source.body["snapshots"][0]["path"]
    derived = company.capture(
        declared["account"], 1, [{"account_key": "u1"}], at=at(1), instance="demo-acme", inputs=[path]
    )
    company.evaluate(1, {"AC-01.a": "PASS"}, read=[digest(derived)])
    company.file(source).unlink()
    company.publish(at(2, 2))

    assert [
        ("AC-01.a", "PASS", False, f"of what it was computed from, the file {path} is missing")
    ] == company.ask(MARKS)
    assert [("u1",)] == company.ask("select account_key from ev.demo_account")


def test_equal_files_of_two_days_are_told_apart(company: Company, at: At) -> None:
    """Nothing changed overnight, so both days have the same digest; only one of the files is lost."""
    first = company.users(1, {"u1": "ON"})
    second = company.users(2, {"u1": "ON"})
    company.evaluate(1, {"AC-01.a": "PASS"}, read=[digest(first)])
    company.evaluate(2, {"AC-01.a": "PASS"}, read=[digest(second)])
    company.file(second).unlink()
    company.publish(at(3, 2))

    assert [(1, True), (2, False)] == company.ask(
        "select day(result_day), evidence_verifies from ctl.test_day where evaluations > 0 order by 1"
    )


def test_a_lost_result_is_an_error_and_not_the_pass_before_it(company: Company, at: At) -> None:
    """Deleting the file of a failure does not bring an earlier pass back."""
    company.evaluate(1, {"AC-01.a": "PASS", "AC-01.b": "PASS"})
    lost = company.evaluate(1, {"AC-01.a": "FAIL", "AC-01.b": "PASS"}, at=at(3))
    company.file(lost, "ctl_result").unlink()
    company.publish(at(3, 1))

    assert {("AC-01.a", "ERROR", False), ("AC-01.b", "ERROR", False)} == {
        row[:3] for row in company.ask(MARKS)
    }


def test_a_lost_list_of_exceptions_marks_the_results_of_its_evaluation(company: Company, at: At) -> None:
    """The verdict stands; what it rests on cannot be shown."""
    lost = company.evaluate(1, {"AC-01.a": "FAIL"}, broke={"AC-01.a": ["k1"]})
    company.evaluate(2, {"AC-01.a": "PASS"})
    company.file(lost, "ctl_exception").unlink()
    company.publish(at(3, 2))

    assert [("FAIL", False), ("PASS", True)] == company.ask(
        "select verdict, evidence_verifies from ctl.test_day where evaluations > 0 order by result_day"
    )


def test_a_removed_ledger_entry_is_listed_and_marks_what_rested_on_it(company: Company, at: At) -> None:
    """The ledger no longer names the snapshot, so nobody can say what was tested."""
    gone = company.users(1, {"u1": "ON"})
    company.evaluate(1, {"AC-01.a": "PASS"}, read=[digest(gone)])
    company.store.ledger.path(gone.number).unlink()
    company.store = Store(company.home)
    company.index = Index(company.store.ledger)
    company.publish(at(2, 2))

    assert [(gone.number, "this entry is missing")] == company.ask("from meta.ledger_damage")
    assert [("AC-01.a", "PASS", False, f"the ledger names no snapshot {digest(gone)}")] == company.ask(MARKS)


def test_a_stray_file_is_read_by_nothing(company: Company, at: At) -> None:
    """Views list files; they never look into folders."""
    entry = company.users(1, {"u1": "ON"})
    file = company.file(entry)
    (file.parent / f"{'0' * 64}.parquet").write_bytes(file.read_bytes())
    company.publish(at(1))

    assert [(1,)] == company.ask("select count(*) from ev.demo_user")


def test_runs_snapshots_gaps_and_the_head_are_described(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Who, what, when and how much stands beside each capture; a gap says when it was recovered."""
    company.users(1, {"u1": "ON"})
    company.store.ledger.append(
        "failure",
        {
            "datasets": ["demo_user"],
            "source": "demo",
            "instance": "acme",
            "day": "2026-03-02",
            "error": "it answered 503",
            "retryable": True,
            "run": "by hand",
        },
        at(2),
    )
    company.close(at(3, 1))
    late = company.capture(declared["sale"], 1, [{"sale_id": "s1"}], at=at(3, 2))
    company.publish(at(3, 3))
    head = company.store.ledger.entries[-1]

    assert [
        ("demo_user", 1, "complete", "reader", 1, None),
        ("demo_user", 2, "failed", None, None, "it answered 503"),
        ("demo_sale", 1, "complete", "reader", 1, None),
    ] == company.ask(
        "select dataset, day(day), status, principal, rows_extracted, error from meta.extraction_run "
        "order by entry"
    )
    assert [
        ("demo_sale", 1, "no run was made", f"{late.number}/demo_sale"),
        ("demo_user", 2, "it answered 503", None),
    ] == (company.ask("select dataset, day(day), cause, recovered_by_run from ctl.coverage_gap order by 1"))
    assert [(head.number, head.sha256)] == company.ask("select number, sha256 from meta.ledger_head")
    assert [("Demo Ltd", True, head.number)] == company.ask(
        "select company, sandbox, ledger_number from meta.published"
    )
    assert [("demo_user", "acme", 24, 12)] == company.ask(
        "select dataset, instance, cadence_hours, grace_hours from meta.dataset_schedule "
        "where dataset = 'demo_user'"
    )
