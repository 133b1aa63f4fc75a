"""Is a settlement file whole, as its own trailers and sums say, and what is its table?

A frame turns a processor's file into a table with a heading, which a mapping can read; lines keep their
numbers. What a processor writes in two cells (an unsigned amount, and whether it is a credit) becomes one
signed cell beside them.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from assets.failures import PermanentFailure

SIGNS = {"CR": "", "DR": "-", "": ""}
KEPT = {"CR": "-", "DR": "", "": ""}
"""A fee that is debited is kept by the processor, so that it counts as positive."""
COSTS = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
UTF8 = "utf-8-sig"
ASK_AGAIN = (
    "Fetch the file from the processor again; nothing of it was stored, and a retry alone does not help."
)


@dataclass(frozen=True)
class Balance:
    """What was held in a currency before and after, as the file says, in the unit the file counts in."""

    currency: str
    opening: str
    closing: str


@dataclass(frozen=True)
class Framed:
    """The table of a file, as CSV or JSON text, and the balances beside it."""

    text: str
    balances: tuple[Balance, ...] = ()


@dataclass
class _Section:
    """One currency's part of a report, as far as it has been read."""

    rows: int = 0
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(gross or fee, CR or DR) -> sum, in the unit the file counts in."""


def paypal(content: bytes, name: str) -> Framed:
    """Return the bodies of a PayPal settlement report, whose footers must count and sum them."""
    heading: list[str] | None = None
    lines: list[list[str]] = []
    section = _Section()
    counted, ended, balances = 0, False, []
    for line, row in _lines(content, name):
        while len(lines) < line - 1:
            lines.append([])
        kind = row[0]
        if kind == "CH":
            first, heading = heading is None, _heading(row, heading, name, line)
            lines.append(heading if first else [])
        elif kind == "SB":
            lines.append(_body(row, heading, section, name, line))
        else:
            lines.append([])
            if kind == "SH":
                section = _Section()
            elif kind == "SF":
                balances.append(_footer(row, section, name, line))
            elif kind == "SC":
                _same(_whole(row[1], name, line), section.rows, "rows in the section", name, line)
                counted += section.rows
            elif kind == "RC":
                _same(_whole(row[1], name, line), counted, "rows in the report", name, line)
                ended = True
    if heading is None or not ended:
        lacking = "column heading (CH)" if heading is None else "record count (RC)"
        raise PermanentFailure(
            f"{name}: the report has no {lacking}, so that nobody can tell whether it is whole. {ASK_AGAIN}"
        )
    return Framed(_csv(lines), tuple(balances))


def _heading(row: Sequence[str], before: list[str] | None, name: str, line: int) -> list[str]:
    """Return the columns' names, which must be the same in every section."""
    words = [" ".join(word.split()) for word in row[1:]]
    found = [*words, "Signed Gross", "Kept Fee"]
    if before is not None and found != before:
        raise PermanentFailure(f"{name}, line {line}: the columns differ from those of the first section.")
    needed = {
        "Transaction Debit or Credit",
        "Gross Transaction Amount",
        "Gross Transaction Currency",
        "Fee Debit or Credit",
        "Fee Amount",
    }
    if lacking := sorted(needed - set(found)):
        raise PermanentFailure(
            f"{name}, line {line}: no column {', '.join(lacking)}. Has the report changed?"
        )
    return found


def _body(
    row: Sequence[str], heading: list[str] | None, section: _Section, name: str, line: int
) -> list[str]:
    if heading is None or len(row) - 1 != len(heading) - 2:
        expected = "a heading before it" if heading is None else f"{len(heading) - 1} cells"
        raise PermanentFailure(
            f"{name}, line {line}: found {len(row)} cells, expected {expected}. {ASK_AGAIN}"
        )
    cells = dict(zip(heading, row[1:], strict=False))
    signed = []
    for what, signs, sign, amount in (
        ("gross", SIGNS, cells["Transaction Debit or Credit"], cells["Gross Transaction Amount"]),
        ("fee", KEPT, cells["Fee Debit or Credit"], cells["Fee Amount"]),
    ):
        if sign not in signs:
            raise PermanentFailure(f"{name}, line {line}: found {sign!r}, expected CR or DR.")
        value = _whole(amount or "0", name, line)
        section.sums[what, sign] += value
        signed.append(f"{signs[sign]}{value}")
    section.rows += 1
    return [*row[1:], *signed]


def _footer(row: Sequence[str], section: _Section, name: str, line: int) -> Balance:
    """Return the balances of a section's footer, having compared its sums with the rows."""
    if len(row) < 10:  # noqa: PLR2004 - up to the available balance at the end
        raise PermanentFailure(
            f"{name}, line {line}: found {len(row)} cells in the footer (SF), expected 10."
        )
    for cell, key in zip(
        row[2:6], (("gross", "CR"), ("gross", "DR"), ("fee", "CR"), ("fee", "DR")), strict=True
    ):
        _same(_whole(cell, name, line), section.sums[key], f"sum of {' '.join(key)}", name, line)
    opening, closing = (f"{SIGNS[row[n]]}{_whole(row[n + 1], name, line)}" for n in (6, 8))
    return Balance(row[1], opening, closing)


def adyen(content: bytes, name: str) -> Framed:
    """Return Adyen's settlement details, whose batch must come to nothing once its payout is in it."""
    rows = list(_lines(content, name))
    if not rows:
        raise PermanentFailure(f"{name}: an empty file. {ASK_AGAIN}")
    heading = rows[0][1]
    lines = [[*heading, "Settled Gross", "Costs"]]
    sums: dict[tuple[str, str], Decimal] = {}
    paid: set[tuple[str, str]] = set()
    for line, row in rows[1:]:
        if len(row) != len(heading):
            raise PermanentFailure(f"{name}, line {line}: found {len(row)} cells, expected {len(heading)}.")
        cells = dict(zip(heading, row, strict=True))
        net = _credit(cells, name, line)
        costs = sum((_number(cells.get(cost, ""), cost, name, line) for cost in COSTS), Decimal(0))
        of = cells["Batch Number"], cells["Net Currency"]
        sums[of] = sums.get(of, Decimal(0)) + net
        if cells["Type"] == "MerchantPayout":
            paid.add(of)
        while len(lines) < line - 1:
            lines.append([])
        lines.append([*row, f"{net + costs:f}", f"{costs:f}"])
    for (batch, currency), total in sorted(sums.items()):
        if (batch, currency) not in paid or total:
            lacking = "" if (batch, currency) in paid else " (it has no MerchantPayout)"
            raise PermanentFailure(
                f"{name}: batch {batch} in {currency} comes to {total:f} with its payout, expected 0"
                f"{lacking}: it is not whole. {ASK_AGAIN}"
            )
    return Framed(_csv(lines))


def shopify(content: bytes, name: str) -> Framed:
    """Return the transactions of Shopify's payouts, each of which must come to nothing with the payout.

    What is compared is the net, what is kept are amount and fee: each net must be the one less the other.
    """
    try:
        document = json.loads(content, parse_float=Decimal)
        listed = document["transactions"]
        sums: dict[Any, Decimal] = {}
        paid, odd = set(), []
        for one in listed:
            amount, fee, net = (Decimal(one[field]) for field in ("amount", "fee", "net"))
            if amount - fee != net:
                odd.append(f"{one['id']} ({amount:f} less {fee:f} is not {net:f})")
            sums[one["payout_id"]] = sums.get(one["payout_id"], Decimal(0)) + net
            if one["type"] == "payout":
                paid.add(one["payout_id"])
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise PermanentFailure(
            f"{name}: no list `transactions` with payout_id, type, amount, fee and net "
            f"({type(error).__name__})."
        ) from None
    if odd:
        raise PermanentFailure(
            f"{name}: of {', '.join(odd)}: expected the net to be the amount less the fee. {ASK_AGAIN}"
        )
    for payout, total in sums.items():
        if payout not in paid or total:
            raise PermanentFailure(
                f"{name}: the transactions of payout {payout} come to {total:f} with the payout itself, "
                f"expected 0: the list is not whole. {ASK_AGAIN}"
            )
    return Framed(content.decode(UTF8))


FRAMES: dict[str, Callable[[bytes, str], Framed]] = {"paypal": paypal, "adyen": adyen, "shopify": shopify}
"""What a file is framed as -> how."""


def _credit(cells: dict[str, str], name: str, line: int) -> Decimal:
    """Return what is credited less what is debited."""
    credit, debit = (
        _number(cells.get(column), column, name, line) for column in ("Net Credit (NC)", "Net Debit (NC)")
    )
    return credit - debit


def _number(text: str | None, what: str, name: str, line: int) -> Decimal:
    """Return a decimal; an empty cell is none of it. Raises PermanentFailure for aught else."""
    try:
        value = Decimal((text or "0") if text is not None else "absent")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise PermanentFailure(f"{name}, line {line}: {what} is no number. Has the report changed?")
    return value


def _lines(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every line that is not empty."""
    try:
        reader = csv.reader(io.StringIO(content.decode(UTF8), newline=""), strict=True)
        before = 0
        for row in reader:
            if row:
                yield before + 1, [cell.strip() for cell in row]
            before = reader.line_num
    except (UnicodeDecodeError, csv.Error) as error:
        raise PermanentFailure(f"{name}: no CSV in UTF-8 ({type(error).__name__}). {ASK_AGAIN}") from None


def _csv(lines: Sequence[Sequence[str]]) -> str:
    """Return lines as CSV, empty ones where they were, so that a line keeps its number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in lines:
        if row:
            writer.writerow(row)
        else:
            text.write("\n")
    return text.getvalue()


def _whole(text: str, name: str, line: int) -> int:
    if not text.isascii() or not text.isdigit():
        raise PermanentFailure(f"{name}, line {line}: found {text!r}, expected digits alone.")
    return int(text)


def _same(said: int, found: int, what: str, name: str, line: int) -> None:
    if said != found:
        raise PermanentFailure(
            f"{name}, line {line}: the file says that the {what} is {said}, and has {found}: it is not "
            f"whole. {ASK_AGAIN}"
        )
