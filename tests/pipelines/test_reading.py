"""Do the report and the status say exactly what the warehouse says, and mark what no longer verifies?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias

from warehouse.store import Home

Evidence: TypeAlias = Callable[..., Any]
WORDS = {
    "FAIL": "FAIL",
    "PASS": "pass",
    "NO_OCCURRENCE": "none",
    "PASS_WAIVED": "waiv",
    "NOT_TESTED": "n/t",
    None: "·",
}


class Matrix(HTMLParser):
    """Reads the rows of the report's matrix: name, then one word a day."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, list[str]] = {}
        self._inside = self._name = False
        self._cell = False
        self._row = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notice where the matrix, its rows and cells begin."""
        given = dict(attrs)
        if tag == "table":
            self._inside = given.get("id") == "control-matrix"
        if tag == "a" and self._cell:
            return  # a cell that leads to its control
        self._name = self._inside and tag in {"th", "a"} and (given.get("scope") == "row" or tag == "a")
        self._cell = self._inside and tag == "td"

    def handle_data(self, data: str) -> None:
        """Take the text of a row's name or of a cell."""
        if self._name and data.strip():
            self._row = data.strip()
            self.rows[self._row] = []
        elif self._cell and data.strip():
            self.rows[self._row].append(data.strip())
        self._name = self._cell = False


def matrix(home: Home, evidence: Evidence) -> tuple[dict[str, list[str]], str]:
    """Write the report and return its matrix and its text."""
    answer = evidence(home.path, "report")
    assert answer.code == 0, answer.err
    text = (home.reports / "report.html").read_text(encoding="utf-8")
    parser = Matrix()
    parser.feed(text)
    return parser.rows, text


def test_every_cell_of_the_reports_matrix_is_a_query_on_the_warehouse(
    eight_days: Home, evidence: Evidence
) -> None:
    """Controls and tests, each with its word on each day; a day not judged yet has none."""
    shown, _ = matrix(eight_days, evidence)
    expected: dict[str, list[str]] = {}
    for level in ("control", "test"):
        sql = f"""
            select
                known.{level}_id as name,
                judged.verdict
            from (select distinct {level}_id from ctl.{level}_day) as known
            cross join (select distinct result_day from ctl.control_day) as listed
            left join ctl.{level}_day as judged
                on judged.{level}_id = known.{level}_id
                and judged.result_day = listed.result_day
            order by known.{level}_id, listed.result_day
        """
        for row in json.loads(evidence(eight_days.path, "query", sql, "--format", "json").out):
            expected.setdefault(row["name"], []).append(WORDS[row["verdict"]])

    assert expected == shown


def test_the_report_asks_the_network_for_nothing(eight_days: Home, evidence: Evidence) -> None:
    """No address, no script from elsewhere, nothing imported; and the simulated company's mark is on it."""
    _, text = matrix(eight_days, evidence)

    assert [] == re.findall(
        r"(?:https?:)?//[a-z]|<script [^>]*src|@import|url\(|fetch\(|XMLHttp|import\(", text
    )
    assert 1 == text.count("<script>")
    assert "SANDBOX" in text
    assert [] == re.findall(r"\b(compliant|effective|certified)\b", text, re.IGNORECASE)


def test_the_report_says_of_each_test_what_its_days_amount_to_and_of_each_exception_its_life(
    eight_days: Home, evidence: Evidence
) -> None:
    """The sentences of period_statement and the events of ctl.exception_event, all of those it shows."""
    _, text = matrix(eight_days, evidence)
    sentences = (
        "select test_id, statement from period_statement((select min(result_day) from ctl.test_day), "
        "(select max(result_day) + 1 from ctl.test_day))"
    )
    said = json.loads(evidence(eight_days.path, "query", sentences, "--format", "json").out)
    events = (
        "select count(*) as events from ctl.exception_event where event <> 'reobserved' and exception_id in "
        "(select exception_id from ctl.open_exceptions)"
    )
    ((counted,),) = [row.values() for row in json.loads(
        evidence(eight_days.path, "query", events, "--format", "json").out
    )]  # fmt: skip

    assert len(said) > 100
    assert [] == [row for row in said if row["statement"] not in text]
    lives = re.findall(r'<ol class="life">(.*?)</ol>', text, re.DOTALL)
    assert counted == sum(life.count("<li>") for life in lives)


def damaged(home: Home) -> Path:
    """Change one byte of a snapshot of the third day and return the file."""
    file = next((home.path / "evidence/okta_user_factor/instance=acme/day=2026-03-03").glob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[50] ^= 1
    file.chmod(0o644)
    file.write_bytes(bytes(content))
    return file


def test_the_report_marks_results_whose_evidence_was_altered(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Published anew, the day's cell is marked, the days beside it are not, and the file is named."""
    home = copy_of(eight_days)
    file = damaged(home)
    evidence(home.path, "publish")
    shown, text = matrix(home, evidence)

    assert "!!" == shown["AC-01.a"][2]
    assert "!!" not in shown["AC-01.a"][:2] + shown["AC-01.a"][3:]
    assert file.name in text


def test_status_marks_them_even_before_anything_is_published_anew(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """A file changed after the last publish is found by its times, and read again."""
    home = copy_of(eight_days)
    calm = evidence(home.path, "status")
    file = damaged(home)
    alarmed = evidence(home.path, "status")
    line = next(line for line in alarmed.out.splitlines() if line.startswith("AC-01.a"))

    assert "No longer verifies" not in calm.out
    assert file.name in alarmed.out
    assert "!" == line.removeprefix("AC-01.a").strip()[2]
    assert 2 == alarmed.code


def test_status_prints_a_letter_a_day_for_every_test(eight_days: Home, evidence: Evidence) -> None:
    """The letters are the verdicts, in the order of days."""
    letters = {"FAIL": "F", "PASS": "P", "NO_OCCURRENCE": "-", "PASS_WAIVED": "W", "NOT_TESTED": "?"}
    rows = json.loads(
        evidence(
            eight_days.path,
            "query",
            "select test_id, verdict from ctl.test_day order by test_id, result_day",
            "--format",
            "json",
        ).out
    )
    expected: dict[str, str] = {}
    for row in rows:
        expected[row["test_id"]] = expected.get(row["test_id"], "") + letters[row["verdict"]]
    lines = evidence(eight_days.path, "status").out.splitlines()
    shown = {line.split()[0]: line.split()[1] for line in lines if re.match(r"[A-Z]{2}-\d\d\.[a-z] ", line)}

    assert expected == shown
