"""What is there to collect and to compute? Found in the folders by itself; nothing is registered by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import assets
from assets.capture import Derivation, Recipe
from warehouse.dataset import Dataset, DeclarationError, Kind


@dataclass(frozen=True)
class Catalogue:
    """Every dataset, and how each comes to be."""

    datasets: dict[str, Dataset]
    recipes: dict[str, Recipe]
    derivations: tuple[Derivation, ...]

    @property
    def described(self) -> set[str]:
        """The datasets computed from the ledger itself, by no derivation: meta_slot, document_file, …"""
        made = {derivation.dataset.name for derivation in self.derivations}
        found = [d for d in self.datasets.values() if d.kind is Kind.DERIVED and d.source != "ctl"]
        return {dataset.name for dataset in found} - made

    def touched(self, names: Collection[str] | None, left_out: Collection[str]) -> list[Derivation]:
        """Return the derivations of some datasets and of what reads them, in order; null: all of them."""
        found = None if names is None else set(names)
        chosen = []
        for derivation in self.derivations:  # what is read by others comes first
            name = derivation.dataset.name
            if name not in left_out and (
                found is None or name in found or found.intersection(derivation.inputs)
            ):
                chosen.append(derivation)
                if found is not None:
                    found.add(name)
        return chosen

    def ahead(self, chosen: Collection[Derivation]) -> dict[int, list[Derivation]]:
        """Return how many days ahead -> the derivations whose results of that day some others read."""
        found: dict[int, list[Derivation]] = {}
        for derivation in self.derivations:
            name = derivation.dataset.name
            last = max((reader.after.get(name, 0) for reader in chosen), default=0)
            for days in range(1, last + 1):
                found.setdefault(days, []).append(derivation)
        return found

    @staticmethod
    def levels(derivations: Sequence[Derivation]) -> list[list[Derivation]]:
        """Return derivations in groups, none of which reads what another of its group makes."""
        depth: dict[str, int] = {}
        groups: dict[int, list[Derivation]] = {}
        for derivation in derivations:
            at = 1 + max((depth[name] for name in derivation.inputs if name in depth), default=0)
            depth[derivation.dataset.name] = max(at, depth.get(derivation.dataset.name, 0))
            groups.setdefault(at, []).append(derivation)
        return [groups[at] for at in sorted(groups)]

    def expected(
        self, instances: dict[str, list[str]], absent: Collection[tuple[str, str]] = ()
    ) -> list[tuple[Dataset, str]]:
        """Return every (dataset, instance) a configuration leads to, derived ones included.

        `absent` lists those of a source that its configuration says cannot be had.
        """
        found: dict[str, list[str]] = {}
        for recipe in self.recipes.values():
            for dataset in recipe.datasets:
                listed = recipe.instances(instances.get(recipe.listing, []))
                found[dataset.name] = [name for name in listed if (dataset.name, name) not in absent]
        for derivation in self.derivations:
            drivers = filter(derivation.covers, found.get(derivation.inputs[0], []))
            found.setdefault(derivation.dataset.name, []).extend(map(derivation.instance, drivers))
        return sorted(
            ((self.datasets[name], instance) for name, listed in found.items() for instance in listed),
            key=lambda pair: (pair[0].name, pair[1]),
        )


@cache
def catalogue() -> Catalogue:
    """Return what the folders under assets/ and the control results declare."""
    datasets: dict[str, Dataset] = {}
    recipes: dict[str, Recipe] = {}
    derivations: list[Derivation] = []
    for module in _modules():
        for value in vars(module).values():
            for found in value if isinstance(value, tuple) else (value,):
                _note(found, datasets, recipes, derivations)
    for recipe in recipes.values():
        if len({(dataset.source, dataset.kind) for dataset in recipe.datasets}) != 1:
            raise DeclarationError(f"{recipe.name}: all datasets of one recipe share one source and one kind")
        if recipe.kind is Kind.DERIVED:
            raise DeclarationError(f"{recipe.name}: a derived dataset is computed, not captured")
    return Catalogue(
        dict(sorted(datasets.items())), dict(sorted(recipes.items())), tuple(in_order(derivations))
    )


def in_order(derivations: list[Derivation]) -> Iterator[Derivation]:
    """Yield derivations after all those whose results they read. Raises DeclarationError for a circle."""
    waiting = list(derivations)
    while waiting:
        unmade = {derivation.dataset.name for derivation in waiting}
        ready = [derivation for derivation in waiting if not unmade & set(derivation.inputs)]
        if not ready:
            raise DeclarationError(f"{', '.join(sorted(unmade))}: each waits for another to be derived first")
        yield from ready
        waiting = [derivation for derivation in waiting if derivation not in ready]


def _note(
    found: Any, datasets: dict[str, Dataset], recipes: dict[str, Recipe], derivations: list[Derivation]
) -> None:
    if isinstance(found, Dataset):
        if datasets.setdefault(found.name, found) != found:
            raise DeclarationError(f"dataset {found.name} is declared twice, and differently")
    elif isinstance(found, Recipe):
        recipes[found.name] = found
        for dataset in found.datasets:
            _note(dataset, datasets, recipes, derivations)
    elif isinstance(found, Derivation) and found not in derivations:
        derivations.append(found)


def _modules() -> Iterator[ModuleType]:
    for info in sorted(pkgutil.iter_modules(assets.__path__), key=lambda info: info.name):
        if not info.ispkg:
            continue
        package = importlib.import_module(f"assets.{info.name}")
        yield package
        for inner in pkgutil.iter_modules(package.__path__):
            if inner.name != "client":  # which may import a vendor's library
                yield importlib.import_module(f"assets.{info.name}.{inner.name}")
    yield importlib.import_module("expectations.results")
    yield importlib.import_module("warehouse.audit.samples")
    yield importlib.import_module("warehouse.audit.package")
    yield importlib.import_module("warehouse.audit.notices")
