"""Is a shop that exports files collected like a database, and is what its export lacks NOT_TESTED?"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.shop.files import targets
from pipelines.configuration import ConfigurationError, Settings, parse
from pipelines.session import Session
from warehouse.read import Need, Reader
from warehouse.store import Home

DAY = date(2026, 3, 10)
AMOUNTS = ("discount", "shipping", "shipping_discount", "fees", "tax", "rounding_adj")
ORDERS: dict[str, Any] = {
    "order_id": {"from": "id"},
    "placed_at": {"from": "at"},
    "recorded_at": {"from": "at"},
    "status": {"constant": "open"},
    "currency": {"constant": "EUR"},
    "price_includes_tax": {"constant": True},
    **{f"{name}_minor": {"constant": 0, "unit": "minor"} for name in AMOUNTS},
    "subtotal_minor": {"from": "total", "unit": "major"},
    "total_minor": {"from": "total", "unit": "major"},
    "is_test": {"constant": False},
}
LINES: dict[str, Any] = {
    "line_id": {"from": "id"},
    "order_id": {"from": "id"},
    "qty_e4": {"constant": 1, "unit": "one"},
    "unit_price_e4": {"from": "total", "unit": "major"},
    "ext_minor": {"from": "total", "unit": "major"},
    "line_discount_minor": {"constant": 0, "unit": "minor"},
    "alloc_discount_minor": {"constant": 0, "unit": "minor"},
}


def settings(folder: Path, **change: Any) -> Settings:
    """Return the settings of a company whose shop exports one file."""
    tables = {
        name: {"file": "orders.csv", "columns": c} for name, c in (("orders", ORDERS), ("order_lines", LINES))
    }
    content = {"tables": tables, "absent": [name for name in targets() if name not in tables], **change}
    (folder / "export").mkdir(exist_ok=True)
    (folder / "export" / "orders.csv").write_text(
        "id,at,total\no1,2026-03-10T09:00:00Z,12.50\n", encoding="utf-8"
    )
    (folder / "mapping.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    shop = f"{{instance: export, folder: {folder / 'export'}, mapping: {folder / 'mapping.yaml'}}}"
    text = f"company: Example\nstart: 2026-03-01\nsources:\n  shop:\n    - {shop}\n"
    return Settings(Home(folder / "home"), parse(text, "evidence.yaml"), {"EVIDENCE_HMAC_KEY": "k" * 32})


def test_a_day_of_an_export_is_stored_with_what_it_lacks(tmp_path: Path) -> None:
    """In the run header; what is lacking is no empty snapshot."""
    session = Session.open(settings(tmp_path))
    (entry,) = session.collect(session.catalogue.recipes["shop_orders"], DAY, "r1").entries
    session.disconnect()

    assert {"shop_order": 1, "shop_order_line": 1, "shop_control_total": 2} == {
        item["dataset"]: item["rows"] for item in entry.body["snapshots"]
    }
    assert {"shop_refund", "shop_giftcard_entry", "shop_earlier_order"} <= set(entry.body["absent"])


def test_what_an_export_lacks_is_not_expected_and_whatever_needs_it_is_told(tmp_path: Path) -> None:
    """Never passed as empty: nobody is configured to have it."""
    session = Session.open(settings(tmp_path))
    session.collect(session.catalogue.recipes["shop_orders"], DAY, "r1")
    reader = Reader(session.store, session.index, session.catalogue.datasets)
    available = reader.available([Need("shop_order"), Need("shop_giftcard_entry")], DAY)

    assert {"shop_order", "shop_order_line", "shop_control_total"} == {
        item.dataset for item in session.calendar.expected if item.dataset.startswith("shop_")
    }
    assert ["shop_giftcard_entry/any: no instance of it is configured"] == [
        str(missing) for missing in available.missing
    ]
    assert [] == [*session.instances(session.catalogue.recipes["shop_staff"])]
    session.disconnect()


def test_a_mapping_that_cannot_be_read_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    """Without it nobody knows what to expect."""
    with pytest.raises(ConfigurationError, match="nothing is said of refunds"):
        Session.open(
            settings(
                tmp_path,
                absent=[name for name in targets() if name not in {"refunds", "orders", "order_lines"}],
            )
        )


@pytest.mark.parametrize("said", ["folder: x", "mapping: y", "dsn_env: SHOP, folder: x, mapping: y"])
def test_a_shop_is_read_in_one_way(said: str) -> None:
    """From its database, or from its files and their mapping."""
    text = f"company: Example\nstart: 2026-03-01\nsources:\n  shop:\n    - {{instance: export, {said}}}\n"
    with pytest.raises(ConfigurationError, match="name either `dsn_env`"):
        parse(text, "evidence.yaml")
