"""Which of the shop's views are captured, and what does each column mean?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.capture import Reading, Rows, captures
from assets.failures import PermanentFailure
from assets.shop.client import ShopClient
from warehouse.dataset import Column, Dataset, Kind, Privacy

KEPT_DAYS = 3650
"""A shop keeps its orders; ten years is what tax law asks of many."""


def _key(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, source=name, required=True)


def _column(name: str, type_: str, meaning: str, **other: Any) -> Column:
    return Column(name, type_, meaning, source=name, **other)


ORDER = Dataset(
    name="shop_order",
    kind=Kind.EVENT,
    title="One row per order placed on the day, as it stood when it was read",
    key=("order_id",),
    retention_days=KEPT_DAYS,
    columns=(
        _key("order_id", "The order"),
        _column("series", "text", "The number series its number belongs to"),
        _column("order_number", "int", "Its number in that series"),
        _column("merchant_id", "text", "The merchant it was sold by"),
        _column("channel", "text", "Where it was placed"),
        Column(
            "customer_hmac",
            "text",
            "The customer, as keyed HMAC of the shop's reference",
            source="customer_ref",
            privacy=Privacy.SHOPPER,
        ),
        _column("placed_at", "timestamp", "When it was placed", required=True),
        _column("recorded_at", "timestamp", "When the shop recorded it", required=True),
        _column("updated_at", "timestamp", "When the shop last changed it"),
        _column("status", "text", "Its state in the shop", required=True),
        _column("financial_status", "text", "Its state of payment"),
        _column("currency", "text", "ISO 4217 code", required=True),
        _column("price_includes_tax", "bool", "Whether its prices include tax", required=True),
        _column("policy_id", "text", "The rounding policy it was computed by"),
        _column("subtotal_minor", "money", "Sum of the lines' extensions", required=True),
        _column("discount_minor", "money", "Sum of all discounts on lines", required=True),
        _column("shipping_minor", "money", "Shipping before its discount", required=True),
        _column("shipping_discount_minor", "money", "Discount on shipping", required=True),
        _column("fees_minor", "money", "Other fees", required=True),
        _column("tax_minor", "money", "Tax", required=True),
        _column("rounding_adj_minor", "money", "Cash rounding", required=True),
        _column("total_minor", "money", "What the customer owes", required=True),
        _column("giftcard_minor", "money", "Part paid by gift card"),
        _column("store_credit_minor", "money", "Part paid by store credit"),
        _column("cancelled_at", "timestamp", "When it was cancelled; null: never"),
        _column("is_test", "bool", "Whether it is no real order", required=True),
    ),
)

ORDER_LINE = Dataset(
    name="shop_order_line",
    kind=Kind.EVENT,
    title="One row per line of an order placed on the day",
    key=("line_id",),
    retention_days=KEPT_DAYS,
    columns=(
        _key("line_id", "The line"),
        _column("order_id", "text", "The order it belongs to", required=True),
        _column("sku", "text", "What was sold"),
        _column("qty_e4", "int", "Quantity", unit="1/10000", required=True),
        _column("unit_price_e4", "int", "Unit price", unit="1/10000 minor unit", required=True),
        _column("ext_minor", "money", "Extension: quantity times unit price, rounded", required=True),
        _column("line_discount_minor", "money", "Discount on this line alone", required=True),
        _column("alloc_discount_minor", "money", "Its share of the order's discount", required=True),
        _column("is_gift_card", "bool", "Whether a gift card was sold"),
        _column("tax_category", "text", "Its tax category"),
    ),
)

DISCOUNT = Dataset(
    name="shop_discount",
    kind=Kind.EVENT,
    title="One row per discount on an order placed on the day",
    key=("discount_id",),
    retention_days=KEPT_DAYS,
    columns=(
        _key("discount_id", "The discount"),
        _column("order_id", "text", "The order", required=True),
        _column("line_id", "text", "The line; null: the whole order"),
        _column("kind", "text", "promotion, voucher or manual"),
        _column("promotion_id", "text", "The promotion or voucher"),
        _column("amount_minor", "money", "Amount", required=True),
        _column("actor", "text", "Who gave it", privacy=Privacy.WORKFORCE),
        _column("approver", "text", "Who approved it", privacy=Privacy.WORKFORCE),
    ),
    may_be_empty=True,
)

ORDER_TAX_LINE = Dataset(
    name="shop_order_tax_line",
    kind=Kind.EVENT,
    title="One row per tax on a line, shipping or fee of an order placed on the day",
    key=("order_id", "line_id", "target_kind", "jurisdiction", "tax_category"),
    retention_days=KEPT_DAYS,
    columns=(
        _key("order_id", "The order"),
        _key("line_id", "The line; empty where the tax is on shipping or a fee"),
        _key("target_kind", "line, shipping or fee"),
        _key("jurisdiction", "Who levies it"),
        _key("tax_category", "The category taxed; empty where there is none"),
        _column("rate_e9", "int", "Rate", unit="1/1000000000", required=True),
        _column("taxable_minor", "money", "What it is computed on", required=True),
        _column("tax_minor", "money", "Tax", required=True),
        _column("exempt_reason", "text", "Why no tax is due"),
    ),
    may_be_empty=True,
)

PAYMENT = Dataset(
    name="shop_payment",
    kind=Kind.EVENT,
    title="One row per payment attempted on the day",
    key=("payment_id",),
    retention_days=KEPT_DAYS,
    columns=(
        _key("payment_id", "The payment"),
        _column("order_id", "text", "The order it is for"),
        _column("processor", "text", "Who processed it"),
        _column("processor_ref", "text", "Its id there: the key orders and charges are matched by"),
        _column("kind", "text", "authorize, capture, sale or void"),
        _column("status", "text", "Its state", required=True),
        _column("failure_code", "text", "Why it failed"),
        _column("amount_minor", "money", "Amount", required=True),
        _column("currency", "text", "ISO 4217 code", required=True),
        _column("attempted_at", "timestamp", "When it was attempted", required=True),
        _column("recorded_at", "timestamp", "When the shop recorded it"),
        _column("livemode", "bool", "Whether money could move"),
        _column("tender_seq", "int", "Which of an order's tenders"),
        _column("idempotency_key", "text", "The key that makes a repeated attempt harmless"),
    ),
    may_be_empty=True,
)

CONTROL_TOTAL = Dataset(
    name="shop_control_total",
    kind=Kind.EVENT,
    title="One row per view: what the database itself says it holds of the day",
    key=("table_name", "day_totalled"),
    retention_days=KEPT_DAYS,
    columns=(
        _key("table_name", "The view"),
        Column("day_totalled", "date", "The day totalled", source="day", required=True),
        _column("row_count", "int", "Rows", unit="rows", required=True),
        _column("sum_minor", "int", "Sum of amounts over all currencies: a check sum, no amount of money"),
        _column("max_updated_at", "timestamp", "Newest change among them"),
    ),
)

VIEWS = {
    "orders": (ORDER, "order", "total_minor"),
    "order_lines": (ORDER_LINE, "order_line", "ext_minor"),
    "discounts": (DISCOUNT, "discount", "amount_minor"),
    "order_tax_lines": (ORDER_TAX_LINE, "order_tax_line", "tax_minor"),
    "payments": (PAYMENT, "payment", "amount_minor"),
}
"""View -> its dataset, its SQL file and the column its control total sums."""


@captures(ORDER, ORDER_LINE, DISCOUNT, ORDER_TAX_LINE, PAYMENT, CONTROL_TOTAL)
def shop_orders(client: ShopClient, reading: Reading) -> Mapping[str, Rows]:
    """Orders with everything that belongs to them, in one transaction with the control totals.

    Rows and check sums must equal what the database computed in the same transaction, else nothing is stored.
    """
    bounds = {"start": reading.start, "end": reading.end}
    filled: dict[str, pa.Table] = {}
    with client.snapshot():
        totals, sql = client.table("control_total", bounds)
        reading.request(sql)
        for dataset, statement, _ in VIEWS.values():
            filled[dataset.name], sql = client.table(statement, bounds)
            reading.request(sql)
    filled[CONTROL_TOTAL.name] = totals
    for total in totals.to_pylist():
        if total["table_name"] in VIEWS:
            dataset, _, summed = VIEWS[total["table_name"]]
            agree(dataset, filled[dataset.name], summed, total, reading)
    listed = {total["table_name"] for total in totals.to_pylist()}
    for view, (dataset, _, _) in VIEWS.items():
        if view not in listed:
            if filled[dataset.name].num_rows:
                raise PermanentFailure(
                    f"shop {reading.instance}: evidence.control_totals has no row for {view} on "
                    f"{reading.day}, but the view has {filled[dataset.name].num_rows}."
                )
            reading.reports(dataset, 0)
    filled[ORDER.name] = with_hmac(filled[ORDER.name], reading)
    return filled


def agree(dataset: Dataset, table: pa.Table, summed: str, total: Mapping[str, Any], reading: Reading) -> None:
    """Note what the database totalled. Raises PermanentFailure where the rows sum to something else."""
    reading.reports(dataset, total["row_count"])
    found = pc.sum(table[summed]).as_py() or 0
    if found != (total["sum_minor"] or 0):
        raise PermanentFailure(
            f"{dataset.name} {reading.instance}: {summed} of {table.num_rows} rows sums to {found}, the "
            f"database's own control total says {total['sum_minor']}. The reading is not complete."
        )
    reading.control_sums[dataset.name] = found


def with_hmac(orders: pa.Table, reading: Reading) -> pa.Table:
    """Return the orders with the customer's reference replaced by its keyed HMAC."""
    at = orders.column_names.index("customer_ref")
    hashed = [None if ref is None else reading.hmac(ref) for ref in orders["customer_ref"].to_pylist()]
    return orders.set_column(at, "customer_hmac", pa.array(hashed, pa.string()))
