"""What is captured of a processor's settlement files, and what does each column mean?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assets.capture import Page, Reading, Rows, captures, row
from assets.failures import PermanentFailure
from assets.mapping.engine import Target
from assets.settlement.client import Settled, SettlementClient
from warehouse.dataset import Column, Dataset, Kind

KEPT_DAYS = 365
"""PayPal keeps its reports for a year; dropped files stay as long as nobody removes them."""


def _column(name: str, type_: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, type_, meaning, source=name, required=required)


ROW = Dataset(
    name="settlement_row",
    kind=Kind.EVENT,
    title="One row per movement of the balance that a processor's settlement file of the day lists",
    key=("entry_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        _column("entry_id", "text", "The movement", required=True),
        _column("processor", "text", "The processor, as the shop's payments name it", required=True),
        _column("kind", "text", "charge, refund, dispute, fee, payout or other", required=True),
        _column("type_given", "text", "What the processor calls it", required=True),
        _column("reference", "text", "Its id, which the shop's payment or refund has too"),
        _column("original", "text", "The charge it gives back or is about"),
        _column("order_ref", "text", "The shop's order, as the processor was told"),
        _column("amount_minor", "money", "What moved before fees; negative: out", required=True),
        _column("fee_minor", "money", "What the processor kept of it; null: nothing"),
        _column("currency", "text", "ISO 4217 code", required=True),
        _column("occurred_at", "timestamp", "When", required=True),
        _column("payout_ref", "text", "The payout it is part of; null: not said"),
        _column("trace_id", "text", "What the bank calls a payout; null: not said"),
    ),
)

BALANCE = Dataset(
    name="settlement_balance",
    kind=Kind.EVENT,
    title="One row per currency: what was held before and after the day, where the processor's file says it",
    key=("currency",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        _column("currency", "text", "ISO 4217 code", required=True),
        _column("processor", "text", "The processor", required=True),
        _column("opening_minor", "money", "What was held at its beginning", required=True),
        _column("closing_minor", "money", "What was held at its end", required=True),
    ),
)
TARGET = Target(columns=ROW.columns, key=ROW.key, currency="currency")


@captures(ROW, BALANCE)
def settlement_rows(client: SettlementClient, reading: Reading) -> Mapping[str, Rows]:
    """Every movement of the day and the balances around it, from files that say that they are whole."""
    settled = client.of_day(reading.day, TARGET)
    for one in settled.rows:
        if not reading.start <= one["occurred_at"] < reading.end:
            raise PermanentFailure(
                f"settlement {reading.instance}: movement {one['entry_id']} is of "
                f"{one['occurred_at'].isoformat()}, not of {reading.day}. Ask the processor for reports by "
                "UTC days, or for the time zone that the mapping names."
            )
    reading.dropped.update({f"{ROW.name}: {name}": times for name, times in settled.dropped.items()})
    rows = list(reading.records(_pages(settled, settled.rows), ROW))
    balances = [
        {
            "currency": one.currency,
            "processor": client.processor,
            "opening_minor": int(one.opening),
            "closing_minor": int(one.closing),
        }
        for one in settled.balances
    ]
    return {
        ROW.name: [row(ROW, record) for record in rows],
        BALANCE.name: [row(BALANCE, r) for r in reading.records(_pages(settled, balances), BALANCE)],
    }


def _pages(settled: Settled, records: list[dict[str, Any]]) -> Iterator[Page]:
    """Yield the one page of what the day's files hold, with their digests as the request."""
    yield Page(records, ", ".join(f"{name} sha256:{sha256}" for name, sha256 in settled.files))
