"""What does the payout that Shopify was recorded listing come to?

The recorded answers are not part of this repository: EVIDENCE_SHARED names the folder that has them.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assets.failures import PermanentFailure
from assets.mapping.declared import read_mapping
from assets.mapping.engine import fill
from assets.psp import SETTLEMENT_BALANCE_ENTRIES, SETTLEMENT_PAYOUTS
from assets.settlement.assets import TARGET
from assets.settlement.client import MAPPINGS, ROWS
from assets.settlement.frames import shopify
from tests.assets.derivations import derived

SHARED = Path(os.environ.get("EVIDENCE_SHARED", Path(__file__).parents[4] / "shared"))
RECORDED = SHARED / "recorded" / "shopify"
LISTED = RECORDED / "payouts_transactions.json"
pytestmark = pytest.mark.skipif(
    not RECORDED.exists(),
    reason=f"no recorded answers at {SHARED}: set EVIDENCE_SHARED to the folder that has them",
)
PAYOUT = 623_721_858
CURRENCIES = [{"currency": "USD", "minor_digits": 2, "processor_multiple": 1}]


def mapped(folder: Path) -> list[dict[str, Any]]:
    """Return the recorded transactions in our columns, as the shipped mapping reads them, whole or not."""
    mapping = read_mapping(MAPPINGS / "shopify.yaml", {ROWS: frozenset(TARGET.named())}, of="shopify")
    (folder / mapping.tables[ROWS].file).write_bytes(LISTED.read_bytes())
    return fill(mapping, folder, {ROWS: TARGET}, of="shopify")[ROWS].rows


def test_the_recorded_transactions_are_refused_for_they_are_not_those_of_their_payout() -> None:
    """The file is no whole one, so that the rule which refuses it is right.

    They are samples, put together: transactions of 2014 to 2020 all name one payout, which its own record
    dates 12 November 2019. Of the one of 1.50 less -0.25 the net is said to be -1.75. Left alone,
    the rest would still come to 39.48 more than the payout.
    """
    listed = json.loads(LISTED.read_bytes())["transactions"]

    with pytest.raises(PermanentFailure, match=r"of 758509248 \(-1\.50 less -0\.25 is not -1\.75\)"):
        shopify(LISTED.read_bytes(), "payouts_transactions.json")

    for one in listed:
        one["fee"] = str(Decimal(one["amount"]) - Decimal(one["net"]))
    with pytest.raises(PermanentFailure, match=rf"payout {PAYOUT} come to 39\.48 with the payout itself"):
        shopify(json.dumps({"transactions": listed}).encode(), "payouts_transactions.json")


def test_the_recorded_payout_is_what_its_own_summary_says() -> None:
    """Charges, refunds and adjustments less their fees are 41.90: it is the list that is another's."""
    payouts = json.loads((RECORDED / "payouts.json").read_bytes())["payouts"]
    (payout,) = [one for one in payouts if one["id"] == PAYOUT]
    parts = {name: Decimal(amount) for name, amount in payout["summary"].items()}
    gross = sum(amount for name, amount in parts.items() if name.endswith("gross_amount"))
    fees = sum(amount for name, amount in parts.items() if name.endswith("fee_amount"))

    assert Decimal("41.90") == Decimal(payout["amount"]) == gross - fees


def test_through_the_mapping_the_recorded_payout_is_less_than_what_it_consists_of(tmp_path: Path) -> None:
    """Were the list stored as it is, the payout would be a break: 24 movements of 81.88 for 41.90."""
    rows = mapped(tmp_path)
    entries = derived(SETTLEMENT_BALANCE_ENTRIES, "main", settlement_row=rows, register_currency=CURRENCIES)
    (payout,) = derived(SETTLEMENT_PAYOUTS, "main", settlement_row=rows, register_currency=CURRENCIES)

    assert {
        "id": str(PAYOUT),
        "amount_minor": 4190,
        "automatic": True,
        "contents_count": 24,
        "contents_net_minor": 8188,
    } == {
        name: payout[name]
        for name in ("id", "amount_minor", "automatic", "contents_count", "contents_net_minor")
    }
    # The one whose net is not its amount less its fee is the other 50 cents.
    assert 3948 + 50 == sum(one["net_minor"] for one in entries)
