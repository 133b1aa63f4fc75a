"""What does a notebook ask the analysts' file, about which period and currency? Read-only, in UTC."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

import duckdb

from warehouse.audit.charts import Money

FILE = "warehouse.duckdb"


def file_in_force() -> Path:
    """Return the analysts' file: of EVIDENCE_HOME, else of .evidence here or in a folder above.

    Raises FileNotFoundError saying where it was looked for.
    """
    if chosen := os.environ.get("EVIDENCE_HOME"):
        places = [Path(chosen)]
    else:
        places = [folder / ".evidence" for folder in (Path.cwd(), *Path.cwd().parents)]
    for place in places:
        if (place / FILE).is_file():
            return place / FILE
    raise FileNotFoundError(
        f"There is no {FILE} in {', '.join(map(str, places[:2]))}. Run `make demo` or `evidence publish`, "
        "or set EVIDENCE_HOME to where the evidence is; then execute this again."
    )


@dataclass
class Period:
    """A period and a currency of one warehouse. Questions may name $first, $last and $currency."""

    first: date
    last: date
    currency: str
    file: Path = field(default_factory=file_in_force)

    def __post_init__(self) -> None:
        self.connection = duckdb.connect(str(self.file), read_only=True)
        self.connection.execute("set timezone = 'UTC'")

    @property
    def days(self) -> list[date]:
        """The days of the period."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def money(self) -> Money:
        """The currency, with the digits the register says it has. Raises LookupError where it says none."""
        found = self.rows("select minor_digits from cur.register_currency where currency = $currency")
        if not found:
            known = ", ".join(
                row["currency"] for row in self.rows("select currency from cur.register_currency")
            )
            raise LookupError(f"{self.currency} is in no register of currencies; there are {known}.")
        return Money(self.currency, found[0]["minor_digits"])

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return what a question is answered, a row a dictionary."""
        known = {"first": self.first, "last": self.last, "currency": self.currency}
        used = {name: known[name] for name in set(re.findall(r"\$([a-z]+)", sql))}
        answer = self.connection.execute(sql, used)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def one(self, sql: str) -> dict[str, Any]:
        """Return the only row of an answer."""
        (row,) = self.rows(sql)
        return row

    def banner(self) -> str:
        """Return, as HTML, whose evidence this is, of when, and whether it is a simulated company's."""
        made = self.one(
            "select company, sandbox, strftime(published_at, '%Y-%m-%d %H:%M UTC') as published, "
            "ledger_number from meta.published"
        )
        told = (
            f"<p>{escape(made['company'])} · {self.first} to {self.last} · {escape(self.currency)} · "
            f"warehouse published {made['published']}, ledger entry {made['ledger_number']}</p>"
        )
        if made["sandbox"]:
            told = '<p class="sandbox">SANDBOX: this evidence is of a simulated company.</p>' + told
        return told
