"""Does a report of many days still show every day, as one cell a run of one verdict?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.audit.report import LONG, render

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

ROW = re.compile(
    r'<th scope="row"[^>]*>(?:<a [^>]*>)?([A-Z]{2}-[0-9]{2}(?:\.[a-z])?)(?:</a>)?</th>(.*?)</tr>', re.DOTALL
)
CELL = re.compile(r'<td class="v ([^"]+)"(?: colspan="([0-9]+)")? title="([^"]*)"')


def rows(company: Company) -> dict[str, list[tuple[str, int, str]]]:
    """Return of each control and test the verdicts of its cells, how many days each spans, and its title."""
    text = render(company.home, {})
    matrix = text[text.index('id="control-matrix"') :].partition("</table>")[0]
    return {
        name: [(verdict, int(span or 1), title) for verdict, span, title in CELL.findall(cells)]
        for name, cells in ROW.findall(matrix)
    }


def lived(company: Company, days: int) -> None:
    """Judge days of which the fortieth fails and the fiftieth was never judged."""
    for day in range(1, days + 1):
        if day != 50:
            broke = {"AC-01.a": ["u1"]} if day == 40 else {}
            company.evaluate(
                day, {"AC-01.a": "FAIL" if day == 40 else "PASS", "AC-01.b": "PASS"}, broke=broke
            )


def test_a_long_period_is_drawn_in_runs(company: Company, at: At) -> None:
    """Passing until the day before, failing on its day, passing again, not tested, passing: all 70 days."""
    lived(company, 70)
    company.publish(at(72))

    runs = rows(company)["AC-01.a"]
    assert [("PASS", 39), ("FAIL", 1), ("PASS", 9), ("NOT_TESTED", 1), ("PASS", 20)] == [
        run[:2] for run in runs
    ]
    assert runs[0][2].startswith("2026-03-01 to 2026-04-08: PASS.")
    assert runs[1][2].startswith("2026-04-09: FAIL.")
    assert {70} == {sum(span for _, span, _ in cells) for cells in rows(company).values()}


def test_a_shorter_period_has_a_cell_a_day(company: Company, at: At) -> None:
    """As many cells as days, up to the limit."""
    lived(company, LONG)
    company.publish(at(LONG + 2))

    assert {LONG} == {len(cells) for cells in rows(company).values()}
    assert {1} == {span for cells in rows(company).values() for _, span, _ in cells}
