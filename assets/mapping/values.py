"""Which value does one cell stand for, exactly? Numbers, instants and dates; never through a float."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from functools import cache
from zoneinfo import ZoneInfo

LOWEST, HIGHEST = -(2**63), 2**63 - 1
LONGEST = 60
"""Digits a number may have: no amount has more, and a longer one is damage."""
EXACT_FLOAT_DIGITS = 15
"""Up to so many digits a binary float and its shortest decimal stand for each other."""
ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?P<offset>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


class Unfit(ValueError):
    """A cell does not hold what was expected; the text says what was."""


@cache
def _grouped(thousands: str, decimal: str) -> re.Pattern[str]:
    between = re.escape(thousands)
    return re.compile(rf"[+-]?\d{{1,3}}(?:{between}\d{{3}})+(?:{re.escape(decimal)}\d+)?", re.ASCII)


def number(text: str, *, decimal: str = ".", thousands: str | None = None) -> Decimal:
    """Return the number a text says. Raises Unfit for what could be read in two ways, or in none."""
    if thousands is not None and _grouped(thousands, decimal).fullmatch(text):
        text = text.replace(thousands, "")
    plain = text if decimal == "." else ("" if "." in text else text.replace(decimal, "."))
    if not _PLAIN.fullmatch(plain):
        groups = f" and groups of three digits between {thousands!r}" if thousands else ""
        raise Unfit(f"a number with {decimal!r} before its decimals{groups}")
    if len(plain) > LONGEST:
        raise Unfit(f"a number of at most {LONGEST} digits")
    return Decimal(plain)


def shortest(value: object) -> Decimal:
    """Return the shortest decimal a binary float stands for. Raises Unfit where another could be meant."""
    found = Decimal(repr(value))
    if not found.is_finite():
        raise Unfit("a number; NaN and infinities are none")
    if len(found.normalize().as_tuple().digits) > EXACT_FLOAT_DIGITS:
        raise Unfit(f"a float of at most {EXACT_FLOAT_DIGITS} digits, which alone stands for one decimal")
    return found


def whole(value: Decimal, places: int, rounding: str | None = None) -> int:
    """Return value times 10^places as a 64-bit integer, rounded only if a rounding is named. Raises Unfit."""
    if not value.is_finite():
        raise Unfit("a number; NaN and infinities are none")
    sign, digits, exponent = value.as_tuple()
    magnitude = int("".join(map(str, digits)) or "0")
    power = int(exponent) + places
    if abs(power) > 4 * LONGEST:
        raise Unfit("a number that 64 bits hold")
    if power >= 0:
        scaled = magnitude * int(10**power)
    else:
        scaled, rest = divmod(magnitude, int(10**-power))
        if rest:
            if rounding is None:
                raise Unfit(f"at most {places} decimal(s)" if places else "no decimals")
            scaled += _rounded_up(scaled, rest, int(10**-power), rounding)
    found = -scaled if sign else scaled
    if not LOWEST <= found <= HIGHEST:
        raise Unfit("a number that 64 bits hold")
    return found


def _rounded_up(quotient: int, rest: int, divisor: int, rounding: str) -> int:
    """Return 1 where a magnitude is rounded away from zero, else 0."""
    if rounding in {"up", "down"}:
        return int(rounding == "up")
    if rest * 2 != divisor:
        return int(rest * 2 > divisor)
    return int(rounding == "half_up" or (rounding == "half_even" and quotient % 2 == 1))


def multiplied(factors: Sequence[Decimal]) -> Decimal:
    """Return the exact product. Raises Unfit where it has more digits than any amount."""
    with localcontext(Context(prec=4 * LONGEST, traps=[Inexact, InvalidOperation])):
        found = Decimal(1)
        for factor in factors:
            found *= factor
        return found


def instant(text: str, formats: Sequence[str], zone: str | None) -> datetime:
    """Return the instant a text says, in UTC. Raises Unfit where it says none, or two.

    A local time that a change of clocks leaves out or repeats is refused: nobody can tell which was meant.
    """
    return in_utc(_moment(text, formats), zone)


def in_utc(moment: datetime, zone: str | None) -> datetime:
    """Return an instant in UTC, of a local time by the clock of its zone. Raises Unfit."""
    if moment.tzinfo is not None:
        return _within(moment)
    if zone is None:
        raise Unfit("an instant with its offset from UTC, or a `zone` in the mapping")
    local = moment.replace(tzinfo=ZoneInfo(zone))
    early, late = _within(local.replace(fold=0)), _within(local.replace(fold=1))
    if early == late:
        return early
    if early.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment:
        raise Unfit(f"a time that the clocks of {zone} show once; they show this one twice")
    raise Unfit(f"a time that the clocks of {zone} show; they leave this one out")


def _within(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Unfit("an instant that the calendar holds in UTC too") from None


def _moment(text: str, formats: Sequence[str]) -> datetime:
    for layout in formats:
        try:
            return datetime.strptime(text, layout)  # noqa: DTZ007 - its zone is seen to by the caller
        except ValueError:
            continue
    if formats:
        raise Unfit(f"a timestamp written as {' or '.join(formats)}")
    if ISO.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise Unfit("a timestamp that a calendar has") from None
    raise Unfit("a timestamp as ISO 8601 has it, such as 2026-03-17T09:30:00Z, to the microsecond at most")


def calendar_day(text: str, formats: Sequence[str]) -> date:
    """Return the date a text says. Raises Unfit."""
    if not formats and not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise Unfit("a date such as 2026-03-17")
    for layout in formats or ("%Y-%m-%d",):
        try:
            return datetime.strptime(text, layout).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    raise Unfit(f"a date written as {' or '.join(formats or ('%Y-%m-%d',))}")
