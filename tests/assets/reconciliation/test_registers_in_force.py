"""Is every order judged by what the registers had in force on its own day, to the day?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from assets.reconciliation import ORDERS
from assets.reconciliation.tax import DISCOUNTS, TAX_LINES
from tests.assets.derivations import derived
from tests.assets.reconciliation.basket import PLACED, an_order

DAY = PLACED.date()
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


def tax_line(rates: list[dict[str, Any]], **rows: Any) -> dict[str, Any]:
    """Return the row of a tax of 19 %, with some rows of the registers."""
    tax = {
        "order_id": "o1",
        "line_id": "l1",
        "target_kind": "line",
        "jurisdiction": "DE",
        "tax_category": "std",
    }
    [row] = derived(
        TAX_LINES,
        "shop-main",
        shop_order=[an_order("o1")],
        shop_order_tax_line=[
            {
                **tax,
                "rate_e9": 190_000_000,
                "taxable_minor": 1000,
                "tax_minor": 190,
                "exempt_reason": "resale",
            }
        ],
        register_tax_rate=[{"jurisdiction": "DE", "tax_category": "std", **rate} for rate in rates],
        **rows,
    )
    return row


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([{"rate_e9": 1, "valid_from": DAY}], 1),
        ([{"rate_e9": 1, "valid_from": AFTER}], None),
        ([{"rate_e9": 1, "valid_from": BEFORE, "valid_to": DAY}], 1),
        ([{"rate_e9": 1, "valid_from": BEFORE, "valid_to": BEFORE}], None),
        ([{"rate_e9": 1, "valid_from": BEFORE}, {"rate_e9": 2, "valid_from": DAY}], 2),
        ([{"rate_e9": 1, "valid_from": BEFORE}, {"rate_e9": 2, "valid_from": AFTER}], 1),
        ([{"rate_e9": 1, "valid_from": DAY, "tax_category": "books"}], None),
        ([{"rate_e9": 1, "valid_from": DAY, "jurisdiction": "FR"}], None),
    ],
)
def test_the_rate_is_that_of_the_orders_day(rates: list[dict[str, Any]], expected: int | None) -> None:
    """Of jurisdiction and category; a later row ends an earlier one that has no end."""
    assert expected == tax_line(rates)["expected_rate_e9"]


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [(DAY, None, True), (BEFORE, DAY, True), (AFTER, None, False), (BEFORE, BEFORE, False)],
)
def test_registrations_and_certificates_count_on_their_days(
    first: date, last: date | None, *, counts: bool
) -> None:
    """The first and the last of them included; two that overlap are as good as one."""
    days = {"jurisdiction": "DE", "valid_from": first, "valid_to": last}
    certificates = [{**days, "certificate_id": f"C-{n}", "reason": "resale"} for n in (2, 1)]
    row = tax_line([], register_tax_registration=[days, days], register_tax_certificate=certificates)

    assert (counts, "C-1" if counts else None) == (row["is_registered"], row["certificate_id"])


@pytest.mark.parametrize(
    ("discount", "authority"),
    [
        ({"kind": "promotion", "promotion_id": "P"}, "promotion P"),
        ({"kind": "voucher", "promotion_id": "P"}, None),
        ({"kind": "promotion", "promotion_id": "Q"}, None),
        ({"kind": "promotion"}, None),
        ({"kind": "promotion", "promotion_id": "OLD"}, None),
        ({"kind": "manual", "actor": "a", "approver": "b"}, "approved by somebody else"),
        ({"kind": "manual", "actor": "a", "approver": "a"}, None),
        ({"kind": "manual", "actor": "a"}, None),
        ({"kind": "manual", "approver": "b"}, None),
        ({"approver": "b", "actor": "a"}, None),
    ],
)
def test_a_discount_stands_on_what_was_in_force_or_approved(
    discount: dict[str, Any], authority: str | None
) -> None:
    """A voucher's name is no promotion, nobody approves their own, and nothing is taken for granted."""
    [row] = derived(
        DISCOUNTS,
        "shop-main",
        shop_order=[an_order("o1")],
        shop_discount=[{"discount_id": "d1", "order_id": "o1", "amount_minor": 1, **discount}],
        register_promotion=[
            {"promotion_id": "P", "kind": "promotion", "valid_from": DAY, "valid_to": DAY, "approver": "m"},
            {"promotion_id": "OLD", "kind": "promotion", "valid_from": BEFORE, "valid_to": BEFORE},
        ],
    )
    assert authority == row["authority"]


def order(**rows: Any) -> dict[str, Any]:
    """Return the row of an order in dinars, with some rows of other tables."""
    sums = dict.fromkeys(("subtotal_minor", "discount_minor", "rounding_adj_minor", "total_minor"), 0)
    [row] = derived(
        ORDERS,
        "shop-main",
        shop_order=[an_order("o1", currency="KWD", **sums)],
        register_currency=[{"currency": "KWD", "minor_digits": 3, "processor_multiple": 10}],
        **rows,
    )
    return row


def test_the_quote_that_counts_is_the_last_before_the_order() -> None:
    """One of its own instant too, and of that instant the one with the greater id; a later one never."""
    quotes = [
        {
            "quote_id": f"q{n}",
            "order_id": "o1",
            "amount_minor": n,
            "quoted_at": PLACED + timedelta(seconds=after),
        }
        for n, after in enumerate((-9, 0, 0, 1))
    ]
    assert [None, 0, 2, 2] == [
        order(shop_shipping_quote=quotes[:n])["quoted_shipping_minor"] for n in (0, 1, 3, 4)
    ]


def test_what_is_no_legal_amount_is_counted_with_its_order() -> None:
    """Negative quantities, payments in another currency or off the multiple, and sums beyond 2^63."""
    line = {"order_id": "o1", "line_discount_minor": 0, "alloc_discount_minor": 0, "qty_e4": 1}
    row = order(
        shop_order_line=[
            {**line, "line_id": "l1", "ext_minor": 2**63 - 1},
            {**line, "line_id": "l2", "ext_minor": 1, "qty_e4": -1},
        ],
        shop_payment=[
            {"payment_id": "p1", "order_id": "o1", "currency": "KWD", "amount_minor": 5124},
            {"payment_id": "p2", "order_id": "o1", "currency": "EUR", "amount_minor": 5124},
        ],
    )
    assert (None, 0, 1, 1, 1) == (
        row["expected_subtotal_minor"],
        row["expected_discount_minor"],
        row["negative_lines"],
        row["payments_in_other_currency"],
        row["payments_off_multiple"],
    )
