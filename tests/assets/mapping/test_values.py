"""Is every number, instant and date read exactly, and refused where it could mean two things?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mapping.values import HIGHEST, LOWEST, Unfit, calendar_day, instant, number, shortest, whole

SEPARATORS = [(".", None), (",", None), (".", ","), (",", "."), (",", " "), (".", "'"), (",", "\u202f")]
AMOUNTS = st.integers(LOWEST, HIGHEST)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
LOCAL = st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001 - local times are the point


def written(minor: int, digits: int, decimal: str, thousands: str | None) -> str:
    """Return an amount as an export in that style writes it."""
    magnitude = str(abs(minor)).rjust(digits + 1, "0")
    whole_part, decimals = magnitude[: len(magnitude) - digits], magnitude[len(magnitude) - digits :]
    if thousands is not None:
        whole_part = f"{int(whole_part):,}".replace(",", thousands)
    return f"{'-' if minor < 0 else ''}{whole_part}{decimal + decimals if digits else ''}"


@given(AMOUNTS, st.sampled_from([0, 2, 3, 4]), st.sampled_from(SEPARATORS))
def test_an_amount_comes_back_as_it_was_written(
    minor: int, digits: int, style: tuple[str, str | None]
) -> None:
    """In every style, to the last of 64 bits."""
    decimal, thousands = style
    text = written(minor, digits, decimal, thousands)

    assert minor == whole(number(text, decimal=decimal, thousands=thousands), digits)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_what_has_more_decimals_than_the_currency_is_refused(value: Decimal) -> None:
    """And is never rounded in silence."""
    if value == value.quantize(Decimal("0.01")):
        assert int(value * 100) == whole(value, 2)
    else:
        with pytest.raises(Unfit):
            whole(value, 2)


@given(st.integers(-(10**13), 10**13))
def test_a_float_stands_for_its_shortest_decimal(cents: int) -> None:
    """Up to fifteen digits, which a binary float keeps apart."""
    assert cents == whole(shortest(cents / 100), 2)


NO_NUMBERS = "NaN nan inf -Infinity 1e5 1,234.50 1.234,50 12. .5 $5 1_000 0x10 --1 (5.00) \u0661\u0662 +"


@pytest.mark.parametrize("text", ["", "1 000", "1" * 61, *NO_NUMBERS.split()])
def test_a_text_that_is_no_plain_number_is_refused(text: str) -> None:
    """Whatever a spreadsheet might make of it."""
    with pytest.raises(Unfit):
        number(text)


@pytest.mark.parametrize("text", ["1,23", "12,34,567", "1234,567", "1,234,56.00", ",123"])
def test_groups_that_are_not_of_three_are_refused(text: str) -> None:
    """A comma in another place is likelier a decimal sign than a thousand."""
    with pytest.raises(Unfit):
        number(text, thousands=",")


@pytest.mark.parametrize(
    ("text", "places"), [(str(2**63), 0), (str(-(2**63) - 1), 0), ("92233720368547758.08", 2)]
)
def test_what_64_bits_do_not_hold_is_refused(text: str, places: int) -> None:
    """It is never wrapped around."""
    with pytest.raises(Unfit):
        whole(number(text), places)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("half_up", [1, 2, 3, -1, -2, -3]),
        ("half_down", [0, 1, 2, 0, -1, -2]),
        ("half_even", [0, 2, 2, 0, -2, -2]),
        ("down", [0, 1, 2, 0, -1, -2]),
        ("up", [1, 2, 3, -1, -2, -3]),
    ],
)
def test_a_named_rounding_works_on_the_magnitude(rounding: str, expected: list[int]) -> None:
    """A refund of -x is exactly the opposite of a sale of x."""
    halves = [Decimal(text) for text in ("0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5")]

    assert expected == [whole(value, 0, rounding) for value in halves]


@given(LOCAL, ZONES)
def test_a_local_time_is_read_by_its_clock_or_refused(local: datetime, zone: str) -> None:
    """Refused exactly where the clock shows it twice or never."""
    text = local.isoformat(sep=" ")
    meant = {local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}

    if len(meant) == 1:
        (expected,) = meant
        assert expected == instant(text, (), zone)
        assert local == instant(text, (), zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    else:
        with pytest.raises(Unfit):
            instant(text, (), zone)


@given(
    st.integers(0, 59), st.sampled_from([("2026-10-25 02", "twice"), ("2026-03-29 02", "leave this one out")])
)
def test_the_hours_in_which_clocks_change_are_refused(minute: int, hour: tuple[str, str]) -> None:
    """In October the hour is there twice, in March never."""
    with pytest.raises(Unfit, match=hour[1]):
        instant(f"{hour[0]}:{minute:02}:00", (), "Europe/Berlin")


@given(LOCAL, st.integers(-14, 14))
def test_an_offset_that_is_written_counts(local: datetime, hours: int) -> None:
    """Whatever zone the mapping names: there the hour that comes twice can be told apart."""
    moment = local.replace(tzinfo=UTC)
    shifted = moment + timedelta(hours=hours)
    sign = "-" if hours < 0 else "+"
    text = f"{shifted.replace(tzinfo=None).isoformat()}{sign}{abs(hours):02}:00"

    assert moment == instant(text, (), "Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("2026-03-10T09:00:00", ()),
        ("10.03.2026 09:00", ("%d.%m.%Y %H:%M",)),
        ("2026-02-30T09:00:00Z", ()),
        ("2026-03-10T25:00:00Z", ()),
        ("20260310T090000Z", ()),
        ("2026-03-10", ()),
        ("2026-03-10T09:00:00.1234567Z", ()),
        ("03/10/2026", ("%d.%m.%Y",)),
        ("46091.375", ()),
    ],
)
def test_an_instant_nobody_can_place_is_refused(text: str, formats: tuple[str, ...]) -> None:
    """Without zone, without format, or of no calendar."""
    with pytest.raises(Unfit):
        instant(text, formats, None)


def test_a_date_is_read_in_the_named_format_and_in_no_other() -> None:
    """The tenth of March is never the third of October."""
    assert date(2026, 3, 10) == calendar_day("10/03/2026", ("%d/%m/%Y",))
    with pytest.raises(Unfit):
        calendar_day("10/13/2026", ("%d/%m/%Y",))
    with pytest.raises(Unfit):
        calendar_day("10/03/2026", ())
