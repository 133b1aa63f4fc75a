"""Which evidence days are there?"""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from pipelines.configuration import Settings

SANDBOX_DAYS = 30
"""The simulated company lives for this many evidence days."""


def last_day(settings: Settings) -> date | None:
    """Return the last day of the simulated company; None for a real one, which has no last day."""
    if not settings.home.sandbox.is_dir():
        return None
    return settings.configuration.start + timedelta(days=SANDBOX_DAYS - 1)


def months(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """Return the months since the configured start; a sandbox's end with the simulated company."""
    start = settings.configuration.start.replace(day=1)
    if settings.home.sandbox.is_dir():
        end = (start + timedelta(days=62)).replace(day=1)
        return dg.MonthlyPartitionsDefinition(
            start_date=start.isoformat(), end_date=end.isoformat(), timezone="UTC"
        )
    return dg.MonthlyPartitionsDefinition(start_date=start.isoformat(), timezone="UTC")


def evidence_days(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return the UTC days since the configured start, today included: a state is captured inside its day.

    A sandbox's days end with the simulated company, whatever the date is outside.
    """
    start = settings.configuration.start
    if settings.home.sandbox.is_dir():
        end = start + timedelta(days=SANDBOX_DAYS)
        return dg.DailyPartitionsDefinition(
            start_date=start.isoformat(), end_date=end.isoformat(), timezone="UTC"
        )
    return dg.DailyPartitionsDefinition(start_date=start.isoformat(), end_offset=1, timezone="UTC")
