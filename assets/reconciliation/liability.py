"""What is owed to holders of gift cards and to tax authorities? Expected and actual, for PI-03.d and PI-07.

Collected: nothing new; computed from the shop's gift cards, orders and refunds, and the register of returns.
Never: a tolerance, and no verdict. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind

OF_A_DAY = ("PI-07.time_zones", "PI-07.marketplace_channels")
DAYS_OF_TAX = 62
"""A month's return is due some weeks after the month, so that its first days lie this far back."""

GIFTCARD = Dataset(
    name="reconciliation_giftcard",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per movement on a gift card: the balance it leaves, and the one that it should (R18)",
    key=("gc_id", "seq"),
    may_be_empty=True,
    columns=(
        Column("gc_id", "text", "The card, as an opaque reference", required=True),
        Column("seq", "int", "Which of its movements, from 1", required=True),
        Column("kind", "text", "issue, redeem, refund, expire or adjust", required=True),
        Column("currency", "text", "ISO 4217 code", required=True),
        Column("occurred_at", "timestamp", "When", required=True),
        Column("order_id", "text", "The order that bought, redeemed or gave back"),
        Column("amount_minor", "money", "By how much the balance changes", required=True),
        Column(
            "balance_before_minor", "money", "Balance the movement before left; null: that one is missing"
        ),
        Column("balance_after_minor", "money", "Balance as recorded", required=True),
        Column("expected_balance_minor", "money", "Balance before and amount; null: no movement before"),
        Column(
            "chain",
            "text",
            "first, follows, other currency, or entry missing before: how it stands to the one before",
            required=True,
        ),
        Column("sign_fits", "bool", "Whether the amount adds or takes as its kind says", required=True),
        Column(
            "order_link",
            "text",
            "not needed, known, none or unknown: whether what is redeemed names an order there is",
            required=True,
        ),
    ),
)

TAX_DAY = Dataset(
    name="reconciliation_tax_day",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per tax date, jurisdiction and currency: tax of the day's orders and of its refunds (R35)",
    key=("tax_date", "jurisdiction", "currency"),
    may_be_empty=True,
    parameters=OF_A_DAY,
    columns=(
        Column("tax_date", "date", "The date in the jurisdiction", required=True),
        Column("jurisdiction", "text", "Who levies it", required=True),
        Column("currency", "text", "ISO 4217 code", required=True),
        Column("documents", "int", "Orders and refunds", required=True),
        Column("taxable_minor", "money", "What orders were taxed on", required=True),
        Column("tax_minor", "money", "Tax of orders", required=True),
        Column("refunded_taxable_minor", "money", "The part of it that refunds gave back", required=True),
        Column("refunded_tax_minor", "money", "Tax that refunds gave back", required=True),
    ),
)

TAX_LIABILITY = Dataset(
    name="reconciliation_tax_liability",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per period to be reported or filed by the day: our ledger, and engine or return (R35)",
    key=("jurisdiction", "period", "compared_with"),
    may_be_empty=True,
    parameters=("PI-07.engine_due_days", "PI-07.filing_due_days", *OF_A_DAY),
    columns=(
        Column("jurisdiction", "text", "Who levies the tax", required=True),
        Column("period", "text", "The month or day it is about", required=True),
        Column("compared_with", "text", "engine or filed", required=True),
        Column("period_start", "date", "Its first day", required=True),
        Column("period_end", "date", "Its last day", required=True),
        Column("currency", "text", "ISO 4217 code of the ledger's amounts; null: nothing was taxed"),
        Column("documents", "int", "Orders and refunds in it", required=True),
        Column(
            "ledger_taxable_minor",
            "money",
            "What our ledger says was taxed, refunds taken off; null: days are missing, or two currencies",
        ),
        Column("ledger_tax_minor", "money", "The tax on it; null likewise"),
        Column("stated", "bool", "Whether the engine reported it, or it was filed", required=True),
        Column("stated_taxable_minor", "money", "What they say was taxed"),
        Column("stated_tax_minor", "money", "The tax they say"),
        Column("filed_on", "date", "When it was filed"),
        Column("due_on", "date", "Until when it was to be filed, as the register says"),
    ),
)

GIFTCARDS = Derivation(
    GIFTCARD,
    sql_beside(__file__, "giftcard.sql"),
    ("shop_giftcard_entry", "shop_earlier_giftcard_entry", "shop_order", "shop_earlier_order"),
    before={"shop_order": 1},
)
TAX_DAYS = Derivation(
    TAX_DAY,
    sql_beside(__file__, "tax_day.sql"),
    (
        "shop_order_tax_line",
        "shop_order",
        "shop_order_line",
        "shop_refund",
        "shop_refund_line",
        "shop_earlier_order",
        "shop_earlier_line",
        "shop_earlier_tax_line",
    ),
)
TAX_LIABILITIES = Derivation(
    TAX_LIABILITY,
    sql_beside(__file__, "tax_liability.sql"),
    ("reconciliation_tax_day", "register_tax_return", "register_tax_registration"),
    of_derived=True,
    before={"reconciliation_tax_day": DAYS_OF_TAX},
)
