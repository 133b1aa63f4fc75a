"""Do a shop's exported files come to the same snapshots as its database would, or to nothing?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from assets.capture import Reading, Rows, day_window
from assets.failures import PermanentFailure
from assets.mapping.problems import Refused
from assets.shop.assets import shop_orders
from assets.shop.client import views_needed
from assets.shop.files import PLACES, STAFF, ShopFiles, absent_from, mapping_of, targets
from assets.shop.staff import shop_staff
from warehouse.store import conform

DAY = date(2026, 3, 10)
ORDERS = """id,who,at,total
o1,ana,2026-03-10T09:00:00Z,12.50
o2,bo,2026-03-10T23:59:59Z,1.00
o3,ana,2026-03-11T00:00:00Z,9.00
"""
LINES = """id,order,n,price
l1,o1,2,6.25
l2,o2,1,1.00
l3,o3,1,9.00
"""
PAYMENTS = """id,order,at,amount,ref
p1,o1,2026-03-10T09:01:00Z,12.50,ch_1
p2,o3,2026-03-11T09:01:00Z,9.00,ch_2
"""


def amount(name: str) -> dict[str, str]:
    """Return an amount in euro."""
    return {"from": name, "unit": "major"}


def mapping(**other: Any) -> dict[str, Any]:
    """Return a mapping of a small export."""
    zero = {"constant": 0, "unit": "minor"}
    minor = ("discount", "shipping", "shipping_discount", "fees", "tax", "rounding_adj")
    orders = {
        "order_id": {"from": "id"},
        "customer_ref": {"from": "who"},
        "placed_at": {"from": "at"},
        "recorded_at": {"from": "at"},
        "updated_at": {"from": "at"},
        "status": {"constant": "open"},
        "currency": {"constant": "EUR"},
        "price_includes_tax": {"constant": True},
        **{f"{name}_minor": zero for name in minor},
        "subtotal_minor": amount("total"),
        "total_minor": amount("total"),
        "is_test": {"constant": False},
    }
    lines = {
        "line_id": {"from": "id"},
        "order_id": {"from": "order"},
        "qty_e4": {"from": "n", "unit": "one"},
        "unit_price_e4": amount("price"),
        "ext_minor": {"product": ["n", "price"], "unit": "major"},
        "line_discount_minor": zero,
        "alloc_discount_minor": zero,
    }
    payments = {
        "payment_id": {"from": "id"},
        "order_id": {"from": "order"},
        "processor_ref": {"from": "ref"},
        "status": {"constant": "succeeded"},
        "amount_minor": amount("amount"),
        "currency": {"constant": "EUR"},
        "attempted_at": {"from": "at"},
    }
    tables = {
        "orders": {"file": "orders.csv", "columns": orders},
        "order_lines": {"file": "lines.csv", "columns": lines},
        "payments": {"file": "payments.csv", "columns": payments},
    } | other.pop("tables", {})
    absent = [name for name in targets() if name not in tables]
    return {"tables": tables, "absent": absent, **other}


def export(folder: Path, content: dict[str, Any] | None = None, **files: str) -> ShopFiles:
    """Write an export and its mapping; return a client of it."""
    written = {"orders": ORDERS, "lines": LINES, "payments": PAYMENTS} | files
    (folder / "export").mkdir(exist_ok=True)
    for name, text in written.items():
        (folder / "export" / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "mapping.yaml").write_text(yaml.safe_dump(content or mapping()), encoding="utf-8")
    return ShopFiles("export", folder / "export", folder / "mapping.yaml")


def read(client: ShopFiles, day: date = DAY) -> tuple[dict[str, list[dict[str, Any]]], Reading]:
    """Return what a day comes to, each dataset as it would be stored."""
    reading = Reading(day, client.instance, *day_window(day), hmac=lambda text: f"hmac of {text}")
    filled: Any = shop_orders.read(client, reading)
    client.close()
    by_name = {dataset.name: dataset for dataset in shop_orders.datasets}
    return {name: stored(by_name[name], rows) for name, rows in filled.items()}, reading


def stored(dataset: Any, rows: Rows) -> list[dict[str, Any]]:
    """Return rows as the store would keep them."""
    assert isinstance(rows, pa.Table)
    found: list[dict[str, Any]] = conform(dataset, rows).to_pylist()
    return found


def test_a_day_of_the_files_is_what_was_placed_and_paid_on_it(tmp_path: Path) -> None:
    """To the microsecond, with what belongs to its orders, and a shopper only as a keyed HMAC."""
    filled, reading = read(export(tmp_path))

    assert [("o1", "hmac of ana"), ("o2", "hmac of bo")] == [
        (row["order_id"], row["customer_hmac"]) for row in filled["shop_order"]
    ]
    assert [("l1", 1250), ("l2", 100)] == [
        (row["line_id"], row["ext_minor"]) for row in filled["shop_order_line"]
    ]
    assert ["p1"] == [row["payment_id"] for row in filled["shop_payment"]]
    assert {"shop_order": 2, "shop_order_line": 2, "shop_payment": 1} == reading.reported
    assert {"shop_order": 1350, "shop_order_line": 1350, "shop_payment": 1250} == reading.control_sums


def test_the_run_header_says_which_bytes_were_read_and_where_totals_come_from(tmp_path: Path) -> None:
    """Computed from the files, where nobody exported any."""
    filled, reading = read(export(tmp_path))

    assert reading.requests[0].startswith("control totals computed from the files: lines.csv sha256:")
    assert [("order_lines", 2, 1350), ("orders", 2, 1350), ("payments", 1, 1250)] == [
        (row["table_name"], row["row_count"], row["sum_minor"]) for row in filled["shop_control_total"]
    ]


TOTALS = {
    "file": "totals.csv",
    "columns": {
        "table_name": {"from": "table"},
        "day": {"from": "day"},
        "row_count": {"from": "rows"},
        "sum_minor": {"from": "sum", "unit": "minor"},
    },
}


def test_totals_that_were_exported_are_held_against_the_rows(tmp_path: Path) -> None:
    """A file that was cut off is then found."""
    content = mapping(tables={"control_totals": TOTALS})
    text = "table,day,rows,sum\norders,2026-03-10,2,1350\norder_lines,2026-03-10,2,1350\n"
    client = export(tmp_path, content, totals=text + "payments,2026-03-10,1,1250\n")

    assert read(client)[1].requests[0].startswith("control totals as exported: lines.csv sha256:")
    with pytest.raises(PermanentFailure, match="no row for payments on 2026-03-10, but the view has 1"):
        read(export(tmp_path, content, totals=text))
    with pytest.raises(PermanentFailure, match="1350, the database's own control total says 1351"):
        read(export(tmp_path, content, totals=text.replace("1350", "1351", 1)))


def test_what_an_export_lacks_is_absent_and_never_empty(tmp_path: Path) -> None:
    """So are older orders: without refunds nobody can tell which of them had one."""
    filled, reading = read(export(tmp_path))
    expected = {"shop_order", "shop_order_line", "shop_payment", "shop_control_total"}

    assert expected == filled.keys()
    assert {dataset.name for dataset in shop_orders.datasets} - expected == reading.absent
    assert {"shop_refund", "shop_earlier_order", "shop_giftcard_entry"} <= reading.absent


def test_staff_accounts_are_never_read_from_files(tmp_path: Path) -> None:
    """A state belongs to the day it was seen on; no file says when that was."""
    content = mapping_of(export(tmp_path).mapping_file, "export")

    assert absent_from(content) >= STAFF
    assert {dataset.name for dataset in shop_staff.datasets} <= STAFF


def test_every_view_of_the_contract_is_a_table_that_files_may_fill() -> None:
    """Staff accounts apart."""
    assert targets().keys() == views_needed() - {"users", "user_roles", "login_events"}
    assert targets().keys() == PLACES.keys() | {"number_series", "control_totals"}


def test_a_line_of_no_order_is_refused_unless_it_may_be_counted(tmp_path: Path) -> None:
    """It would be of no day, and so be lost in silence."""
    lines = LINES + "l4,o9,1,1.00\n"
    with pytest.raises(Refused, match=r"lines\.csv, line 5: found order_id 'o9', which no row of orders has"):
        read(export(tmp_path, lines=lines))

    content = mapping()
    content["tables"]["order_lines"]["orphans"] = "count"
    assert (
        1 == read(export(tmp_path, content, lines=lines))[1].dropped["order_lines: (rows of none of orders)"]
    )


def test_nothing_is_taken_of_a_day_while_anything_does_not_fit(tmp_path: Path) -> None:
    """Not even where it is of another day; and everything is listed at once."""
    with pytest.raises(Refused) as caught:
        read(
            export(tmp_path, orders=ORDERS.replace("9.00", "9.005"), payments=PAYMENTS.replace("ref", "reef"))
        )

    assert 2 * ["orders.csv, line 4, column total"] + ["payments.csv"] == [
        str(problem).partition(": found")[0] for problem in caught.value.problems
    ]


def test_a_column_nobody_mapped_is_dropped_and_counted(tmp_path: Path) -> None:
    """A canary in it reaches no row, request or raw page."""
    filled, reading = read(
        export(
            tmp_path,
            payments=PAYMENTS.replace("ref", "ref,card")
            .replace("ch_1", "ch_1,canary")
            .replace("ch_2", "ch_2,canary"),
        )
    )

    assert {"payments: card": 2} == dict(reading.dropped)
    assert "canary" not in repr((filled, reading))


def test_a_mapping_without_orders_is_refused(tmp_path: Path) -> None:
    """Nothing else would belong to a day."""
    content = mapping()
    del content["tables"]["orders"]
    content["absent"].append("orders")
    with pytest.raises(PermanentFailure, match="maps no `orders`"):
        mapping_of(export(tmp_path, content).mapping_file, "export")


def test_what_we_may_do_with_the_folder_is_said(tmp_path: Path) -> None:
    """And that it is not there is no empty export."""
    client = export(tmp_path)
    folder = client.folder

    assert f"read the folder {folder}" in (client.access().granted or ())
    gone = ShopFiles("export", tmp_path / "none", client.mapping_file)
    assert (f"read the folder {tmp_path / 'none'}: no order can be collected",) == gone.access().lacking
    with pytest.raises(PermanentFailure, match="there is no folder"):
        read(gone)


def test_a_day_is_that_of_utc(tmp_path: Path) -> None:
    """An order at midnight belongs to the day that begins."""
    filled, _ = read(export(tmp_path), date(2026, 3, 11))

    assert [("o3", datetime(2026, 3, 11, tzinfo=UTC))] == [
        (row["order_id"], row["placed_at"]) for row in filled["shop_order"]
    ]


UNITS = {"money": "minor", "1/10000": "e4", "1/10000 minor unit": "e4", "1/1000000000": "e9"}
NEXT = date(2026, 3, 11)


def whole(folder: Path) -> ShopFiles:
    """Write an export of the whole contract, one row a table: an order, and on the next day all the rest."""
    (folder / "export").mkdir()
    tables: dict[str, Any] = {}
    for name, target in targets().items():
        if name == "control_totals":
            continue
        cells, columns = {}, {}
        for column, declared in target.named().items():
            mapped: dict[str, Any] = {"from": column}
            match declared.type:
                case "money" | "int":
                    mapped["unit"] = UNITS.get(declared.unit or declared.type, "one")
                    cells[column] = "100"
                case "timestamp" if column == "cancelled_at":
                    cells[column] = ""
                case "timestamp":
                    cells[column] = "2026-03-10T09:00:00Z" if name == "orders" else "2026-03-11T09:00:00Z"
                case "bool":
                    cells[column] = "true"
                case "text[]":
                    mapped["separator"] = ";"
                    cells[column] = "status;total_minor"
                case _:
                    cells[column] = "EUR" if column == "currency" else "x1"
            columns[column] = mapped
        if name == "inventory_levels":
            cells["as_of"] = "2026-03-12T00:00:00Z"
        text = f"{','.join(cells)}\n{','.join(cells.values())}\n"
        (folder / "export" / f"{name}.csv").write_text(text, encoding="utf-8")
        tables[name] = {"file": f"{name}.csv", "columns": columns}
    content = {"tables": tables, "absent": ["control_totals"]}
    (folder / "mapping.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return ShopFiles("export", folder / "export", folder / "mapping.yaml")


def test_every_statement_of_the_contract_reads_files_as_it_reads_views(tmp_path: Path) -> None:
    """On the day after an order: what happened then, and the order that it happened to."""
    client = whole(tmp_path)
    placed, reading = read(client)
    after, _ = read(client, NEXT)
    of_the_order = {
        "shop_order",
        "shop_order_line",
        "shop_order_tax_line",
        "shop_discount",
        "shop_shipping_quote",
    }
    earlier = {"shop_earlier_order", "shop_earlier_line"}
    never_before = {
        f"shop_earlier_{name}"
        for name in ("payment", "refund", "refund_line", "fulfilment_line", "giftcard_entry")
    }

    assert (set(), STAFF) == (reading.absent, client.absent)
    assert of_the_order == {name for name, rows in placed.items() if rows} - {
        "shop_control_total",
        "shop_number_series",
    }
    assert after.keys() - of_the_order - never_before == {name for name, rows in after.items() if rows}
    assert [{"x1"}, {"x1"}] == [{row["order_id"] for row in after[name]} for name in sorted(earlier)]


def test_files_are_read_again_only_where_their_bytes_have_changed(tmp_path: Path) -> None:
    """Of an export of months, every day is asked for in turn."""
    client = export(tmp_path)
    with client.snapshot():
        first = client._read  # noqa: SLF001 - whether it is kept is the question
    with client.snapshot():
        kept = client._read  # noqa: SLF001
    export(tmp_path, orders=ORDERS.replace("1.00", "2.00"))
    with client.snapshot():
        changed = client._read  # noqa: SLF001
    client.close()

    assert (True, False) == (first is kept, kept is changed)
