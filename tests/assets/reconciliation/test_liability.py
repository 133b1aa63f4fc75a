"""Is what is owed on gift cards and to tax authorities computed to the minor unit?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from assets.reconciliation.liability import GIFTCARDS, TAX_DAYS, TAX_LIABILITIES
from tests.assets.derivations import derived

DAY = datetime(2026, 3, 10, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)
Rows = Sequence[Mapping[str, Any]]


def entry(seq: int, kind: str, amount: int, balance: int, **other: Any) -> dict[str, Any]:
    """Return a movement on card g1."""
    return {
        "gc_id": "g1",
        "seq": seq,
        "kind": kind,
        "amount_minor": amount,
        "balance_after_minor": balance,
        "currency": "EUR",
        "order_id": "o1",
        "at": NOON,
        **other,
    }


def cards(**rows: Rows) -> list[tuple[Any, ...]]:
    """Return (movement, expected balance, chain, whether its sign fits, its order)."""
    found = derived(GIFTCARDS, "main", **{"shop_order": [{"order_id": "o1"}], **rows})
    return [
        (one["seq"], one["expected_balance_minor"], one["chain"], one["sign_fits"], one["order_link"])
        for one in found
    ]


def test_a_card_begins_with_its_issue_and_goes_on_from_each_balance() -> None:
    """Within a day, and from the last movement before it."""
    assert [(1, 50, "first", True, "not needed"), (2, 20, "follows", True, "known")] == cards(
        shop_giftcard_entry=[entry(1, "issue", 50, 50), entry(2, "redeem", -30, 20)]
    )
    assert [(8, 70, "follows", True, "known")] == cards(
        shop_giftcard_entry=[entry(8, "redeem", -30, 70)],
        shop_earlier_giftcard_entry=[entry(7, "", 0, 100)],
    )


def test_every_way_in_which_a_card_does_not_follow_is_told() -> None:
    """A movement is missing, the currency another, the sign wrong, the order none or unknown."""
    assert [(3, None, "entry missing before", True, "none")] == cards(
        shop_giftcard_entry=[entry(3, "redeem", -30, 20, order_id=None)],
        shop_earlier_giftcard_entry=[entry(1, "", 0, 50)],
    )
    assert [(2, 80, "other currency", False, "unknown")] == cards(
        shop_giftcard_entry=[entry(2, "redeem", 30, 80, currency="USD", order_id="o9")],
        shop_earlier_giftcard_entry=[entry(1, "", 0, 50)],
    )


def order(name: str = "o1", **other: Any) -> dict[str, Any]:
    """Return an order of the day."""
    return {
        "order_id": name,
        "currency": "USD",
        "placed_at": NOON,
        "status": "open",
        "channel": "web",
        "is_test": False,
        **other,
    }


def tax(jurisdiction: str, amount: int, name: str = "o1", **other: Any) -> dict[str, Any]:
    """Return a tax line of line l1."""
    return {
        "order_id": name,
        "line_id": f"l of {name}",
        "target_kind": "line",
        "jurisdiction": jurisdiction,
        "tax_category": "standard",
        "taxable_minor": 1000,
        "tax_minor": amount,
        **other,
    }


def taxes(zones: Sequence[str] = ("* UTC",), **rows: Rows) -> list[tuple[Any, ...]]:
    """Return (date, jurisdiction, taxable, tax, refunded taxable, refunded tax)."""
    parameters = {"time_zones": list(zones), "marketplace_channels": ["marketplace"]}
    found = derived(TAX_DAYS, "main", parameters, **rows)
    return [
        (
            one["tax_date"],
            one["jurisdiction"],
            one["taxable_minor"],
            one["tax_minor"],
            one["refunded_taxable_minor"],
            one["refunded_tax_minor"],
        )
        for one in found
    ]


def test_tax_is_summed_by_jurisdiction_and_its_own_date() -> None:
    """At 02:00 UTC it is the day before in New York. Tests, drafts and early cancellations owe nothing."""
    early = DAY + timedelta(hours=2)
    others = [
        order("o2", is_test=True),
        order("o3", status="draft"),
        order("o4", channel="marketplace"),
        order("o5", cancelled_at=DAY + timedelta(days=2, microseconds=-1)),
    ]
    found = taxes(
        ("US-NY America/New_York", "* UTC"),
        shop_order=[order(placed_at=early), order("o6", cancelled_at=DAY + timedelta(days=2)), *others],
        shop_order_tax_line=[
            tax("US-NY", 40),
            tax("US-NYC", 45),
            tax("US-NYC", 5, "o6"),
            *(tax("US-NY", 99, f"o{n}") for n in range(2, 6)),
        ],
    )

    assert [
        (date(2026, 3, 9), "US-NY", 1000, 40, 0, 0),
        (date(2026, 3, 10), "US-NYC", 2000, 50, 0, 0),
    ] == found


def test_a_refund_takes_off_of_each_jurisdiction_in_proportion_exactly() -> None:
    """17 of 85 are 8 of 40 and 9 of 45; shipping's tax is its own; the earlier order does not count again."""
    found = taxes(
        shop_earlier_order=[order(placed_at=NOON - timedelta(days=200))],
        shop_earlier_line=[{"line_id": "l of o1", "order_id": "o1", "qty_e4": 50_000}],
        shop_earlier_tax_line=[
            tax("US-NY", 40),
            tax("US-NYC", 45),
            tax("US-NY", 20, line_id="", target_kind="shipping"),
        ],
        shop_refund=[
            {"refund_id": "r1", "order_id": "o1", "status": "succeeded", "created_at": NOON, "tax_minor": 27},
            {"refund_id": "r2", "order_id": "o1", "status": "failed", "created_at": NOON, "tax_minor": 99},
        ],
        shop_refund_line=[
            {
                "refund_id": "r1",
                "line_id": "l of o1",
                "target_kind": "line",
                "qty_e4": 10_000,
                "tax_minor": 17,
            }
        ],
    )

    assert [
        (date(2026, 3, 10), "US-NY", 0, 0, 200, 18),
        (date(2026, 3, 10), "US-NYC", 0, 0, 200, 9),
    ] == found


def tax_day(day: date, amount: int, **other: Any) -> dict[str, Any]:
    """Return what a jurisdiction is owed of a day."""
    return {
        "day": day,
        "tax_date": day,
        "jurisdiction": "US-NY",
        "currency": "USD",
        "documents": 1,
        "taxable_minor": amount * 10,
        "tax_minor": amount,
        "refunded_taxable_minor": 0,
        "refunded_tax_minor": 0,
        **other,
    }


def said(source: str, period: str, amount: int, **other: Any) -> dict[str, Any]:
    """Return what the engine or a return says of a period."""
    return {
        "period": period,
        "jurisdiction": "US-NY",
        "source": source,
        "currency": "USD",
        "taxable_minor": amount * 10,
        "tax_minor": amount,
        **other,
    }


def liabilities(
    read: Sequence[date], engine: int = 5, filing: int = 20, **rows: Rows
) -> list[tuple[Any, ...]]:
    """Return (jurisdiction, period, compared with, ledger, stated, whether stated)."""
    found = derived(
        TAX_LIABILITIES,
        "shop-main",
        {"day": date(2026, 3, 10), "engine_due_days": engine, "filing_due_days": filing},
        [("reconciliation_tax_day", "shop-main", day) for day in read],
        **rows,
    )
    return [
        (
            one["jurisdiction"],
            one["period"],
            one["compared_with"],
            one["ledger_tax_minor"],
            one["stated_tax_minor"],
            one["stated"],
        )
        for one in found
    ]


def days(first: date, last: date) -> list[date]:
    """Return all days from the first to the last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_a_month_is_compared_once_its_report_is_due() -> None:
    """When as many days have passed as allowed. Refunds are taken off; a day not read makes it unknown."""
    rows: dict[str, Rows] = {
        "reconciliation_tax_day_before": [
            tax_day(date(2026, 1, 31), 1000),
            tax_day(date(2026, 2, 1), 30),
            tax_day(date(2026, 2, 28), 20, refunded_tax_minor=5),
            tax_day(date(2026, 3, 1), 1000),
        ],
        "register_tax_return": [said("engine", "2026-02", 45)],
    }
    whole = days(date(2026, 1, 31), date(2026, 3, 1))

    assert [("US-NY", "2026-02", "engine", 45, 45, True)] == liabilities(whole, engine=10, **rows)
    assert [("US-NY", "2026-02", "engine", None, 45, True)] == liabilities(whole[1:], engine=10, **rows)
    assert [] == liabilities(whole, engine=9, **rows)


def test_a_day_is_compared_where_the_register_has_days() -> None:
    """A day without a return is told too, and one that was not filed yet."""
    read = days(date(2026, 2, 1), date(2026, 3, 10))
    rows: dict[str, Rows] = {
        "reconciliation_tax_day_before": [tax_day(date(2026, 3, 5), 30), tax_day(date(2026, 2, 18), 7)],
        "register_tax_return": [
            said("engine", "2026-03-04", 99),
            said("filed", "2026-02-18", 7, due_on=date(2026, 3, 1)),
        ],
    }

    assert [
        ("US-NY", "2026-02-18", "filed", 7, 7, False),
        ("US-NY", "2026-03-05", "engine", 30, None, False),
    ] == sorted(liabilities(read, **rows), key=lambda one: one[1])
