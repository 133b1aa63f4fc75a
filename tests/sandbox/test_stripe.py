"""Does the company's Stripe agree with its shop to the minor unit, and answer as Stripe does?"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from sandbox.faults import Fault, Faults, draw
from sandbox.orders import day_of_orders
from sandbox.org import PERIOD_START
from sandbox.part import instant
from sandbox.process import SEED
from sandbox.processor import DISPUTE_FEE, FIRST_DAY, Processor
from sandbox.stripe import StripePart

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 9)
DAYS = [PERIOD_START + timedelta(days=n) for n in range(30)]
SPEC = Path(os.environ.get("EVIDENCE_SHARED", "../shared")) / "recorded" / "stripe"
VERSION = {"Stripe-Version": "2026-07-29.dahlia"}


class Served:
    """An account under test, and a client that holds its key."""

    def __init__(self, part: StripePart) -> None:
        self.part = part
        where = part.start()
        self.http = httpx.Client(
            base_url=where["base_url"], headers={"Authorization": f"Bearer {where['key']}", **VERSION}
        )

    def get(self, path: str, **query: str | int) -> httpx.Response:
        """Ask once, and once more where the account's share of requests is spent."""
        asked = {name.replace("__", "[") + "]" if "__" in name else name: v for name, v in query.items()}
        answer = self.http.get(f"/v1/{path}", params=asked)
        return self.http.get(f"/v1/{path}", params=asked) if answer.status_code == 429 else answer

    def all(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """Ask, and go on from the last id to the end."""
        answer = self.get(path, **query).raise_for_status().json()
        found: list[dict[str, Any]] = list(answer["data"])
        while answer["has_more"]:
            answer = self.get(path, **query, starting_after=found[-1]["id"]).raise_for_status().json()
            found += answer["data"]
        return found

    def of(self, path: str, day: date) -> list[dict[str, Any]]:
        """Return what was created on a day."""
        begin = int(instant(day).timestamp())
        return self.all(path, limit=100, created__gte=begin, created__lt=begin + 86400)

    def close(self) -> None:
        """Stop it, and once more."""
        self.http.close()
        self.part.stop()
        self.part.stop()


@pytest.fixture(scope="module")
def served(faults: Faults) -> Iterator[Served]:
    """Serve the demo's account at noon of 10 March."""
    opened = Served(StripePart(SEED, faults, NOON))
    yield opened
    opened.close()


def companies() -> list[Any]:
    """Return the demo's company and two drawn ones."""
    return [pytest.param(None, id="demo"), *(pytest.param(n, id=f"drawn {n}") for n in (1, 2))]


@pytest.fixture(scope="module", params=companies())
def books(request: pytest.FixtureRequest, faults: Faults) -> tuple[Processor, int, Faults]:
    """Return a processor's books, the seed and the faults of the company."""
    if request.param is None:
        right = in_order(faults.all)
        return Processor(SEED, right), SEED, right
    drawn = in_order(draw(request.param))
    return Processor(request.param, drawn), request.param, drawn


def in_order(faults: Iterable[Fault]) -> Faults:
    """Return a company's faults without those the processor has a part in, and without waivers of them."""
    left = {fault.id: fault for fault in faults if fault.part != "stripe" and fault.kind != "capture_twice"}
    return Faults(tuple(f for f in left.values() if f.part != "registers" or f.subject in left))


def test_every_payment_of_the_shop_is_the_processors_order_by_order(
    books: tuple[Processor, int, Faults],
) -> None:
    """Id, order, amount, currency and instant of every attempt, over thirty days; page tests left out."""
    processor, seed, faults = books
    for day in DAYS:
        made = day_of_orders(seed, faults, day)["payments"]
        shop = [p for p in made if p["livemode"] and p["processor"] == "stripe"]
        ours = processor.payments(day)

        assert {
            ("auth", "succeeded"): {(p.charge, p.order_id, p.amount, p.currency, p.authorised) for p in ours},
            ("capture", "succeeded"): {
                (p.charge, p.order_id, p.amount, p.currency, p.captured) for p in ours if p.captured
            },
            ("void", "succeeded"): {
                (p.charge, p.order_id, p.amount, p.currency, p.refund.at)
                for p in ours
                if p.refund and p.refund.released
            },
            ("auth", "failed"): {
                (charge, p.order_id, p.amount, p.currency, at) for p in ours for charge, at in p.failed
            },
        } == {
            (kind, status): {
                (p["processor_ref"], p["order_id"], p["amount_minor"], p["currency"], p["attempted_at"])
                for p in shop
                if (p["kind"], p["status"]) == (kind, status)
            }
            for kind, status in (
                ("auth", "succeeded"),
                ("capture", "succeeded"),
                ("void", "succeeded"),
                ("auth", "failed"),
            )
        }
        assert all(p.begun < p.authorised and p.begun.date() == p.authorised.date() == day for p in ours)


def test_every_movement_is_exact_and_the_balance_rolls_forward(
    books: tuple[Processor, int, Faults],
) -> None:
    """2.9 % and 30 minor units, rounded half up; a noon's balance is the last one's and the net since."""
    processor, _, _ = books
    payments = {p.charge: p for n in range(33) for p in processor.payments(FIRST_DAY + timedelta(days=n))}
    held: dict[str, int] = defaultdict(int)
    seen: Counter[str] = Counter()
    earlier = instant(FIRST_DAY)
    for n in range(33):
        noon = instant(FIRST_DAY + timedelta(days=n), 12)
        for day in {earlier.date(), noon.date()}:
            for movement in processor.movements(day):
                if earlier < movement.created <= noon:
                    held[movement.currency] += movement.net
                    seen[movement.category] += 1
                    fee = movement.amount - movement.net
                    if movement.type == "charge":
                        paid = payments[movement.source]
                        rate = Fraction(movement.rate_e6 or 10**6, 10**6)

                        assert (paid.amount * rate + Fraction(1, 2)) // 1 == movement.amount
                        assert (Fraction(29 * movement.amount, 1000) + Fraction(1, 2)) // 1 + 30 == fee
                    else:
                        assert (DISPUTE_FEE if movement.category == "dispute" else 0) == fee
        earlier = noon

        assert {c: sum(parts) for c, parts in processor.balance(noon).items()} == {
            currency: held[currency] for currency in ("EUR", "GBP", "USD")
        }
    assert {"charge", "refund", "dispute", "payout"} == set(seen)


def test_every_payout_is_the_sum_of_what_was_available(books: tuple[Processor, int, Faults]) -> None:
    """Every movement but payouts is paid out exactly once, within two days and a few minutes."""
    processor, _, _ = books
    paid: Counter[str] = Counter()
    for day in DAYS:
        for payout in processor.payouts(day):
            *parts, own = processor.contents(payout)
            paid.update(part.id for part in parts)

            assert payout.amount == sum(part.net for part in parts) > 0
            assert (-payout.amount, "payout", payout.id) == (own.net, own.type, own.source)
            assert all(part.available <= payout.created for part in parts)
            assert all(payout.created - part.created <= timedelta(days=2, minutes=10) for part in parts)
    made = {
        movement.id
        for n in range(30)
        for movement in processor.movements(FIRST_DAY + timedelta(days=n + 1))
        if movement.type != "payout" and DAYS[0] <= movement.paid_out <= DAYS[-1]
    }

    assert {1} == set(paid.values())
    assert made <= set(paid)


def test_pages_join_to_the_whole_listing_newest_first(served: Served) -> None:
    """However small the pages are; a full last page says that there are no more."""
    whole = served.of("charges", DAY)
    begin = int(instant(DAY).timestamp())
    bounds = {"created__gte": begin, "created__lt": begin + 86400}

    assert len(whole) == len({charge["id"] for charge in whole}) > 300
    assert whole == sorted(whole, key=lambda c: (c["created"], c["id"]), reverse=True)
    assert whole == served.all("charges", limit=37, **bounds)
    payouts = served.get("payouts", limit=3, **bounds).json()
    assert (3, False) == (len(payouts["data"]), payouts["has_more"])
    assert served.get("payouts", limit=2, **bounds).json()["has_more"]
    assert 10 == len(served.get("charges", **bounds).json()["data"])
    assert whole[0] == served.get("charges", limit=1, created__lte=begin + 86399).json()["data"][0]
    assert [] == served.of("charges", date(2026, 3, 11))
    assert [] == served.of("charges", date(2025, 3, 11))


def test_what_a_payout_consists_of_can_be_listed(served: Served) -> None:
    """Its own movement included; of a payout that is not there Stripe says so."""
    for payout in served.of("payouts", DAY):
        parts = served.all("balance_transactions", limit=100, payout=payout["id"])

        assert 0 == sum(part["net"] for part in parts)
        assert [payout["balance_transaction"]] == [p["id"] for p in parts if p["type"] == "payout"]
        assert ("paid", "completed") == (payout["status"], payout["reconciliation_status"])
    assert "resource_missing" == served.get("balance_transactions", payout="po_9").json()["error"]["code"]


def test_nothing_is_told_before_it_happened(faults: Faults) -> None:
    """A charge is authorised, then taken; what is opened on the way shows as it is."""
    processor = Processor(SEED, faults)
    payment = next(p for p in processor.payments(DAY) if p.captured and not p.failed and not p.refund)
    assert payment.captured
    second = timedelta(seconds=1)
    part = StripePart(SEED, faults, payment.begun - second)
    served = Served(part)
    found = []
    for at in (
        payment.begun - second,
        payment.begun,
        payment.authorised - second,
        payment.authorised,
        payment.captured - second,
        payment.captured,
    ):
        part.advance(at)
        intents = [i for i in served.of("payment_intents", DAY) if i["id"] == payment.intent]
        charges = [c for c in served.of("charges", DAY) if c["id"] == payment.charge]
        moved = [m for m in served.of("balance_transactions", DAY) if m["source"] == payment.charge]
        found.append(
            (
                [i["status"] for i in intents],
                [c["amount_captured"] for c in charges],
                [m["id"] for m in moved],
            )
        )
    served.close()

    waits = ["requires_payment_method"], [], []
    taken = ["succeeded"], [payment.amount], [payment.movement]
    assert [([], [], []), waits, waits, *[(["requires_capture"], [0], [])] * 2, taken] == found


def test_events_are_gone_after_thirty_days(faults: Faults) -> None:
    """Payments are not."""
    served = Served(StripePart(SEED, faults, instant(date(2026, 3, 31), 12)))
    kept, gone = date(2026, 3, 2), date(2026, 2, 28)

    assert (True, False) == (bool(served.of("events", kept)), bool(served.of("events", gone)))
    assert served.of("charges", gone)

    served.close()


def test_wrong_requests_get_stripes_error_objects(served: Served) -> None:
    """Status, type and code are Stripe's own; its key may read and never write."""
    stranger = httpx.get(
        f"{served.http.base_url}/v1/charges", headers={"Authorization": "Bearer sk_live_other"}
    )
    nobody = httpx.get(f"{served.http.base_url}/v1/charges")
    answers = {
        "no key": (nobody, 401, None, None),
        "another key": (stranger, 401, None, None),
        "unknown address": (served.get("customers"), 404, None, None),
        "too many": (served.get("charges", limit=101), 400, "parameter_invalid_integer", "limit"),
        "none": (served.get("charges", limit=0), 400, "parameter_invalid_integer", "limit"),
        "no number": (served.get("charges", limit="many"), 400, "parameter_invalid_integer", "limit"),
        "no cursor": (
            served.get("charges", starting_after="ch_9"),
            400,
            "resource_missing",
            "starting_after",
        ),
        "no parameter": (served.get("charges", page=2), 400, "parameter_unknown", "page"),
        "a write": (served.http.post("/v1/refunds", data={"charge": "ch_1"}), 403, None, None),
        "preview": (served.http.get("/v2/iam/api_keys"), 404, None, None),
    }
    for what, (answer, status, code, param) in answers.items():
        error = answer.json()["error"]

        assert (status, "invalid_request_error", code, param) == (
            answer.status_code,
            error["type"],
            error.get("code"),
            error.get("param"),
        ), what
        assert answer.headers["Request-Id"].startswith("req_")
    assert "sk_live_other" not in stranger.text
    assert served.part.key not in answers["a write"][0].text


def test_every_answer_carries_the_companys_date_and_a_request_id(served: Served) -> None:
    """The Date is the company's, not the machine's; request ids differ."""
    first, second = served.get("account"), served.get("account")

    assert ["Tue, 10 Mar 2026 12:00:00 GMT"] * 2 == [first.headers["Date"], second.headers["Date"]]
    assert first.headers["Request-Id"] != second.headers["Request-Id"]


def test_a_busy_day_stops_a_reader_once_without_saying_for_how_long(faults: Faults) -> None:
    """On a few days of the month; the next request is answered again."""
    part = StripePart(SEED, faults, instant(DAYS[0], 12))
    served = Served(part)
    stopped = []
    for day in DAYS:
        part.advance(instant(day, 12))
        answers = [served.http.get("/v1/account") for _ in range(12)]
        limited = [answer for answer in answers if answer.status_code == 429]
        stopped += [answer.json()["error"]["code"] for answer in limited]

        assert len(limited) <= 1
        assert not any("Retry-After" in answer.headers for answer in limited)
        assert 200 == answers[-1].status_code
    served.close()

    assert ["rate_limit"] * len(stopped) == stopped
    assert 1 <= len(stopped) <= 8


def test_a_restart_at_an_instant_gives_the_same_answers(faults: Faults) -> None:
    """What a part answers does not depend on where it was started."""
    once = Served(StripePart(SEED, faults, NOON - timedelta(days=9)))
    once.of("charges", date(2026, 2, 28))
    once.part.advance(NOON)
    again = Served(StripePart(SEED, faults, NOON))
    for path in (
        "charges",
        "payment_intents",
        "refunds",
        "disputes",
        "balance_transactions",
        "payouts",
        "events",
    ):
        assert again.of(path, DAY) == once.of(path, DAY)
    for path in ("account", "balance", "webhook_endpoints"):
        assert again.get(path).json() == once.get(path).json()
    once.close()
    again.close()


def relaxed(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema as JSON Schema: what is `nullable` may be null, lengths are not judged."""
    if isinstance(schema, list):
        return [relaxed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        k: relaxed(v) for k, v in schema.items() if k not in ("nullable", "maxLength", "enum", "required")
    }
    return {"anyOf": [kept, {"type": "null"}]} if schema.get("nullable") is True else kept


def test_every_answer_is_as_stripe_describes_it(served: Served) -> None:
    """Return an OpenAPI 3.0 schema as JSON Schema: `nullable` may be null; lengths, words are not judged."""
    path = SPEC / "stripe_spec3_2022-04-12.json.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent: set EVIDENCE_SHARED to the folder that has it")
    with gzip.open(path) as packed:
        schemas = json.load(packed)["components"]["schemas"]
    components = {"schemas": {name: relaxed(schema) for name, schema in schemas.items()}}
    listed = ["charges", "payment_intents", "refunds", "balance_transactions", "payouts", "events"]
    records = [record for what in listed for record in served.of(what, DAY)]
    records += [d for n in range(8) for d in served.of("disputes", DAY - timedelta(days=n))]
    records += [served.get("account").json(), served.get("balance").json(), *served.all("webhook_endpoints")]
    problems: Counter[str] = Counter()
    for record in records:
        kind = record["object"]
        for name, value in record.items():
            if name in schemas[kind]["properties"] and name != "data":
                schema = {**components["schemas"][kind]["properties"][name], "components": components}
                for error in Draft202012Validator(schema).iter_errors(value):
                    problems[f"{kind}.{name}: {error.message}"] += 1
        for name in set(schemas[kind].get("required", [])) - record.keys():
            problems[f"{kind}: no {name}"] += 1

    # Since version 2022-11-15 a charge shows its refunds only where asked to.
    assert {"charge: no refunds"} == set(problems)
    assert {
        *("charge", "payment_intent", "refund", "dispute", "balance_transaction", "payout", "event"),
        *("account", "balance", "webhook_endpoint"),
    } == {record["object"] for record in records}
