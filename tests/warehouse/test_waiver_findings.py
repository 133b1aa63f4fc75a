"""Is everything that an auditor would ask about a waiver found, and nothing about one that is in order?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from warehouse.dataset import Dataset

if TYPE_CHECKING:
    from conftest import Company

    At = Callable[..., datetime]

KEYS = [f"k{number}" for number in range(1, 31)]


@pytest.fixture
def waive(company: Company, at: At, declared: Mapping[str, Dataset]) -> Callable[..., None]:
    """Return a way to register waivers on day 1, each given as what differs from one that is in order."""

    def write(*waivers: Mapping[str, Any]) -> None:
        rows = [
            {
                "waiver_id": f"W-{number}",
                "control_id": "AC-01",
                "test_id": "AC-01.a",
                "subject_pattern": f"k{number}",
                "exception_code": None,
                "reason": "known",
                "compensating_control": "watched",
                "risk_id": None,
                "requested_by": "ann",
                "approved_by": "bob",
                "approved_at": at(1, 9),
                "effective_from": at(1, 9),
                "expires_at": at(60),
                "revoked_at": None,
                **waiver,
            }
            for number, waiver in enumerate(waivers, 1)
        ]
        company.capture(declared["waiver"], 1, rows, instance="main", at=at(1, 10))

    return write


def accepted(company: Company, waiver: str, *keys: str, day: int = 1) -> None:
    """Judge a day on which a waiver accepts some of thirty rows."""
    company.evaluate(
        day, {"AC-01.a": "PASS_WAIVED"}, looked_at=KEYS, broke={"AC-01.a": keys}, waiver=waiver,
        population_count=len(KEYS),
    )  # fmt: skip


def found(company: Company) -> list[tuple[Any, ...]]:
    """Return what was found of which waiver."""
    return company.ask("select waiver_id, finding from ctl.waiver_finding")


def test_a_waiver_in_order_is_asked_nothing(company: Company, at: At, waive: Callable[..., None]) -> None:
    """Approved before, by somebody else, for a while, with something in its place; a tenth of the rows."""
    waive({"subject_pattern": "k*"})
    accepted(company, "W-1", *KEYS[:3])
    company.publish(at(3))

    assert [] == found(company)


@pytest.mark.parametrize(
    ("differs", "keys", "finding"),
    [
        ({}, [], "UNUSED"),
        ({"subject_pattern": "k*"}, KEYS[:4], "OVER_BROAD"),
        ({"approved_by": "ann"}, ["k1"], "SELF_APPROVED"),
        ({"compensating_control": None}, ["k1"], "NO_COMPENSATING_CONTROL"),
        ({"expires_in": 367}, ["k1"], "TOO_LONG"),
        ({"expires_in": 1}, ["k1"], "EXPIRED"),
        ({"approved_in": 0.2}, ["k1"], "LATER_THAN_OCCURRENCE"),
    ],
)
def test_what_an_auditor_would_ask_is_found(
    company: Company,
    at: At,
    waive: Callable[..., None],
    differs: dict[str, Any],
    keys: list[str],
    finding: str,
) -> None:
    """Each by itself: a fourth row of thirty is over a tenth, a 367th day too long."""
    stated = dict(differs)
    if "expires_in" in stated:
        stated["expires_at"] = at(1, 9) + timedelta(days=stated.pop("expires_in"))
    if "approved_in" in stated:
        stated["approved_at"] = at(1, 9) + timedelta(days=stated.pop("approved_in"))
    waive(stated)
    if keys:
        accepted(company, "W-1", *keys)
    company.publish(at(3))

    assert [("W-1", finding)] == found(company)


def test_a_waiver_that_carries_on_another_is_stacked(
    company: Company, at: At, waive: Callable[..., None]
) -> None:
    """The same rows, from the hour the first ends: together they last as long as nobody would approve."""
    same = {"subject_pattern": "k1"}
    waive(
        {**same, "expires_at": at(20)},
        {**same, "approved_at": at(19), "effective_from": at(20), "expires_at": at(60)},
    )
    accepted(company, "W-1", "k1")
    company.publish(at(3))

    assert [("W-2", "STACKED")] == found(company)
