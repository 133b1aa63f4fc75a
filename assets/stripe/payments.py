"""Which payments were attempted on a day, and what was given back or disputed on it?"""

from __future__ import annotations

from collections.abc import Mapping

from assets.capture import Reading, Rows, captures
from assets.stripe.client import StripeClient
from assets.stripe.rows import (
    CREATED,
    CURRENCY,
    KEPT_DAYS,
    LIVEMODE,
    ORDER_REF,
    amount,
    column,
    identity,
    of_the_day,
    stripe_row,
    window,
)
from warehouse.dataset import Column, Dataset, Kind

CHARGE = Dataset(
    name="stripe_charge",
    kind=Kind.EVENT,
    title="One row per attempt to charge made on the day, as it stood when it was read",
    key=("charge_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("charge_id", "The charge"),
        CREATED,
        amount("amount_minor", "What was to be paid"),
        amount(
            "amount_captured_minor",
            "What was taken of it; 0: authorised only, or failed; null: an old version does not say",
            required=False,
        ),
        amount("amount_refunded_minor", "What was given back since, or released"),
        CURRENCY,
        column("status", "text", "succeeded, pending or failed", required=True),
        column("captured", "bool", "Whether the money was taken", required=True),
        column("disputed", "bool", "Whether the payer's bank disputes it; null: not said"),
        LIVEMODE,
        column("payment_intent", "text", "The payment intent it belongs to; null: none"),
        column("failure_code", "text", "Why it failed; null: it did not"),
        Column("outcome_type", "text", "authorized, issuer_declined, blocked, …", source="outcome.type"),
        Column("network_status", "text", "What the card network said", source="outcome.network_status"),
        Column("risk_level", "text", "normal, elevated or highest", source="outcome.risk_level"),
        column("balance_transaction", "text", "What it did to the balance; null: nothing (yet)"),
        ORDER_REF,
    ),
)

PAYMENT_INTENT = Dataset(
    name="stripe_payment_intent",
    kind=Kind.EVENT,
    title="One row per payment begun on the day, whatever became of it",
    key=("payment_intent_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("payment_intent_id", "The payment intent"),
        CREATED,
        amount("amount_minor", "What is to be paid"),
        amount("amount_received_minor", "What was taken", required=False),
        CURRENCY,
        column("status", "text", "requires_…, processing, canceled or succeeded", required=True),
        column("capture_method", "text", "Whether it is taken at once or after an authorisation"),
        Column(
            "last_error_code",
            "text",
            "Why the last attempt failed; null: it did not",
            source="last_payment_error.code",
        ),
        column("latest_charge", "text", "The newest charge made for it"),
        column("canceled_at", "timestamp", "When it was given up; null: never"),
        LIVEMODE,
        ORDER_REF,
    ),
)

REFUND = Dataset(
    name="stripe_refund",
    kind=Kind.EVENT,
    title="One row per refund made on the day, authorisations that were released included",
    key=("refund_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("refund_id", "The refund"),
        CREATED,
        column("charge", "text", "The charge it gives back"),
        column("payment_intent", "text", "The payment intent of that charge"),
        amount("amount_minor", "What was given back"),
        CURRENCY,
        column("status", "text", "pending, requires_action, succeeded, failed or canceled"),
        column("reason", "text", "duplicate, fraudulent, requested_by_customer, …"),
        column("failure_reason", "text", "Why it failed; null: it did not"),
        column(
            "balance_transaction",
            "text",
            "What it did to the balance; null: nothing, an authorisation was released",
        ),
        ORDER_REF,
    ),
)

DISPUTE = Dataset(
    name="stripe_dispute",
    kind=Kind.EVENT,
    title="One row per dispute opened on the day, as it stood when it was read",
    key=("dispute_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        identity("dispute_id", "The dispute"),
        CREATED,
        column("charge", "text", "The charge that is disputed", required=True),
        column("payment_intent", "text", "The payment intent of that charge"),
        amount("amount_minor", "What is disputed"),
        CURRENCY,
        column("status", "text", "needs_response, under_review, won, lost, …", required=True),
        column("reason", "text", "What the payer says", required=True),
        Column("evidence_due_at", "timestamp", "Until when we may answer", source="evidence_details.due_by"),
        LIVEMODE,
    ),
)

LISTINGS = (
    (CHARGE, "/v1/charges"),
    (PAYMENT_INTENT, "/v1/payment_intents"),
    (REFUND, "/v1/refunds"),
    (DISPUTE, "/v1/disputes"),
)


@captures(*(dataset for dataset, _ in LISTINGS))
def stripe_payments(client: StripeClient, reading: Reading) -> Mapping[str, Rows]:
    """Everything begun on the day about payments. What was created later is of another day: nothing slips."""
    return {
        dataset.name: [
            stripe_row(dataset, record)
            for record in of_the_day(reading, client.pages(path, **window(reading)), dataset)
        ]
        for dataset, path in LISTINGS
    }
