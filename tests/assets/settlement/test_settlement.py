"""Are settlement files read only if they are whole, and do their rows say what the processor did?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from assets.failures import PermanentFailure
from assets.settlement.assets import TARGET
from assets.settlement.client import Settled, SettlementClient
from assets.settlement.frames import Balance, shopify

DAY = date(2026, 3, 10)
HEADING = (
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event '
    'Code","Transaction Initiation Date","Transaction Completion Date","Transaction  Debit or Credit",'
    '"Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount",'
    '"Fee Currency","Note"'
)
AT = "2026/03/10 08:00:01 +0000"
REPORT = f""""RH",{AT},"R","ACC",009,
"FH",01
"SH",{AT},{AT},"ACC",""
{HEADING}
"SB","T1","o1","","","T0006",{AT},{AT},"CR",1000,"USD","DR",64,"USD","a note"
"SB","T2","o1","T1","TXN","T1107",{AT},{AT},"DR",500,"USD","",,"",""
"SF","USD",1000,500,0,64,"CR",7,"CR",443,"CR",0,"CR",0,"CR",7,"CR",443,2
"SC",2
"RF","USD",1000,500,0,64,"CR",7,"CR",443,"CR",0,"CR",0,"CR",7,"CR",443,2
"RC",2
"FF",2
"""


def paypal(folder: Path, text: str = REPORT) -> Settled:
    """Return what a report comes to."""
    (folder / "STL-20260310.01.009.CSV").write_text(text, encoding="utf-8")
    return SettlementClient("main", "paypal", folder, "paypal", "STL-{day}.*.CSV").of_day(DAY, TARGET)


def test_a_report_of_paypal_becomes_rows_and_balances(tmp_path: Path) -> None:
    """What is debited is negative; a fee that is debited is kept; the note is no column of ours."""
    found = paypal(tmp_path)
    at = datetime(2026, 3, 10, 8, 0, 1, tzinfo=UTC)
    shared: dict[str, Any] = {
        "processor": "paypal",
        "currency": "USD",
        "occurred_at": at,
        "order_ref": "o1",
        "payout_ref": None,
        "trace_id": None,
    }
    assert [
        {
            **shared,
            "entry_id": "T1",
            "kind": "charge",
            "type_given": "T0006",
            "reference": "T1",
            "original": None,
            "amount_minor": 1000,
            "fee_minor": 64,
        },
        {
            **shared,
            "entry_id": "T2",
            "kind": "refund",
            "type_given": "T1107",
            "reference": "T2",
            "original": "T1",
            "amount_minor": -500,
            "fee_minor": 0,
        },
    ] == found.rows
    assert (Balance("USD", "7", "443"),) == found.balances
    assert "Note" in found.dropped


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"RC",2\n', "", "no record count"),
        ('"SC",2', '"SC",3', "line 8: the file says that the rows in the section is 3, and has 2"),
        ('"SF","USD",1000', '"SF","USD",1001', "line 7: the file says that the sum of gross CR is 1001"),
        ('"CR",1000,"USD","DR"', '"CR",10.00,"USD","DR"', "line 5: found '10.00', expected digits alone"),
        ("T1107", "T9999", "line 6, column Transaction Event Code: found 'T9999'"),
    ],
)
def test_a_report_that_is_not_whole_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """With the line where it is not."""
    with pytest.raises(PermanentFailure) as refused:
        paypal(tmp_path, REPORT.replace(old, new, 1))
    assert said in str(refused.value)


def test_a_day_without_a_file_is_refused(tmp_path: Path) -> None:
    """It says which file is missing and what to do; no file is not no payments."""
    client = SettlementClient("main", "paypal", tmp_path, "paypal", "STL-{day}.*.CSV")
    with pytest.raises(PermanentFailure) as refused:
        client.of_day(DAY, TARGET)
    assert "there is no file STL-20260310.*.CSV" in str(refused.value)


ADYEN = """Psp Reference,Merchant Reference,Creation Date,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number
P1,o1,2026-03-10 11:26:49,Settled,M1,GBP,,5.00,GBP,,4.88,,0.04,0.01,0.07,4
P2,o2,2026-03-10 22:37:26,Chargeback,M2,GBP,1.00,,GBP,1.50,,0.50,,,,4
,,2026-03-10 23:00:00,MerchantPayout,M3,,,,GBP,3.38,,,,,,4
"""  # noqa: E501 - as the processor writes it


def adyen(folder: Path, text: str = ADYEN) -> Settled:
    """Return what settlement details come to."""
    (folder / "settlement_20260310.csv").write_text(text, encoding="utf-8")
    return SettlementClient("main", "adyen", folder, "adyen", "settlement_{day}.csv").of_day(DAY, TARGET)


def test_details_of_adyen_are_what_was_settled_before_costs(tmp_path: Path) -> None:
    """The four costs are the fee; the batch is the payout."""
    assert [
        ("M1", "charge", "o1", 500, 12, "4"),
        ("M2", "dispute", "o2", -100, 50, "4"),
        ("M3", "payout", None, -338, 0, "4"),
    ] == [
        tuple(
            row[name] for name in ("entry_id", "kind", "order_ref", "amount_minor", "fee_minor", "payout_ref")
        )
        for row in adyen(tmp_path).rows
    ]


def test_a_batch_that_does_not_come_to_nothing_is_refused(tmp_path: Path) -> None:
    """A row is missing, or the payout."""
    without = "\n".join(line for line in ADYEN.splitlines() if "P2" not in line)
    with pytest.raises(PermanentFailure, match=r"batch 4 in GBP comes to 1\.50 with its payout"):
        adyen(tmp_path, without)


def test_payouts_of_shopify_come_to_nothing_with_themselves() -> None:
    """One transaction too few is refused."""
    listed = [
        {"id": 1, "type": "charge", "payout_id": 9, "amount": "8.50", "fee": "0.50", "net": "8.00"},
        {"id": 2, "type": "payout", "payout_id": 9, "amount": "-8.00", "fee": "0.00", "net": "-8.00"},
    ]
    assert (
        json.dumps({"transactions": listed})
        == shopify(json.dumps({"transactions": listed}).encode(), "x").text
    )
    with pytest.raises(PermanentFailure, match=r"payout 9 come to -8\.00"):
        shopify(json.dumps({"transactions": listed[1:]}).encode(), "x")


def test_a_transaction_of_shopify_whose_net_is_not_amount_less_fee_is_refused() -> None:
    """The nets come to nothing, and what would be kept of them does not."""
    listed = [
        {"id": 1, "type": "charge", "payout_id": 9, "amount": "8.50", "fee": "0.40", "net": "8.00"},
        {"id": 2, "type": "payout", "payout_id": 9, "amount": "-8.00", "fee": "0.00", "net": "-8.00"},
    ]
    with pytest.raises(PermanentFailure, match=r"of 1 \(8\.50 less 0\.40 is not 8\.00\)"):
        shopify(json.dumps({"transactions": listed}).encode(), "x")
