"""What does PayPal settle for the company, and which file does it send of every day?

Some orders are paid there (tenders.py). It has no connector: once a day is over its settlement report lies
in a folder, a section for each currency. What is held in the morning is paid out to the bank, all of it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sandbox.arithmetic import round_div
from sandbox.faults import Fault, Faults
from sandbox.leftovers import GuardedFolder
from sandbox.part import instant
from sandbox.processor import FIRST_DAY, Processor
from sandbox.tenders import PAYPAL, PAYPAL_TAKES, transaction

FEE_E4, FEE_FIXED = 349, 49
"""3.49 % and 49 minor units, which it keeps when a payment is given back."""
PAID, GIVEN_BACK, PAID_OUT = "T0006", "T1107", "T0400"
"""What it calls a payment, a refund and a payout."""
PAYOUT_HOUR = 5
STRANGE = 5432
"""What somebody paid for an order that nobody placed, in cents."""
ACCOUNT = "SANDBOXOUTFIT"
HEADING = (
    "Transaction ID",
    "Invoice ID",
    "PayPal Reference ID",
    "PayPal Reference ID Type",
    "Transaction Event Code",
    "Transaction Initiation Date",
    "Transaction Completion Date",
    "Transaction  Debit or Credit",
    "Gross Transaction Amount",
    "Gross Transaction Currency",
    "Fee Debit or Credit",
    "Fee Amount",
    "Fee Currency",
    "Bank Reference ID",
)


@dataclass(frozen=True)
class Line:
    """One transaction of a report."""

    id: str
    code: str
    at: datetime
    currency: str
    amount: int
    """Negative: out of the balance."""
    fee: int = 0
    original: str = ""
    order_id: str = ""
    trace: str = ""


def trace(seed: int, day: date, currency: str) -> str:
    """Return what the bank calls a payout."""
    return hashlib.sha256(f"{seed}/paypal/{day}/{currency}".encode()).hexdigest()[:16].upper()


def stranger(fault: Fault) -> str:
    """Return the transaction that pays for no order."""
    return transaction("payment", _unknown_order(fault))


def _unknown_order(fault: Fault) -> str:
    return f"{fault.first:%Y%m%d}-{9100 + fault.number}"


class Books:
    """PayPal's books."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self._seed = seed
        self._faults = faults
        self._payments = Processor(seed, faults, PAYPAL)
        self._opening = {FIRST_DAY: dict.fromkeys(PAYPAL_TAKES, 0)}

    def opening(self, day: date) -> Mapping[str, int]:
        """Return currency -> what is held as a day begins."""
        last = max(self._opening)
        while last < day:
            held = dict(self._opening[last])
            for line in self.lines(last):
                held[line.currency] += line.amount - line.fee
            last += timedelta(days=1)
            self._opening[last] = held
        return self._opening[max(day, FIRST_DAY)]

    def payouts(self, day: date) -> Mapping[str, int]:
        """Return currency -> what is paid out on a day."""
        return {currency: held for currency, held in self.opening(day).items() if held > 0}

    def lines(self, day: date) -> list[Line]:
        """Return what moved the balance on a day, in order of time."""
        return sorted([*self._paid(day), *self._paid_out(day)], key=lambda line: (line.at, line.id))

    def _paid(self, day: date) -> Iterator[Line]:
        for found in self._payments.recent(day):
            if found.captured is not None and found.captured.date() == day:
                yield taken(found.charge, found.captured, found.currency, found.amount, found.order_id)
            back = found.refund
            if back is not None and not back.released and back.at.date() == day:
                yield Line(
                    back.id,
                    GIVEN_BACK,
                    back.at,
                    found.currency,
                    -back.amount,
                    original=found.charge,
                    order_id=found.order_id,
                )
        for fault in self._faults.of("paypal_without_order"):
            if fault.first == day:
                at = instant(day, 10, 20 + fault.number)
                yield taken(stranger(fault), at, "USD", STRANGE, _unknown_order(fault))

    def _paid_out(self, day: date) -> Iterator[Line]:
        for currency, amount in self.payouts(day).items():
            name = transaction("payout", f"{day}/{currency}")
            at, reference = instant(day, PAYOUT_HOUR), trace(self._seed, day, currency)
            yield Line(name, PAID_OUT, at, currency, -amount, trace=reference)


def taken(name: str, at: datetime, currency: str, amount: int, order_id: str) -> Line:
    """Return a payment, with its fee."""
    fee = round_div(amount * FEE_E4, 10_000, "half_up") + FEE_FIXED
    return Line(name, PAID, at, currency, amount, fee, order_id=order_id)


@lru_cache(maxsize=2)
def books_of(seed: int, faults: Faults) -> Books:
    """Return PayPal's books, made once."""
    return Books(seed, faults)


def report(books: Books, day: date) -> str:
    """Return the settlement report of a day."""
    begin, end = _at(instant(day)), _at(instant(day + timedelta(days=1)) - timedelta(seconds=1))
    made, lines = _at(instant(day + timedelta(days=1))), books.lines(day)
    rows: list[Sequence[Any]] = [("RH", made, "A", ACCOUNT, "011"), ("FH", "01")]
    for currency, held in books.opening(day).items():
        mine = [line for line in lines if line.currency == currency]
        left = held + sum(line.amount - line.fee for line in mine)
        sums = (
            sum(line.amount for line in mine if line.amount > 0),
            sum(-line.amount for line in mine if line.amount < 0),
            0,
            sum(line.fee for line in mine),
        )
        rows += [("SH", begin, end, ACCOUNT, ""), ("CH", *HEADING), *(_body(line) for line in mine)]
        rows += [("SF", currency, *sums, *_signed(held), *_signed(left)), ("SC", len(mine))]
    rows += [("RC", len(lines)), ("FF", len(lines))]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _body(line: Line) -> Sequence[Any]:
    at = _at(line.at)
    reference = (line.original, "TXN") if line.original else ("", "")
    fee = ("DR", line.fee, line.currency) if line.fee else ("", "", "")
    sign, amount = _signed(line.amount)
    moved = (sign, amount, line.currency)
    return ("SB", line.id, line.order_id, *reference, line.code, at, at, *moved, *fee, line.trace)


def _signed(amount: int) -> tuple[str, int]:
    return "DR" if amount < 0 else "CR", abs(amount)


def _at(moment: datetime) -> str:
    return f"{moment:%Y/%m/%d %H:%M:%S %z}"


class PaypalPart:
    """The folder that PayPal's reports are dropped into."""

    def __init__(self, seed: int, faults: Faults, at: datetime) -> None:
        self._books = books_of(seed, faults)
        self._at = at
        self._next = FIRST_DAY
        self._folder: GuardedFolder | None = None

    def start(self) -> Mapping[str, Any]:
        """Drop the reports there are and return where."""
        self._folder = GuardedFolder("sandbox-paypal-")
        self.advance(self._at)
        return {"folder": str(self._folder.path)}

    def advance(self, to: datetime) -> None:
        """Drop the report of every day that is over."""
        if self._folder is None:
            raise RuntimeError("reports are dropped only after the part was started")
        while self._next < to.date():
            file = self._folder.path / f"STL-{self._next:%Y%m%d}.01.011.CSV"
            file.write_text(report(self._books, self._next), encoding="utf-8")
            self._next += timedelta(days=1)

    def population_key(self, fault: Fault, test: str | None = None) -> str:
        """Return the payment that a fault must be found under, or its sum."""
        return "paypal|USD|captured" if test == "LM-01.c" else f"paypal:{stranger(fault)}"

    def stop(self) -> None:
        """Remove the folder; may be called twice."""
        if self._folder is not None:
            self._folder.remove()
