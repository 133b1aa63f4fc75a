"""Does a workbook hold what the analysts' file answers, in value and in type, and no formula of anybody's?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import openpyxl
import pytest

from warehouse.audit.period import Period
from warehouse.audit.workbooks import SHEETS, answers, cell_value, write

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

MARCH = Period(date(2026, 3, 1), date(2026, 3, 3))
TRICKY = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "plain", "a\x07bell"]


def read_back(value: Any) -> Any:
    """Return a value as it is read from a cell: a spreadsheet knows a day as its midnight."""
    shown = cell_value(value)
    if isinstance(shown, date) and not isinstance(shown, datetime):
        return datetime(shown.year, shown.month, shown.day)  # noqa: DTZ001 - a cell knows no time zone
    return shown


@pytest.fixture
def written(company: Company, at: At, tmp_path: Path) -> Path:
    """Return the workbook of a control with keys that a spreadsheet might take for formulas."""
    company.evaluate(1, {"AC-01.a": "FAIL"}, looked_at=TRICKY, broke={"AC-01.a": TRICKY[:2]})
    company.evaluate(2, {"AC-01.a": "PASS"}, looked_at=TRICKY)
    company.publish(at(5))
    path = tmp_path / "AC-01.xlsx"
    with duckdb.connect(str(company.home.warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        write(connection, "AC-01", MARCH, path)
    return path


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_sheet_reads_back_as_its_query_answers(company: Company, written: Path, sheet: Any) -> None:
    """Same columns, same rows, same values, same types."""
    page = openpyxl.load_workbook(written)[sheet.name]
    with duckdb.connect(str(company.home.warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        first, after = MARCH.window
        names, rows = answers(connection, sheet, control="AC-01", first=first, after=after)

    read = [[cell.value for cell in row] for row in page.iter_rows()]
    assert [names, *([read_back(value) for value in row] for row in rows)] == read
    assert "B2" == page.freeze_panes


def test_what_begins_like_a_formula_stays_text(written: Path) -> None:
    """In no cell of any sheet is there a formula; what a cell cannot hold is written out."""
    book = openpyxl.load_workbook(written)
    keys = [row[1].value for row in book["Population"].iter_rows(min_row=2)]

    assert {*TRICKY[:-1], "a\\x07bell"} == set(keys)
    assert {"f"}.isdisjoint(cell.data_type for page in book for row in page.iter_rows() for cell in row)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 12)),  # noqa: DTZ001 - as a cell has it
        (["A", "B"], "A B"),
        (10**15, 10**15),
        (10**15 + 1, "1000000000000001"),
        (True, True),
        (None, None),
        ("x" * 40_000, "x" * 32_765 + " …"),
    ],
)
def test_what_a_cell_cannot_hold_becomes_what_it_can(value: Any, shown: Any) -> None:
    """No time zone, no list, no number that would be rounded, no endless text."""
    assert shown == cell_value(value)
