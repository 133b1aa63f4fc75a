"""Is a day of the shop read whole or not at all, with what it is about, and what is lacking named?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import pyarrow as pa
import pytest

from assets.capture import Reading, day_window
from assets.failures import PermanentFailure
from assets.shop.assets import shop_orders
from assets.shop.client import ShopClient
from assets.shop.contract import BESIDE, VIEWS
from sandbox.faults import Faults
from sandbox.process import SEED
from sandbox.shop import ShopPart
from warehouse.store import conform

DAY = date(2026, 3, 5)
TOTALS = (
    "alter view evidence.control_totals rename to totals; create view evidence.control_totals as {}; "
    "grant select on evidence.control_totals to evidence_reader"
)
TOTALS_AGAIN = "drop view evidence.control_totals; alter view evidence.totals rename to control_totals"
Shop: TypeAlias = tuple[ShopClient, Any]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Serve the shop's database after the day; yield our client and a way to run SQL as its administrator."""
    part = ShopPart(SEED, Faults(), datetime(2026, 3, 6, 0, 30, tzinfo=UTC))
    client = ShopClient("main", part.start()["dsn"])
    yield client, part._server.psql  # noqa: SLF001 - the administrator's way in
    client.close()
    part.stop()


def read(client: ShopClient) -> tuple[dict[str, pa.Table], Reading]:
    """Return the day's tables, each as its declaration wants it, and how they were read."""
    reading = Reading(DAY, "main", *day_window(DAY), hmac=lambda text: f"hmac of {len(text)}")
    filled: Any = shop_orders.read(client, reading)
    return {dataset.name: conform(dataset, filled[dataset.name]) for dataset in shop_orders.datasets}, reading


def ids(table: pa.Table, column: str) -> set[Any]:
    """Return the values of a column."""
    return set(table[column].to_pylist())


def test_every_view_of_the_contract_is_read_with_its_total(shop: Shop) -> None:
    """Rows and sums as the database's own; nothing of it is empty in the company's shop."""
    tables, reading = read(shop[0])
    named = {view.dataset.name for view in VIEWS.values()}
    beside = {dataset.name for dataset, _ in BESIDE.values()}

    assert named | beside | {"shop_control_total"} == set(tables)
    assert named | beside == set(reading.reported)
    assert {name: tables[name].num_rows for name in named | beside} == reading.reported
    assert {view.dataset.name for view in VIEWS.values() if view.summed} == set(reading.control_sums)
    assert {"shop_earlier_refund", "shop_earlier_refund_line"} >= {
        n for n in tables if not tables[n].num_rows
    }


def test_no_address_of_a_shopper_is_kept(shop: Shop) -> None:
    """In no table: the reference is replaced before anything is stored."""
    tables, _ = read(shop[0])
    assert not [name for name, table in tables.items() if "mail.example" in str(table.to_pylist()).lower()]


def test_what_the_day_is_about_is_read_with_it(shop: Shop) -> None:
    """Every earlier order that was refunded, shipped, paid or cancelled, with its lines and past."""
    tables, _ = read(shop[0])
    placed, earlier = ids(tables["shop_order"], "order_id"), ids(tables["shop_earlier_order"], "order_id")
    of_day = [tables[f"shop_{name}"] for name in ("refund", "fulfilment", "payment")]
    about = set().union(*(ids(table, "order_id") for table in of_day))

    assert about - placed <= earlier
    assert set() == earlier & placed
    assert earlier == ids(tables["shop_earlier_line"], "order_id")
    start = day_window(DAY)[0]
    for name, at in (
        ("shop_earlier_order", "placed_at"),
        ("shop_earlier_payment", "attempted_at"),
        ("shop_earlier_refund", "created_at"),
        ("shop_earlier_fulfilment_line", "shipped_at"),
    ):
        assert all(moment < start for moment in ids(tables[name], at)), name
        assert ids(tables[name], "order_id") <= earlier


def test_a_lines_tax_is_the_sum_of_its_tax_lines(shop: Shop) -> None:
    """And the order's is that of all its lines, since shipping is not taxed."""
    tables, _ = read(shop[0])
    by_order: dict[str, int] = {}
    for line in tables["shop_earlier_line"].to_pylist():
        by_order[line["order_id"]] = by_order.get(line["order_id"], 0) + line["tax_minor"]

    assert by_order == {
        order["order_id"]: order["tax_minor"] - order["shipping_tax_minor"]
        for order in tables["shop_earlier_order"].to_pylist()
    }


def test_levels_open_with_what_the_day_before_ended_with(shop: Shop) -> None:
    """And close with what moved."""
    tables, _ = read(shop[0])
    moved: dict[tuple[str, str], int] = {}
    for row in tables["shop_inventory_movement"].to_pylist():
        cell = row["sku"], row["location"]
        sign = -1 if row["kind"] in ("ship", "transfer_out") else 1
        moved[cell] = moved.get(cell, 0) + sign * row["qty"]
    levels = tables["shop_inventory_level"].to_pylist()

    assert [row["on_hand"] for row in levels] == [
        row["opening_on_hand"] + moved.get((row["sku"], row["location"]), 0) for row in levels
    ]


def test_a_series_says_how_far_it_had_come(shop: Shop) -> None:
    """Before the day and on it; the day's first number follows."""
    (series,) = read(shop[0])[0]["shop_number_series"].to_pylist()
    assert ("web", True) == (series["series"], series["gapless"])
    assert series["last_before"] + 1 == series["first_number"]


@pytest.mark.parametrize(
    ("broken", "mended", "why"),
    [
        (
            "alter view evidence.refund_lines rename to other",
            "alter view evidence.other rename to refund_lines",
            r"reads evidence\.refund_lines, evidence\.refunds, and one of these does not exist",
        ),
        (
            "alter view evidence.fulfilments rename column promised_at to promise",
            "alter view evidence.fulfilments rename column promise to promised_at",
            r"reads evidence\.fulfilments, and finds no column promised_at there \(SQLSTATE 42703\)",
        ),
        (
            TOTALS.format("select * from evidence.totals where table_name <> 'refunds'"),
            TOTALS_AGAIN,
            r"evidence\.control_totals has no row for refunds on 2026-03-05, but the view has \d+",
        ),
        (
            TOTALS.format(
                "select table_name, day, row_count, sum_minor + (table_name = 'inventory_levels')::int "
                "as sum_minor, max_updated_at from evidence.totals"
            ),
            TOTALS_AGAIN,
            r"shop_inventory_level main: on_hand of 360 rows sums to \d+, the database's own control total",
        ),
    ],
)
def test_what_does_not_add_up_or_is_lacking_stores_nothing(
    shop: Shop, broken: str, mended: str, why: str
) -> None:
    """And the failure names the view, the column or the sum."""
    client, administrator = shop
    administrator(broken)
    try:
        with pytest.raises(PermanentFailure, match=why):
            read(client)
    finally:
        administrator(mended)
    assert read(client)


def test_the_doctor_is_told_of_every_view_that_is_lacking(shop: Shop) -> None:
    """By name, as a platform of an older contract lacks them."""
    client, administrator = shop
    administrator("revoke select on evidence.giftcard_ledger, evidence.refunds from evidence_reader")
    try:
        lacking = client.access().lacking
    finally:
        administrator("grant select on evidence.giftcard_ledger, evidence.refunds to evidence_reader")
    assert (
        "SELECT on evidence.giftcard_ledger, of the shop contract",
        "SELECT on evidence.refunds, of the shop contract",
    ) == lacking
