"""Is the machine's time UTC, and does the simulated company's stand still until it is moved?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipelines.clock import SandboxClock, SystemClock, today


def test_the_machines_clock_is_in_utc_and_goes_on() -> None:
    """Whatever zone the machine is in."""
    first, second = SystemClock().now(), SystemClock().now()

    assert UTC == first.tzinfo
    assert first <= second


def test_the_companys_clock_stands_where_it_was_set(tmp_path: Path) -> None:
    """Also for another process that reads the same file; in UTC, however it was set."""
    clock = SandboxClock(tmp_path / "sandbox" / "clock")
    clock.set(datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))))

    assert datetime(2026, 2, 28, 23, 30, tzinfo=UTC) == clock.now() == SandboxClock(clock.file).now()
    assert date(2026, 2, 28) == today(clock)
    assert ["clock"] == [path.name for path in clock.file.parent.iterdir()]


def test_a_clock_that_was_never_set_gives_no_time(tmp_path: Path) -> None:
    """Falling back to the machine's would mix two companies' times."""
    with pytest.raises(FileNotFoundError):
        SandboxClock(tmp_path / "clock").now()
