"""How many decimal digits does a currency's minor unit have by ISO 4217?"""

from __future__ import annotations

UNLIKE_TWO = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
"""Digits -> the currencies whose minor unit has so many; every other has two."""


def minor_digits(currency: str) -> int:
    """Return the digits of a currency's minor unit; of USD4, dollars in books of four digits, four."""
    if currency[3:]:
        return int(currency[3:])
    return next((digits for digits, listed in UNLIKE_TWO.items() if currency in listed.split()), 2)
