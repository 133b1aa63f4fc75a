"""Does the tax expected of an order follow its policy, to the last minor unit?"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assets.reconciliation import LINES
from assets.reconciliation.tax import ORDER_TAXES
from tests.assets.derivations import derived
from tests.assets.reconciliation.basket import (
    DECIMALS,
    E9,
    PLACED,
    Item,
    Policy,
    an_order,
    expected_taxes,
    reckoned,
)

VENDORS = yaml.safe_load(Path(__file__).with_name("vendors.yaml").read_text(encoding="utf-8"))
SHARED = Path(os.environ.get("EVIDENCE_SHARED", "../shared"))
VECTORS = SHARED / "datasets" / "tax" / "vectors.json"
SCOPES = ("unit", "line", "line_jurisdiction", "order_rate", "order_jurisdiction", "order")
RATES = st.sampled_from([0, 10_000_000, 40_000_000, 65_000_000, 88_750_000, 190_000_000, 200_000_000])


@pytest.mark.parametrize("figure", [v for v in VENDORS if "tax" in v], ids=lambda v: v["system"])
def test_a_documented_tax_comes_of_the_policy_that_describes_its_system(figure: dict[str, Any]) -> None:
    """The same basket has other totals where other systems sell it, and each is the documented one."""
    items = [
        Item(
            one["amount"],
            [(f"J{n}", rate) for n, rate in enumerate(one["rates"])],
            one.get("quantity", 10_000),
        )
        for one in figure["items"]
    ]
    assert [figure["tax"]] == expected_taxes(
        [(Policy(*figure["policy"]), figure.get("inclusive", False), items)]
    )


@pytest.mark.parametrize("figure", [v for v in VENDORS if "extension" in v], ids=lambda v: v["system"])
def test_a_documented_extension_comes_of_its_unit_price(figure: dict[str, Any]) -> None:
    """A price that was averaged first and one that was rounded first differ."""
    line = {"line_id": "l1", "order_id": "o1", "qty_e4": figure["quantity"], "unit_price_e4": figure["price"]}
    policy = Policy("line").row("o1")
    [row] = derived(
        LINES,
        "shop-main",
        shop_order=[an_order("o1")],
        shop_order_line=[line],
        register_rounding_policy=[policy],
    )
    assert figure["extension"] == row["expected_ext_minor"]


def vectors() -> list[Any]:
    """Return the vectors of others' tests, each as a parameter; one that is skipped where they are not."""
    if not VECTORS.is_file():
        why = f"{VECTORS} is not there; EVIDENCE_SHARED says where it is"
        return [pytest.param({}, marks=pytest.mark.skip(reason=why))]
    found = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(vector, id=vector["id"]) for vector in found]


@pytest.mark.parametrize("vector", vectors())
def test_a_vector_of_another_test_suite_comes_out_alike(vector: dict[str, Any]) -> None:
    """With as many decimals as it has; a tax on top is computed on what it is on top of."""
    inclusive = vector["mode"] == "inclusive"
    expected = vector["expected"]
    told = [expected["tax"]] if "tax" in expected else expected.get("per_rate", expected.get("per_rate_4dp"))
    digits = max(-int(Decimal(value).as_tuple().exponent) for value in told)
    price = int(Decimal(vector["price"]) * 10**digits)
    rates = [
        int(Decimal(text.rstrip("c")) * 10**7)
        for text in vector.get("rates_pct", [vector.get("rate_pct", "0")])
    ]
    if "rate" in vector:
        rates = [int(Decimal(vector["rate"]) * E9)]
    taxes = [int(Decimal(value) * 10**digits) for value in told]
    on_top = [text.endswith("c") for text in vector.get("rates_pct", [""])]
    beneath = sum(tax for tax, top in zip(taxes, on_top, strict=True) if not top)
    above = sum(tax for tax, top in zip(taxes, on_top, strict=True) if top)
    # Without tax in the price, the upper is on both; with it, the lower is on what the upper leaves.
    bases = [
        price + (beneath if top and not inclusive else -above if inclusive and not top else 0)
        for top in on_top
    ]
    baskets = [
        (Policy("line"), inclusive, [Item(price, [("J", rate)], taxable=[base])])
        for rate, base in zip(rates, bases, strict=True)
    ]
    assert taxes == expected_taxes(baskets)
    if len(rates) > 1:
        item = Item(price, [(f"J{n}", rate) for n, rate in enumerate(rates)], taxable=bases)
        both = [(Policy(scope), inclusive, [item]) for scope in ("line", "line_jurisdiction")]

        assert [sum(taxes)] * 2 == expected_taxes(both)


def test_the_same_basket_has_the_documented_totals_under_each_policy() -> None:
    """5.19 and 5.20; 3.86 and 3.87."""
    avalara = [Item(amount, [("state", 65_000_000), ("city", 25_000_000)]) for amount in (4080, 198, 1499)]
    commercetools = [Item(324, [("DE", 190_000_000)], 30_000)]
    by_document, by_line, by_unit = Policy("order_jurisdiction"), Policy("line_jurisdiction"), Policy("unit")
    taxes = expected_taxes(
        [
            (by_line, False, avalara),
            (by_document, False, avalara),
            (Policy("line"), False, commercetools),
            (by_unit, False, commercetools),
        ]
    )
    assert [519, 520, 386, 387] == [taxes[0], taxes[1], *(324 + (tax or 0) for tax in taxes[2:])]


QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking, which takes minutes here."""
ITEMS = st.lists(
    st.builds(
        Item,
        st.integers(-(10**9), 10**9),
        st.lists(st.tuples(st.sampled_from(["A", "B", "C"]), RATES), max_size=3, unique_by=lambda r: r[0]),
        st.sampled_from([10_000, 20_000, 30_000, 2_500, 33_333, -10_000]),
    ),
    min_size=1,
    max_size=4,
)
BASKETS = st.tuples(
    st.builds(
        Policy, st.sampled_from(SCOPES), st.sampled_from(sorted(DECIMALS)), st.sampled_from(["tax", "net"])
    ),
    st.booleans(),
    ITEMS,
)


@settings(max_examples=25, deadline=None, phases=QUICK)
@given(st.lists(BASKETS, min_size=1, max_size=40))
def test_expected_tax_is_that_of_exact_fractions(baskets: list[tuple[Policy, bool, Sequence[Item]]]) -> None:
    """Every scope, mode and target, several jurisdictions and rates, negative amounts, broken quantities."""
    assert [
        reckoned(policy, items, inclusive=inclusive) for policy, inclusive, items in baskets
    ] == expected_taxes(baskets)


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(st.lists(BASKETS, min_size=1, max_size=30))
def test_a_refund_has_the_opposite_tax(baskets: list[tuple[Policy, bool, Sequence[Item]]]) -> None:
    """Of -x, exactly -(tax of x)."""
    returned = [
        (policy, inclusive, [Item(-i.amount, i.rates, i.quantity_e4) for i in items])
        for policy, inclusive, items in baskets
    ]
    assert [-(tax or 0) for tax in expected_taxes(baskets)] == expected_taxes(returned)


@settings(max_examples=10, deadline=None, phases=QUICK)
@given(st.lists(BASKETS, min_size=2, max_size=30), st.data())
def test_splitting_a_days_orders_into_batches_changes_nothing(
    baskets: list[tuple[Policy, bool, Sequence[Item]]], data: st.DataObject
) -> None:
    """An order's tax depends on no other order."""
    at = data.draw(st.integers(1, len(baskets) - 1))

    assert expected_taxes(baskets) == expected_taxes(baskets[:at]) + expected_taxes(baskets[at:])


@settings(max_examples=50, deadline=None, phases=QUICK)
@given(
    st.integers(0, 10**9),
    st.lists(st.integers(1, 5), min_size=1, max_size=8),
    st.sampled_from(sorted(DECIMALS)),
)
def test_partial_refunds_sum_to_the_original_tax(tax: int, quantities: list[int], mode: str) -> None:
    """Each is what is due by then less what was refunded before: the last leaves nothing."""
    from warehouse.read import in_memory

    connection = in_memory()
    total, sold = 0, sum(quantities)
    listed = []
    for quantity in quantities:
        total += quantity
        [(due,)] = connection.execute(
            f"select round_div({tax}::hugeint * {total}, {sold}, '{mode}')"
        ).fetchall()
        listed.append(due - sum(listed))
    connection.close()

    assert tax == sum(listed)
    for quantity, part in zip(quantities, listed, strict=True):
        assert abs(part - Fraction(tax * quantity, sold)) <= 1


def rows_of(**changes: Any) -> dict[str, Any]:
    """Return the row of an order of one line of 10.00 at 10 %, with what is changed of its tables."""
    line = {
        "line_id": "l1",
        "order_id": "o1",
        "qty_e4": 10_000,
        "ext_minor": 1000,
        "line_discount_minor": 0,
        "alloc_discount_minor": 0,
    }
    tax = {
        "order_id": "o1",
        "line_id": "l1",
        "target_kind": "line",
        "jurisdiction": "J",
        "tax_category": "standard",
        "rate_e9": 100_000_000,
        "taxable_minor": 1000,
        "tax_minor": 100,
    }
    rows = {
        "shop_order": [an_order("o1", tax_minor=100)],
        "shop_order_line": [line],
        "shop_order_tax_line": [tax],
        "register_rounding_policy": [Policy("line").row("o1")],
    }
    for name, change in changes.items():
        rows[name] = [{**rows[name][0], **one} for one in change]
    [row] = derived(ORDER_TAXES, "shop-main", **rows)
    return row


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return what is judged of a row."""
    return (
        row["expected_tax_minor"],
        row["tax_lines_minor"],
        row["bases_off"],
        row["lines_untaxed"],
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (100, 100, 0, 0)),
        ({"register_rounding_policy": []}, (None, 100, 0, 0)),
        ({"register_rounding_policy": [{"valid_from": PLACED.date().replace(day=11)}]}, (None, 100, 0, 0)),
        ({"register_rounding_policy": [{"valid_to": PLACED.date()}]}, (100, 100, 0, 0)),
        ({"shop_order_tax_line": []}, (0, 0, 0, 0)),
        ({"shop_order_tax_line": [{"exempt_reason": "resale", "tax_minor": 0}]}, (0, 0, 0, 0)),
        ({"shop_order_tax_line": [{"taxable_minor": 999}]}, (100, 100, 1, 0)),
        (
            {"shop_order_tax_line": [{"taxable_minor": 600}, {"taxable_minor": 400, "tax_category": "food"}]},
            (100, 200, 0, 0),
        ),
        (
            {"shop_order_tax_line": [{}, {"jurisdiction": "K", "taxable_minor": 1100, "tax_minor": 110}]},
            (210, 210, 0, 0),
        ),
        (
            {"shop_order_tax_line": [{}, {"jurisdiction": "K", "taxable_minor": 1101, "tax_minor": 110}]},
            (210, 210, 1, 0),
        ),
        ({"shop_order_line": [{}, {"line_id": "l2"}]}, (100, 100, 0, 1)),
        ({"shop_order_line": [{}, {"line_id": "l2", "is_gift_card": True}]}, (100, 100, 0, 0)),
        ({"shop_order_line": [{}, {"line_id": "l2", "ext_minor": 0}]}, (100, 100, 0, 0)),
        ({"shop_order_tax_line": [{"line_id": "none", "taxable_minor": 0, "tax_minor": 0}]}, (0, 0, 1, 1)),
        ({"shop_order_tax_line": [{"taxable_minor": 2**63 - 1}]}, (None, 100, 1, 0)),
        ({"shop_order_tax_line": [{"rate_e9": 2**63 - 1}]}, (None, 100, 0, 0)),
        ({"shop_order_tax_line": [{"rate_e9": -1}]}, (None, 100, 0, 0)),
    ],
)
def test_what_a_tax_is_computed_on_is_judged_too(
    changes: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    """The price, part of it with the rest beside, or the price with another tax; and nothing left out."""
    assert expected == told(rows_of(**changes))


def test_of_a_price_without_tax_the_rest_of_an_order_is_rounded_too() -> None:
    """What has no rate counts in a net that is rounded once; what two jurisdictions tax counts once."""
    baskets = [
        (Policy("order", "down", "net"), True, [Item(1, [("A", 10_000_000)]), Item(-1, [("A", 0)])]),
        (Policy("order", "half_even", "net"), True, [Item(1, [("A", 0), ("B", 0)])]),
        (Policy("line", "half_even", "net"), True, [Item(105, [("A", 500_000_000), ("B", 500_000_000)])]),
    ]
    assert [0, 0, 53] == expected_taxes(baskets)


@pytest.mark.parametrize("rates", [(190_000_000, 70_000_000), (190_000_000, 70_000_000, 0)])
def test_rates_of_one_order_are_summed_before_they_are_rounded_once(rates: Sequence[int]) -> None:
    """Of prices that include tax they have no common denominator of their own."""
    items = [Item(1000 + n, [("DE", rate)]) for n, rate in enumerate(rates)]
    for scope in ("order", "order_jurisdiction"):
        policy = Policy(scope)

        assert [reckoned(policy, items, inclusive=True)] == expected_taxes([(policy, True, items)])
