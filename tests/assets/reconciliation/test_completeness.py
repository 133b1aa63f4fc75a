"""Are missing numbers, orders placed twice, and orders that went or changed between two reads found?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from assets.reconciliation.adjustments import ADJUSTMENTS
from assets.reconciliation.completeness import REREADS, SEQUENCES
from tests.assets.derivations import derived

DAY = datetime(2026, 3, 10, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
Rows = Sequence[Mapping[str, Any]]


def order(number: int, at: datetime = NOON, **other: Any) -> dict[str, Any]:
    """Return an order of the day."""
    return {
        "order_id": f"o{number}",
        "series": "web",
        "order_number": number,
        "customer_hmac": f"customer {number}",
        "currency": "EUR",
        "total_minor": 1000,
        "placed_at": at,
        "is_test": False,
        "status": "open",
        **other,
    }


def line(number: int, sku: str = "A", **other: Any) -> dict[str, Any]:
    """Return a line of an order."""
    return {
        "line_id": f"l{number}{sku}",
        "order_id": f"o{number}",
        "sku": sku,
        "qty_e4": 10_000,
        "unit_price_e4": 10_000_000,
        "ext_minor": 1000,
        **other,
    }


def sequence(minutes: int = 10, last_before: int | None = 6, **rows: Rows) -> list[tuple[Any, ...]]:
    """Return (order, missing before it, orders with its number, its twin)."""
    series = [{"series": "web", "gapless": True, "last_before": last_before}]
    found = derived(
        SEQUENCES, "main", {"duplicate_within_minutes": minutes}, **{"shop_number_series": series, **rows}
    )
    return [
        (one["order_id"], one["missing_before"], one["orders_with_number"], one["twin_order_id"])
        for one in found
    ]


def test_numbers_are_accounted_for_from_the_last_one_of_the_day_before() -> None:
    """8 was voided, 9 is missing before 10; two orders share 10, which was voided and used all the same."""
    found = sequence(
        shop_order=[order(7), order(10), order(10, order_id="o10 again"), order(11)],
        shop_number_void=[{"series": "web", "order_number": 8}, {"series": "web", "order_number": 10}],
    )

    assert [("o10", 1, 2, None), ("o10 again", 1, 2, None), ("o11", 0, 1, None), ("o7", 0, 1, None)] == found


def test_a_number_given_up_on_the_other_side_of_midnight_is_no_gap() -> None:
    """7 was given up just before the day began, and 10 just after it was over; 9 never was."""
    found = sequence(
        shop_order=[order(8), order(11)],
        shop_number_void_before=[{"series": "web", "order_number": 7}],
        shop_number_void_after=[{"series": "web", "order_number": 10}],
    )

    assert [("o11", 1, 1, None), ("o8", 0, 1, None)] == found


def test_before_the_first_number_there_is_nothing_is_missing() -> None:
    """A series that begins has nothing before it."""
    assert [("o7", None, 1, None), ("o8", 0, 1, None)] == sequence(
        last_before=None, shop_order=[order(7), order(8)]
    )


def test_the_same_basket_again_within_the_minutes_allowed_is_a_twin() -> None:
    """To the microsecond, over midnight, in any order of lines; never of another customer or amount."""
    again = {"customer_hmac": "customer 7"}
    late = NOON + timedelta(minutes=10)
    rows: dict[str, Rows] = {
        "shop_order_line": [
            line(7),
            line(7, "B"),
            line(8, "B"),
            line(8),
            line(9),
            line(9, "B", qty_e4=20_000),
        ]
    }

    assert [("o7", 0, 1, None), ("o8", 0, 1, "o7")] == sequence(
        shop_order=[order(7), order(8, late, **again)], **rows
    )
    for different in (
        order(8, late + timedelta(microseconds=1), **again),
        order(8, late),
        order(8, late, total_minor=1001, **again),
        order(8, late, currency="USD", **again),
        order(9, late, **again),
    ):
        found = sequence(shop_order=[order(7), different], **rows)
        assert [None, None] == [twin for *_, twin in found]
    assert [("o8", 1, 1, "o7")] == sequence(
        shop_order=[order(8, DAY, **again)],
        shop_order_before=[order(7, DAY - timedelta(minutes=10))],
        shop_order_line=rows["shop_order_line"][2:],
        shop_order_line_before=rows["shop_order_line"][:2],
    )


def test_the_order_in_which_orders_are_listed_changes_nothing() -> None:
    """Whatever the batches they came in."""
    orders = [order(number, NOON + timedelta(minutes=number)) for number in range(7, 40, 3)]
    mixed = [*orders[1::2], *orders[::-2]]

    assert sequence(shop_order=orders) == sequence(shop_order=mixed)


FIRST = DAY + timedelta(days=1, minutes=30)
SECOND = FIRST + timedelta(days=1)
THIRD = SECOND + timedelta(days=1)


def reread(**rows: Rows) -> list[tuple[Any, ...]]:
    """Return (order, whether it is still there, what changed, the correction)."""
    found = derived(REREADS, "main", **rows)
    return [(one["order_id"], one["still_there"], one["changed_fields"], one["adjustment"]) for one in found]


def read(at: datetime, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return rows as they were read at an instant."""
    return [{**row, "captured_at": at} for row in rows]


def test_what_went_and_what_changed_between_two_reads_is_found() -> None:
    """An order that is gone, one whose amount and one whose line changed; its state may go on."""
    found = reread(
        shop_order_earlier=read(FIRST, order(1), order(2), order(3), order(4), order(5)),
        shop_order_line_earlier=read(FIRST, line(3), line(4)),
        shop_order=read(
            SECOND, order(2, total_minor=999), order(3), order(4), order(5, status="fulfilled"), order(6)
        ),
        shop_order_line=read(SECOND, line(3), line(4, sku="B")),
        shop_manual_adjustment_after=[
            {"adj_id": "a1", "entity": "order", "entity_id": "o2"},
            {"adj_id": "a2", "entity": "payment", "entity_id": "o4"},
        ],
    )

    assert [
        ("o1", False, [], None),
        ("o2", True, ["total_minor"], "a1"),
        ("o3", True, [], None),
        ("o4", True, ["lines"], None),
        ("o5", True, [], None),
        ("o6", True, [], None),
    ] == found


def test_what_changed_and_changed_back_is_found() -> None:
    """Every earlier read is compared, not only the last; one that saw lines alike says nothing changed."""
    found = reread(
        shop_order_earlier=[*read(FIRST, order(1)), *read(SECOND, order(1, total_minor=1))],
        shop_order_line_earlier=[*read(FIRST, line(1)), *read(SECOND, line(1))],
        shop_order=read(THIRD, order(1)),
        shop_order_line=read(THIRD, line(1)),
    )

    assert [("o1", True, ["total_minor"], None)] == found


def test_a_day_that_was_read_once_has_nothing_to_compare() -> None:
    """Every order of it is there, unchanged."""
    assert [("o1", True, [], None)] == reread(
        shop_order=read(FIRST, order(1)), shop_order_line=read(FIRST, line(1))
    )


def test_a_correction_has_the_currency_of_its_order_and_its_makers_limit() -> None:
    """No limit counts as 0; a currency that nobody knows as no limit that could be told."""
    correction = {
        "entity": "order",
        "entity_id": "o1",
        "amount_minor": -70,
        "actor": "ada",
        "approver": "bob",
        "applied_at": NOON,
    }
    found = derived(
        ADJUSTMENTS,
        "main",
        shop_order=[order(1)],
        shop_manual_adjustment=[
            {**correction, "adj_id": "a1"},
            {**correction, "adj_id": "a2", "actor": "bob"},
            {**correction, "adj_id": "a3", "entity_id": "o9"},
            {**correction, "adj_id": "a4", "entity": "payment", "currency": "EUR"},
            {**correction, "adj_id": "a5", "actor": "eve"},
        ],
        shop_user_role=[{"user_id": "eve", "role": "finance"}, {"user_id": "bob", "role": "support"}],
        register_approval_limit=[
            {"actor": "ada", "entity": "order", "currency": "EUR", "limit_minor": 5000},
            {"actor": "ada", "entity": "order", "currency": "JPY", "limit_minor": 9000},
            {"actor": "role:finance", "entity": "order", "currency": "EUR", "limit_minor": 7000},
        ],
    )

    assert [
        ("a1", "EUR", 70, "another", 5000),
        ("a2", "EUR", 70, "self", 0),
        ("a3", None, 70, "another", None),
        ("a4", "EUR", 70, "another", 0),
        ("a5", "EUR", 70, "another", 7000),
    ] == [
        (one["adj_id"], one["currency"], one["magnitude_minor"], one["second_person"], one["limit_minor"])
        for one in found
    ]
