"""Does every object that Stripe publishes or was recorded sending load, and is none lost?

The recorded objects are not part of this repository: EVIDENCE_SHARED names the folder that has them.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assets.capture import Reading, day_window
from assets.failures import PermanentFailure
from assets.stripe.account import stripe_event, stripe_states
from assets.stripe.client import StripeClient
from assets.stripe.payments import stripe_payments
from assets.stripe.settlement import stripe_settlement
from warehouse.store import conform, table_of

if TYPE_CHECKING:
    from conftest import Account

SHARED = Path(os.environ.get("EVIDENCE_SHARED", Path(__file__).parents[4] / "shared"))
FOLDER = SHARED / "recorded" / "stripe"
OF_A_DAY = {
    "charge": ("/v1/charges", stripe_payments),
    "payment_intent": ("/v1/payment_intents", stripe_payments),
    "refund": ("/v1/refunds", stripe_payments),
    "dispute": ("/v1/disputes", stripe_payments),
    "balance_transaction": ("/v1/balance_transactions", stripe_settlement),
    "payout": ("/v1/payouts", stripe_settlement),
    "event": ("/v1/events", stripe_event),
}
Recorded = dict[str, list[dict[str, Any]]]
pytestmark = pytest.mark.skipif(
    not FOLDER.exists(),
    reason=f"no recorded objects at {FOLDER}: set EVIDENCE_SHARED to the folder that has them",
)


def objects(value: Any) -> Any:
    """Yield every object in a recording that says what it is, those inside others too."""
    if isinstance(value, dict):
        if isinstance(value.get("object"), str) and isinstance(value.get("id"), str):
            yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Return kind -> its objects, as Stripe's own fixtures and a library's recordings have them."""
    found: Recorded = defaultdict(list)
    for path in [FOLDER / "fixtures3.json", *sorted((FOLDER / "dj-stripe").glob("*.json"))]:
        for one in objects(json.loads(path.read_text(encoding="utf-8"))):
            if one["object"] in {*OF_A_DAY, "webhook_endpoint", "account"} and "created" in one:
                found[one["object"]].append(one)
    return found


def whole(record: dict[str, Any]) -> bool:
    """Return whether amounts are what Stripe sends: the library stores some as decimal text."""
    return not any(isinstance(record.get(name), str) for name in ("amount", "amount_captured"))


@pytest.mark.parametrize("kind", OF_A_DAY)
def test_every_recorded_object_becomes_a_row(
    recorded: Recorded, account: Account, client: StripeClient, kind: str
) -> None:
    """On the day it was created; what no column names is counted, not fatal."""
    path, recipe = OF_A_DAY[kind]
    mine = [record for record in recorded[kind] if whole(record)]
    assert mine
    dropped = 0
    for record in mine:
        account.begin()
        account.listings = {where: [] for where, _ in OF_A_DAY.values()}
        account.listings[path] = [{**record, "an_unknown_field": 1}]
        day = datetime.fromtimestamp(record["created"], UTC).date()
        reading = Reading(day, "live", *day_window(day), hmac=str)
        result: Any = recipe.read(client, reading)
        dataset = next(one for one in recipe.datasets if one.name == f"stripe_{kind}")
        rows = list(result[dataset.name] if isinstance(result, dict) else result)
        table = conform(dataset, table_of(dataset, rows))

        assert [record["id"]] == table[dataset.key[0]].to_pylist()
        assert 1 == reading.dropped[f"{dataset.name}: an_unknown_field"]

        dropped += sum(reading.dropped.values())

    assert dropped > len(mine)


@pytest.mark.parametrize("kind", ["charge", "payout"])
def test_an_amount_as_decimal_text_is_refused(
    recorded: Recorded, account: Account, client: StripeClient, kind: str
) -> None:
    """As the library stores it: "10.00" may be ten units or a thousand, so nothing is guessed."""
    path, recipe = OF_A_DAY[kind]
    texts = [record for record in recorded[kind] if not whole(record)]
    assert texts
    for record in texts:
        account.listings = {where: [] for where, _ in OF_A_DAY.values()}
        account.listings[path] = [record]
        day = datetime.fromtimestamp(record["created"], UTC).date()
        with pytest.raises(PermanentFailure, match=r"amount\w*_minor: the source sent a str"):
            recipe.read(client, Reading(day, "live", *day_window(day), hmac=str))


def test_the_account_its_balance_and_webhooks_become_rows(
    recorded: Recorded, account: Account, client: StripeClient
) -> None:
    """As Stripe's own fixtures have them."""
    fixtures = json.loads((FOLDER / "fixtures3.json").read_text(encoding="utf-8"))["resources"]
    account.objects = {"/v1/account": fixtures["account"], "/v1/balance": fixtures["balance"]}
    account.listings["/v1/webhook_endpoints"] = recorded["webhook_endpoint"]
    day = date(2026, 3, 5)
    result: Any = stripe_states.read(client, Reading(day, "live", *day_window(day), hmac=str))
    found = {
        dataset.name: conform(dataset, table_of(dataset, result[dataset.name])).to_pylist()
        for dataset in stripe_states.datasets
    }

    assert [fixtures["account"]["id"]] == [row["account_id"] for row in found["stripe_account"]]
    assert {("usd", "available"), ("usd", "pending"), ("usd", "reserved")} == {
        (row["currency"], row["bucket"]) for row in found["stripe_balance"]
    }
    assert [("example.com", ["charge.failed", "charge.succeeded"])] == [
        (row["url_host"], row["events"]) for row in found["stripe_webhook_endpoint"]
    ]
