"""What did a payment processor do for the company, derived from the shop's own payments?

The one place that knows both sides: the shop's payments of a day are a processor's charges, to the minor
unit and the second. Each becomes a movement of the balance when it is captured, is paid out two days later,
and now and then is refunded or disputed. Everything is a function of the seed and the day.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sandbox import processor_faults
from sandbox.arithmetic import round_div
from sandbox.faults import Fault, Faults
from sandbox.orders import day_of_orders
from sandbox.org import PERIOD_START
from sandbox.part import instant, rng
from sandbox.tenders import PAYPAL, STRIPE, comes_back, transaction

FIRST_DAY = PERIOD_START - timedelta(days=3)
"""The day before the shop's first orders: the last captures of its orders are the first movements."""
SETTLED_IN = {"USD": "USD", "EUR": "EUR", "GBP": "GBP", "JPY": "USD", "KWD": "USD"}
"""Currency that is paid in -> the currency it is held in."""
RATES_E6 = {"JPY": 671_300, "KWD": 325_420}
"""Currency -> smallest units of the one it is held in per smallest unit, in millionths, about."""
FEE_E3, FEE_FIXED = 29, 30
"""2.9 % and 30 minor units."""
DISPUTE_FEE = 1500
DELAY = timedelta(days=2)
"""How long after a capture it can be paid out, counted in whole days."""
PAYOUT_MINUTE = 10
"""Payouts are made that many minutes after midnight."""
RECONCILED_AFTER = timedelta(hours=6)
REFUNDED_AFTER = timedelta(hours=2)
"""How long after it was cancelled a captured order's money goes back."""
REFUNDED_OF_THOSE = 0.9
"""Which share of the orders whose money comes back is refunded; the others are disputed."""
OFF = 50
"""By how many minor units the processor is wrong where it is."""
LATEST = timedelta(days=10)
"""Nothing happens to a payment later than that."""
MULTIPLES = {"KWD": 10}
"""Currency -> amounts are multiples of this many minor units."""


@dataclass(frozen=True)
class Refund:
    """Money given back; nothing moved where it had only been authorised, or where the bank refused it."""

    id: str
    at: datetime
    amount: int
    released: bool = False
    failed: bool = False


@dataclass(frozen=True)
class Dispute:
    """A payer's bank takes the money back for the time being."""

    id: str
    at: datetime


@dataclass(frozen=True)
class Payment:
    """All that becomes of one order's payment."""

    order_id: str
    currency: str
    amount: int
    begun: datetime
    failed: tuple[tuple[str, datetime], ...]
    """(charge, when) of attempts the bank declined."""
    charge: str
    authorised: datetime
    captured: datetime | None
    """Null: it was voided instead."""
    payer: str
    processor: str = STRIPE
    refund: Refund | None = None
    dispute: Dispute | None = None
    fault: str = ""
    """The kind of what the processor got wrong about it, if anything."""
    told: str = ""
    """The order the processor was told, where ids are made of another name."""

    @property
    def order_ref(self) -> str:
        """The order the processor was told."""
        return self.told or self.order_id

    @property
    def digits(self) -> str:
        """What ids are made of."""
        return self.order_id.replace("-", "")

    @property
    def moved_at(self) -> datetime:
        """When it was captured; of one that never was, when it was authorised."""
        return self.captured or self.authorised

    @property
    def intent(self) -> str:
        """The id of its payment intent."""
        return f"pi_{self.digits}"

    @property
    def movement(self) -> str | None:
        """The id of the movement its capture causes."""
        return f"txn_{self.digits}c" if self.captured and self.fault != "charge_not_booked" else None


@dataclass(frozen=True)
class Movement:
    """One movement of the balance."""

    id: str
    created: datetime
    available: datetime
    type: str
    category: str
    source: str
    currency: str
    amount: int
    fee: int = 0
    rate_e6: int | None = None
    lost: int = 0
    """What is neither fee nor net."""

    @property
    def net(self) -> int:
        """What moves in the end."""
        return self.amount - self.fee - self.lost

    @property
    def paid_out(self) -> date:
        """The day of the payout it is part of: the first one made after it is available."""
        day = self.available.date()
        return day if self.available <= instant(day, 0, PAYOUT_MINUTE) else day + timedelta(days=1)


@dataclass(frozen=True)
class Payout:
    """One currency's payout of a day."""

    day: date
    currency: str
    amount: int

    @property
    def id(self) -> str:
        """Its id."""
        return f"po_{self.day:%Y%m%d}{self.currency.lower()}"

    @property
    def created(self) -> datetime:
        """When it is made."""
        return instant(self.day, 0, PAYOUT_MINUTE)

    @property
    def arrives(self) -> datetime:
        """When the bank has it."""
        return instant(self.day + timedelta(days=1))

    @property
    def movement(self) -> Movement:
        """What it does to the balance itself."""
        name = f"txn_{self.day:%Y%m%d}{self.currency.lower()}p"
        made = self.created
        return Movement(name, made, made, "payout", "payout", self.id, self.currency, -self.amount)


def trace(seed: int, payout_id: str) -> str:
    """Return what the bank calls a payout."""
    return hashlib.sha256(f"{seed}/trace/{payout_id}".encode()).hexdigest()[:16].upper()


class Processor:
    """Stripe's books, or the payments alone of another processor."""

    def __init__(self, seed: int, faults: Faults, name: str = STRIPE) -> None:
        self._name = name
        self._seed = seed
        self._faults = faults
        self._payments: dict[date, list[Payment]] = {}
        self._lost: dict[date, Payment] = {}
        """Day -> the payment of it that the processor knows nothing of, where that is planted."""
        self._movements: dict[date, list[Movement]] = defaultdict(list)
        """By the day they are created on; payouts are not among them."""
        self._by_payout: dict[tuple[date, str], list[Movement]] = defaultdict(list)

    def payments(self, day: date) -> list[Payment]:
        """Return the payments of the orders placed on a day, tests of the payment page left out."""
        if day < FIRST_DAY:
            return []
        if day not in self._payments:
            self._payments[day] = found = list(self._made(day))
            for payment in found:
                for movement in self._moved(payment):
                    self._movements[movement.created.date()].append(movement)
                    self._by_payout[movement.paid_out, movement.currency].append(movement)
        return self._payments[day]

    def recent(self, day: date) -> Iterator[Payment]:
        """Yield every payment to which something may happen on a day."""
        for n in range(LATEST.days + 1):
            yield from self.payments(day - timedelta(days=n))

    def movements(self, day: date) -> list[Movement]:
        """Return what moved the balance on a day."""
        self._reach(day)
        return [*self._movements.get(day, []), *(payout.movement for payout in self.payouts(day))]

    def payouts(self, day: date) -> list[Payout]:
        """Return the payouts made on a day, one a currency that has anything to pay out."""
        self._reach(day)
        return [
            Payout(day, currency, sum(movement.net for movement in listed) + self._too_much(day, currency))
            for currency in sorted(set(SETTLED_IN.values()))
            if (listed := self._by_payout.get((day, currency)))
        ]

    def contents(self, payout: Payout) -> list[Movement]:
        """Return the movements a payout consists of, its own included."""
        self._reach(payout.day)
        return [*self._by_payout.get((payout.day, payout.currency), []), payout.movement]

    def balance(self, now: datetime) -> Mapping[str, tuple[int, int]]:
        """Return currency -> (available, pending) at an instant."""
        found = {currency: [0, 0] for currency in sorted(set(SETTLED_IN.values()))}
        for fault in self._faults.of("balance_jump"):
            if fault.first <= now.date():
                found[fault.subject.removeprefix("balance ")][0] += OFF
        day = FIRST_DAY
        while day <= now.date():
            for movement in self.movements(day):
                if movement.created <= now:
                    found[movement.currency][movement.available > now] += movement.net
            day += timedelta(days=1)
        return {currency: (available, pending) for currency, (available, pending) in found.items()}

    def _reach(self, day: date) -> None:
        """Make every payment that can have moved anything by a day."""
        for n in range(LATEST.days + 1):
            self.payments(day - timedelta(days=n))

    def _made(self, day: date) -> Iterator[Payment]:
        rows = day_of_orders(self._seed, self._faults, day)
        orders = {order["order_id"]: order for order in rows["orders"]}
        by_order: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows["payments"]:
            if row["livemode"]:
                by_order[row["order_id"]].append(row)
        chance = rng(self._seed, "processor", day)
        made = [payment(orders[order_id], attempts, chance) for order_id, attempts in by_order.items()]
        if day == FIRST_DAY:  # the shop begins a day later: of these orders it could note nothing any more
            made = [replace(found, refund=None, dispute=None) for found in made]
        made = [found for found in made if found.processor == self._name]
        if self._name != STRIPE:
            yield from made
            return
        for found in processor_faults.planted(made, self._faults, day, rows):
            if found.fault == processor_faults.LOST:
                self._lost[day] = found
            else:
                yield found

    def fault_payment(self, fault: Fault) -> Payment:
        """Return the payment that a fault is about."""
        listed = self.payments(fault.first)
        if fault.kind == processor_faults.LOST:
            return self._lost[fault.first]
        return next(found for found in listed if found.fault == fault.kind)

    def _too_much(self, day: date, currency: str) -> int:
        """Return by how much a payout is more than what it consists of."""
        wrong = [
            f for f in self._faults.of("payout_sum") if f.first == day and f.subject == f"payout {currency}"
        ]
        return OFF * len(wrong)

    def _moved(self, found: Payment) -> Iterator[Movement]:
        """Yield the movements a payment leads to."""
        if found.captured is None or found.movement is None:
            return
        when = found.captured
        amount, currency, rate = self._settled(found.amount, found.currency, when.date())
        if found.fault == "settled_off_rate":
            amount += OFF
        fee = round_div(amount * FEE_E3, 1000, "half_up") + FEE_FIXED
        if found.fault == "fee_off_schedule":
            fee += OFF
        lost = OFF if found.fault == "movement_unbalanced" else 0
        free = instant(when.date() + DELAY)
        yield Movement(
            found.movement, when, free, "charge", "charge", found.charge, currency, amount, fee, rate, lost
        )
        if found.refund is not None and not found.refund.failed:
            at = found.refund.at
            back, currency, rate = self._settled(found.refund.amount, found.currency, at.date())
            name = f"txn_{found.digits}r"
            yield Movement(name, at, at, "refund", "refund", found.refund.id, currency, -back, 0, rate)
        if found.dispute is not None:
            at, name = found.dispute.at, f"txn_{found.digits}d"
            yield Movement(
                name, at, at, "adjustment", "dispute", found.dispute.id, currency, -amount, DISPUTE_FEE
            )

    def _settled(self, amount: int, currency: str, day: date) -> tuple[int, str, int | None]:
        """Return an amount in the currency it is held in, that currency, and the rate in millionths."""
        if currency not in RATES_E6:
            return amount, SETTLED_IN[currency], None
        near = RATES_E6[currency]
        rate = near + rng(self._seed, "rate", currency, day).randint(-near // 100, near // 100)
        return round_div(amount * rate, 10**6, "half_up"), SETTLED_IN[currency], rate


def payment(order: Mapping[str, Any], attempts: list[dict[str, Any]], chance: Random) -> Payment:
    """Return what becomes of an order's payment; `attempts` are the shop's rows of it."""
    last = attempts[-1]
    authorised = next(row for row in attempts if (row["kind"], row["status"]) == ("auth", "succeeded"))
    captured = last["attempted_at"] if last["kind"] == "capture" else None
    amount, currency = last["amount_minor"], last["currency"]
    digits, processor = order["order_id"].replace("-", ""), last["processor"]
    back = transaction("refund", order["order_id"]) if processor == PAYPAL else f"re_{digits}"
    drawn, days, seconds = chance.random(), chance.randint(2, 6), chance.randrange(3600)
    whole = chance.random() < 0.6
    refund = dispute = None
    if captured is None:
        refund = Refund(f"{back}v", last["attempted_at"], amount, released=True)
    elif order["_amended"] and order["_amended"][1] == "cancelled":
        refund = Refund(back, order["_amended"][0] + REFUNDED_AFTER, amount)
    elif not order["_plain"] or not comes_back(order["order_id"]):
        pass
    elif drawn < REFUNDED_OF_THOSE:
        multiple = MULTIPLES.get(currency, 1)
        part = amount if whole else amount // (2 * multiple) * multiple
        refund = Refund(back, captured + timedelta(days=days, seconds=seconds), part or amount)
    elif currency not in RATES_E6 and processor == STRIPE:
        dispute = Dispute(f"dp_{digits}", captured + timedelta(days=days + 1, seconds=seconds))
    return Payment(
        order_id=order["order_id"],
        currency=currency,
        amount=amount,
        begun=order["placed_at"] + timedelta(seconds=5),
        failed=tuple((row["processor_ref"], row["attempted_at"]) for row in attempts if row["failure_code"]),
        charge=authorised["processor_ref"],
        authorised=authorised["attempted_at"],
        captured=captured,
        payer=order["customer_ref"],
        processor=processor,
        refund=refund,
        dispute=dispute,
    )
