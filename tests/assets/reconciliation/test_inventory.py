"""Is what should be in stock, and what was to be shipped, computed to the piece?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from assets.reconciliation.inventory import SHIPMENTS, STOCKS
from tests.assets.derivations import derived

DAY = datetime(2026, 3, 10, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
READ = (
    ("shop_inventory_level", "main", date(2026, 3, 9)),
    ("shop_inventory_level", "main", date(2026, 3, 10)),
)
Rows = Sequence[Mapping[str, Any]]


def level(on_hand: int, **other: Any) -> dict[str, Any]:
    """Return what is there of article A."""
    return {"sku": "A", "location": "BER", "on_hand": on_hand, "available": on_hand, **other}


def moved(kind: str, qty: int, **other: Any) -> dict[str, Any]:
    """Return a movement of article A."""
    return {"movement_id": f"{kind}{qty}", "sku": "A", "location": "BER", "kind": kind, "qty": qty, **other}


def stock(read: Sequence[tuple[str, str, date]] = READ, **rows: Rows) -> list[tuple[Any, ...]]:
    """Return (article, opening, expected, closing)."""
    found = derived(STOCKS, "main", {"day": DAY.date()}, read, **rows)
    return [(one["sku"], one["opening"], one["expected_closing"], one["closing"]) for one in found]


EVERY_KIND = [
    moved("receipt", 20),
    moved("ship", 5),
    moved("return", 2),
    moved("transfer_in", 7),
    moved("transfer_out", 3),
    moved("adjust", -1),
]


def test_every_kind_of_movement_counts_with_its_sign() -> None:
    """10 + 20 - 5 + 2 + 7 - 3 - 1 = 30."""
    found = stock(
        shop_inventory_level_before=[level(10)],
        shop_inventory_level=[level(30)],
        shop_inventory_movement=EVERY_KIND,
    )

    assert [("A", 10, 30, 30)] == found


def test_movements_in_any_order_and_portion_come_to_the_same() -> None:
    """Splitting a movement in pieces, or listing them otherwise, changes nothing."""
    pieces = [
        moved(one["kind"], 1 if one["qty"] > 0 else -1, movement_id=f"{one['kind']} {n}")
        for one in EVERY_KIND
        for n in range(abs(one["qty"]))
    ]
    found = stock(
        shop_inventory_level_before=[level(10)],
        shop_inventory_level=[level(30)],
        shop_inventory_movement=[*pieces[1::2], *pieces[::2]],
    )

    assert [("A", 10, 30, 30)] == found


def test_what_was_read_the_day_before_counts_and_not_what_the_shop_says_now() -> None:
    """So that nobody changes the past unseen; an article that was not there then opened with none."""
    found = stock(
        shop_inventory_level_before=[level(10)],
        shop_inventory_level=[level(9, opening_on_hand=9), level(3, sku="B", opening_on_hand=3)],
    )

    assert [("A", 10, 10, 9), ("B", 0, 0, 3)] == found


def test_where_nothing_was_read_the_day_before_the_shop_says_it() -> None:
    """And where the shop does not either, nobody knows."""
    found = stock(
        READ[1:],
        shop_inventory_level=[level(9, opening_on_hand=9), level(3, sku="B")],
    )

    assert [("A", 9, 9, 9), ("B", None, None, 3)] == found


def test_a_level_that_is_gone_and_a_movement_of_an_unknown_kind() -> None:
    """What the shop no longer lists counts as none; what cannot be added up as unknown."""
    found = stock(
        shop_inventory_level_before=[level(10), level(0, sku="Z")],
        shop_inventory_movement=[moved("vanish", 1, sku="B")],
    )

    assert [("A", 10, 10, 0), ("B", 0, None, 0)] == found


ORDER = {"order_id": "o1", "order_number": 1}
LINE = {"line_id": "l1", "order_id": "o1", "qty_e4": 20_000}
PARCEL = {"fulfilment_id": "f1", "order_id": "o1", "shipped_at": NOON, "status": "shipped"}
SHIPPED = {"fulfilment_id": "f1", "line_id": "l1", "qty_e4": 10_000}


def shipments(**rows: Rows) -> list[tuple[Any, ...]]:
    """Return (parcel, shipped so far, to ship, whether there is such a line)."""
    found = derived(SHIPMENTS, "main", **rows)
    return [
        (one["fulfilment_id"], one["shipped_so_far_e4"], one["to_ship_e4"], one["line_found"])
        for one in found
    ]


def test_parcels_of_an_order_are_summed() -> None:
    """The second of the day adds to the first; one that was cancelled ships nothing."""
    found = shipments(
        shop_order=[ORDER],
        shop_order_line=[LINE],
        shop_fulfilment=[
            PARCEL,
            {**PARCEL, "fulfilment_id": "f2", "shipped_at": NOON + timedelta(hours=1)},
            {**PARCEL, "fulfilment_id": "f3", "status": "cancelled"},
        ],
        shop_fulfilment_line=[
            SHIPPED,
            {**SHIPPED, "fulfilment_id": "f2"},
            {**SHIPPED, "fulfilment_id": "f3"},
        ],
    )

    assert [("f1", 10_000, 20_000, True), ("f2", 20_000, 20_000, True)] == found


def test_an_earlier_order_counts_with_what_was_shipped_before() -> None:
    """And nothing was to be shipped of one cancelled before its parcel left."""
    rows: dict[str, Rows] = {
        "shop_earlier_line": [LINE],
        "shop_earlier_fulfilment_line": [
            {**SHIPPED, "fulfilment_id": "f0", "shipped_at": NOON - timedelta(days=3)}
        ],
        "shop_fulfilment": [PARCEL],
        "shop_fulfilment_line": [SHIPPED],
    }

    assert [("f1", 20_000, 20_000, True)] == shipments(shop_earlier_order=[ORDER], **rows)
    assert [("f1", 20_000, 0, True)] == shipments(
        shop_earlier_order=[{**ORDER, "cancelled_at": NOON}], **rows
    )
    late = NOON + timedelta(microseconds=1)
    assert [("f1", 20_000, 20_000, True)] == shipments(
        shop_earlier_order=[{**ORDER, "cancelled_at": late}], **rows
    )


def test_a_line_that_no_order_has_is_told() -> None:
    """It was shipped, and nothing was to be."""
    found = shipments(shop_fulfilment=[PARCEL], shop_fulfilment_line=[SHIPPED])

    assert [("f1", 10_000, None, False)] == found
