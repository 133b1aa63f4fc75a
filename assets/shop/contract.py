"""Which views does the shop contract have, how is each read, and of which types are their columns?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from assets.shop import earlier, orders, payments, records, staff, stock
from assets.shop.declare import column, key
from warehouse.dataset import Column, Dataset


@dataclass(frozen=True)
class View:
    """A view that has a control total: its dataset, its SQL file and the column that its total sums."""

    dataset: Dataset
    statement: str
    summed: str | None
    """Null: nothing in it can be added up, so that its total is the number of rows alone."""


VIEWS = {
    "orders": View(orders.ORDER, "order", "total_minor"),
    "order_lines": View(orders.ORDER_LINE, "order_line", "ext_minor"),
    "discounts": View(orders.DISCOUNT, "discount", "amount_minor"),
    "order_tax_lines": View(orders.ORDER_TAX_LINE, "order_tax_line", "tax_minor"),
    "shipping_quotes": View(orders.SHIPPING_QUOTE, "shipping_quote", "amount_minor"),
    "payments": View(payments.PAYMENT, "payment", "amount_minor"),
    "refunds": View(payments.REFUND, "refund", "amount_minor"),
    "refund_lines": View(payments.REFUND_LINE, "refund_line", "amount_minor"),
    "giftcard_ledger": View(payments.GIFTCARD_ENTRY, "giftcard_entry", "amount_minor"),
    "number_voids": View(records.NUMBER_VOID, "number_void", "order_number"),
    "manual_adjustments": View(records.MANUAL_ADJUSTMENT, "manual_adjustment", "amount_minor"),
    "audit_events": View(records.AUDIT_EVENT, "audit_event", None),
    "fulfilments": View(stock.FULFILMENT, "fulfilment", None),
    "fulfilment_lines": View(stock.FULFILMENT_LINE, "fulfilment_line", "qty_e4"),
    "inventory_movements": View(stock.INVENTORY_MOVEMENT, "inventory_movement", "qty"),
    "inventory_levels": View(stock.INVENTORY_LEVEL, "inventory_level", "on_hand"),
}
"""View -> how it is read. What has no row in control_totals has no rows of the day."""

BESIDE = {
    "number_series": (records.NUMBER_SERIES, None),
    "earlier_order": (earlier.EARLIER_ORDER, "earlier"),
    "earlier_line": (earlier.EARLIER_LINE, "earlier"),
    "earlier_payment": (earlier.EARLIER_PAYMENT, "earlier"),
    "earlier_refund": (earlier.EARLIER_REFUND, "earlier"),
    "earlier_refund_line": (earlier.EARLIER_REFUND_LINE, "earlier"),
    "earlier_fulfilment_line": (earlier.EARLIER_FULFILMENT_LINE, "earlier"),
    "earlier_tax_line": (earlier.EARLIER_TAX_LINE, "earlier"),
    "earlier_giftcard_entry": (earlier.EARLIER_GIFTCARD_ENTRY, None),
}
"""SQL file -> its dataset and the SQL file it begins with: what belongs to no day, so that no total covers
it. The database numbers the rows itself (`listed`), and that many must arrive."""

COMPUTED = {"inventory_levels": {"opening_on_hand"}}
"""Columns of a dataset that its statement computes, so that no table has them."""
SERIES = (
    key("series", "The series"),
    column("gapless", "bool", "Whether every number is used or voided", required=True),
)

STAFF = {
    "users": ("user", staff.USER),
    "user_roles": ("user_role", staff.USER_ROLE),
    "login_events": ("login_event", staff.LOGIN_EVENT),
}
"""View of staff -> its SQL file and its dataset."""


@cache
def columns_of(view: str) -> Mapping[str, Column]:
    """Return name -> declaration of the columns that a view must have. Raises KeyError of another view."""
    declared = {
        "number_series": SERIES,
        "control_totals": records.CONTROL_TOTAL.columns,
        **{name: one.dataset.columns for name, one in VIEWS.items()},
        **{name: dataset.columns for name, (_, dataset) in STAFF.items()},
    }
    made = COMPUTED.get(view, set())
    return {one.source or one.name: one for one in declared[view] if one.name not in made}


@cache
def dataset_of(statement: str) -> Dataset | None:
    """Return the dataset whose rows a SQL file answers with; None where it only counts."""
    known = {
        "control_total": records.CONTROL_TOTAL,
        **{view.statement: view.dataset for view in VIEWS.values()},
        **{name: dataset for name, (dataset, _) in BESIDE.items()},
        **dict(STAFF.values()),
    }
    return known.get(statement)
