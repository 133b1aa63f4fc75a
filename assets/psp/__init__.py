"""What did the payment processors do, whichever they are: charges, refunds, disputes, the balance, payouts?

Collected: nothing new; computed from what a processor's own source stored, one derivation a source, in one
shape. Amounts that a processor counts in its own smallest unit become minor units by ISO 4217, exactly: one
that is no whole number of them stays as it is counted beside, and says so. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind


def _derived(name: str, title: str, *columns: Column, key: tuple[str, ...] = ("id",)) -> Dataset:
    return Dataset(
        name=f"psp_{name}",
        kind=Kind.DERIVED,
        follows=Kind.EVENT,
        title=title,
        key=key,
        columns=columns,
        may_be_empty=True,
    )


def _id(meaning: str) -> Column:
    return Column("id", "text", meaning, required=True)


PROCESSOR = Column("processor", "text", "The processor, as the shop's payments name it", required=True)
CURRENCY = Column("currency", "text", "ISO 4217 code", required=True)
CREATED = Column("created_at", "timestamp", "When it was made", required=True)
EXACT = Column(
    "amount_exact",
    "bool",
    "Whether every amount is a whole number of minor units; null: the currency is in no register",
)


def _money(name: str, meaning: str) -> Column:
    return Column(name, "money", f"{meaning}; null: no whole number of minor units")


CHARGE = _derived(
    "charge",
    "One row per attempt to charge that a processor knows of, as it stood when it was read",
    _id("The charge: what the shop's payment calls processor_ref"),
    PROCESSOR,
    Column("payment_intent", "text", "The payment it belongs to; null: none"),
    _money("amount_minor", "What was to be paid"),
    _money("captured_minor", "What was taken of it; 0: authorised only, or failed"),
    _money("refunded_minor", "What was given back since, or released"),
    CURRENCY,
    EXACT,
    Column("amount_counted", "int", "What was to be paid, as the processor counts it", required=True),
    Column("status", "text", "failed, pending, authorised, captured or voided", required=True),
    Column("failure_code", "text", "Why it failed; null: it did not"),
    CREATED,
    Column("livemode", "bool", "Whether real money was meant", required=True),
    Column("order_ref", "text", "The shop's order, as the processor was told; null: it was told none"),
    Column("balance_entry", "text", "What it did to the balance; null: nothing (yet)"),
    Column(
        "attempts_listed",
        "bool",
        "Whether this source lists what moved no money too: failed attempts and authorisations",
        required=True,
    ),
)

REFUND = _derived(
    "refund",
    "One row per refund a processor made on the day",
    _id("The refund: what the shop's refund calls processor_ref"),
    PROCESSOR,
    Column("charge", "text", "The charge it gives back; null: not said"),
    _money("amount_minor", "What was given back"),
    CURRENCY,
    EXACT,
    Column("amount_counted", "int", "What was given back, as the processor counts it", required=True),
    Column("status", "text", "pending, succeeded, failed or canceled; null: not said"),
    Column(
        "released", "bool", "Whether an authorisation was released, so that no money moved", required=True
    ),
    CREATED,
    Column("order_ref", "text", "The shop's order, as the processor was told; null: it was told none"),
    Column("balance_entry", "text", "What it did to the balance; null: nothing (yet)"),
)

DISPUTE = _derived(
    "dispute",
    "One row per dispute opened on the day, as it stood when it was read",
    _id("The dispute"),
    PROCESSOR,
    Column("charge", "text", "The charge that is disputed; null: not said"),
    _money("amount_minor", "What is disputed"),
    CURRENCY,
    EXACT,
    Column("status", "text", "open, won or lost, or an inquiry, which moves no money", required=True),
    CREATED,
)

BALANCE_ENTRY = _derived(
    "balance_entry",
    "One row per movement of the balance at a processor on the day",
    _id("The movement"),
    PROCESSOR,
    Column("type", "text", "charge, refund, dispute, fee, payout or other", required=True),
    Column("type_given", "text", "What the processor calls it", required=True),
    Column("source", "text", "The charge, refund, dispute or payout that caused it; null: not said"),
    _money("amount_minor", "What moved before fees; negative: out of the balance"),
    _money("fee_minor", "What the processor kept"),
    _money("net_minor", "What moved in the end"),
    CURRENCY,
    EXACT,
    CREATED,
    Column("available_at", "timestamp", "When it can be paid out; null: not said"),
    Column("payout", "text", "The payout it is part of; null: the movement does not say"),
    Column(
        "exchange_rate",
        "text",
        "Amount paid times this is the amount above, both as the processor counts; null: not converted",
        unit="decimal number, exactly as written",
    ),
)

FEE = _derived(
    "fee",
    "One row per fee that a movement of the balance paid",
    Column("balance_entry", "text", "The movement", required=True),
    Column("seq", "int", "Which of its fees", required=True),
    PROCESSOR,
    Column("kind", "text", "What it is for, as the processor says"),
    _money("amount_minor", "How much"),
    CURRENCY,
    key=("balance_entry", "seq"),
)

PAYOUT = _derived(
    "payout",
    "One row per payout to the bank made on the day, with what it consists of",
    _id("The payout"),
    PROCESSOR,
    _money("amount_minor", "What is paid out"),
    CURRENCY,
    EXACT,
    Column("automatic", "bool", "Whether the processor knows what is in it", required=True),
    Column("reconciliation_status", "text", "completed: what is in it is listed; null: not said"),
    Column("status", "text", "pending, in_transit, paid, failed or canceled", required=True),
    CREATED,
    Column("arrival_date", "date", "When the bank should have it", required=True),
    Column("trace_id", "text", "What the bank calls it; null: not known"),
    Column("contents_count", "int", "How many movements it consists of; null: not listed"),
    _money("contents_net_minor", "What they come to"),
)

BALANCE = Dataset(
    name="psp_balance",
    kind=Kind.DERIVED,
    follows=Kind.STATE,
    title="One row per currency held at a processor: what the balance was at an instant",
    key=("processor", "currency"),
    columns=(
        PROCESSOR,
        CURRENCY,
        Column("as_of", "timestamp", "When it was that", required=True),
        Column("total_minor", "money", "All of it; null: no whole number of minor units"),
        EXACT,
    ),
    may_be_empty=True,
)

STRIPE_CHARGES = Derivation(
    CHARGE, sql_beside(__file__, "charge_stripe.sql"), ("stripe_charge", "register_currency")
)
STRIPE_REFUNDS = Derivation(
    REFUND, sql_beside(__file__, "refund_stripe.sql"), ("stripe_refund", "register_currency")
)
STRIPE_DISPUTES = Derivation(
    DISPUTE, sql_beside(__file__, "dispute_stripe.sql"), ("stripe_dispute", "register_currency")
)
STRIPE_BALANCE_ENTRIES = Derivation(
    BALANCE_ENTRY,
    sql_beside(__file__, "balance_entry_stripe.sql"),
    ("stripe_balance_transaction", "register_currency"),
)
STRIPE_FEES = Derivation(
    FEE, sql_beside(__file__, "fee_stripe.sql"), ("stripe_balance_transaction", "register_currency")
)
STRIPE_PAYOUTS = Derivation(
    PAYOUT,
    sql_beside(__file__, "payout_stripe.sql"),
    ("stripe_payout", "stripe_payout_transaction", "register_currency"),
)
STRIPE_BALANCE = Derivation(
    BALANCE, sql_beside(__file__, "balance_stripe.sql"), ("stripe_balance", "register_currency")
)
SETTLEMENT_CHARGES = Derivation(
    CHARGE, sql_beside(__file__, "charge_settlement.sql"), ("settlement_row", "register_currency")
)
SETTLEMENT_REFUNDS = Derivation(
    REFUND, sql_beside(__file__, "refund_settlement.sql"), ("settlement_row", "register_currency")
)
SETTLEMENT_DISPUTES = Derivation(
    DISPUTE, sql_beside(__file__, "dispute_settlement.sql"), ("settlement_row", "register_currency")
)
SETTLEMENT_BALANCE_ENTRIES = Derivation(
    BALANCE_ENTRY,
    sql_beside(__file__, "balance_entry_settlement.sql"),
    ("settlement_row", "register_currency"),
)
SETTLEMENT_FEES = Derivation(FEE, sql_beside(__file__, "fee_settlement.sql"), ("settlement_row",))
SETTLEMENT_PAYOUTS = Derivation(
    PAYOUT, sql_beside(__file__, "payout_settlement.sql"), ("settlement_row", "register_currency")
)
SETTLEMENT_BALANCE = Derivation(
    BALANCE, sql_beside(__file__, "balance_settlement.sql"), ("settlement_balance", "register_currency")
)
