"""How are millions of orders made fast, so that it is known which of them are wrong and how?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from warehouse.read import in_memory

SEED = 20260302
START = date(2026, 3, 2)
CYCLE = 20_000
"""Of so many orders each kind of fault spoils its own number."""
BATCH = 1_000_000
"""So many orders are made at once, so that making more needs no more memory."""
FAULTS = (
    "LINE_EXT",
    "DISCOUNT_BOUNDS",
    "DISCOUNT_ALLOCATION",
    "SUBTOTAL",
    "ORDER_TOTAL",
    "SHIPPING_QUOTE",
    "DISCOUNT_UNAUTHORISED",
    "CURRENCY_UNKNOWN",
    "CURRENCY_MIX",
    "TAX_AMOUNT",
    "TAX_BASE",
    "LINE_UNTAXED",
    "TAX_LINES_SUM",
    "RATE_MISMATCH",
    "RATE_UNKNOWN",
    "NEXUS",
    "GIFTCARD_TAXED",
    "EXEMPT_NO_CERT",
    "NO_POLICY",
    "UNDER_CAPTURED",
    "OVER_CAPTURED",
    "ORPHAN_PROCESSOR_CHARGE",
    "ORPHAN_PLATFORM_PAYMENT",
    "AMOUNT",
    "CURRENCY",
    "LIVEMODE",
    "DUPLICATE_CAPTURE",
    "REFUND_MISSING_LEFT",
    "REFUND_MISSING_RIGHT",
    "REFUND_AMOUNT",
)
"""Each is the code of the one break it leads to; the first spoils one order of a cycle, the second two, …"""
MADE = (
    "shop_order",
    "shop_order_line",
    "shop_order_tax_line",
    "shop_discount",
    "shop_shipping_quote",
    "shop_payment",
    "shop_refund",
    "psp_charge",
    "psp_refund",
)
REGISTERS = {
    "register_rounding_policy": """
        select *, 'tax' as inclusive_target, 0::bigint as tolerance_minor from (values
            ('eu', date '2020-01-01', null::date, 'half_up', 'line', 'half_up'),
            ('us', date '2020-01-01', date '2025-12-31', 'down', 'order_jurisdiction', 'down'),
            ('us', date '2026-01-01', null::date, 'half_up', 'order_jurisdiction', 'half_up')
        ) as r (policy_id, valid_from, valid_to, line_mode, tax_scope, mode)
    """,
    "register_currency": """
        select * from (values
            ('EUR', 2::bigint, 1::bigint, 2::bigint),
            ('GBP', 2::bigint, 1::bigint, 2::bigint),
            ('USD', 2::bigint, 1::bigint, 2::bigint),
            ('JPY', 0::bigint, 1::bigint, 0::bigint),
            ('CHF', 2::bigint, 1::bigint, 2::bigint),
            ('SEK', 2::bigint, 1::bigint, 2::bigint)
        ) as r (currency, minor_digits, processor_multiple, processor_minor_digits)
    """,
    "register_promotion": """
        select * from (values
            ('spring', 'promotion', date '2026-01-01', null::date, 'head of sales'),
            ('winter', 'promotion', date '2025-11-01', date '2025-12-31', 'head of sales')
        ) as r (promotion_id, kind, valid_from, valid_to, approver)
    """,
    "register_tax_rate": """
        select * from (values
            ('DE', 'standard', 190000000::bigint, date '2020-01-01', null::date),
            ('GB', 'standard', 200000000::bigint, date '2020-01-01', null::date),
            ('US-CA', 'standard', 72500000::bigint, date '2020-01-01', null::date),
            ('JP', 'standard', 80000000::bigint, date '2010-01-01', date '2019-12-31'),
            ('JP', 'standard', 100000000::bigint, date '2020-01-01', null::date),
            ('elsewhere DE', 'standard', 190000000::bigint, date '2020-01-01', null::date),
            ('elsewhere GB', 'standard', 200000000::bigint, date '2020-01-01', null::date),
            ('elsewhere US-CA', 'standard', 72500000::bigint, date '2020-01-01', null::date),
            ('elsewhere JP', 'standard', 100000000::bigint, date '2020-01-01', null::date)
        ) as r (jurisdiction, tax_category, rate_e9, valid_from, valid_to)
    """,
    "register_tax_registration": """
        select jurisdiction, date '2020-01-01' as valid_from, null::date as valid_to
        from (values ('DE'), ('GB'), ('US-CA'), ('JP')) as r (jurisdiction)
    """,
    "register_tax_certificate": """
        select 'c1' as certificate_id, 'DE' as jurisdiction, 'resale' as reason,
            date '2020-01-01' as valid_from, null::date as valid_to
    """,
}


@dataclass(frozen=True)
class Trade:
    """What a shop and its processor have, as Parquet files, and what is wrong with it."""

    folder: Path
    orders: int
    days: tuple[date, ...]
    planted: dict[str, int]
    """How many orders each fault spoils."""

    def files(self, dataset: str) -> str:
        """Return the files of a dataset, for a reader that takes a pattern."""
        return str(self.folder / dataset / "*.parquet")


def make(folder: Path, orders: int, *, days: int = 1, faulty: bool = True, seed: int = SEED) -> Trade:
    """Write the orders of some days with all that belongs to them."""
    slots = [fault for place, fault in enumerate(FAULTS) for _ in range(place + 1)] if faulty else []
    planted = dict.fromkeys(FAULTS, 0) if faulty else {}
    connection = in_memory()
    try:
        connection.execute("set memory_limit = '4GB'")
        connection.execute("create temp table fault (slot bigint, fault varchar)")
        connection.execute(
            "insert into fault select unnest(range(len($faults))), unnest($faults::varchar[])",
            {"faults": slots},
        )
        for dataset in (*MADE, *REGISTERS):
            (folder / dataset).mkdir(parents=True)
        for first in range(0, orders, BATCH):
            last = min(first + BATCH, orders)
            _make(connection, {"first": first, "last": last, "days": days, "seed": seed, "cycle": CYCLE})
            for dataset in MADE:
                _write(connection, f"from {dataset}", folder / dataset / f"{first // BATCH:03}.parquet")
            found = connection.sql("select fault, count(*) from whole where fault is not null group by fault")
            for fault, count in found.fetchall():
                planted[fault] += count
        for dataset, sql in REGISTERS.items():
            _write(connection, sql, folder / dataset / "000.parquet")
    finally:
        connection.close()
    return Trade(folder, orders, tuple(START + timedelta(days=n) for n in range(days)), planted)


def _make(connection: duckdb.DuckDBPyConnection, numbers: dict[str, int]) -> None:
    sql = Path(__file__).with_name("made.sql").read_text(encoding="utf-8")
    for name, number in numbers.items():
        sql = sql.replace(f"${name}", str(number))
    connection.execute(sql)


def _write(connection: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    connection.execute(f"copy ({sql}) to '{file}' (format parquet, compression zstd)")
