"""Does the verdict follow the order of architecture section 6?"""

from __future__ import annotations

import pytest

from expectations.verdicts import Found, Verdict, verdict, worst

ALL = {"population": 9, "exempt": 1, "exceptions": 1, "unknown": 1, "waived": 1}


@pytest.mark.parametrize(
    ("found", "reached"),
    [
        (Found("state", absent=("a",), errors=("e",), missing=("a/x",), **ALL), "NOT_TESTED"),
        (Found("state", errors=("e",), missing=("a/x",), **ALL), "ERROR"),
        (Found("state", errors=("e",)), "ERROR"),
        (Found("state"), "FAIL"),
        (Found("event"), "NO_OCCURRENCE"),
        (Found("state", missing=("a/x",)), "NOT_TESTED"),
        (Found("event", missing=("a/x",)), "NOT_TESTED"),
        (Found("state", missing=("a/x",), **ALL), "FAIL"),
        (Found("state", **ALL), "FAIL"),
        (Found("state", missing=("a/x",), population=9, waived=1), "NOT_TESTED"),
        (Found("state", population=9, unknown=1, waived=1), "NOT_TESTED"),
        (Found("state", population=9, waived=1), "PASS_WAIVED"),
        (Found("state", population=9, exempt=8), "PASS"),
        (Found("state", population=9, exempt=9), "NO_OCCURRENCE"),
    ],
)
def test_the_order_is_kept(found: Found, reached: str) -> None:
    """An earlier rule hides a later one, and never the other way."""
    assert reached == verdict(found)[0]


def test_a_missing_instance_is_named_either_way() -> None:
    """An exception elsewhere does not hide that something could not be read."""
    for exceptions in (0, 1):
        found = Found("state", missing=("aws_account_summary/222: gap",), population=2, exceptions=exceptions)

        assert "aws_account_summary/222: gap" in verdict(found)[1]


def test_the_worst_counts() -> None:
    """Withholding an input never hides a failure."""
    order = list(Verdict)

    assert ["FAIL", "ERROR", "NOT_TESTED", "PASS_WAIVED", "PASS", "NO_OCCURRENCE"] == order
    for place, expected in enumerate(order):
        assert expected is worst(reversed(order[place:]))
