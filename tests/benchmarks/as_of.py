"""What did a state look like at an instant of a year, against reading the one file that says so?"""

from __future__ import annotations

from datetime import timedelta

import duckdb

from assets.okta.assets import USER
from tests.benchmarks.measure import Line, seconds
from tests.benchmarks.year import START, Year

QUESTION = """
select
    status,
    department,
    count(*) as users,
    count(distinct title) as titles,
    max(length(login)) as longest_login,
    max(status_changed_at) as last_change
from {source}
group by all
order by all
"""
"""Reads values of every row; a count alone would be answered from the file's footer."""
AIM = 3.0


def measure(year: Year) -> list[Line]:
    """Compare the macro with the file, for a day in the middle of the year."""
    day = year.days // 2
    moment = f"timestamptz '{START + timedelta(days=day)} 13:00:00+00'"
    ours = QUESTION.format(source=f"as_of('{USER.name}', {moment})")
    theirs = QUESTION.format(source=f"read_parquet('{year.file(day)}')")
    with (
        duckdb.connect(str(year.store.home.warehouse), read_only=True) as warehouse,
        duckdb.connect(":memory:") as plain,
    ):
        for connection in (warehouse, plain):
            connection.execute("set timezone = 'UTC'")
        if warehouse.execute(ours).fetchall() != plain.execute(theirs).fetchall():
            raise AssertionError("as_of and the file of the day do not answer the same")
        return [
            Line(
                f"as_of, {year.days} days x {year.state.count:,} users",
                seconds(lambda: warehouse.execute(ours).fetchall()),
                "reading that day's file directly",
                seconds(lambda: plain.execute(theirs).fetchall()),
                AIM,
            )
        ]
