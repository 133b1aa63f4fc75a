"""Who corrected what by hand, who agreed, and how far might they go? Facts, judged by PI-10.

Collected: nothing new; computed from the shop's corrections and the register of limits.
Never: a verdict. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind, Privacy

ADJUSTMENT = Dataset(
    name="reconciliation_adjustment",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per correction by hand: its ticket, its approval and its limit (R50)",
    key=("adj_id",),
    may_be_empty=True,
    columns=(
        Column("adj_id", "text", "The correction", required=True),
        Column("entity", "text", "What is corrected", required=True),
        Column("entity_id", "text", "Which one", required=True),
        Column("currency", "text", "ISO 4217 code, or pieces of stock; null: it is about no amount"),
        Column("amount_minor", "money", "By how much, with its sign; null: it is about no amount"),
        Column("magnitude_minor", "money", "By how much, without its sign"),
        Column("actor", "text", "Who made it", privacy=Privacy.WORKFORCE),
        Column("approver", "text", "Who approved it; null: nobody", privacy=Privacy.WORKFORCE),
        Column(
            "second_person",
            "text",
            "Whether nobody, the maker (self) or another approved; null: no maker named",
        ),
        Column("approved_at", "timestamp", "When it was approved"),
        Column("applied_at", "timestamp", "When it took effect", required=True),
        Column("ticket_key", "text", "The ticket that asked for it"),
        Column(
            "limit_minor",
            "money",
            "The most its maker may correct; 0: no limit is registered; null: of what currency?",
        ),
    ),
)

ADJUSTMENTS = Derivation(
    ADJUSTMENT,
    sql_beside(__file__, "adjustment.sql"),
    (
        "shop_manual_adjustment",
        "shop_order",
        "shop_earlier_order",
        "shop_user_role",
        "register_approval_limit",
    ),
)
