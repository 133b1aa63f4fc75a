from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from sandbox.arithmetic import spread
from sandbox.faults import Faults, draw
from sandbox.orders import MARKETS, Rows, day_of_orders, nth_real_order
from sandbox.process import SEED
from sandbox.shop import ShopPart

MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)
TABLES = {
    "orders": ("placed_at", "total_minor", "updated_at"),
    "order_lines": ("order", "ext_minor", "updated_at"),
    "order_tax_lines": ("order", "tax_minor", "updated_at"),
    "discounts": ("order", "amount_minor", "updated_at"),
    "shipping_quotes": ("order", "amount_minor", "updated_at"),
    "payments": ("attempted_at", "amount_minor", "recorded_at"),
    "refunds": ("created_at", "amount_minor", "recorded_at"),
    "refund_lines": ("refund", "amount_minor", "recorded_at"),
    "giftcard_ledger": ("at", "amount_minor", "at"),
    "number_voids": ("voided_at", "order_number", "voided_at"),
    "manual_adjustments": ("applied_at", "amount_minor", "applied_at"),
    "audit_events": ("at", None, "at"),
    "fulfilments": ("shipped_at", None, "recorded_at"),
    "fulfilment_lines": ("fulfilment", "qty_e4", "recorded_at"),
    "inventory_movements": ("occurred_at", "qty", "recorded_at"),
    "inventory_levels": ("as_of", "on_hand", "as_of"),
}
"""Table -> its own instant or what its rows belong to, the column its total sums, what tells of changes."""
OWNERS = {"order": "orders", "refund": "refunds", "fulfilment": "fulfilments"}
"""What rows belong to -> the table it is in."""
FOUND = {"LINE_EXT", "DISCOUNT_BOUNDS", "SUBTOTAL", "DISCOUNT_ALLOCATION", "ORDER_TOTAL"}
"""What the rules that are reckoned here find."""
OTHERS = ("users", "user_roles", "login_events", "number_series", "control_totals")


class Shop:
    """The shop under test, read as the product reads it."""

    def __init__(self, part: ShopPart) -> None:
        self.part = part
        self.dsn = part.start()["dsn"]
        self._connection = dbapi.connect(self.dsn)

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            found: pa.Table = cursor.fetch_arrow_table()
        self._connection.rollback()
        rows: list[dict[str, Any]] = found.to_pylist()
        return rows

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Return all rows of all views."""
        return {
            name: self.ask(f"select * from evidence.{name} order by 1, 2, 3")
            for name in (*TABLES, "control_totals")
        }

    def close(self) -> None:
        """Stop it, and once more."""
        self._connection.close()
        self.part.stop()
        self.part.stop()


@contextmanager
def opened(faults: Faults, at: datetime) -> Iterator[Shop]:
    """Serve the demo's shop."""
    shop = Shop(ShopPart(SEED, faults, at))
    try:
        yield shop
    finally:
        shop.close()


@pytest.fixture(scope="module")
def shop(faults: Faults) -> Iterator[Shop]:
    """Serve the demo's shop as advanced, in uneven steps, to the midnight after 4 March."""
    with opened(faults, MIDNIGHT - timedelta(days=4)) as found:
        for hours in (0.5, 12, 24.5, 25, 60, 96):
            found.part.advance(MIDNIGHT - timedelta(days=4) + timedelta(hours=hours))
        yield found


def rounded(numerator: int, denominator: int, mode: str) -> int:
    """Return a quotient rounded as R01 says, reckoned apart from the sandbox's own way."""
    whole, rest = divmod(numerator, denominator)
    if mode == "down":
        return whole
    tie_goes_up = mode == "half_up" or whole % 2 == 1
    return whole + (2 * rest > denominator or (2 * rest == denominator and tie_goes_up))


def found_by_rules(rows: Rows) -> Counter[tuple[str, str]]:
    """Return (population key, code) of everything that R01 to R04 find, but for tests and drafts."""
    found: Counter[tuple[str, str]] = Counter()
    modes = {market.policy_id: market.line_mode for market in MARKETS}
    modes["eu-2019"] = "half_even"  # in no register, which no rule of these finds
    lines: dict[str, list[Mapping[str, Any]]] = {order["order_id"]: [] for order in rows["orders"]}
    for row in rows["order_lines"]:
        lines[row["order_id"]].append(row)
    for order in rows["orders"]:
        if order["is_test"] or order["status"] == "draft":
            continue
        own, key = lines[order["order_id"]], order["order_id"]
        for line in own:
            ext = rounded(line["qty_e4"] * line["unit_price_e4"], 10**8, modes[order["policy_id"]])
            found[line["line_id"], "LINE_EXT"] += ext != line["ext_minor"]
            parts = line["line_discount_minor"], line["alloc_discount_minor"]
            found[key, "DISCOUNT_BOUNDS"] += not (min(parts) >= 0 and sum(parts) <= line["ext_minor"])
        discount = sum(line["line_discount_minor"] + line["alloc_discount_minor"] for line in own)
        found[key, "SUBTOTAL"] += order["subtotal_minor"] != sum(line["ext_minor"] for line in own)
        found[key, "DISCOUNT_ALLOCATION"] += order["discount_minor"] != discount
        total = (
            order["subtotal_minor"]
            - order["discount_minor"]
            + order["shipping_minor"]
            - order["shipping_discount_minor"]
            + order["fees_minor"]
            + (0 if order["price_includes_tax"] else order["tax_minor"])
            + order["rounding_adj_minor"]
        )
        found[key, "ORDER_TOTAL"] += order["total_minor"] != total
    return +found


def test_a_start_at_an_instant_and_steps_to_it_hold_the_same_rows(shop: Shop, faults: Faults) -> None:
    """Amendments too, whatever the steps were."""
    with opened(faults, MIDNIGHT) as other:
        expected = other.everything()
    assert expected == shop.everything()


def test_the_control_totals_are_what_the_rows_sum_to(shop: Shop) -> None:
    """Every view and day has one; a line belongs to the day of its order."""
    rows = shop.everything()
    owners = {what: {row[f"{what}_id"]: row for row in rows[table]} for what, table in OWNERS.items()}
    expected: dict[tuple[str, date], tuple[int, int | None, datetime]] = {}
    for name, (at, amount, changed) in TABLES.items():
        for row in rows[name]:
            owner = owners[at][row[f"{at}_id"]] if at in OWNERS else row
            moment = owner[TABLES[OWNERS[at]][0] if at in OWNERS else at].astimezone(UTC)
            day = moment.date() - timedelta(days=name == "inventory_levels")
            count, total, latest = expected.get((name, day), (0, 0 if amount else None, owner[changed]))
            sum_ = None if amount is None or total is None else total + row[amount]
            expected[name, day] = (count + 1, sum_, max(latest, owner[changed]))
    assert expected == {
        (one["table_name"], one["day"]): (
            one["row_count"],
            None if one["sum_minor"] is None else int(one["sum_minor"]),
            one["max_updated_at"],
        )
        for one in rows["control_totals"]
    }


def test_nothing_is_known_before_it_happened(shop: Shop) -> None:
    """No row is dated after the company's instant, and an amendment shows within a day."""
    assert [{"latest": None}] == shop.ask(
        f"select max(updated_at) as latest from evidence.orders where updated_at > '{MIDNIGHT.isoformat()}'"
    )
    late = shop.ask(
        "select max(updated_at - placed_at) <= interval '24 hours' as soon, count(*) as amended, "
        "count(*) filter (where status = 'open') as noted from evidence.orders "
        "where updated_at > recorded_at and financial_status = 'paid'"
    )[0]
    assert late["soon"]
    assert late["amended"] > late["noted"] > 0


def test_the_shop_is_as_varied_as_a_shop(shop: Shop) -> None:
    """Every currency and every sort of order, line and payment occurs."""
    rows = shop.everything()
    per_day = Counter(order["placed_at"].astimezone(UTC).date() for order in rows["orders"])
    assert 370 <= min(per_day.values())
    assert {"USD", "EUR", "GBP", "JPY", "KWD"} == {order["currency"] for order in rows["orders"]}
    assert {True, False} == {order["price_includes_tax"] for order in rows["orders"]}
    assert {True, False} == {order["is_test"] for order in rows["orders"]}
    assert {"paid", "pending", "refunded", "partially_refunded"} == {
        order["financial_status"] for order in rows["orders"]
    }
    assert {"open", "fulfilled", "cancelled", "draft"} == {order["status"] for order in rows["orders"]}
    assert {("auth", "failed"), ("auth", "succeeded"), ("capture", "succeeded"), ("void", "succeeded")} == {
        (payment["kind"], payment["status"]) for payment in rows["payments"]
    }
    assert any(line["qty_e4"] % 10_000 for line in rows["order_lines"])
    assert any(line["unit_price_e4"] % 10_000 for line in rows["order_lines"])
    assert any(line["alloc_discount_minor"] for line in rows["order_lines"])
    kuwaiti = {order["order_id"] for order in rows["orders"] if order["currency"] == "KWD"}
    assert {0} == {p["amount_minor"] % 10 for p in rows["payments"] if p["order_id"] in kuwaiti}
    assert all(order["customer_ref"].lower().endswith("@mail.example") for order in rows["orders"])


def test_the_reader_sees_the_views_and_changes_nothing(shop: Shop) -> None:
    """It has no right to the tables behind them, and its transactions are read-only."""
    assert [{"name": name} for name in sorted([*TABLES, *OTHERS])] == shop.ask(
        "select table_name::text as name from information_schema.role_table_grants "
        "where grantee = current_user order by 1"
    )
    for sql, writable, refused in (
        ("select * from shop.orders", False, "permission denied"),
        ("create table mine (x int)", False, "read-only transaction"),
        ("delete from evidence.orders", True, "permission denied"),
        ("create table evidence.mine (x int)", True, "permission denied"),
        ("create table public.mine (x int)", True, "permission denied"),
    ):
        with dbapi.connect(shop.dsn) as connection, connection.cursor() as cursor:
            if writable:
                cursor.execute("set transaction read write")
            with pytest.raises(Error, match=refused):
                cursor.execute(sql)
            connection.rollback()
    with pytest.raises(Error, match="password"):
        dbapi.connect(shop.dsn.replace("sandbox-reader", "wrong"))


def test_the_rules_find_the_planted_line_in_what_is_served(shop: Shop, faults: Faults) -> None:
    """Read over the wire: 1 to 4 March have two faults, and everything else is right."""
    planted = [fault for fault in faults.all if fault.code in FOUND and fault.first < MIDNIGHT.date()]
    assert ["line-extension", "line-extension-first-day"] == [fault.id for fault in planted]
    expected = Counter((shop.part.population_key(fault), fault.code) for fault in planted)
    assert expected == found_by_rules({name: shop.ask(f"select * from evidence.{name}") for name in TABLES})


@pytest.mark.parametrize("seed", [SEED, *range(1, 9)])
def test_the_rules_find_exactly_what_was_planted(seed: int, faults: Faults) -> None:
    """On every day with a fault, in the demo's company and in eight drawn ones."""
    planted = faults if seed == SEED else Faults(tuple(draw(seed)))
    part = ShopPart(seed, planted, MIDNIGHT)
    of_orders = [fault for fault in planted.all if fault.code in FOUND]
    for day in sorted({fault.first for fault in of_orders}):
        expected = Counter(
            (part.population_key(fault), fault.code) for fault in of_orders if fault.first == day
        )
        assert expected == found_by_rules(day_of_orders(seed, planted, day))


def test_a_fault_is_about_an_order_that_counts(faults: Faults) -> None:
    """The n-th of the day that is neither a test nor a draft."""
    fault = faults.by_id("total-off")
    orders = day_of_orders(SEED, faults, fault.first)["orders"]
    about = nth_real_order(SEED, faults, fault)
    before = [order for order in orders if order["order_id"] <= about]
    assert 18 == sum(not order["is_test"] and order["status"] != "draft" for order in before)


def test_a_discount_is_spread_by_largest_remainder() -> None:
    """The parts sum to the whole, and the largest rests get what is left."""
    assert [34, 33, 33] == spread(100, [1, 1, 1])
    assert [17, 50, 33] == spread(100, [1, 3, 2])
    assert [0, 5] == spread(5, [0, 9])


def test_a_killed_shop_leaves_neither_server_nor_files() -> None:
    """Its guard sees the end of its process and clears up."""
    script = (
        "import datetime, sys, time\n"
        "from sandbox.faults import Faults\n"
        "from sandbox.shop import ShopPart\n"
        "part = ShopPart(1, Faults(), datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC))\n"
        "print(part.start()['dsn'], flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path.cwd()) as child:
        assert child.stdout is not None
        data = Path(child.stdout.readline().decode().strip().partition("host=")[2])
        pid = int((data / "postmaster.pid").read_text().split()[0])
        child.kill()
    waited_until = time.monotonic() + 20
    while data.parent.exists() and time.monotonic() < waited_until:
        time.sleep(0.1)
    assert not data.parent.exists()
    assert not Path(f"/proc/{pid}").exists() or "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
