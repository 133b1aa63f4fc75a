"""Are the rows of a file those that people wrote, and is what could be read in two ways refused?"""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from assets.failures import PermanentFailure
from assets.registers.assets import Currency
from assets.registers.models import Day, Digest, Instant, RegisterRow, Text, Whole
from assets.registers.rows import Place, csv_rows, decoded, validated, yaml_rows

WORD = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
NAMES = ["a", "b", "c"]


class Thing(RegisterRow):
    """A row of every type there is."""

    thing_id: Text
    held_on: Day | None = None
    at: Instant | None = None
    count: Whole | None = None
    sha256: Digest | None = None
    words: list[Text] = Field(default=[])


def things(text: str) -> list[dict[str, Any]]:
    """Return the things a YAML text lists."""
    return validated(Thing, list(yaml_rows(text, "thing.yaml")), "thing.yaml", key=("thing_id",))


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.lists(WORD, min_size=3, max_size=3), max_size=6), st.sampled_from(["\r\n", "\n"]))
def test_whatever_a_spreadsheet_writes_is_read_as_it_was(rows: list[list[str]], ending: str) -> None:
    """Commas, quotation marks, line breaks and any letter; only space around a cell is lost."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=ending).writerows([NAMES, *rows])
    found = [dict(row) for _, row in csv_rows(text.getvalue(), "x.csv")]

    assert [
        {name: cell.strip() or None for name, cell in zip(NAMES, row, strict=True)} for row in rows
    ] == found


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=60))
def test_any_text_is_rows_or_a_refusal_that_says_where(text: str) -> None:
    """Nothing else comes out of a file that is no CSV, and no row is half there."""
    said, rows = "", []
    try:
        rows = [row for _, row in csv_rows(text, "x.csv")]
    except PermanentFailure as refused:
        said = str(refused)

    assert not said or said.startswith("x.csv: line ")
    assert 1 >= len({tuple(row) for row in rows})


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=60))
def test_any_text_is_yaml_rows_or_a_refusal(text: str) -> None:
    """Whatever YAML makes of it."""
    said, rows = "", []
    try:
        rows = list(yaml_rows(text, "x.yaml"))
    except PermanentFailure as refused:
        said = str(refused)

    assert not said or said.startswith("x.yaml: ")
    assert all(isinstance(row, dict) for _, row in rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1\n", "line 2: fewer cells than the heading has columns (1, expected 2)"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4: more cells than the heading has columns (3, expected 2)"),
        ("a,a\n1,2\n", "line 1: the heading names a twice"),
        ("a,\n1,2\n", "line 1: column 2 of the heading has no name"),
        ('a,b\n"1\n2",x\n3\n', "line 4: fewer cells"),
        ('a,b\n1,"2\n', "line 2: no CSV"),
        ('a,b\n1,"2"3\n', "line 2: no CSV"),
    ],
)
def test_a_csv_that_could_be_read_in_two_ways_is_refused(text: str, said: str) -> None:
    """A row that is too short may have been cut off: its empty cells would pass for no value."""
    with pytest.raises(PermanentFailure) as refused:
        list(csv_rows(text, "x.csv"))

    assert f"x.csv: {said}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- thing_id: a\n  words:\n    - x\n    - ''\n", "line 4: words.1: "),
        ("- thing_id: a\n  words:\n    - x\n    - [y]\n", "line 4: words.1: "),
        ("- thing_id: a\n\n- thing_id: a\n", "line 3: thing_id: the same as in line 1"),
        ("- thing_id: a\n  held_on: 2026-02-30\n", "line 1: a value of this row is none"),
        (
            "- thing_id: a\n  held_on: 20260301\n",
            "line 2: held_on: Value error, a date is written as 2026-03-17",
        ),
        ("- thing_id: a\n  held_on: '86400'\n", "line 2: held_on: "),
        ("- thing_id: a\n  at: 20260301\n", "line 2: at: "),
        ("- thing_id: a\n  at: 2026-03-01 12:00:00\n", "line 2: at: "),
        ("- thing_id: a\n  at: 2026-03-01\n", "line 2: at: "),
        ("- thing_id: a\n  count: yes\n", "line 2: count: Value error, a whole number is written in digits"),
        ("- thing_id: a\n  count: 1.0\n", "line 2: count: "),
        ("- thing_id: a\n  sha256: abc\n", "line 2: sha256: "),
        ("- thing_id: a\n  other: 1\n", "line 2: other: "),
        ("- thing_id: a\n  words: {x: 1, x: 2}\n", "line 2: x stands here and on line 2"),
        ("- thing_id: a\n  thing_id: b\n", "line 2: thing_id stands here and on line 1"),
        ("- thing_id: !!python/name:os.system x\n", "line 1: could not determine a constructor"),
        ("- [a]: 1\n", "line 1: the name of a value must be one word"),
        ("- a\n", "line 1: expected a row of names and values"),
        ("thing_id: a\n", "expected a list of rows"),
        ("- thing_id: [a\n", "not YAML"),
        ("- {}\n---\n- {}\n", "not YAML"),
        ("- &a [*a]\n", "line 1: expected a row of names and values"),
        ("- thing_id: a\n  words: &a [*a]\n", "line 2: words.0: "),
    ],
)
def test_a_yaml_row_that_does_not_fit_is_refused_with_the_line_of_what_is_wrong(text: str, said: str) -> None:
    """The innermost line: of the word in a list, not of the row it stands in."""
    with pytest.raises(PermanentFailure) as refused:
        things(text)

    assert said in str(refused.value)


def test_all_problems_are_named_at_once() -> None:
    """One round of mending, not one for each."""
    with pytest.raises(PermanentFailure, match=r"2 problem\(s\):\n  line 1: .*\n  line 3: ") as refused:
        things("- other: 1\n  thing_id: x\n- count: z\n  thing_id: y\n")

    assert "A retry will not help" in str(refused.value)


def test_dates_and_numbers_are_what_was_written() -> None:
    """In YAML's own types and as words."""
    assert [(date(2026, 3, 1), 7, 12), (date(2026, 3, 1), 7, 12)] == [
        (row["held_on"], row["count"], row["at"].hour)
        for row in things(
            "- {thing_id: a, held_on: 2026-03-01, count: 7, at: 2026-03-01T12:00:00Z}\n"
            "- {thing_id: b, held_on: '2026-03-01', count: '7', at: '2026-03-01T12:00:00+00:00'}\n"
        )
    ]


def test_what_is_personal_is_not_quoted() -> None:
    """The message has line, column and what was expected."""
    with pytest.raises(PermanentFailure) as refused:
        validated(Thing, [(Place(2), {"thing_id": "a", "count": "canary"})], "x.csv", key=(), personal=True)

    assert "line 2: count: " in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_text_begins_where_its_words_do() -> None:
    """A spreadsheet's mark at the beginning of a file is no part of the first name."""
    assert [{"a": "1"}] == [row for _, row in csv_rows(decoded(b"\xef\xbb\xbfa\r\n1\r\n", "x"), "x")]
    with pytest.raises(PermanentFailure, match="byte 1 is no UTF-8"):
        decoded(b"a\xff", "x.csv")


@pytest.mark.parametrize(
    ("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("USD4", 4)]
)
def test_a_currency_has_the_digits_of_the_standard(currency: str, digits: int) -> None:
    """Every other number is refused with its line; what a processor writes is another matter."""

    def read(minor: int) -> list[dict[str, Any]]:
        text = f"currency,minor_digits,processor_multiple,processor_minor_digits\n{currency},{minor},1,2\n"
        return validated(Currency, list(csv_rows(text, "currency.csv")), "currency.csv", key=("currency",))

    assert digits == read(digits)[0]["minor_digits"]
    for other in {0, 2, 3, 4} - {digits}:
        with pytest.raises(PermanentFailure, match=f"{currency} has {digits} minor digits by ISO 4217"):
            read(other)
