"""What is read of the shop's orders, money, stock and records of one day, and does it add up?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.capture import Reading, Rows, captures
from assets.failures import PermanentFailure
from assets.shop import orders, records
from assets.shop.client import ShopReader
from assets.shop.contract import BESIDE, VIEWS, View
from warehouse.dataset import Dataset


@captures(
    *(view.dataset for view in VIEWS.values()),
    *(dataset for dataset, _ in BESIDE.values()),
    records.CONTROL_TOTAL,
)
def shop_orders(client: ShopReader, reading: Reading) -> Mapping[str, Rows]:
    """All that happened to orders, money and stock on the day, in one transaction with the control totals.

    Rows and check sums must equal what the database computed in the same transaction, else nothing is stored.
    """
    bounds = {"start": reading.start, "end": reading.end}
    filled: dict[str, pa.Table] = {}
    with client.snapshot():
        totals, sql = client.table("control_total", bounds)
        reading.request(sql)
        for view in VIEWS.values():
            if view.dataset.name in client.absent:
                reading.lacks(view.dataset)
                continue
            filled[view.dataset.name], sql = client.table(view.statement, bounds)
            reading.request(sql)
        for statement, (dataset, within) in BESIDE.items():
            if dataset.name in client.absent:
                reading.lacks(dataset)
                continue
            table, sql = client.table(statement, bounds, within)
            filled[dataset.name] = counted(dataset, table, reading)
            reading.request(sql)
        reading.dropped.update(client.dropped())
    filled[records.CONTROL_TOTAL.name] = totals
    by_view = {total["table_name"]: total for total in totals.to_pylist()}
    for name, view in VIEWS.items():
        if view.dataset.name in filled:
            agree(name, view, filled[view.dataset.name], by_view.get(name), reading)
    filled[orders.ORDER.name] = with_hmac(filled[orders.ORDER.name], reading)
    return filled


def agree(name: str, view: View, table: pa.Table, total: Mapping[str, Any] | None, reading: Reading) -> None:
    """Note what the database totalled. Raises PermanentFailure where the rows sum to something else."""
    if total is None:
        if table.num_rows:
            raise PermanentFailure(
                f"shop {reading.instance}: evidence.control_totals has no row for {name} on {reading.day}, "
                f"but the view has {table.num_rows}."
            )
        reading.reports(view.dataset, 0)
        return
    reading.reports(view.dataset, total["row_count"])
    if view.summed is None:
        return
    found = pc.sum(table[view.summed]).as_py() or 0
    if found != (total["sum_minor"] or 0):
        raise PermanentFailure(
            f"{view.dataset.name} {reading.instance}: {view.summed} of {table.num_rows} rows sums to "
            f"{found}, the database's own control total says {total['sum_minor']}. The reading is not "
            "complete."
        )
    reading.control_sums[view.dataset.name] = found


def counted(dataset: Dataset, table: pa.Table, reading: Reading) -> pa.Table:
    """Return the rows without the database's own count of them, which is noted."""
    reading.reports(dataset, table["listed"][0].as_py() if table.num_rows else 0)
    return table.drop_columns(["listed"])


def with_hmac(listed: pa.Table, reading: Reading) -> pa.Table:
    """Return the orders with the customer's reference replaced by its keyed HMAC."""
    at = listed.column_names.index("customer_ref")
    hashed = [None if ref is None else reading.hmac(ref) for ref in listed["customer_ref"].to_pylist()]
    return listed.set_column(at, "customer_hmac", pa.array(hashed, pa.string()))
