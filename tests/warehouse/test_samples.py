"""Can anybody draw a sample again with nothing but sha256, and is what the auditor found kept?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse.audit.samples import Asked, Drawn, SampleRefused, draw, finding, preset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

KEYS = [f"user-{number:02d}" for number in range(1, 13)]


def asked(
    n: int | None = None,
    test_id: str = "AC-01.a",
    seed: str = "blue heron",
    first: int = 1,
    last: int = 2,
) -> Asked:
    """Return what an auditor asks of days of March 2026."""
    days = date(2026, 3, first), date(2026, 3, last)
    return Asked(test_id, *days, seed, "A. Auditor", "A. Auditor", n)


def drawn(company: Company, what: Asked) -> Drawn:
    """Draw from the published file."""
    with duckdb.connect(str(company.home.warehouse), read_only=True) as connection:
        return draw(connection, what)


@pytest.fixture
def looked(company: Company, at: At) -> Company:
    """Return a company with twelve users looked at on two days, on the second only the first eleven."""
    entry = company.users(1, dict.fromkeys(KEYS, "ACTIVE"))
    company.evaluate(1, {"AC-01.a": "PASS"}, looked_at=KEYS, read=[entry.body["snapshots"][0]["sha256"]])
    company.evaluate(2, {"AC-01.a": "PASS"}, looked_at=KEYS[:-1])
    company.publish(at(4))
    return company


def test_the_draw_is_the_order_of_sha256_of_seed_and_key(looked: Company) -> None:
    """Redrawn by hand: the five smallest digests, and the digest of all keys."""
    found = drawn(looked, asked(5))

    by_hand = sorted(KEYS, key=lambda key: hashlib.sha256(f"blue heron{key}".encode()).hexdigest())[:5]
    assert by_hand == [item["population_key"] for item in found.items]
    assert (12, 0, hashlib.sha256("".join(f"{key}\n" for key in KEYS).encode()).hexdigest()) == (
        found.request["population_count"],
        found.request["exempt_count"],
        found.request["population_sha256"],
    )


def test_an_item_carries_the_facts_and_the_files_of_the_last_day_it_was_looked_at(looked: Company) -> None:
    """The one user who was gone on the second day is shown as of the first, with the file that was read."""
    everyone = drawn(looked, asked(12)).items

    (gone,) = (item for item in everyone if item["population_key"] == KEYS[-1])
    assert (date(2026, 3, 1), date(2026, 3, 1), "pass") == (
        gone["first_day"],
        gone["last_day"],
        gone["status"],
    )
    (path,) = gone["evidence"]
    assert path.startswith("evidence/demo_user/instance=acme/day=2026-03-01/")
    assert {(date(2026, 3, 1), date(2026, 3, 2))} == {
        (item["first_day"], item["last_day"]) for item in everyone if item is not gone
    }


def test_the_same_request_is_the_same_sample_and_another_seed_another(looked: Company) -> None:
    """By its id, which says all it depends on."""
    ids = [
        drawn(looked, what).sample_id
        for what in (asked(5), asked(5), asked(6), asked(5, seed="grey heron"), asked(5, last=1))
    ]

    assert ids[0] == ids[1]
    assert 4 == len(set(ids))


def test_more_than_there_are_draws_all(looked: Company) -> None:
    """And says how many that were."""
    found = drawn(looked, asked(100))

    assert (12, 12) == (found.request["n"], len(found.items))


@pytest.mark.parametrize(
    ("population", "n"),
    [(1, 1), (4, 4), (5, 5), (6, 5), (50, 5), (51, 6), (60, 6), (241, 25), (250, 25), (251, 25), (10**6, 25)],
)
def test_without_a_number_the_size_of_the_population_says_how_many(population: int, n: int) -> None:
    """All below five, then five, a tenth rounded up, and twenty-five."""
    assert n == preset(population)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (asked(test_id="AC-99.a"), "There is no test AC-99.a"),
        (asked(test_id="AC-01.b"), "looked at no row from 2026-03-01 to 2026-03-02"),
        (asked(seed=""), "The seed is empty"),
    ],
)
def test_what_cannot_be_drawn_is_refused(looked: Company, what: Asked, said: str) -> None:
    """With the reason, and nothing drawn."""
    with pytest.raises(SampleRefused, match=said):
        drawn(looked, what)


def test_rows_that_are_exempt_are_not_drawn_and_are_counted(company: Company, at: At) -> None:
    """They were never tested."""
    company.evaluate(1, {"AC-01.a": "PASS"}, looked_at=KEYS, exempt=["user-03"])
    company.publish(at(4))

    found = drawn(company, asked(12))

    assert (11, 1) == (found.request["population_count"], found.request["exempt_count"])
    assert "user-03" not in {item["population_key"] for item in found.items}


@pytest.mark.parametrize(
    ("sample_id", "ordinal", "result", "said"),
    [
        ("S-1", 1, "no exception", "There is no sample S-1"),
        ("S-1", 1, "fine", "'fine' is none of"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    looked: Company, sample_id: str, ordinal: int, result: str, said: str
) -> None:
    """A sample nobody drew, a word nobody knows."""
    with (
        duckdb.connect(str(looked.home.warehouse), read_only=True) as connection,
        pytest.raises(SampleRefused, match=said),
    ):
        finding(connection, sample_id, ordinal, result)
