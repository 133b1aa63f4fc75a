"""Is what may be given back, and the tax that belongs to it, computed to the minor unit?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.reconciliation.refunds import CANCELLATIONS, REFUND_LINES, REFUNDS
from tests.assets.derivations import derived

DAY = datetime(2026, 3, 10, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
BOUNDS = {"day_start": DAY, "day_end": DAY + timedelta(days=1)}
Rows = Sequence[Mapping[str, Any]]


def order(**other: Any) -> dict[str, Any]:
    """Return an order of the day."""
    return {
        "order_id": "o1",
        "order_number": 1,
        "price_includes_tax": True,
        "shipping_minor": 500,
        "shipping_discount_minor": 0,
        "is_test": False,
        **other,
    }


def refund(name: str, at: datetime = NOON, **other: Any) -> dict[str, Any]:
    """Return a refund of that order."""
    return {
        "refund_id": name,
        "order_id": "o1",
        "status": "succeeded",
        "currency": "EUR",
        "amount_minor": 100,
        "tax_minor": 16,
        "created_at": at,
        **other,
    }


def part(name: str, qty_e4: int, tax_minor: int, **other: Any) -> dict[str, Any]:
    """Return a refund of a part of line l1."""
    return {
        "refund_id": name,
        "line_id": "l1",
        "target_kind": "line",
        "qty_e4": qty_e4,
        "amount_minor": 100,
        "tax_minor": tax_minor,
        **other,
    }


LINE = {
    "line_id": "l1",
    "order_id": "o1",
    "qty_e4": 30_000,
    "ext_minor": 1000,
    "line_discount_minor": 0,
    "alloc_discount_minor": 0,
}
TAX = {"line_id": "l1", "order_id": "o1", "target_kind": "line", "tax_minor": 100}


def lines(**rows: Rows) -> list[tuple[Any, ...]]:
    """Return (refund, whole, so far, tax so far, expected tax so far) of every refunded line."""
    found = derived(
        REFUND_LINES,
        "main",
        **{"shop_order": [order()], "shop_order_line": [LINE], "shop_order_tax_line": [TAX], **rows},
    )
    return [
        (
            one["refund_id"],
            one["whole"],
            one["so_far"],
            one["tax_so_far_minor"],
            one["expected_tax_so_far_minor"],
        )
        for one in found
    ]


def test_tax_is_given_back_cumulatively() -> None:
    """A third of 100 is 33, two thirds 67, all 100; a failed refund gave nothing."""
    found = lines(
        shop_refund=[
            refund("r1"),
            refund("r2", NOON + timedelta(hours=1), status="failed"),
            refund("r3", NOON + timedelta(hours=2)),
            refund("r4", NOON + timedelta(hours=3)),
        ],
        shop_refund_line=[
            part("r1", 10_000, 33),
            part("r2", 20_000, 67),
            part("r3", 10_000, 34),
            part("r4", 10_000, 33),
        ],
    )

    assert [
        ("r1", 30_000, 10_000, 33, 33),
        ("r2", 30_000, 10_000, 33, 33),
        ("r3", 30_000, 20_000, 67, 67),
        ("r4", 30_000, 30_000, 100, 100),
    ] == found


def test_refunds_before_the_day_count_and_are_not_listed() -> None:
    """An order of another year is judged with all that had become of it."""
    found = lines(
        shop_order=[],
        shop_order_line=[],
        shop_order_tax_line=[],
        shop_earlier_order=[order(shipping_tax_minor=80)],
        shop_earlier_line=[{**LINE, "tax_minor": 100}],
        shop_earlier_refund=[refund("r0", NOON - timedelta(days=300))],
        shop_earlier_refund_line=[part("r0", 20_000, 67)],
        shop_refund=[refund("r1")],
        shop_refund_line=[
            part("r1", 10_001, 33),
            part("r1", 0, 80, line_id="", target_kind="shipping", amount_minor=500),
        ],
    )

    assert [("r1", 500, 500, 80, 80), ("r1", 30_000, 30_001, 100, 100)] == found


def test_a_price_given_back_counts_by_amount() -> None:
    """Where any refund of a line names no quantity, parts are of what the line cost, tax included."""
    found = lines(
        shop_order=[order(price_includes_tax=False)],
        shop_refund=[refund("r1"), refund("r2", NOON + timedelta(hours=1))],
        shop_refund_line=[part("r1", 0, 50, amount_minor=550), part("r2", 30_000, 50, amount_minor=550)],
    )

    assert [("r1", 1100, 550, 50, 50), ("r2", 1100, 1100, 100, 100)] == found


def test_a_line_that_no_order_has_is_listed_without_expectation() -> None:
    """What cannot be compared is told."""
    found = lines(shop_order_line=[], shop_refund=[refund("r1")], shop_refund_line=[part("r1", 10_000, 33)])

    assert [("r1", None, 10_000, 33, None)] == found


@settings(max_examples=25, deadline=None)
@given(
    tax=st.integers(-10_000, 10_000_000),
    parts=st.lists(st.integers(1, 50_000), min_size=1, max_size=6),
)
def test_any_number_of_partial_refunds_sum_to_the_tax(tax: int, parts: list[int]) -> None:
    """Whatever the parts, each one's tax is the step from the one before, and the last makes it whole."""
    found = lines(
        shop_order_line=[{**LINE, "qty_e4": sum(parts)}],
        shop_order_tax_line=[{**TAX, "tax_minor": tax}],
        shop_refund=[refund(f"r{n}", NOON + timedelta(minutes=n)) for n in range(len(parts))],
        shop_refund_line=[part(f"r{n}", qty, 0) for n, qty in enumerate(parts)],
    )
    expected = [one[4] for one in sorted(found, key=lambda one: one[2])]
    steps = [after - before for before, after in zip([0, *expected], expected, strict=False)]

    assert tax == expected[-1] == sum(steps)


def refunds(**rows: Rows) -> list[tuple[Any, ...]]:
    """Return (refund, captured, refunded so far, second person) of every refund."""
    found = derived(REFUNDS, "main", **{"shop_order": [order()], **rows})
    return [
        (one["refund_id"], one["captured_minor"], one["refunded_so_far_minor"], one["second_person"])
        for one in found
    ]


def payment(amount: int, at: datetime = NOON, **other: Any) -> dict[str, Any]:
    """Return a capture of that order."""
    return {
        "payment_id": f"p{amount}",
        "order_id": "o1",
        "kind": "capture",
        "status": "succeeded",
        "amount_minor": amount,
        "attempted_at": at,
        **other,
    }


def test_captures_and_refunds_of_an_order_are_summed() -> None:
    """Failed and merely authorised payments, and failed refunds, are none. Who approved stands beside it."""
    found = refunds(
        shop_payment=[payment(300), payment(50, status="failed"), payment(70, kind="authorize")],
        shop_refund=[
            refund("r1", actor="ada", approver="bob"),
            refund("r2", status="failed", actor="ada", approver="ada"),
            refund("r3", actor="ada"),
            refund("r4", order_id="o9", approver="bob"),
        ],
    )

    assert [
        ("r1", 300, 100, "another"),
        ("r2", 300, 100, "self"),
        ("r3", 300, 200, "nobody"),
        ("r4", None, 100, None),
    ] == found


def cancellations(hours: int = 24, **rows: Rows) -> list[tuple[Any, ...]]:
    """Return (order, captured, refunded) of every cancelled order."""
    found = derived(CANCELLATIONS, "main", {**BOUNDS, "refund_within_hours": hours}, **rows)
    return [(one["order_id"], one["captured_minor"], one["refunded_minor"]) for one in found]


def test_what_comes_until_the_very_end_of_the_time_counts() -> None:
    """A refund of the day after counts as far as it came within the hours allowed."""
    cancelled = order(currency="EUR", cancelled_at=NOON)
    until = NOON + timedelta(hours=24)

    def given_back(at: datetime) -> list[tuple[Any, ...]]:
        return cancellations(
            shop_order=[cancelled, order(order_id="o2")],
            shop_payment=[payment(300)],
            shop_refund_after=[refund("r1", at, amount_minor=300)],
        )

    assert [("o1", 300, 300)] == given_back(until)
    assert [("o1", 300, 0)] == given_back(until + timedelta(microseconds=1))


def test_an_order_of_another_day_counts_on_the_day_it_was_cancelled() -> None:
    """With what had been captured and given back before."""
    found = cancellations(
        shop_earlier_order=[
            order(currency="EUR", cancelled_at=DAY),
            order(order_id="o2", currency="EUR", cancelled_at=DAY + timedelta(days=1)),
        ],
        shop_earlier_payment=[payment(300, NOON - timedelta(days=9))],
        shop_earlier_refund=[refund("r0", NOON - timedelta(days=2), amount_minor=100)],
        shop_refund=[refund("r1", NOON, amount_minor=200)],
    )

    assert [("o1", 300, 300)] == found
