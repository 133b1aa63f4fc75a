"""Is everything that a platform's view can show and nobody could keep exactly refused with its row named?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from assets.capture import Reading, day_window
from assets.failures import PermanentFailure
from assets.shop.assets import shop_orders
from assets.shop.client import ShopClient, views_needed
from assets.shop.contract import BESIDE, STAFF, VIEWS, columns_of, dataset_of
from assets.shop.staff import shop_staff
from sandbox.faults import Faults
from sandbox.process import SEED
from sandbox.shop import ShopPart
from warehouse.dataset import Privacy

DAY = date(2026, 3, 5)
ROOT = Path(__file__).parents[3]
CAST = re.compile(
    r"::\s*(bigint|int|numeric|decimal|real|double|float|money)|\bcast\b\s*\(|\bround\s*\(", re.IGNORECASE
)
NO_RETRY = "Nothing was stored. A retry will not help."


@dataclass(frozen=True)
class Shop:
    """The shop's database with a way in for its administrator, and rows of the day to spoil."""

    client: ShopClient
    administrate: Any
    good: dict[str, pa.Table]

    def read(self) -> dict[str, pa.Table]:
        """Return the day's tables."""
        reading = Reading(DAY, "main", *day_window(DAY), hmac=lambda text: f"hmac of {len(text)}")
        filled: Any = shop_orders.read(self.client, reading)
        return dict(filled)

    def refused(self) -> str:
        """Return why the day is not read."""
        with pytest.raises(PermanentFailure) as caught:
            self.read()
        return str(caught.value)

    def first(self, table: str, column: str) -> Any:
        """Return the value of a column in the first row."""
        return self.good[table][column][0].as_py()

    @contextmanager
    def showing(self, view: str, rest: str = "", **columns: str) -> Iterator[None]:
        """Let a view compute some of its columns otherwise."""
        names = {name: f'"{name}"' for name in columns_of(view)}
        listed = ", ".join(f"{columns.get(name, quoted)} as {quoted}" for name, quoted in names.items())
        self.administrate(
            f"alter view evidence.{view} rename to kept; create view evidence.{view} as select {listed} "
            f"from evidence.kept {rest}; grant select on evidence.{view} to evidence_reader"
        )
        try:
            yield
        finally:
            self.client.close()
            self.administrate(f"drop view evidence.{view}; alter view evidence.kept rename to {view}")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Serve the shop's database after the day."""
    part = ShopPart(SEED, Faults(), datetime(2026, 3, 6, 0, 30, tzinfo=UTC))
    client = ShopClient("main", part.start()["dsn"])
    shop = Shop(client, part._server.psql, {})  # noqa: SLF001 - the administrator's way in
    shop.good.update(shop.read())
    yield shop
    client.close()
    part.stop()


VALUES = {
    "NaN": ("'NaN'::numeric", "nan, expected a number"),
    "infinity": ("'Infinity'::numeric", "inf, expected a number"),
    "minus infinity": ("'-Infinity'::numeric", "-inf, expected a number"),
    "2^63": ("9223372036854775808", "9223372036854775808, expected at most 64 bits"),
    "-2^63 - 1": ("-9223372036854775809", "-9223372036854775809, expected at most 64 bits"),
    "more digits than anybody reads": ("10::numeric ^ 5000", f"1{'0' * 39}, expected at most 64 bits"),
    "a fraction": ("-0.5", "-0.5, expected a whole number"),
}
"""Bad input -> as a view shows it, and what is said of it."""


@pytest.mark.parametrize("bad", VALUES)
def test_a_number_that_is_no_amount_is_refused_with_its_row(shop: Shop, bad: str) -> None:
    """PostgreSQL would round the fraction itself, and of the others not say which row it was."""
    order = shop.first("shop_order", "order_id")
    shown, why = VALUES[bad]
    expression = f"case when order_id = '{order}' then {shown} else total_minor end"
    with shop.showing("orders", total_minor=expression):
        found = shop.refused()

    assert found.startswith(
        f"shop_order main: order_id '{order}': total_minor is {why}. Expected of every row "
    )
    assert found.endswith(NO_RETRY)


TYPES = {
    "a binary float": ("orders", "total_minor", "double precision", "bigint, integer, smallint or numeric"),
    "a short float": ("order_lines", "qty_e4", "real", "bigint, integer, smallint or numeric"),
    "an amount as text": ("refunds", "tax_minor", "text", "bigint, integer, smallint or numeric"),
    "an amount with a sign of currency": (
        "payments",
        "amount_minor",
        "money",
        "bigint, integer, smallint or numeric",
    ),
    "a timestamp without zone": (
        "orders",
        "placed_at",
        "timestamp without time zone",
        "timestamp with time zone",
    ),
    "an instant as text": ("fulfilments", "promised_at", "text", "timestamp with time zone"),
    "a day instead of an instant": ("refunds", "created_at", "date", "timestamp with time zone"),
    "a flag as a number": ("orders", "is_test", "integer", "boolean"),
    "a list as text": ("audit_events", "field_names", "text", "text[] or character varying[]"),
    "a total as a float": (
        "control_totals",
        "sum_minor",
        "double precision",
        "bigint, integer, smallint or numeric",
    ),
    "a sign-in without zone": (
        "login_events",
        "at",
        "timestamp without time zone",
        "timestamp with time zone",
    ),
}
"""Bad input -> view, column, the type it is shown as and those expected."""


@pytest.mark.parametrize("bad", TYPES)
def test_a_type_that_leaves_something_to_guess_is_refused(shop: Shop, bad: str) -> None:
    """By view and column, before anything is compared or cast; the doctor is told the same."""
    view, column, shown, expected = TYPES[bad]
    with shop.showing(view, **{column: f'"{column}"::{shown}'}):
        found, lacking = shop.refused(), shop.client.access().lacking

    assert found.startswith(
        f"shop main: evidence.{view}.{column} is {shown}, expected {expected}. Such a type "
    )
    assert found.endswith(NO_RETRY)
    assert (f"evidence.{view}.{column} as {expected}: it is {shown}",) == lacking


@pytest.mark.parametrize("shown", ["infinity", "-infinity", "294000-01-01", "0044-03-15 BC"])
def test_an_instant_that_has_no_date_is_refused_with_its_row(shop: Shop, shown: str) -> None:
    """PostgreSQL's infinity would arrive as a year like any other."""
    order = shop.first("shop_order", "order_id")
    expression = f"case when order_id = '{order}' then '{shown}'::timestamptz else cancelled_at end"
    with shop.showing("orders", cancelled_at=expression):
        found = shop.refused()

    assert found.startswith(
        f"shop_order main: order_id '{order}': cancelled_at is infinite or in no year of 1 to 9998. "
    )


@pytest.mark.parametrize(
    ("view", "table"),
    [
        ("orders", "shop_order"),
        ("order_tax_lines", "shop_order_tax_line"),
        ("giftcard_ledger", "shop_giftcard_entry"),
        ("inventory_movements", "shop_inventory_movement"),
        ("control_totals", "shop_control_total"),
    ],
)
def test_a_key_that_two_rows_have_is_refused_and_named(shop: Shop, view: str, table: str) -> None:
    """A view has no primary key; in one transaction no retry would help."""
    (dataset,) = (one for one in shop_orders.datasets if one.name == table)
    key = {name: shop.first(table, name) for name in dataset.key}
    same = " and ".join(f"{dataset.column(name).source or name} = '{value}'" for name, value in key.items())
    shown = ", ".join(f'"{name}"' for name in columns_of(view))
    with shop.showing(view, f"union all select {shown} from evidence.kept where {same}"):
        found = shop.refused()

    named = " ".join(f"{name} {value!r}" for name, value in key.items())
    assert found.startswith(f"{table} main: {named}: 2 rows have this key, expected one. Expected ")
    assert found.endswith(NO_RETRY)


def test_a_sum_of_ours_that_64_bits_do_not_hold_is_refused_with_its_row(shop: Shop) -> None:
    """The tax of an earlier line is added up in the database, beyond what one tax line could be."""
    lines = shop.good["shop_earlier_line"].to_pylist()
    line = next(one for one in lines if one["tax_minor"])
    most = 2**63 - 1
    with shop.showing(
        "order_tax_lines",
        f"union all select order_id, line_id, target_kind, jurisdiction || ' too', tax_category, rate_e9, "
        f"taxable_minor, {most}, exempt_reason from evidence.kept where line_id = '{line['line_id']}'",
    ):
        found = shop.refused()

    assert found.startswith(
        f"shop_earlier_line main: line_id '{line['line_id']}': tax_minor is 92233720368547"
    )
    assert "expected at most 64 bits" in found


def test_five_rows_are_named_and_the_others_counted(shop: Shop) -> None:
    """In the order of their key, each with all that is wrong in it."""
    orders = shop.good["shop_order"]["order_id"].to_pylist()
    with shop.showing("orders", tax_minor="'NaN'::numeric", fees_minor="fees_minor + 0.25"):
        found = shop.refused()

    assert orders[:5] == [part.split("'")[1] for part in found.split("order_id ")[1:]]
    assert f"; and {len(orders) - 5} rows more. " in found
    assert "fees_minor is 0.25, expected a whole number, tax_minor is nan, expected a number; " in found


def test_whole_numbers_of_any_exact_type_are_taken_as_they_are(shop: Shop) -> None:
    """A numeric that says 12.00 is 12, an integer of 32 bits and a domain are what they hold."""
    shop.administrate("create domain evidence.cents as numeric(20, 2)")
    with shop.showing(
        "orders",
        total_minor="total_minor::numeric(30, 2)",
        tax_minor="tax_minor::evidence.cents",
        fees_minor="fees_minor::integer",
        currency="currency::varchar(3)",
    ):
        found = shop.read()
    shop.administrate("drop domain evidence.cents")

    assert {name: table.to_pylist() for name, table in shop.good.items()} == {
        name: table.to_pylist() for name, table in found.items()
    }


def test_a_view_that_cannot_be_computed_is_not_worth_a_retry(shop: Shop) -> None:
    """As where the platform's own view divides by nothing."""
    with shop.showing("payments", amount_minor="amount_minor / (tender_seq - tender_seq)"):
        found = shop.refused()

    assert (
        "reads evidence.payments, and a value or a column's type there does not allow what is comp" in found
    )
    assert "(SQLSTATE 22012)" in found
    assert found.endswith(
        "select everything from them as their owner. Nothing was stored. A retry will not help."
    )


def test_staff_is_read_by_the_same_rules(shop: Shop) -> None:
    """An account that is there twice is named."""
    account = shop.administrate("select min(user_id) from shop.users").split("\n")[2].strip()
    reading = Reading(DAY, "main", *day_window(DAY), hmac=str)
    shown = ", ".join(columns_of("users"))
    with (
        shop.showing("users", f"union all select {shown} from evidence.kept where user_id = '{account}'"),
        pytest.raises(PermanentFailure, match=f"^shop_user main: user_id '{account}': 2 rows have this key"),
    ):
        shop_staff.read(shop.client, reading)


def test_no_failure_can_name_anybody() -> None:
    """Rows are named by their keys, and values shown of numbers only: none of either is personal."""
    datasets = [view.dataset for view in VIEWS.values()]
    datasets += [dataset for dataset, _ in BESIDE.values()] + [dataset for _, dataset in STAFF.values()]
    shown = [
        column
        for dataset in datasets
        for column in dataset.columns
        if column.name in dataset.key or column.type in ("int", "money")
    ]
    assert [] == [column.name for column in shown if column.privacy is not Privacy.NONE]


def test_every_view_and_statement_of_the_contract_is_looked_at() -> None:
    """A view that is added is, without a list of its own."""
    counting = {"access", "column_types", "earlier", "login_count", "staff_count"}
    statements = {file.stem for file in (ROOT / "assets" / "shop").glob("*.sql")}

    assert statements - counting == {name for name in statements if dataset_of(name) is not None}
    assert all(columns_of(view) for view in views_needed())


def test_no_statement_casts_a_number() -> None:
    """A cast rounds a fraction without a word: what a view shows is looked at as it is."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "assets" / "shop").glob("*.sql")}

    assert [] == [name for name, text in texts.items() if CAST.search(text)]


HERE = "tests/assets/shop/test_bad_input.py::"
FILES = "tests/assets/mapping/test_engine.py::test_everything_that_does_not_fit_is_listed_at_once"
NUMBER = f"{HERE}test_a_number_that_is_no_amount_is_refused_with_its_row"
WHERE = {
    "NaN": [
        NUMBER,
        FILES,
        "tests/assets/test_capture.py::test_a_field_of_another_type_is_refused_without_its_value",
    ],
    "infinities": [NUMBER, FILES, f"{HERE}test_an_instant_that_has_no_date_is_refused_with_its_row"],
    "2^63": [
        NUMBER,
        FILES,
        f"{HERE}test_a_sum_of_ours_that_64_bits_do_not_hold_is_refused_with_its_row",
        "PI-01.f AMOUNT_RANGE",
    ],
    "fractions of a minor unit": [NUMBER, FILES],
    "negative quantities": ["PI-01.f NEGATIVE_QUANTITY"],
    "mixed currencies in one order": ["PI-01.f CURRENCY_MIX"],
    "unknown currency": [FILES, "PI-01.f CURRENCY_UNKNOWN"],
    "duplicate keys": [f"{HERE}test_a_key_that_two_rows_have_is_refused_and_named", FILES],
    "a currency with a wrong number of decimals": [
        "tests/assets/registers/test_rows.py::test_a_currency_has_the_digits_of_the_standard",
        FILES,
        "PI-01.f MINOR_UNIT",
    ],
    "timestamps without zone": [f"{HERE}test_a_type_that_leaves_something_to_guess_is_refused", FILES],
}
"""Bad input -> the tests that prove it refused, and the codes of worked cases that report it, row by row."""


@pytest.mark.parametrize("bad", WHERE)
def test_every_bad_input_is_refused_or_reported_somewhere(bad: str) -> None:
    """The table above names tests that there are, and codes that a worked case has."""
    for proof in WHERE[bad]:
        if "::" in proof:
            file, test = proof.split("::")
            assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), proof
        else:
            test, code = proof.split(" ")
            control, letter = test.split(".")
            cases = yaml.safe_load((ROOT / "tests" / "controls" / control / f"{letter}.yaml").read_text())
            assert code in {
                reported
                for case in cases["cases"]
                for reported in case["expect"].get("exceptions", {}).values()
            }, proof
