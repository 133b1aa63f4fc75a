"""How does a row's model become a dataset and a recipe, so that a register is declared once?"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime

from assets.capture import Reading, Recipe, Row, Rows, capture, captures, row
from assets.registers.client import RegisterFolder
from assets.registers.models import REGISTERS, RegisterRow
from warehouse.dataset import Column, Dataset, DeclarationError, Kind, Privacy

TYPES = {str: "text", bool: "bool", int: "int", date: "date", AwareDatetime: "timestamp"}
"""What a field of a model is -> what its column is."""


def register(
    name: str,
    model: type[RegisterRow],
    *key: str,
    people: tuple[str, ...] = (),
    may_be_empty: bool = True,
) -> Recipe:
    """Return the recipe of a register that is read by itself. Raises DeclarationError as `declared` does."""
    dataset = declared(name, model, *key, people=people, may_be_empty=may_be_empty)

    def read(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
        return _rows(folder, reading, dataset)

    read.__name__ = dataset.name
    read.__doc__ = model.__doc__
    return capture(dataset)(read)


def together(name: str, doc: str, *datasets: Dataset) -> Recipe:
    """Return the recipe of registers that are read at once; one bad file keeps all of them from counting."""

    def read(folder: RegisterFolder, reading: Reading) -> Mapping[str, Rows]:
        return {dataset.name: list(_rows(folder, reading, dataset)) for dataset in datasets}

    read.__name__ = name
    read.__doc__ = doc
    return captures(*datasets)(read)


def declared(
    name: str,
    model: type[RegisterRow],
    *key: str,
    people: tuple[str, ...] = (),
    may_be_empty: bool = True,
) -> Dataset:
    """Return the dataset of a register: one file `<name>.yaml` or `.csv`, a column per field of the model.

    The first line of the model's docstring is the dataset's title and its fields' descriptions are the
    columns' meanings; `people` names the columns that say who. A part of the key that a row need not say,
    such as the instance, tells rows apart by its absence too. Most registers may have no rows, but their
    file must be there.
    Raises DeclarationError for a field without a meaning.
    """
    dataset = Dataset(
        name=f"register_{name}",
        kind=Kind.REGISTER,
        title=(model.__doc__ or "").strip().partition("\n")[0].rstrip("."),
        key=key,
        columns=tuple(_columns(name, model, people)),
        key_may_lack=tuple(part for part in key if not model.model_fields[part].is_required()),
        may_be_empty=may_be_empty,
    )
    REGISTERS[name] = model
    return dataset


def _rows(folder: RegisterFolder, reading: Reading, dataset: Dataset) -> Iterator[Row]:
    name = dataset.name.removeprefix("register_")
    for record in reading.records(folder.rows(name, dataset.key), dataset):
        yield row(dataset, record)


def _columns(name: str, model: type[RegisterRow], people: tuple[str, ...]) -> Iterator[Column]:
    for field, about in model.model_fields.items():
        if not about.description:
            raise DeclarationError(f"register {name}: field {field} has no description; analysts read it")
        yield Column(
            field,
            _type(about.annotation),
            about.description,
            unit=_unit(about.json_schema_extra),
            source=field,
            required=about.is_required(),
            privacy=Privacy.WORKFORCE if field in people else Privacy.NONE,
        )


def _unit(extra: Any) -> str:
    return str(extra["unit"]) if isinstance(extra, dict) and "unit" in extra else ""


def _type(annotation: Any) -> str:
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = [part for part in get_args(annotation) if part is not type(None)]
        return _type(inner)
    if get_origin(annotation) is Literal:
        return _type(type(get_args(annotation)[0]))
    if get_origin(annotation) is list:
        return "text[]"
    if hasattr(annotation, "__metadata__"):
        return _type(annotation.__origin__)
    return TYPES[annotation]
