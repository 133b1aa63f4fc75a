"""Does hist say since when and until when a row was seen like this, and claim nothing for a day unseen?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse import hist
from warehouse.dataset import Dataset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

VERSIONS = """
select
    user_id,
    status,
    strftime(observed_first, '%d %H'),
    strftime(observed_last, '%d %H'),
    strftime(next_observed, '%d %H')
from hist.demo_user
order by user_id, observed_first
"""


def test_a_version_lasts_until_the_row_changes_or_is_gone(company: Company, at: At) -> None:
    """Unchanged, changed, gone and come back: one row for each interval."""
    company.users(1, {"stays": "ON", "turns": "ON", "leaves": "ON", "returns": "ON"})
    company.users(2, {"stays": "ON", "turns": "OFF", "leaves": "ON"})
    company.users(3, {"stays": "ON", "turns": "OFF", "returns": "ON"})
    company.publish(at(3))

    assert [
        ("leaves", "ON", "01 12", "02 12", "03 12"),
        ("returns", "ON", "01 12", "01 12", "02 12"),
        ("returns", "ON", "03 12", "03 12", None),
        ("stays", "ON", "01 12", "03 12", None),
        ("turns", "ON", "01 12", "01 12", "02 12"),
        ("turns", "OFF", "02 12", "03 12", None),
    ] == company.ask(VERSIONS)


def test_a_day_without_a_capture_ends_every_interval(company: Company, at: At) -> None:
    """Nobody looked on the third: nothing is claimed for it, though nothing seems to have changed."""
    company.users(1, {"u1": "ON"})
    company.users(2, {"u1": "ON"})
    company.users(4, {"u1": "ON"})
    company.publish(at(4))

    assert [
        ("u1", "ON", "01 12", "02 12", "04 12"),
        ("u1", "ON", "04 12", "04 12", None),
    ] == company.ask(VERSIONS)


def test_several_captures_of_a_day_are_each_seen(company: Company, at: At) -> None:
    """What was so at eight and gone at twenty shows as that."""
    company.users(1, {"u1": "ON"}, at=at(1, 8))
    company.users(1, {"u1": "OFF"}, at=at(1, 20))
    company.publish(at(1, 21))

    assert [
        ("u1", "ON", "01 08", "01 08", "01 20"),
        ("u1", "OFF", "01 20", "01 20", None),
    ] == company.ask(VERSIONS)


def test_a_lost_file_is_a_day_unseen(company: Company, at: At) -> None:
    """The history that was built from it is made anew without it."""
    company.users(1, {"u1": "ON"})
    lost = company.users(2, {"u1": "ON"})
    company.users(3, {"u1": "ON"})
    company.publish(at(3))
    company.file(lost).unlink()
    company.publish(at(3, 13))

    assert [
        ("u1", "ON", "01 12", "01 12", "03 12"),
        ("u1", "ON", "03 12", "03 12", None),
    ] == company.ask(VERSIONS)


def test_a_dataset_computed_again_for_a_round_counts_as_computed_last(
    company: Company, at: At, declared: Mapping[str, Dataset]
) -> None:
    """Two computations from the same captures are one observation."""
    account = declared["account"]
    company.capture(account, 1, [{"account_key": "wrong"}], at=at(1))
    company.capture(account, 1, [{"account_key": "right"}], at=at(1))
    company.publish(at(2))

    assert [("right",)] == company.ask("select account_key from hist.demo_account")


def test_publishing_again_extends_and_reuses(company: Company, at: At) -> None:
    """Nothing new: reused. A new capture: extended. Both answer as if made anew."""
    company.users(1, {"u1": "ON"})
    histories = [company.publish(at(1)).built.histories]
    histories.append(company.publish(at(1)).built.histories)
    company.users(2, {"u1": "ON", "u2": "ON"})
    histories.append(company.publish(at(2)).built.histories)

    assert [{"rebuilt": 5}, {"reused": 5}, {"extended": 1, "reused": 4}] == histories
    assert [("u1", "ON", "01 12", "02 12", None), ("u2", "ON", "02 12", "02 12", None)] == company.ask(
        VERSIONS
    )


def test_more_captures_than_fit_one_step_are_one_history(company: Company, at: At) -> None:
    """Intervals go on across the steps that captures are grouped in."""
    captures = 2 * hist.CHUNK + 3
    for number in range(captures):
        users = {"stays": "ON", "comes and goes": "ON"} if number % 2 else {"stays": "ON"}
        company.users(1, users, at=at(1) + timedelta(minutes=number))
    company.publish(at(1, 14))

    assert [("comes and goes", captures // 2), ("stays", 1)] == company.ask(
        "select user_id, count(*) from hist.demo_user group by all order by all"
    )


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(
    seen=st.lists(
        st.one_of(st.none(), st.dictionaries(st.sampled_from("abc"), st.sampled_from(["ON", "OFF"]))),
        min_size=1,
        max_size=8,
    ),
    published=st.sets(st.integers(0, 7)),
)
def test_however_it_was_extended_a_history_says_what_the_captures_say(
    tmp_path_factory: object, seen: list[dict[str, str] | None], published: set[int], company: Company, at: At
) -> None:
    """Each capture's rows are the versions in force at it, and no version spans a day without a capture."""
    fresh = type(company)(type(company.home)(tmp_path_factory.mktemp("home")))  # type: ignore[attr-defined]
    for day, users in enumerate(seen, start=1):
        if users is not None:
            fresh.users(day, users)
        if day - 1 in published:
            fresh.publish(at(day))
    fresh.publish(at(len(seen)))
    intervals = fresh.ask(
        "select user_id, status, day(observed_first), day(observed_last) from hist.demo_user order by all"
    )
    expected = sorted(
        (user, status, day)
        for day, users in enumerate(seen, start=1)
        if users is not None
        for user, status in users.items()
    )

    assert expected == sorted(
        (user, status, day) for user, status, first, last in intervals for day in range(first, last + 1)
    )
    assert [] == fresh.ask(
        "select user_id from hist.demo_user as a join hist.demo_user as b using (user_id, status) "
        "where day(b.observed_first) = day(a.observed_last) + 1"
    )
