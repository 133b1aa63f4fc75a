"""Do the rows say what Stripe said, to the minor unit and the last digit of a rate?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from assets.capture import Reading, Recipe, day_window
from assets.failures import PermanentFailure
from assets.stripe.account import BALANCE, stripe_event, stripe_states
from assets.stripe.client import StripeClient
from assets.stripe.keys import stripe_activity_log, stripe_api_key
from assets.stripe.payments import stripe_payments
from assets.stripe.rows import exact
from assets.stripe.settlement import BALANCE_TRANSACTION, stripe_settlement
from sandbox.faults import Faults
from sandbox.process import SEED
from sandbox.processor import Processor
from sandbox.stripe import StripePart
from warehouse.store import conform, table_of

if TYPE_CHECKING:
    from conftest import Account

DAY = date(2026, 3, 5)
SECOND = 1772704800
"""10:00 UTC of that day."""
EMPTY = ("charges", "payment_intents", "refunds", "disputes", "balance_transactions", "payouts", "events")


def read(recipe: Recipe, client: StripeClient, reading: Reading) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a recipe by dataset, having seen that they fit it."""
    found: Any = recipe.read(client, reading)
    filled = found if isinstance(found, dict) else {recipe.datasets[0].name: list(found)}
    return {
        dataset.name: conform(dataset, table_of(dataset, list(filled[dataset.name]))).to_pylist()
        for dataset in recipe.datasets
    }


@pytest.fixture(scope="module")
def company() -> Iterator[tuple[StripeClient, Processor]]:
    """Serve the simulated company's account half an hour after the day, and keep its books."""
    part = StripePart(SEED, Faults(), datetime(2026, 3, 6, 0, 30, tzinfo=UTC))
    where = part.start()
    client = StripeClient("live", where["key"], where["base_url"])
    yield client, Processor(SEED, Faults())
    client.close()
    part.stop()


def test_the_payments_of_a_day_are_read_whole(
    company: tuple[StripeClient, Processor], reading: Reading
) -> None:
    """Four pages of charges and more, each exactly once; amounts as integers, orders by their number."""
    client, books = company
    rows = read(stripe_payments, client, reading)
    paid = {payment.charge: payment for payment in books.payments(DAY)}
    charges = {row["charge_id"]: row for row in rows["stripe_charge"]}
    declined = {charge for payment in paid.values() for charge, _ in payment.failed}

    assert {*paid, *declined} == set(charges)
    assert len(charges) > 300
    assert {key: (p.amount, p.currency.lower(), p.order_id, p.intent) for key, p in paid.items()} == {
        key: (row["amount_minor"], row["currency"], row["order_ref"], row["payment_intent"])
        for key, row in charges.items()
        if key in paid
    }
    assert {("card_declined", "failed", "issuer_declined", 0)} == {
        (row["failure_code"], row["status"], row["outcome_type"], row["amount_captured_minor"])
        for key, row in charges.items()
        if key in declined
    }
    assert {p.intent for p in paid.values()} == {
        row["payment_intent_id"] for row in rows["stripe_payment_intent"]
    }
    assert {DAY} == {row["created_at"].astimezone(UTC).date() for row in charges.values()}


def test_a_payouts_movements_add_up_to_it(company: tuple[StripeClient, Processor], reading: Reading) -> None:
    """Those of two days before, each with its fee; its own movement takes the sum out again."""
    rows = read(stripe_settlement, company[0], reading)

    assert {"eur", "gbp", "usd"} == {row["currency"] for row in rows["stripe_payout"]}
    for payout in rows["stripe_payout"]:
        parts = [r for r in rows["stripe_payout_transaction"] if r["payout_id"] == payout["payout_id"]]

        assert 0 == sum(part["net_minor"] for part in parts)
        assert payout["amount_minor"] == sum(p["net_minor"] for p in parts if p["type"] != "payout")
        assert (date(2026, 3, 6), "paid", "completed") == (
            payout["arrival_date"],
            payout["status"],
            payout["reconciliation_status"],
        )
    movements = rows["stripe_balance_transaction"]

    assert {0} == {row["net_minor"] - row["amount_minor"] + row["fee_minor"] for row in movements}
    assert {None} < {row["exchange_rate"] for row in movements}


def test_the_events_of_a_day_name_what_they_are_about(
    company: tuple[StripeClient, Processor], reading: Reading
) -> None:
    """And none of it: an event carries the whole object."""
    rows = read(stripe_event, company[0], reading)["stripe_event"]

    assert {"charge.captured", "charge.failed", "charge.refunded", "payout.created", "payout.paid"} <= {
        row["type"] for row in rows
    }
    assert {("charge", "ch_"), ("payout", "po_")} <= {(r["object_type"], r["object_id"][:3]) for r in rows}


def test_the_account_is_seen_as_it_stands(company: tuple[StripeClient, Processor], reading: Reading) -> None:
    """Its mode is what its balance says; of a webhook's address only the host is kept."""
    client, books = company
    rows = read(stripe_states, client, reading)
    held = books.balance(datetime(2026, 3, 6, 0, 30, tzinfo=UTC))

    assert [("US", True, True, True, '{"delay_days":2,"interval":"daily"}')] == [
        (r["country"], r["charges_enabled"], r["payouts_enabled"], r["livemode"], r["payout_schedule"])
        for r in rows["stripe_account"]
    ]
    assert {
        (currency.lower(), bucket): part
        for currency, parts in held.items()
        for bucket, part in zip(("available", "pending"), parts, strict=True)
    } == {(row["currency"], row["bucket"]): row["amount_minor"] for row in rows["stripe_balance"]}
    assert ["hooks.acme-shop.example"] * 2 == [row["url_host"] for row in rows["stripe_webhook_endpoint"]]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("1.17583", "1.17583"),
        ("0.1", "0.1"),
        ("1234567890.123456789012345678", "1234567890.123456789012345678"),
        ("1.10", "1.10"),
        ("1e-7", "0.0000001"),
        ("1", "1"),
        ("null", None),
    ],
)
def test_a_rate_keeps_every_digit(
    account: Account, client: StripeClient, reading: Reading, written: str, read_as: str | None
) -> None:
    """No float ever stands for it, in the rows or in the raw pages."""
    account.listings = {f"/v1/{name}": [] for name in EMPTY}
    movement = {
        "id": "txn_1",
        "created": SECOND,
        "type": "charge",
        "reporting_category": "charge",
        "amount": 9007199254740993,
        "fee": 30,
        "net": 9007199254740963,
        "currency": "usd",
        "available_on": SECOND,
        "fee_details": [],
        "exchange_rate": "AS WRITTEN",
    }
    page = json.dumps({"object": "list", "has_more": False, "data": [movement]})
    account.texts["/v1/balance_transactions"] = page.replace('"AS WRITTEN"', written).encode()
    row = read(stripe_settlement, client, reading)["stripe_balance_transaction"][0]

    assert (read_as, 9007199254740993) == (row["exchange_rate"], row["amount_minor"])
    assert not any(isinstance(value, float) for value in reading.pages[0]["records"][0].values())


@pytest.mark.parametrize("value", ["much", "NaN", "Infinity", True, [1], {"rate": 1}])
def test_a_rate_that_is_no_number_is_refused(value: Any) -> None:
    """Without showing it."""
    with pytest.raises(PermanentFailure, match=r"exchange_rate: the source sent a .*, expected a number"):
        exact(BALANCE_TRANSACTION, "exchange_rate", value)


CHARGE = {
    "id": "ch_1",
    "created": SECOND,
    "amount": 1000,
    "amount_captured": 1000,
    "amount_refunded": 0,
    "currency": "usd",
    "status": "succeeded",
    "captured": True,
    "disputed": False,
    "livemode": True,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": "10.00"}, "amount_minor: the source sent a str in field amount, expected an integer"),
        ({"amount": 10.5}, "amount_minor: the source sent a str in field amount, expected an integer"),
        ({"amount": None}, "amount_minor: the source sent no amount, which every record must have"),
        ({"amount": True}, "amount_minor: the source sent a bool"),
        ({"created": "2026-03-05"}, "created_at: the source sent a str in field created, expected whole sec"),
        ({"created": None}, "created_at: the source sent a NoneType in field created"),
        ({"created": SECOND - 86400}, "the source listed a record of another day than 2026-03-05"),
        ({"created": SECOND + 14 * 3600}, "the source listed a record of another day than 2026-03-05"),
        ({"payment_intent": {"id": "pi_1"}}, "payment_intent: the source sent a dict"),
        ({"currency": None}, "currency: the source sent no currency"),
    ],
)
def test_a_record_that_is_not_as_declared_stops_the_capture(
    account: Account, client: StripeClient, reading: Reading, change: dict[str, Any], said: str
) -> None:
    """It is never guessed: no text becomes an amount, no other day's record slips in."""
    account.listings = {f"/v1/{name}": [] for name in EMPTY}
    account.listings["/v1/charges"] = [CHARGE | change]
    with pytest.raises(PermanentFailure) as refused:
        read(stripe_payments, client, reading)

    assert said in str(refused.value)


def test_seconds_of_no_year_are_refused(account: Account, client: StripeClient, reading: Reading) -> None:
    """As of a clock gone mad."""
    account.listings = {f"/v1/{name}": [] for name in EMPTY}
    account.listings["/v1/payment_intents"] = [
        {**CHARGE, "id": "pi_1", "status": "canceled", "canceled_at": 10**18}
    ]
    with pytest.raises(PermanentFailure, match="seconds in field canceled_at that are in no year"):
        read(stripe_payments, client, reading)


def test_a_day_without_payments_is_no_failure(
    account: Account, client: StripeClient, reading: Reading
) -> None:
    """Every listing says itself that it is empty."""
    account.listings = {f"/v1/{name}": [] for name in EMPTY}

    assert [[]] * 4 == list(read(stripe_payments, client, reading).values())
    assert [[]] * 3 == list(read(stripe_settlement, client, reading).values())


@pytest.mark.parametrize(
    ("automatic", "status"), [(False, "not_applicable"), (True, "in_progress"), (None, None)]
)
def test_a_payout_whose_contents_stripe_does_not_know_is_not_asked_for_them(
    account: Account, client: StripeClient, reading: Reading, automatic: bool | None, status: str | None
) -> None:
    """Its row says so, instead of an empty list that would look like nothing."""
    account.listings = {f"/v1/{name}": [] for name in EMPTY}
    account.listings["/v1/payouts"] = [
        {
            "id": "po_1",
            "created": SECOND,
            "amount": 5,
            "currency": "usd",
            "status": "paid",
            "arrival_date": SECOND,
            "livemode": True,
            "automatic": automatic,
            "reconciliation_status": status,
        }
    ]
    rows = read(stripe_settlement, client, reading)

    assert [(automatic, status)] == [
        (row["automatic"], row["reconciliation_status"]) for row in rows["stripe_payout"]
    ]
    assert [] == rows["stripe_payout_transaction"]
    assert not any("payout=" in path for path in account.asked)


def balance(**parts: Any) -> dict[str, Any]:
    """Return a balance with nothing in it but what is given."""
    return {"object": "balance", "livemode": False, "available": [], "pending": [], **parts}


def test_the_parts_of_a_balance_add_up_and_others_are_counted(
    account: Account, client: StripeClient, reading: Reading
) -> None:
    """What can be paid out at once is part of what is available: it would be counted twice."""
    account.objects["/v1/account"] = {"id": "acct_1"}
    account.objects["/v1/balance"] = balance(
        available=[{"amount": 700, "currency": "usd", "source_types": {"card": 700}}],
        connect_reserved=[{"amount": 50, "currency": "usd"}],
        instant_available=[{"amount": 700, "currency": "usd"}],
    )
    account.listings["/v1/webhook_endpoints"] = []
    rows = read(stripe_states, client, reading)

    assert {("available", 700, False), ("reserved", 50, False)} == {
        (row["bucket"], row["amount_minor"], row["livemode"]) for row in rows["stripe_balance"]
    }
    assert {"stripe_balance: instant_available": 1, "stripe_balance: source_types": 1} == {
        name: n for name, n in reading.dropped.items() if name.startswith("stripe_balance")
    }


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"object": "balance", "livemode": True, "available": []}, "has no part pending"),
        (balance(pending={}), "part pending of /v1/balance is no list"),
        (balance(available=[1]), "part available of /v1/balance is no list"),
        (balance(livemode=None), "does not say whether it is live"),
    ],
)
def test_a_balance_of_another_shape_is_refused(
    account: Account, client: StripeClient, reading: Reading, held: dict[str, Any], said: str
) -> None:
    """A missing part is not zero."""
    account.objects["/v1/balance"] = held
    account.listings["/v1/webhook_endpoints"] = []
    with pytest.raises(PermanentFailure) as refused:
        read(stripe_states, client, reading)

    assert said in str(refused.value)
    assert BALANCE.key == ("currency", "bucket")


def test_the_previews_keys_and_log_are_read_where_there_are_any(
    account: Account, client: StripeClient, reading: Reading
) -> None:
    """The log can only be listed whole: what is of another day is left to that day."""
    account.objects |= {"/v2/iam/api_keys": {"next_page_url": None}, "/v2/iam/activity_logs": {}}
    account.objects["/v2/iam/api_keys"]["data"] = [
        {
            "id": "mk_1",
            "name": "payments",
            "type": "secret_key",
            "status": "active",
            "created": "2026-03-01T06:00:00.000Z",
            "ip_allowlist": ["192.0.2.1", "192.0.2.0/24"],
            "livemode": True,
            "managed_by": {"type": "application", "application": {"id": "ca_1"}},
        }
    ]
    entry = {"type": "api_key_created", "livemode": True, "details": {"api_key": {"id": "mk_1"}}}
    account.objects["/v2/iam/activity_logs"] = {
        "next_page_url": None,
        "data": [
            {**entry, "id": "log_3", "created": "2026-03-06T00:00:00.000Z", "actor": {"type": "api_key"}},
            {
                **entry,
                "id": "log_2",
                "created": "2026-03-05T23:59:59.999Z",
                "actor": {"type": "user", "user": {"email": "ada@acme.example"}},
            },
            {**entry, "id": "log_1", "created": "2026-03-04T23:59:59.999Z", "actor": {"type": "user"}},
        ],
    }

    assert [("mk_1", 2, "ca_1", None)] == [
        (row["key_id"], row["ip_allowlist_len"], row["managed_by"], row["expires_at"])
        for row in read(stripe_api_key, client, reading)["stripe_api_key"]
    ]
    assert [("log_2", "ada@acme.example", "mk_1")] == [
        (row["activity_id"], row["actor_email"], row["key_id"])
        for row in read(stripe_activity_log, client, reading)["stripe_activity_log"]
    ]

    del account.objects["/v2/iam/api_keys"]["data"][0]["ip_allowlist"]
    with pytest.raises(PermanentFailure, match="does not say which addresses may use it"):
        read(stripe_api_key, client, reading)


def test_a_day_is_asked_for_by_its_bounds_in_utc(account: Account, client: StripeClient) -> None:
    """Half open, in whole seconds."""
    account.listings = {f"/v1/{name}": [] for name in EMPTY}
    day = date(2026, 3, 29)
    read(stripe_event, client, Reading(day, "live", *day_window(day), hmac=str))

    assert ["/v1/events?limit=100&created%5Bgte%5D=1774742400&created%5Blt%5D=1774828800"] == account.asked
