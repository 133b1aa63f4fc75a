"""Are all criteria there, and do the controls cover the ones an independent list says they cover?"""

from __future__ import annotations

from collections import Counter

from expectations.criteria import coverage, criteria, uncovered
from expectations.loading import discover
from pipelines.catalogue import catalogue

COVERED = {
    "CC2.1": ("GV-06",),
    "CC4.1": ("GV-06",),
    "CC5.1": ("AC-04", "PI-10"),
    "CC6.1": ("AC-01", "AC-02", "AC-03", "AC-04", "AC-10", "SK-01", "SK-02", "SK-03"),
    "CC6.2": ("AC-07",),
    "CC6.3": ("AC-03", "AC-04", "AC-07", "AC-10"),
    "CC6.4": ("VR-03",),
    "CC6.6": ("AC-01", "AC-02", "SK-01"),
    "CC7.2": ("LM-01",),
    "CC7.5": ("AV-05",),
    "CC8.1": ("CM-01", "SK-03"),
    "CC9.1": ("AV-05",),
    "CC9.2": ("VR-03",),
    "A1.2": ("AV-05",),
    "A1.3": ("AV-05",),
    "PI1.1": ("PI-02",),
    "PI1.2": ("LM-01", "PI-01", "PI-03", "PI-08", "SK-03"),
    "PI1.3": ("PI-01", "PI-02", "PI-03", "PI-04", "PI-05", "PI-06", "PI-07", "PI-09", "PI-10"),
    "PI1.4": ("PI-03", "PI-04", "PI-05", "PI-07", "PI-09"),
    "PI1.5": ("LM-01", "PI-05", "PI-06", "PI-08"),
    "P6.4": ("VR-03",),
}
"""Kept by hand, so that a criterion is not claimed by a slip in a control's file."""


def test_there_are_61_criteria() -> None:
    """33 common ones, and those of availability, confidentiality, processing integrity and privacy."""
    families = Counter(name.rstrip("0123456789.") for name in criteria())

    assert {"CC": 33, "A": 3, "C": 2, "PI": 5, "P": 18} == families


def test_coverage_is_what_was_meant() -> None:
    """A criterion is covered by exactly the listed controls; all others are listed as not covered."""
    controls = discover(catalogue().datasets)

    assert COVERED == {name: ids for name, ids in coverage(controls).items() if ids}
    assert [name for name in criteria() if name not in COVERED] == [item.id for item in uncovered(controls)]
