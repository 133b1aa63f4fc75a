"""How does an object of Stripe become a row: seconds to instants, fractions to exact decimals?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from assets.capture import Page, Reading, field_of, row
from assets.failures import PermanentFailure
from warehouse.dataset import Column, Dataset

KEPT_DAYS = 3650
"""Stripe keeps payments as long as the account; ten years is what tax law asks of many."""


def column(name: str, type_: str, meaning: str, source: str = "", **other: Any) -> Column:
    """Return a column whose field has its name, unless another is given."""
    return Column(name, type_, meaning, source=source or name, **other)


def identity(name: str, meaning: str) -> Column:
    """Return the column of an object's own id."""
    return Column(name, "text", meaning, source="id", required=True)


CREATED = Column("created_at", "timestamp", "When it was created", source="created", required=True)
LIVEMODE = Column(
    "livemode", "bool", "Whether real money is meant; false: test mode", source="livemode", required=True
)


def amount(name: str, meaning: str, *, required: bool = True) -> Column:
    """Return a column of an amount as Stripe counts it."""
    return Column(
        name,
        "money",
        meaning,
        unit="smallest unit of the row's currency as Stripe counts it",
        source=name.removesuffix("_minor"),
        required=required,
    )


CURRENCY = Column("currency", "text", "ISO 4217 code, in small letters", source="currency", required=True)
ORDER_REF = Column(
    "order_ref", "text", "The platform's order; null: none was named", source="metadata.order_id"
)


def stripe_row(dataset: Dataset, record: Mapping[str, Any], **computed: Any) -> dict[str, Any]:
    """Return one row; instants and dates are made of the seconds since 1970 that Stripe writes."""
    moments = {
        one.name: moment(dataset, one, field_of(record, one.source))
        for one in dataset.columns
        if one.type in ("timestamp", "date") and one.source and one.name not in computed
    }
    return row(dataset, record, **moments, **computed)


def moment(dataset: Dataset, one: Column, value: Any) -> datetime | date | None:
    """Return the instant of a number of seconds, or its UTC day. Raises PermanentFailure for aught else."""
    if value is None and not one.required:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise PermanentFailure(
            f"{dataset.name}.{one.name}: the source sent a {type(value).__name__} in field {one.source}, "
            "expected whole seconds since 1970. Has its interface changed?"
        )
    try:
        found = datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise PermanentFailure(
            f"{dataset.name}.{one.name}: the source sent seconds in field {one.source} that are in no year."
        ) from error
    return found.date() if one.type == "date" else found


def exact(dataset: Dataset, name: str, value: Any) -> str | None:
    """Return a rate as the decimal Stripe wrote, without an exponent. Raises PermanentFailure for no number.

    The client reads fractions as text (see rest.py), so that no float ever stood for it.
    """
    if value is None:
        return None
    found = None if isinstance(value, bool) or not isinstance(value, int | str) else decimal(value)
    if found is None:
        raise PermanentFailure(
            f"{dataset.name}.{name}: the source sent a {type(value).__name__}, expected a number."
        )
    return format(found, "f")


def decimal(value: int | str) -> Decimal | None:
    """Return the decimal a number is; None where it is none."""
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def of_the_day(reading: Reading, pages: Iterable[Page], dataset: Dataset) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a listing that was asked for one day. Raises PermanentFailure for any other's."""
    first, last = int(reading.start.timestamp()), int(reading.end.timestamp())
    for record in reading.records(pages, dataset):
        created = record.get("created")
        if isinstance(created, int) and not first <= created < last:
            raise PermanentFailure(
                f"{dataset.name} {reading.instance}: the source listed a record of another day than "
                f"{reading.day}, which was asked for. Has the interface changed?"
            )
        yield record


def window(reading: Reading) -> dict[str, int]:
    """Return the evidence day as bounds of `created`."""
    return {"created_gte": int(reading.start.timestamp()), "created_lt": int(reading.end.timestamp())}
