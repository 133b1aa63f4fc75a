"""How is a derived dataset computed from stored snapshots, and from no others?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from assets.capture import Derivation, day_window
from warehouse.dataset import Dataset
from warehouse.ledger import Entry
from warehouse.read import Need, Reader, Round
from warehouse.snapshots import Index, Slot
from warehouse.store import Offered, Store, StoreRefusal, digest_of


class NotInForce(Exception):
    """A control's parameter that a derivation uses has no value in force on the day."""


def no_parameters(name: str, day: date) -> Any:
    """Return the value of a control's parameter where there are no controls. Raises NotInForce."""
    raise NotInForce(f"parameter {name} has no value in force on {day}")


@dataclass(frozen=True)
class Deriver:
    """Computes derived datasets into one store."""

    store: Store
    index: Index
    datasets: Mapping[str, Dataset]
    now: Callable[[], datetime]
    run: str
    version: str
    parameter: Callable[[str, date], Any] = no_parameters
    """(a control's parameter such as `CM-01.ticket_types`, day) -> its value in force. Raises NotInForce."""

    def derive(self, derivation: Derivation, day: date, reader: Reader) -> list[Entry]:
        """Compute one derivation for every instance of its first input and return the new entries.

        A result that already stands for the same inputs is not stored again. Where an input is missing or
        altered nothing is stored and a `failure` entry says which, so that a test that needs the result can
        name the cause.
        """
        driver = derivation.inputs[0]
        entries = []
        known = {*reader.calendar.instances(driver, day), *self.index.instances(driver, day)}
        for instance in sorted(filter(derivation.covers, known)):
            needs = self._needs(derivation, instance)
            available = reader.available(needs, day)
            slot = Slot(derivation.dataset.name, derivation.instance(instance), day)
            if problems := [*available.missing, *available.altered]:
                self._failed(slot, "; ".join(str(problem) for problem in problems))
                continue
            for chosen in available.rounds:
                try:
                    entry = self._derive_round(derivation, slot, instance, chosen, reader, needs)
                except (duckdb.DataError, duckdb.InvalidInputException, NotInForce, StoreRefusal) as error:
                    # The data of one instance must not keep the other results of the day from being made.
                    self._failed(slot, _what_was_wrong(derivation, error))
                    break
                if entry is not None:
                    entries.append(entry)
        self.index.refresh()
        return entries

    def _needs(self, derivation: Derivation, instance: str) -> list[Need]:
        """Return what is read of the day itself, then what of other days."""
        driver, *others = derivation.inputs
        needs = [
            Need(driver, instance=instance),
            *(self._need(name, derivation, instance) for name in others),
        ]
        around = [
            replace(
                need,
                before=derivation.before.get(need.dataset, 0),
                after=derivation.after.get(need.dataset, 0),
                earlier=need.dataset in derivation.earlier,
            )
            for need in needs
        ]
        return [*needs, *(need for need in around if need.around)]

    def _need(self, name: str, derivation: Derivation, instance: str) -> Need:
        """Return which instances of a further input belong to one instance of the first.

        The same instance where both come from one source; all of them else, as of registers.
        """
        same_source = name.split("_", 1)[0] == derivation.source
        return Need(name, instance=instance) if same_source else Need(name)

    def _derive_round(
        self,
        derivation: Derivation,
        slot: Slot,
        instance: str,
        chosen: Round,
        reader: Reader,
        needs: Sequence[Need],
    ) -> Entry | None:
        inputs = sorted(snapshot.path for snapshot in chosen.all)
        sql, sql_sha256 = derivation.sql.read_text(encoding="utf-8"), digest_of(derivation.sql)
        parameters = {name: self.parameter(name, slot.day) for name in derivation.dataset.parameters}
        round_name = max(snapshot.round for snapshot in chosen.snapshots)
        for snapshot in self.index.captures(slot, accumulates=derivation.dataset.accumulates):
            if self.index.failed_since(slot, snapshot) is not None:
                continue  # stored anew, so that the failure is over
            same = snapshot.header["sql_sha256"] == sql_sha256 and list(snapshot.inputs) == inputs
            same = same and snapshot.header.get("parameters", {}) == parameters
            # A file is named by its digest: read again, the same events are the same input.
            again = not derivation.dataset.accumulates and not asks_when_read(sql)
            if same and (again or snapshot.round == round_name) and reader.check(snapshot) is None:
                return None
        start, end = day_window(slot.day)
        known = {"day": slot.day, "day_start": start, "day_end": end, "instance": instance}
        known |= {name.partition(".")[2]: value for name, value in parameters.items()}
        connection = reader.connect(chosen, needs)
        try:
            used = parameters_of(sql)
            table = connection.sql(sql, params={name: known[name] for name in used}).to_arrow_table()
        finally:
            connection.close()
        header = {
            "source": derivation.dataset.source,
            "derivation": derivation.sql.name,
            "sql_sha256": sql_sha256,
            "inputs": inputs,
            **({"parameters": parameters} if parameters else {}),
            "round": round_name,
            "captured_at": chosen.observed_at.isoformat(),
            "run": self.run,
            "version": self.version,
        }
        return self.store.write(
            [Offered(derivation.dataset, table)],
            kind="derivation",
            instance=slot.instance,
            day=slot.day,
            header=header,
            recorded_at=self.now(),
        )

    def _failed(self, slot: Slot, error: str) -> None:
        stored = self.index.snapshots.get(slot, [])
        said = self.index.failed_since(slot, stored[-1] if stored else None)
        if said is not None and said.error == error:
            return
        self.store.ledger.append(
            "failure",
            {
                "datasets": [slot.dataset],
                "source": slot.dataset.split("_", 1)[0],
                "instance": slot.instance,
                "day": slot.day.isoformat(),
                "error": error,
                "retryable": False,
                "run": self.run,
            },
            self.now(),
        )
        self.index.refresh()


def _what_was_wrong(derivation: Derivation, error: Exception) -> str:
    """Return why nothing was stored. The text of a SQL error may quote a value, so it is left out."""
    if isinstance(error, StoreRefusal | NotInForce):
        return f"{derivation.sql.name}: {error}"
    return f"{derivation.sql.name} raised {type(error).__name__} on these inputs. Nothing was stored."


def asks_when_read(sql: str) -> bool:
    """Return whether a SQL statement looks at when the evidence was read, and not only at what was read."""
    return any(word in sql for word in ("captured_at", "snapshot_read", "$observed_at"))


def parameters_of(sql: str) -> set[str]:
    """Return the names of the `$parameters` a single SQL statement uses."""
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise ValueError(f"expected one SQL statement, found {len(statements)}")
    return set(statements[0].named_parameters)


@cache
def sql_beside(module_file: str, name: str) -> Path:
    """Return the path of a SQL file in the folder of a module. Raises FileNotFoundError."""
    path = Path(module_file).parent / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; a derivation names it")
    return path
