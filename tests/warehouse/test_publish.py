"""Is the analysts' file whole, moved in at once, and never in anybody's way?"""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from pipelines.catalogue import catalogue
from warehouse.dataset import Dataset
from warehouse.publish import PublishRefused, publish

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

READER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
question = "select (select ledger_number from meta.published), (select count(*) from ev.demo_user)"
print(connection.execute(question).fetchall(), flush=True)
sys.stdin.readline()
print(connection.execute(question).fetchall(), flush=True)
"""


def test_every_declared_dataset_has_its_views_even_without_a_snapshot(company: Company, at: At) -> None:
    """Nothing was captured: ev and cur have every dataset, hist every one with a past, all empty."""
    company.publish(at(1))

    names = sorted(company.datasets)
    states = sorted(name for name, dataset in company.datasets.items() if dataset.accumulates)

    assert [(name,) for name in names] == company.ask(
        "select view_name from duckdb_views() where schema_name = 'ev' order by 1"
    )
    assert [(name,) for name in names] == company.ask(
        "select view_name from duckdb_views() where schema_name = 'cur' order by 1"
    )
    assert [(name,) for name in states] == company.ask(
        "select table_name from duckdb_tables() where schema_name = 'hist' order by 1"
    )
    assert {0} == {company.ask(f"select count(*) from ev.{name}")[0][0] for name in names}


def test_no_table_view_column_or_macro_of_the_whole_catalogue_lacks_a_comment(
    company: Company, at: At
) -> None:
    """Whatever an analyst finds says what it means."""
    company.users(1, {"u1": "ACTIVE"})
    publish(company.store, company.index, catalogue().datasets, (), at=at(1, 13), company="Demo Ltd")
    silent = company.ask(
        """
        select 'table', schema_name || '.' || table_name from duckdb_tables() where comment is null
        union all
        select 'view', schema_name || '.' || view_name from duckdb_views()
        where comment is null and not internal
        union all
        select 'column', schema_name || '.' || table_name || '.' || column_name from duckdb_columns()
        where comment is null and not internal
        union all
        select 'macro', function_name from duckdb_functions() where comment is null and not internal
        order by all
        """
    )

    assert [] == silent


def test_a_column_says_its_meaning_unit_source_and_privacy(company: Company, at: At) -> None:
    """The declaration is what an analyst reads, in ev, cur and hist alike."""
    company.publish(at(1))

    assert [("The user's id; source field: id; privacy: none",)] == company.ask(
        "select distinct comment from duckdb_columns() "
        "where table_name = 'demo_user' and column_name = 'user_id'"
    )


def test_ev_has_every_capture_and_cur_the_latest_of_each_instance(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Two captures on one day both count in ev; cur has the later one, of every instance."""
    company.expect((declared["user"], "acme"), (declared["user"], "other"), day=1)
    company.users(1, {"u1": "ACTIVE"}, at=at(1, 8))
    company.users(1, {"u1": "OFF"}, at=at(1, 20))
    company.users(1, {"x1": "ACTIVE"}, instance="other")
    company.publish(at(1, 21))

    everything = (
        "select instance, day::varchar, captured_at = captured_at, user_id, status from {} order by all"
    )

    assert [
        ("acme", "2026-03-01", True, "u1", "ACTIVE"),
        ("acme", "2026-03-01", True, "u1", "OFF"),
        ("other", "2026-03-01", True, "x1", "ACTIVE"),
    ] == company.ask(everything.format("ev.demo_user"))
    assert [
        ("acme", "2026-03-01", True, "u1", "OFF"),
        ("other", "2026-03-01", True, "x1", "ACTIVE"),
    ] == company.ask(everything.format("cur.demo_user"))


def test_cur_of_events_is_all_days_in_the_newest_read_of_each(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """A day read again counts once, as last read; equal reads share a file and still count once."""
    sale = declared["sale"]
    company.capture(sale, 1, [{"sale_id": "s1", "paid_minor": 5}])
    company.capture(sale, 1, [{"sale_id": "s1", "paid_minor": 7}], at=at(3, 0, 30))
    company.capture(sale, 2, [{"sale_id": "s2", "paid_minor": 9}])
    company.capture(sale, 2, [{"sale_id": "s2", "paid_minor": 9}], at=at(4, 0, 30))
    company.publish(at(4))

    assert [("s1", 7), ("s2", 9)] == company.ask("select sale_id, paid_minor from cur.demo_sale order by 1")
    assert [("s1", 5), ("s1", 7), ("s2", 9), ("s2", 9)] == company.ask(
        "select sale_id, paid_minor from ev.demo_sale order by all"
    )


def test_an_instance_that_is_no_longer_expected_is_not_current(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """It stays in ev and hist; a closed account has no users now."""
    company.users(1, {"u1": "ACTIVE"})
    company.expect((declared["user"], "other"), day=2)
    company.users(2, {"x1": "ACTIVE"}, instance="other")
    company.publish(at(2))

    assert [("x1",)] == company.ask("select user_id from cur.demo_user")
    assert [("u1",), ("x1",)] == company.ask("select user_id from ev.demo_user order by 1")


def test_a_snapshot_of_an_older_declaration_is_read_with_what_it_has(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """A column declared later is null in what was stored before; its history is made anew."""
    import dataclasses

    from warehouse.dataset import Column

    company.users(1, {"u1": "ACTIVE"})
    company.publish(at(1))
    wider = dataclasses.replace(
        declared["user"], columns=(*declared["user"].columns, Column("mood", "text", "How the user feels"))
    )
    company.datasets["demo_user"] = wider
    company.capture(wider, 2, [{"user_id": "u1", "status": "ACTIVE", "mood": "good"}])
    published = company.publish(at(2))

    assert [(None,), ("good",)] == company.ask("select mood from ev.demo_user order by day")
    assert 1 == published.built.histories["rebuilt"]


def test_a_reader_in_another_process_keeps_its_file_through_a_publish(company: Company, at: At) -> None:
    """The open connection answers the same before and after; who opens later sees the new file."""
    company.users(1, {"u1": "ACTIVE"})
    company.publish(at(1))
    before = company.store.ledger.entries[-1].number
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(company.home.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None

        first = reader.stdout.readline().strip()
        company.users(2, {"u1": "ACTIVE", "u2": "ACTIVE"})
        company.publish(at(2))
        reader.stdin.write("again\n")
        reader.stdin.flush()

        assert (f"[({before}, 1)]", f"[({before}, 1)]") == (first, reader.stdout.readline().strip())
    assert [(before + 1, 3)] == company.ask(
        "select (select ledger_number from meta.published), (select count(*) from ev.demo_user)"
    )


def test_a_reader_in_this_process_does_not_keep_a_publish_back(company: Company, at: At) -> None:
    """A notebook that has the file open may publish."""
    company.users(1, {"u1": "ACTIVE"})
    company.publish(at(1))
    with duckdb.connect(str(company.home.warehouse), read_only=True) as reader:
        company.users(2, {"u1": "OFF"})
        company.publish(at(2))

        assert [(1,)] == reader.execute("select count(*) from ev.demo_user").fetchall()


def test_the_file_is_read_only_and_nothing_is_left_beside_it(company: Company, at: At) -> None:
    """No log, no half-built file, not even one that a killed publisher left."""
    (company.home.path / ".warehouse.duckdb.dead.building").write_bytes(b"half")
    company.publish(at(1))

    assert 0o444 == stat.S_IMODE(company.home.warehouse.stat().st_mode)
    assert [".publish.lock", "warehouse.duckdb"] == sorted(
        path.name for path in company.home.path.iterdir() if path.is_file()
    )


def test_two_publishers_take_turns(company: Company, at: At) -> None:
    """Both succeed, one after the other, and the file is whole."""
    company.users(1, {"u1": "ACTIVE"})
    made: list[Any] = []
    threads = [Thread(target=lambda: made.append(company.publish(at(1)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 2 == len(made)
    assert [(1,)] == company.ask("select count(*) from cur.demo_user")


def test_a_publish_that_fails_leaves_the_old_file_untouched(company: Company, at: At) -> None:
    """A control without an id cannot be published; analysts keep what they had."""
    company.users(1, {"u1": "ACTIVE"})
    company.publish(at(1))
    before = company.home.warehouse.read_bytes()
    with pytest.raises(duckdb.ConstraintException):
        publish(
            company.store,
            company.index,
            company.datasets,
            [{"control_id": None, "title": "x", "tests": []}],
            at=at(2),
            company="Demo Ltd",
        )

    assert before == company.home.warehouse.read_bytes()
    assert [".publish.lock", "warehouse.duckdb"] == sorted(
        path.name for path in company.home.path.iterdir() if path.is_file()
    )


def test_a_damaged_file_is_replaced_and_not_extended(company: Company, at: At) -> None:
    """The analysts' file is no evidence: whatever became of it, the next publish makes it anew."""
    company.users(1, {"u1": "ACTIVE"})
    company.home.warehouse.write_bytes(b"not a database")
    published = company.publish(at(1))

    assert {"rebuilt": 5} == published.built.histories
    assert [("u1",)] == company.ask("select user_id from cur.demo_user")


def test_publishing_without_the_needed_datasets_is_refused(company: Company, at: At) -> None:
    """The message names what is lacking."""
    del company.datasets["ctl_result"]
    with pytest.raises(PublishRefused, match="no declaration of ctl_result"):
        company.publish(at(1))


def test_a_self_contained_file_opens_after_being_moved_and_its_home_deleted(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Evidence is copied in; the macros work on it."""
    company.users(1, {"u1": "ACTIVE"})
    company.capture(declared["sale"], 1, [{"sale_id": "s1", "paid_minor": 5}])
    target = company.home.path.parent / "given" / "evidence.duckdb"
    published = company.publish(at(2, 1), target=target, self_contained=True)
    moved = company.home.path.parent / "elsewhere.duckdb"
    shutil.move(published.path, moved)
    shutil.rmtree(company.home.path)

    assert [("u1", "ACTIVE")] == company.ask(
        "select user_id, status from as_of('demo_user', timestamptz '2026-03-01 13:00:00+00')", moved
    )
    assert [("s1",)] == company.ask("select sale_id from cur.demo_sale", moved)
    assert [(True, True)] == company.ask("select self_contained, sandbox from meta.published", moved)


def test_progress_is_told_from_nothing_to_everything(company: Company, at: At) -> None:
    """The bar of the command line ends full."""
    told: list[tuple[int, int]] = []
    company.publish(at(1), progress=lambda done, total: told.append((done, total)))
    total = len(company.datasets)

    assert [(done, total) for done in range(total + 1)] == told
