"""Is every source asked once a day what it lets us do, and does the warehouse show the answer?"""

from __future__ import annotations

from collections import Counter

import duckdb

from pipelines.catalogue import catalogue
from warehouse.ledger import Entry
from warehouse.store import Home, Store


def told(entries: list[Entry]) -> Counter[tuple[str, str, str]]:
    """Return how many captures of each source, instance and day say what we may do."""
    return Counter(
        (entry.body["source"], entry.body["instance"], entry.body["day"])
        for entry in entries
        if entry.kind == "snapshot" and "access" in entry.body
    )


def test_each_source_is_asked_once_a_day(eight_days: Home) -> None:
    """In its first capture of the day; each instance by itself. Of dropped events there is nothing to ask."""
    states = {recipe.source for recipe in catalogue().recipes.values() if recipe.kind.bound_to_its_day}
    entries = Store(eight_days).ledger.entries
    asked = told(entries)
    read = {
        (entry.body["source"], entry.body["instance"], entry.body["day"])
        for entry in entries
        if entry.kind == "snapshot" and entry.body["source"] in states
    }

    assert read == set(asked)
    assert {1} == set(asked.values())


def test_the_warehouse_shows_what_each_source_let_us_do(eight_days: Home) -> None:
    """Whatever could have written is a finding; here nothing could, in eight days."""
    with duckdb.connect(str(eight_days.warehouse), read_only=True) as connection:
        found = connection.sql(
            "select source, bool_and(len(writing) = 0) from ev.meta_access group by source order by source"
        ).fetchall()
        changed = connection.sql("select count(*) from ev.meta_definition where previous_sha256 is not null")

        assert [(0,)] == changed.fetchall()

    assert {"okta": True, "aws": True, "shop": True}.items() <= dict(found).items()
