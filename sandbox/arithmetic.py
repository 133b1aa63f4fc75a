"""How does the company round a quotient and spread an amount, in whole numbers?"""

from __future__ import annotations


def round_div(numerator: int, denominator: int, mode: str) -> int:
    """Return a quotient rounded by its magnitude: -x rounds to the opposite of x."""
    sign = -1 if numerator < 0 else 1
    whole, rest = divmod(abs(numerator), denominator)
    match mode:
        case "half_up":
            up = rest * 2 >= denominator
        case "half_even":
            up = rest * 2 > denominator or (rest * 2 == denominator and whole % 2 == 1)
        case _:
            up = False
    return sign * (whole + up)


def spread(amount: int, weights: list[int]) -> list[int]:
    """Return an amount spread over weights by largest remainder: the parts sum to it exactly."""
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda n: (-(amount * weights[n] % total), n))
    for n in rests[: amount - sum(parts)]:
        parts[n] += 1
    return parts
