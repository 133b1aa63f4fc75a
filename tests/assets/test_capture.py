"""Does a record become a row of exactly the declared columns, and everything else nothing but a count?"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.capture import (
    Page,
    Reading,
    allowed_paths,
    capture,
    captures,
    day_window,
    every,
    field_of,
    first,
    redact,
    row,
)
from assets.failures import PermanentFailure, TransientFailure
from warehouse.dataset import Column, Dataset, DeclarationError, Kind

USER = Dataset(
    name="toy_user",
    kind=Kind.STATE,
    title="One row per user",
    key=("id",),
    columns=(
        Column("id", "text", "The user", source="id", required=True),
        Column("login", "text", "Login", source="profile.login"),
        Column("size", "int", "Size", source="size"),
        Column("active", "bool", "Whether active", source="active"),
        Column("born_at", "timestamp", "When made", source="born"),
        Column("hired", "date", "When hired", source="hired"),
        Column("tags", "text[]", "Tags", source="tags"),
        Column("rules", "json", "Rules", source="rules"),
        Column("is_admin", "bool", "Computed"),
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def one(**fields: Any) -> dict[str, Any]:
    """Return the row of a record with these fields."""
    return row(USER, {"id": "a", **fields})


def test_a_row_has_each_declared_column_as_its_type_wants_it() -> None:
    """Fields of the record at their paths, and what the recipe computed."""
    assert {
        "id": "7",
        "login": "x",
        "size": 3,
        "active": False,
        "born_at": datetime(2026, 3, 1, tzinfo=UTC),
        "hired": date(2026, 3, 1),
        "tags": ["b", "a"],
        "rules": '{"a":[1,null],"z":"é"}',
        "is_admin": True,
    } == row(
        USER,
        {
            "id": 7,
            "profile": {"login": "x"},
            "size": 3,
            "active": False,
            "born": "2026-03-01T00:00:00.000Z",
            "hired": "2026-03-01",
            "tags": ["b", "a"],
            "rules": {"z": "é", "a": [1, None]},
            "password": "never",
        },
        is_admin=True,
    )


def test_what_is_absent_is_null_and_never_an_empty_text() -> None:
    """An empty text stays one: the source said so."""
    assert (None, "") == (one()["login"], one(profile={"login": ""})["login"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": None}, "toy_user.id: the source sent no id"),
        ({"id": True}, "a bool in field id, expected text"),
        ({"id": {}}, "a dict in field id, expected text"),
        ({"size": "3"}, "a str in field size, expected an integer"),
        ({"size": 3.0}, "a float in field size, expected an integer"),
        ({"size": True}, "a bool in field size, expected an integer"),
        ({"size": 2**63}, "expected an integer of at most 64 bits"),
        ({"active": "true"}, "a str in field active, expected true or false"),
        ({"active": 1}, "a int in field active, expected true or false"),
        ({"born": "2026-03-01T00:00:00"}, "expected an instant with its time zone"),
        ({"born": "2026-02-30T00:00:00Z"}, "expected an instant with its time zone"),
        ({"born": 1772323200}, "expected an instant with its time zone"),
        ({"hired": "1/3/2026"}, "expected a date"),
        ({"hired": 20260301}, "expected a date"),
        ({"tags": "a,b"}, "expected a list of texts"),
        ({"tags": ["a", None]}, "expected a list of texts"),
        ({"rules": {"a": float("nan")}}, "expected JSON"),
    ],
)
def test_a_field_of_another_type_is_refused_without_its_value(fields: dict[str, Any], said: str) -> None:
    """The message names column, field, what came and what was expected; a value may be personal."""
    with pytest.raises(PermanentFailure, match=said):
        one(**fields)


def test_an_instant_keeps_its_moment_whatever_zone_it_was_sent_in() -> None:
    """Stored as UTC later; equal all the same."""
    assert datetime(2026, 2, 28, 22, tzinfo=UTC) == one(born="2026-03-01T00:00:00+02:00")["born_at"]
    moment = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=2)))
    assert moment == one(born=moment)["born_at"]


@given(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3))
def test_nothing_is_kept_that_no_column_names(record: dict[str, Any]) -> None:
    """Whatever a record holds: kept are the allowed paths with their values, and no others."""
    allowed = frozenset({("a",), ("b", "a"), ("c", "a", "b")})
    kept, _ = redact(record, allowed)

    assert {path: field_of(record, ".".join(path)) for path in allowed} == {
        path: field_of(kept, ".".join(path)) for path in allowed
    }
    assert set() == set(kept) - set("abc")
    assert set() == set(kept.get("b", {})) - {"a"}
    assert set() == set(kept.get("c", {})) - {"a"}


def test_what_is_removed_is_counted_by_its_path() -> None:
    """Also where something else stands where an object was expected."""
    kept, removed = redact(
        {"id": "a", "phone": "1", "profile": {"login": "x", "pet": {"name": "y"}}, "size": None},
        allowed_paths(USER),
    )
    _, odd = redact({"profile": "x"}, allowed_paths(USER))

    assert {"id": "a", "profile": {"login": "x"}, "size": None} == kept
    assert Counter({"phone": 1, "profile.pet": 1}) == removed
    assert Counter({"profile": 1}) == odd


def test_a_reading_keeps_redacted_pages_and_yields_whole_records() -> None:
    """A recipe may compute from a field that is not kept."""
    start, end = day_window(date(2026, 3, 1))
    reading = Reading(date(2026, 3, 1), "one", start, end, hmac=str)
    sent = datetime(2026, 3, 1, 12, tzinfo=UTC)
    pages = [
        Page([{"id": "a", "secret": "s"}], "GET /users", "r1", sent),
        Page([{"id": "b"}], "GET /users?after=a"),
    ]

    assert [{"id": "a", "secret": "s"}, {"id": "b"}] == list(reading.records(pages, USER))
    assert [
        {
            "request": "GET /users",
            "request_id": "r1",
            "date": "2026-03-01T12:00:00+00:00",
            "removed": {"secret": 1},
            "records": [{"id": "a"}],
        },
        {
            "request": "GET /users?after=a",
            "request_id": None,
            "date": None,
            "removed": {},
            "records": [{"id": "b"}],
        },
    ] == reading.pages
    assert (["GET /users", "GET /users?after=a"], [sent]) == (reading.requests, reading.server_dates)
    assert Counter({"toy_user: secret": 1}) == reading.dropped


def test_a_recipe_says_what_it_fills_and_from_which_instances() -> None:
    """Of all instances, or of the first one that knows about all of them."""

    @capture(USER)
    def users(_client: object, _reading: Reading) -> list[dict[str, Any]]:
        """One row per user."""
        return []

    @captures(USER, instances=first)
    def together(_client: object, _reading: Reading) -> dict[str, list[dict[str, Any]]]:
        """One row per user."""
        return {}

    assert ("users", (USER,), "toy", Kind.STATE, "One row per user.") == (
        users.name,
        users.datasets,
        users.source,
        users.kind,
        users.doc,
    )
    assert (every, ["1", "2"]) == (users.instances, users.instances(["1", "2"]))
    assert ["1"] == together.instances(["1", "2"])
    assert [] == together.instances([])


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2024, 2, 29), date(2026, 12, 31)])
def test_a_day_is_24_hours_of_utc_half_open(day: date) -> None:
    """Also the night clocks change, a leap day and the last of a year."""
    start, end = day_window(day)

    assert (day, timedelta(days=1), UTC) == (start.date(), end - start, start.tzinfo)


def test_a_failure_says_once_that_nothing_was_stored_and_whether_a_retry_helps() -> None:
    """Also where it repeats what the store said."""
    assert "Page 2 failed. Nothing was stored. A retry may help." == str(TransientFailure("Page 2 failed."))
    assert "No. Nothing was stored. A retry will not help." == str(
        PermanentFailure("No. Nothing was stored. A retry will not help.")
    )


def column(**changed: Any) -> Column:
    """Return a column with some facts changed."""
    return Column(**{"name": "id", "type": "text", "meaning": "It", **changed})


def dataset(**changed: Any) -> Dataset:
    """Return a dataset with some facts changed."""
    return Dataset(
        **{
            "name": "toy_user",
            "kind": Kind.STATE,
            "title": "Users",
            "key": ("id",),
            "columns": (column(),),
            **changed,
        }
    )


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: column(name="Id"), "lower-case letters"),
        (lambda: column(type="float"), "'float' is none of text, int, bool"),
        (lambda: column(meaning=""), "say what it means"),
        (lambda: dataset(name="user"), "<source>_<entity>"),
        (lambda: dataset(columns=(column(), column())), "occurs twice"),
        (lambda: dataset(columns=(column(), column(name="day"))), "day is added to every view"),
        (lambda: dataset(key=()), r"\(none\)"),
        (lambda: dataset(key=("login",)), "login, which is no column"),
        (lambda: dataset(retention_days=9), "only events have a retention"),
        (lambda: dataset(key_may_lack=("other",)), "column of the key that is not required"),
        (lambda: dataset(kind=Kind.DERIVED), "follows state or event"),
        (lambda: dataset(follows=Kind.STATE), "follows state or event"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(declare: Any, said: str) -> None:
    """The message says how to mend it."""
    with pytest.raises(DeclarationError, match=said):
        declare()


def test_a_columns_comment_says_what_an_analyst_asks() -> None:
    """Meaning, unit, source field and privacy class."""
    assert "What was paid; unit: minor units of the row's currency; source field: paid; privacy: none" == (
        Column("paid_minor", "money", "What was paid.", source="paid").comment
    )


def test_a_changed_declaration_changes_its_digest() -> None:
    """Names, types, keys and what must be there; not the words that explain them."""
    assert dataset().schema_sha256 == dataset(columns=(column(meaning="Another"),)).schema_sha256
    assert 4 == len(
        {
            dataset().schema_sha256,
            dataset(columns=(column(required=True),)).schema_sha256,
            dataset(columns=(column(type="int"),)).schema_sha256,
            dataset(columns=(column(), column(name="b"))).schema_sha256,
        }
    )
