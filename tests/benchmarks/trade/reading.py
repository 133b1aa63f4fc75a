"""How long does DuckDB take just to read what the rules read?"""

from __future__ import annotations

import re
from datetime import date

from pipelines.catalogue import catalogue
from tests.benchmarks.trade.make import MADE, Trade
from tests.benchmarks.trade.rules import RECONCILED, opened


def read(trade: Trade, day: date) -> None:
    """Read every column that a rule names, of every row, and do nothing with it but see that it was read."""
    connection = opened(trade, day)
    try:
        for dataset, columns in read_columns().items():
            listed = ", ".join(columns)
            connection.execute(f"select bit_xor(hash({listed})) from {dataset}").fetchall()
    finally:
        connection.close()


def read_columns() -> dict[str, tuple[str, ...]]:
    """Return the columns of each dataset that the SQL of a rule over it names."""
    named: dict[str, set[str]] = {}
    for derivation in catalogue().derivations:
        if derivation.dataset.name in RECONCILED:
            words = set(re.findall(r"\w+", derivation.sql.read_text(encoding="utf-8")))
            for dataset in set(derivation.inputs) & set(MADE):
                columns = (column.name for column in catalogue().datasets[dataset].columns)
                named.setdefault(dataset, set()).update(words & set(columns))
    return {dataset: tuple(sorted(columns)) for dataset, columns in sorted(named.items())}
