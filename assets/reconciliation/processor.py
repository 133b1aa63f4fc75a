"""What should charges, refunds, balances and payouts be, beside what they are (R11, R17, R20 to R25)?

Each row states both sides and how they fit: `match_status` is EXACT, TOLERANCE or TIMING, null where they do
not; `break_type` says how they do not. What is ambiguous is never matched, and no order of rows changes
a match.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind


def _facts(name: str, title: str, key: str, *columns: Column, parameters: tuple[str, ...] = ()) -> Dataset:
    return Dataset(
        name=f"reconciliation_{name}",
        kind=Kind.DERIVED,
        follows=Kind.EVENT,
        title=title,
        key=(key,),
        columns=columns,
        parameters=parameters,
        may_be_empty=True,
    )


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning)


def _money(name: str, meaning: str) -> Column:
    return Column(name, "money", meaning)


def _flag(name: str, meaning: str) -> Column:
    return Column(name, "bool", meaning)


MATCH = (
    _text("match_status", "EXACT, TOLERANCE or TIMING; null: a break"),
    _text(
        "break_type", "How the sides differ: MISSING_LEFT, MISSING_RIGHT, AMOUNT, CURRENCY, STATUS, DUPLICATE"
    ),
    _money("difference_minor", "Left minus right; null: one side is missing"),
)
AGE = Column("age_days", "int", "How many days before the day it was due or read", unit="days")

CHARGE = _facts(
    "charge",
    "One row per attempt to pay, as the shop and as the processor knows it, matched by its reference (R11)",
    "match_key",
    Column("match_key", "text", "Processor and its reference", required=True),
    Column("processor", "text", "The processor", required=True),
    Column(
        "processor_ref", "text", "Its reference there; the shop's payment where there is none", required=True
    ),
    _text("order_id", "The shop's order; null: the shop knows no such payment, or of several orders"),
    _text("order_ref", "The shop's order, as the processor was told"),
    Column(
        "occurred_at",
        "timestamp",
        "When it was attempted, as the processor says, else the shop",
        required=True,
    ),
    Column("platform_found", "bool", "Whether the shop knows it", required=True),
    Column("processor_found", "bool", "Whether the processor knows it", required=True),
    Column(
        "candidates", "int", "The most records of one side that have this reference; more than 1: ambiguous"
    ),
    _flag(
        "attempts_listed",
        "Whether the processor's source lists what moved no money; null: nothing of it is known",
    ),
    _text("platform_status", "failed, pending, authorised, captured or voided"),
    _text("processor_status", "failed, pending, authorised, captured or voided"),
    _money("platform_attempted_minor", "What the shop asked for"),
    _money("processor_attempted_minor", "What the processor was asked for"),
    _money("platform_captured_minor", "What the shop has captured"),
    _money("processor_captured_minor", "What the processor has captured"),
    _text("platform_currency", "The shop's currency"),
    _text("processor_currency", "The processor's currency"),
    _flag(
        "processor_amount_exact",
        "Whether its amounts are whole minor units; null: its currency is in no register",
    ),
    _flag("platform_livemode", "Whether the shop meant real money"),
    _flag("processor_livemode", "Whether the processor did"),
    _flag("is_test", "Whether the order is no real order; null: the order is not known"),
    _text("platform_failure_code", "Why it failed, as the shop recorded"),
    _text("processor_failure_code", "Why it failed, as the processor says"),
    *MATCH,
)

REFUND_MATCH = _facts(
    "refund_match",
    "One row per refund, as the shop and as the processor knows it, matched by its reference (R17)",
    "match_key",
    Column(
        "match_key",
        "text",
        "Reference at the processor, or the shop's own where there is none",
        required=True,
    ),
    _text("refund_id", "The shop's refund"),
    _text("processor", "The processor"),
    _text("processor_ref", "Its reference there"),
    _text("order_id", "The shop's order"),
    Column(
        "occurred_at", "timestamp", "When it was made, as the processor says, else the shop", required=True
    ),
    Column("platform_found", "bool", "Whether the shop knows it", required=True),
    Column("processor_found", "bool", "Whether the processor knows it", required=True),
    Column(
        "candidates", "int", "The most records of one side that have this reference; more than 1: ambiguous"
    ),
    _flag("released", "Whether an authorisation was released that the shop voided, so that no money moved"),
    _text(
        "reason", "Why it was made, as the shop says; null: the shop does not say, or knows no such refund"
    ),
    _text("platform_status", "What became of it, as the shop says"),
    _text("processor_status", "What became of it, as the processor says"),
    _money("platform_minor", "Amount, as the shop has it"),
    _money("processor_minor", "Amount, as the processor has it"),
    _text("platform_currency", "The shop's currency"),
    _text("processor_currency", "The processor's currency"),
    _flag("processor_amount_exact", "Whether its amount is whole minor units"),
    *MATCH,
)

BALANCE_ENTRY = _facts(
    "balance_entry",
    "One row per movement of a balance, and per charge, refund and dispute that should have one (R20, R21, "
    "R25)",
    "subject_key",
    Column("subject_key", "text", "Processor, what it is and its id there", required=True),
    Column("processor", "text", "The processor", required=True),
    Column("kind", "text", "entry; or charge, refund, dispute: something that should have moved the balance"),
    Column("id", "text", "Its id at the processor", required=True),
    _text("type", "Of a movement: charge, refund, dispute, fee, payout or other"),
    _text("source", "Of a movement: what caused it"),
    Column("occurred_at", "timestamp", "When", required=True),
    _text("currency", "Currency of the amounts"),
    _money("amount_minor", "What moved before fees"),
    _money("fee_minor", "What the processor kept"),
    _money("net_minor", "What moved in the end"),
    _flag("amount_exact", "Whether every amount is whole minor units; null: the currency is in no register"),
    _money("expected_net_minor", "Amount less fee"),
    _money("fees_listed_minor", "Sum of its fees one by one; null: none is listed and none was taken"),
    _money("expected_fee_minor", "Fee by the schedule in force; 0 where the schedule has no line"),
    _money("fee_difference_minor", "Fee less expected fee"),
    Column("has_entry", "bool", "Whether there is a movement for it", required=True),
    _money("presented_minor", "What the payer paid or got back, in the currency it was paid in"),
    _text("presented_currency", "The currency it was paid in; null: not known"),
    _flag("converted", "Whether that is another currency; null: not known"),
    _text("exchange_rate", "The rate the processor states"),
    _money("expected_settled_minor", "What was paid, converted by that rate"),
    _money("settled_difference_minor", "Amount less that"),
    *MATCH,
)

PAYOUT = _facts(
    "payout",
    "One row per payout: what it consists of and what the bank received (R22, R24)",
    "payout_key",
    Column("payout_key", "text", "Processor and payout", required=True),
    Column("processor", "text", "The processor", required=True),
    Column("payout_id", "text", "The payout", required=True),
    Column("created_at", "timestamp", "When it was made", required=True),
    Column(
        "made_on_day",
        "bool",
        "Whether it was made on the day; false: on one of the days before",
        required=True,
    ),
    Column("currency", "text", "Currency", required=True),
    _money("amount_minor", "What is paid out"),
    _flag("amount_exact", "Whether every amount is whole minor units"),
    Column("automatic", "bool", "Whether the processor knows what is in it", required=True),
    _text("reconciliation_status", "completed: what is in it is listed"),
    Column("status", "text", "pending, in_transit, paid, failed or canceled", required=True),
    Column("contents_count", "int", "How many movements it consists of"),
    _money("contents_net_minor", "What they come to"),
    Column("arrival_date", "date", "When the bank should have it", required=True),
    Column("deposit_due", "date", "Last day on which the bank may have it", required=True),
    _text("trace_id", "What the bank calls it"),
    _text("deposit_id", "The one deposit with that reference"),
    Column("deposits_found", "int", "How many deposits have that reference and currency", required=True),
    Column("deposit_date", "date", "When the bank counts it from"),
    _money("deposit_minor", "What the bank received; null: nothing in time"),
    *MATCH,
    AGE,
    parameters=("PI-05.deposit_business_days",),
)

BALANCE = _facts(
    "balance",
    "One row per currency held at a processor: does it follow from the balance before and what moved (R23)",
    "balance_key",
    Column("balance_key", "text", "Processor and currency", required=True),
    Column("processor", "text", "The processor", required=True),
    Column("currency", "text", "Currency", required=True),
    Column(
        "opened_at", "timestamp", "When the balance before was read; null: none was in the three days before"
    ),
    Column("closed_at", "timestamp", "When this one was read", required=True),
    _money("opening_minor", "The balance before"),
    _money("moved_minor", "Sum of the movements between; null: of one of the days they are not known"),
    _money("closing_minor", "The balance"),
    _money("expected_minor", "Opening plus what moved"),
    _money(
        "unclear_in_minor",
        "Sum of what came in within a minute of either reading, which may be on both sides",
    ),
    _money("unclear_out_minor", "Likewise of what went out"),
    _money("unexplained_minor", "What is left of the difference by the instants that explain most of it"),
    *MATCH,
    AGE,
)

ATTEMPTS = _facts(
    "attempts",
    "One row per processor: how many attempts to pay the day had, and how many failed (LM-01.e)",
    "processor",
    Column("processor", "text", "The processor", required=True),
    Column("attempts", "int", "Attempts the shop knows", required=True),
    Column("failed", "int", "Those that failed", required=True),
)

CHARGES = Derivation(
    CHARGE,
    sql_beside(__file__, "charge.sql"),
    ("shop_payment", "psp_charge", "shop_order", "shop_earlier_payment", "shop_earlier_order"),
    before={"psp_charge": 1},
    after={"shop_payment": 1, "psp_charge": 1},
)
REFUNDS = Derivation(
    REFUND_MATCH,
    sql_beside(__file__, "refund_match.sql"),
    ("shop_refund", "psp_refund", "shop_payment"),
    before={"psp_refund": 1, "shop_refund": 1, "shop_payment": 1},
    after={"shop_refund": 1, "psp_refund": 1, "shop_payment": 1},
)
BALANCE_ENTRIES = Derivation(
    BALANCE_ENTRY,
    sql_beside(__file__, "balance_entry.sql"),
    (
        "psp_balance_entry",
        "psp_fee",
        "psp_charge",
        "psp_refund",
        "psp_dispute",
        "shop_payment",
        "register_fee_schedule",
        "register_currency",
    ),
    of_derived=True,
    before={"psp_charge": 2},
    after={"psp_balance_entry": 1},
)
PAYOUTS = Derivation(
    PAYOUT,
    sql_beside(__file__, "payout.sql"),
    ("psp_payout", "register_bank_deposit"),
    of_derived=True,
    before={"psp_payout": 7},
    after={"register_bank_deposit": 1},
)
BALANCES = Derivation(
    BALANCE,
    sql_beside(__file__, "balance.sql"),
    ("psp_balance", "psp_balance_entry"),
    of_derived=True,
    before={"psp_balance": 3, "psp_balance_entry": 3},
)
SUMMARIES = Derivation(ATTEMPTS, sql_beside(__file__, "attempts.sql"), ("shop_payment",))
