"""Does a test that asks for other days get what there is of them, and hear when it was altered?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from warehouse.dataset import Column, Dataset, Kind
from warehouse.period import configure
from warehouse.read import Available, Fault, Need, Reader
from warehouse.snapshots import Index
from warehouse.store import Home, Offered, Store, table_of

USER = Dataset(
    "toy_user", Kind.STATE, "One row per user", ("id",), (Column("id", "text", "It", required=True),)
)
NEEDS = (Need("toy_user"), Need("toy_user", before=2), Need("toy_user", after=1))
MIDDLE = date(2026, 3, 5)


class World:
    """A home with one capture of users on each of some days."""

    def __init__(self, path: Path, *days: int) -> None:
        self.store = Store(Home(path))
        self.store.open(sandbox=False, at=datetime(2026, 3, 1, tzinfo=UTC))
        configure(self.store, date(2026, 3, 1), [(USER, "one")], datetime(2026, 3, 1, tzinfo=UTC))
        self.paths = {day: self._capture(day) for day in days}
        self.index = Index(self.store.ledger)

    def _capture(self, day: int) -> Path:
        at = datetime(2026, 3, day, 12, tzinfo=UTC)
        entry = self.store.write(
            [Offered(USER, table_of(USER, [{"id": f"of {day}"}] if day != 4 else []))],
            kind="snapshot",
            instance="one",
            day=at.date(),
            header={"round": at.isoformat(), "captured_at": at.isoformat()},
            recorded_at=at,
        )
        return self.store.home.path / entry.body["snapshots"][0]["path"]

    def read(self) -> tuple[Available, dict[str, list[str]]]:
        """Return what is available for the middle day, and the ids in every view."""
        reader = Reader(self.store, self.index, {"toy_user": USER})
        available = reader.available(NEEDS, MIDDLE)
        found = {}
        with reader.connect(available.rounds[0], NEEDS) as connection:
            for view in ("toy_user", "toy_user_before", "toy_user_after"):
                found[view] = [
                    row[0] for row in connection.execute(f"select id from {view} order by id").fetchall()
                ]
            read = "select strftime(day, '%d') from snapshot_read order by day"
            found["snapshot_read"] = [row[0] for row in connection.execute(read).fetchall()]
        return available, found


def test_each_view_has_its_own_days(tmp_path: Path) -> None:
    """The day, two before and one after; a capture without rows was read all the same."""
    available, found = World(tmp_path, 2, 3, 4, 5, 6, 7).read()

    assert found == {
        "toy_user": ["of 5"],
        "toy_user_before": ["of 3"],
        "toy_user_after": ["of 6"],
        "snapshot_read": ["03", "04", "05", "06"],
    }
    assert 4 == len(available.paths)
    assert datetime(2026, 3, 5, 12, tzinfo=UTC) == available.rounds[0].observed_at


def test_other_days_that_were_never_captured_are_no_missing_evidence(tmp_path: Path) -> None:
    """They are not the day that is tested; the statement sees which days there are."""
    available, found = World(tmp_path, 5).read()

    assert found == {
        "toy_user": ["of 5"],
        "toy_user_before": [],
        "toy_user_after": [],
        "snapshot_read": ["05"],
    }
    assert () == available.missing


@pytest.mark.parametrize("day", [3, 6])
def test_another_day_whose_file_was_altered_is_told(tmp_path: Path, day: int) -> None:
    """Altered evidence makes an error of the test, on whichever day it lies."""
    world = World(tmp_path, 3, 5, 6)
    world.paths[day].chmod(0o644)
    world.paths[day].write_bytes(b"other")
    available, _ = world.read()

    assert [(Fault.ALTERED, day)] == [(item.fault, item.slot.day.day) for item in available.altered]


def test_another_day_whose_file_is_gone_is_as_if_never_captured(tmp_path: Path) -> None:
    """GV-06 reports the loss on its own day."""
    world = World(tmp_path, 3, 5, 6)
    world.paths[3].unlink()
    available, found = world.read()

    assert [] == found["toy_user_before"]
    assert () == available.missing


def test_captures_of_the_day_before_the_one_that_counts_have_their_own_view(tmp_path: Path) -> None:
    """Of a day that was read three times the first two, each of them though they brought the same bytes."""
    order = Dataset(
        "toy_order",
        Kind.EVENT,
        "One row per order",
        ("id",),
        (Column("id", "text", "It", required=True),),
        retention_days=90,
    )
    store = Store(Home(tmp_path))
    store.open(sandbox=False, at=datetime(2026, 3, 1, tzinfo=UTC))
    for day, ids in ((6, "ab"), (7, "ab"), (8, "a")):
        at = datetime(2026, 3, day, tzinfo=UTC)
        store.write(
            [Offered(order, table_of(order, [{"id": name} for name in ids]))],
            kind="snapshot",
            instance="one",
            day=MIDDLE,
            header={"round": at.isoformat(), "captured_at": at.isoformat()},
            recorded_at=at,
        )
    reader = Reader(store, Index(store.ledger), {"toy_order": order})
    needs = (Need("toy_order"), Need("toy_order", earlier=True))
    chosen = reader.available(needs, MIDDLE).rounds[0]
    with reader.connect(chosen, needs) as connection:
        newest = connection.execute("select id, captured_at::date from toy_order").fetchall()
        earlier = connection.execute(
            "select id, captured_at::date from toy_order_earlier order by all"
        ).fetchall()

    assert [("a", date(2026, 3, 8))] == newest
    assert [(name, date(2026, 3, day)) for name in "ab" for day in (6, 7)] == earlier
