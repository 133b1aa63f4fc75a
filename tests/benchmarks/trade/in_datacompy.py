"""What does datacompy say of the shop's captures against the processor's charges?"""

from __future__ import annotations

from collections import Counter

import datacompy

from tests.benchmarks.trade import in_pandas
from tests.benchmarks.trade.make import Trade


def captures(trade: Trade) -> Counter[str]:
    """Return the breaks of both sides, each summed by reference before as the comparison needs it."""
    platform, charges = in_pandas.sides(trade)
    compared = datacompy.PandasCompare(
        platform[["processor", "processor_ref", "captured_minor", "currency", "livemode"]],
        charges[["processor", "processor_ref", "captured_minor", "currency", "livemode"]],
        join_columns=["processor", "processor_ref"],
    )
    differing = {str(stat["column"]): int(stat["unequal_cnt"]) for stat in compared.column_stats}
    return Counter(
        ORPHAN_PROCESSOR_CHARGE=len(compared.df2_unq_rows),
        ORPHAN_PLATFORM_PAYMENT=len(compared.df1_unq_rows),
        AMOUNT=differing["captured_minor"],
        CURRENCY=differing["currency"],
        LIVEMODE=differing["livemode"],
    )
