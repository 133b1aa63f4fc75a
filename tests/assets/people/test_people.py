"""Does the HR export become rows, and does a refusal name the line without a word about anybody?"""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets.capture import Reading, Row, day_window
from assets.failures import PermanentFailure
from assets.people.assets import PERSON, people_person
from assets.people.client import PeopleFile
from sandbox.company import Company
from sandbox.faults import Faults
from sandbox.part import instant
from sandbox.people import PeoplePart, people
from sandbox.process import SEED

HEADING = (
    "person_id,name,work_email,type,job_role,department,manager_id,start_on,terminated_at,"
    "termination_type,role_changed_at"
)
ADA = "E1,Ada Canary,ada@canary.example,employee,engineering,Engineering,,2024-01-08,,,"
BEN = "E2,Ben Canary,ben@canary.example,contractor,data,Data,E1,2025-02-03,2026-03-09T16:00:00Z,voluntary,"


def read(file: Path) -> tuple[list[Row], Reading]:
    """Return what is read of a file."""
    day = date(2026, 3, 10)
    reading = Reading(day, "main", *day_window(day), hmac=str)
    found = people_person.read(PeopleFile("main", file), reading)
    assert not isinstance(found, dict)
    return list(found), reading  # type: ignore[arg-type]


def written(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Write an export."""
    file = folder / "people.csv"
    file.write_text("\n".join([HEADING, *lines]) + "\n", encoding=encoding)
    return file


def test_a_good_export_becomes_rows(tmp_path: Path) -> None:
    """An empty cell is no value; the last line says how many there are."""
    rows, reading = read(written(tmp_path, ADA, BEN, "# rows: 2"))

    assert [("E1", None, None), ("E2", "E1", datetime(2026, 3, 9, 16, tzinfo=UTC))] == [
        (row["person_id"], row["manager_id"], row["terminated_at"]) for row in rows
    ]
    assert {"people_person": 2} == reading.reported


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (BEN.replace("contractor", "friend"), "line 3: type: "),
        (BEN.replace("2025-02-03", "3.2.2025"), "line 3: start_on: "),
        (BEN.replace("T16:00:00Z", "T16:00:00"), "line 3: terminated_at: "),
        (BEN.replace("E2,", ",", 1), "line 3: person_id: "),
        (BEN.replace("Ben Canary", ""), "line 3: name: "),
        (BEN + ",Canary Street 4", "line 3: more cells than the heading has columns"),
    ],
)
def test_a_wrong_line_is_named_and_nobody_is_quoted(tmp_path: Path, line: str, said: str) -> None:
    """The message says line, column and what was expected."""
    with pytest.raises(PermanentFailure) as caught:
        read(written(tmp_path, ADA, line))

    assert said in str(caught.value)
    assert "anary" not in str(caught.value)
    assert "friend" not in str(caught.value)


def test_a_column_nobody_agreed_on_is_refused(tmp_path: Path) -> None:
    """An export that sends pay as well is stopped before anything is stored."""
    file = tmp_path / "people.csv"
    file.write_text(f"{HEADING},pay\n{ADA},4711\n", encoding="utf-8")
    with pytest.raises(PermanentFailure, match=r"line 2: pay: ") as caught:
        read(file)

    assert "4711" not in str(caught.value)


def test_a_missing_file_and_one_that_is_no_utf8_are_refused(tmp_path: Path) -> None:
    """Each with what to do."""
    with pytest.raises(PermanentFailure, match=r"there is no file .* expected HR's export"):
        read(tmp_path / "people.csv")
    with pytest.raises(PermanentFailure, match=r"export the file as UTF-8"):
        read(written(tmp_path, ADA.replace("Ada", "Ädä"), encoding="latin-1"))


def test_a_file_in_git_is_refused(tmp_path: Path) -> None:
    """Personal data never goes through git."""
    file = written(tmp_path, ADA)
    for command in (["init", "-q"], ["add", "people.csv"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)  # noqa: S607 - fixed commands
    with pytest.raises(PermanentFailure, match="is kept in git"):
        read(file)


def test_the_companys_export_is_read_whole() -> None:
    """Everybody the company knows at an instant, leavers with the end of their work."""
    noon = instant(date(2026, 3, 20), 12)
    part = PeoplePart(SEED, Faults(), noon)
    try:
        rows, reading = read(Path(part.start()["file"]))
    finally:
        part.stop()
    expected = list(people(Company(SEED, Faults()), noon))

    assert {person["person_id"] for person in expected} == {row["person_id"] for row in rows}
    assert {PERSON.name: len(expected)} == reading.reported
    assert any(row["terminated_at"] and row["terminated_at"].date() > date(2026, 3, 1) for row in rows)
