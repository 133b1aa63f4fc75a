"""Do the rules find, among many orders at once, what is planted in them and nothing else?

The orders are those of the benchmarks (`python -m tests.benchmarks --only trade`), only fewer.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.benchmarks.trade import in_datacompy, in_pandas, in_polars, rules
from tests.benchmarks.trade.make import CYCLE, FAULTS, Trade, make

CAPTURES = ("ORPHAN_PROCESSOR_CHARGE", "ORPHAN_PLATFORM_PAYMENT", "AMOUNT", "CURRENCY", "LIVEMODE")


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Trade:
    """Return one day of orders, each fault in a number of them that no other has."""
    return make(tmp_path_factory.mktemp("trade") / "one", CYCLE)


def planted(trade: Trade) -> Counter[str]:
    """Return the breaks that were planted."""
    return Counter(trade.planted)


def test_every_rule_finds_its_own(trade: Trade) -> None:
    """Of every kind of fault as many breaks are found as were planted, and no others."""
    assert {fault: place + 1 for place, fault in enumerate(FAULTS)} == dict(planted(trade))
    assert planted(trade) == rules.breaks(trade, trade.days[0])


def test_clean_orders_have_no_breaks(tmp_path: Path) -> None:
    """Orders in which nothing is wrong have no breaks."""
    clean = make(tmp_path / "clean", CYCLE, faulty=False)
    assert Counter() == rules.breaks(clean, clean.days[0])


def test_days_change_nothing(tmp_path: Path) -> None:
    """The same orders spread over three days have the same breaks, found day by day."""
    spread = make(tmp_path / "spread", CYCLE, days=3)
    found = sum((rules.breaks(spread, day) for day in spread.days), Counter[str]())
    assert planted(spread) == found


def test_alternatives_find_the_same(trade: Trade) -> None:
    """What the benchmarks compare with reports the same breaks, so that the same work is compared."""
    alike = Counter({code: trade.planted[code] for code in CAPTURES})
    assert planted(trade) == +in_pandas.breaks(trade)
    assert planted(trade) == +in_polars.breaks(trade)
    assert alike == +in_datacompy.captures(trade)
