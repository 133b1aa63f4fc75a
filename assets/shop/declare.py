"""How is a column of one of the shop's views declared?"""

from __future__ import annotations

from typing import Any

from warehouse.dataset import Column, Dataset, Kind

KEPT_DAYS = 3650
"""A shop keeps its orders; ten years is what tax law asks of many."""


def key(name: str, meaning: str) -> Column:
    """Return a column that a row is known by."""
    return Column(name, "text", meaning, source=name, required=True)


def column(name: str, type_: str, meaning: str, **other: Any) -> Column:
    """Return a column of the view's own name."""
    return Column(name, type_, meaning, source=name, **other)


def events(
    name: str, title: str, keys: tuple[str, ...], *columns: Column, may_be_empty: bool = True
) -> Dataset:
    """Return the dataset of what a view shows of one day."""
    return Dataset(
        name=f"shop_{name}",
        kind=Kind.EVENT,
        title=title,
        key=keys,
        columns=columns,
        retention_days=KEPT_DAYS,
        may_be_empty=may_be_empty,
    )
