"""What moved the balance on a day, and which movements did the payouts made on it consist of?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.capture import Reading, Rows, captures
from assets.stripe.client import StripeClient
from assets.stripe.rows import (
    CREATED,
    CURRENCY,
    KEPT_DAYS,
    LIVEMODE,
    amount,
    column,
    exact,
    identity,
    of_the_day,
    stripe_row,
    window,
)
from warehouse.dataset import Column, Dataset, Kind

BALANCE_TRANSACTION = Dataset(
    name="stripe_balance_transaction",
    kind=Kind.EVENT,
    title="One row per movement of the balance on the day: charges, refunds, fees, disputes, payouts",
    key=("balance_transaction_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("balance_transaction_id", "The movement"),
        CREATED,
        column("type", "text", "charge, refund, adjustment, payout, …", required=True),
        column("reporting_category", "text", "The same as Stripe's reports group it", required=True),
        column("source", "text", "The charge, refund, dispute or payout that caused it"),
        amount("amount_minor", "What moved before fees; negative: out of the balance"),
        amount("fee_minor", "What Stripe kept"),
        amount("net_minor", "What moved in the end"),
        CURRENCY,
        column("available_on", "timestamp", "When it can be paid out", required=True),
        Column(
            "exchange_rate",
            "text",
            "Paid amount times this is the amount above, both in smallest units; null: nothing was converted",
            unit="decimal number, exactly as Stripe wrote it",
            source="exchange_rate",
        ),
        column("fee_details", "json", "The fees one by one: type, amount, currency, description"),
    ),
)

PAYOUT = Dataset(
    name="stripe_payout",
    kind=Kind.EVENT,
    title="One row per payout to the bank made on the day, as it stood when it was read",
    key=("payout_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("payout_id", "The payout"),
        CREATED,
        amount("amount_minor", "What is paid out"),
        CURRENCY,
        column("automatic", "bool", "Whether Stripe's schedule made it, so that it knows what is in it"),
        column("reconciliation_status", "text", "completed: what is in it can be listed"),
        column("status", "text", "pending, in_transit, paid, failed or canceled", required=True),
        column("arrival_date", "date", "When the bank should have it", required=True),
        Column("trace_id", "text", "What the bank calls it; null: not known", source="trace_id.value"),
        column("method", "text", "standard or instant"),
        column("balance_transaction", "text", "The movement of the balance it is itself"),
        column("failure_code", "text", "Why it failed; null: it did not"),
        LIVEMODE,
    ),
)

PAYOUT_TRANSACTION = Dataset(
    name="stripe_payout_transaction",
    kind=Kind.EVENT,
    title="One row per movement that a payout made on the day consists of, the payout's own included",
    key=("payout_id", "balance_transaction_id"),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("payout_id", "text", "The payout", required=True),
        identity("balance_transaction_id", "The movement, maybe of an earlier day"),
        column("type", "text", "charge, refund, adjustment, payout, …", required=True),
        amount("net_minor", "What it contributes"),
        CURRENCY,
    ),
)


@captures(BALANCE_TRANSACTION, PAYOUT, PAYOUT_TRANSACTION)
def stripe_settlement(client: StripeClient, reading: Reading) -> Mapping[str, Rows]:
    """Every movement and payout of the day, and what each payout consists of.

    A movement does not name its payout; Stripe lists those of one payout where its schedule made it and it
    has been reconciled. Of others the payout's row says that it is not known.
    """
    movements = [
        balance_transaction(record)
        for record in of_the_day(
            reading, client.pages("/v1/balance_transactions", **window(reading)), BALANCE_TRANSACTION
        )
    ]
    payouts = [
        stripe_row(PAYOUT, record)
        for record in of_the_day(reading, client.pages("/v1/payouts", **window(reading)), PAYOUT)
    ]
    contents = [
        stripe_row(PAYOUT_TRANSACTION, record, payout_id=payout["payout_id"])
        for payout in payouts
        if payout["automatic"] and payout["reconciliation_status"] == "completed"
        for record in reading.records(
            client.pages("/v1/balance_transactions", payout=payout["payout_id"]), PAYOUT_TRANSACTION
        )
    ]
    return {
        BALANCE_TRANSACTION.name: movements,
        PAYOUT.name: payouts,
        PAYOUT_TRANSACTION.name: contents,
    }


def balance_transaction(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a movement, its rate exact."""
    rate = exact(BALANCE_TRANSACTION, "exchange_rate", record.get("exchange_rate"))
    return stripe_row(BALANCE_TRANSACTION, record, exchange_rate=rate)
