"""Is what a source sent complete, of this day and worth keeping? Then it is stored; else nothing is."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from assets.capture import Client, Reading, Recipe, Rows, day_window
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from warehouse.dataset import Dataset
from warehouse.gaps import record_gap
from warehouse.ledger import Entry
from warehouse.period import Calendar
from warehouse.snapshots import Index, Slot
from warehouse.store import Altered, Offered, RowsMoved, Store, StoreRefusal, table_of

SKEW_LIMIT = timedelta(seconds=60)
"""Beyond this difference between the source's clock and ours, no instant we write could be trusted."""
ON_TIME = timedelta(days=3)
"""Events read within this time after their day ended count as contemporaneous, later ones as backfill."""


class DayRefused(PermanentFailure):
    """The day asked for cannot honestly be collected now."""


@dataclass(frozen=True)
class HmacKey:
    """The key that replaces shoppers' identifiers. Its value shows in no repr."""

    value: bytes
    version: str

    def __repr__(self) -> str:
        return f"HmacKey(version={self.version!r})"

    def __call__(self, text: str) -> str:
        """Return the keyed HMAC-SHA256 of an identifier, normalised, in hexadecimal."""
        normal = unicodedata.normalize("NFC", text).strip().lower()
        return hmac.new(self.value, normal.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Collector:
    """Collects into one store. `now` is the clock, `run` names the run that asked."""

    store: Store
    index: Index
    now: Callable[[], datetime]
    hmac: HmacKey
    run: str
    version: str

    def collect(
        self,
        recipe: Recipe,
        client: Client,
        instance: str,
        day: date,
        round_name: str,
        *,
        ask_access: bool = False,
    ) -> Entry:
        """Capture one recipe of one instance for one day and return the ledger entry.

        Asked to, the run header also says what the source lets our own credential do.
        Raises DayRefused, PermanentFailure or TransientFailure; then nothing was stored, and the ledger
        says so in a `failure` entry.
        """
        try:
            return self._collect(recipe, client, instance, day, round_name, ask_access)
        except SourceFailure as error:
            self.failed(recipe, instance, day, str(error), retryable=error.retryable)
            raise
        except RowsMoved as error:
            self.failed(recipe, instance, day, str(error), retryable=True)
            raise TransientFailure(str(error)) from error
        except (StoreRefusal, Altered) as error:
            self.failed(recipe, instance, day, str(error), retryable=False)
            raise PermanentFailure(str(error)) from error
        except Exception as error:
            # The text of an unforeseen error may quote a record, and a record may be personal.
            self.failed(recipe, instance, day, f"an unforeseen {type(error).__name__}", retryable=False)
            raise

    def failed(self, recipe: Recipe, instance: str, day: date, error: str, *, retryable: bool) -> None:
        """Record an attempt that stored nothing."""
        self.store.ledger.append(
            "failure",
            {
                "datasets": [dataset.name for dataset in recipe.datasets],
                "source": recipe.source,
                "instance": instance,
                "day": day.isoformat(),
                "error": error,
                "retryable": retryable,
                "run": self.run,
            },
            self.now(),
        )
        self.index.refresh()

    def _collect(
        self, recipe: Recipe, client: Client, instance: str, day: date, round_name: str, ask_access: bool
    ) -> Entry:
        started = self.now()
        self._refuse_other_days(recipe, instance, day, started)
        reading = Reading(day, instance, *day_window(day), hmac=self.hmac, started=started)
        principal = client.principal()
        access = access_facts(client) if ask_access else None
        result = recipe.read(client, reading)
        filled: Mapping[str, Rows] = (
            result if isinstance(result, Mapping) else {recipe.datasets[0].name: result}
        )
        expected = [dataset for dataset in recipe.datasets if dataset.name not in reading.absent]
        if filled.keys() != {dataset.name for dataset in expected}:
            raise PermanentFailure(
                f"{recipe.name}: it filled {', '.join(sorted(filled))}, expected "
                f"{', '.join(dataset.name for dataset in expected)}."
            )
        offered = [self._offer(dataset, filled[dataset.name], reading) for dataset in expected]
        finished = self.now()
        self._refuse_other_days(recipe, instance, day, finished)
        if finished < started:
            raise TransientFailure(
                f"{recipe.name} {instance}: this machine's clock went back from {started.isoformat()} to "
                f"{finished.isoformat()} while the source was read, so neither instant can be trusted."
            )
        header = {
            "source": recipe.source,
            "recipe": recipe.name,
            "dataset_kind": recipe.kind.value,
            "round": round_name,
            "origin": _origin(recipe, day, started),
            "principal": principal,
            **({"access": access} if access else {}),
            "requests": reading.requests,
            "window": [reading.start.isoformat(), reading.end.isoformat()],
            "pages": len(reading.pages),
            "last_page_seen": True,
            "dropped": dict(sorted(reading.dropped.items())),
            **({"absent": sorted(reading.absent)} if reading.absent else {}),
            "started_at": started.isoformat(),
            "captured_at": finished.isoformat(),
            "clock_skew_ms": _skew_ms(reading, started, finished),
            "hmac_version": self.hmac.version,
            "run": self.run,
            "version": self.version,
        }
        entry = self.store.write(
            offered,
            kind="snapshot",
            instance=instance,
            day=day,
            header=header,
            recorded_at=finished,
            pages=reading.pages,
        )
        self.index.refresh()
        return entry

    def _offer(self, dataset: Dataset, rows: Rows, reading: Reading) -> Offered:
        table = rows if isinstance(rows, pa.Table) else table_of(dataset, list(rows))
        reported = reading.reported.get(dataset.name)
        if reported is not None and reported != table.num_rows:
            raise PermanentFailure(
                f"{dataset.name} {reading.instance}: {table.num_rows} rows were read, the source reports "
                f"{reported}. The listing is not complete."
            )
        if not table.num_rows and not dataset.may_be_empty:
            raise PermanentFailure(
                f"{dataset.name} {reading.instance}: the source answered with no rows at all, where there "
                "must be some. Check the scopes of the credential: an empty answer is how some systems "
                "refuse."
            )
        return Offered(dataset, table, reported, reading.control_sums.get(dataset.name))

    def _refuse_other_days(self, recipe: Recipe, instance: str, day: date, now: datetime) -> None:
        start, end = day_window(day)
        today = now.astimezone(UTC).date()
        if recipe.kind.bound_to_its_day:
            if today != day:
                self._gap(recipe, instance, day, now, "a state of a day that is over cannot be observed")
                raise DayRefused(
                    f"{recipe.name} {instance}: asked for {day}, today is {today}. A state belongs to the "
                    "day it was observed on; today's answer would be false evidence for another. A gap is "
                    "recorded where the day has no snapshot."
                )
            return
        if now < end:
            raise DayRefused(
                f"{recipe.name} {instance}: asked for the events of {day}, which is not over before "
                f"{end.isoformat()}; it is {now.isoformat()}. Ask again after that."
            )
        retention = recipe.datasets[0].retention_days
        if retention is not None and now > start + timedelta(days=retention):
            self._gap(recipe, instance, day, now, f"the source keeps events for {retention} days only")
            raise DayRefused(
                f"{recipe.name} {instance}: asked for the events of {day}, but the source keeps them for "
                f"{retention} days. A gap is recorded where the day has no snapshot."
            )

    def _gap(self, recipe: Recipe, instance: str, day: date, now: datetime, cause: str) -> None:
        expected = {
            (item.dataset, item.instance): item for item in Calendar(self.index.configurations).expected
        }
        for dataset in recipe.datasets:
            slot = Slot(dataset.name, instance, day)
            item = expected.get((dataset.name, instance))
            if item is not None and item.on(day) and not self.index.snapshots.get(slot) and day < now.date():
                attempts = self.index.attempts.get(slot)
                record_gap(self.store, self.index, slot, item, attempts[-1].error if attempts else cause, now)


def access_facts(client: Client) -> dict[str, Any]:
    """Return what the source lets our own credential do; where asking failed, why it cannot be told.

    Not being told keeps no evidence from being collected: GV-06.e says that it could not be tested.
    """
    try:
        access = client.access()
    except SourceFailure as error:
        return {"granted": None, "writing": None, "lacking": [], "error": str(error)}
    return {
        "granted": None if access.granted is None else list(access.granted),
        "writing": None if access.writing is None else list(access.writing),
        "lacking": list(access.lacking),
        "error": None,
    }


def _origin(recipe: Recipe, day: date, now: datetime) -> str:
    late = not recipe.kind.bound_to_its_day and now > day_window(day)[1] + ON_TIME
    return "backfill" if late else "contemporaneous"


def _skew_ms(reading: Reading, started: datetime, finished: datetime) -> int | None:
    """Return how far the source's clock is from ours. Raises PermanentFailure where it is too far."""
    if not reading.server_dates:
        return None
    worst = timedelta(0)
    for moment in reading.server_dates:
        # A Date header has whole seconds, so an answer inside the capture may seem up to a second early.
        if moment < started - timedelta(seconds=1):
            worst = max(worst, started - moment, key=abs)
        elif moment > finished:
            worst = max(worst, moment - finished, key=abs)
    if worst > SKEW_LIMIT:
        raise PermanentFailure(
            f"{reading.instance}: the source's clock and ours differ by {worst}, allowed is {SKEW_LIMIT}. "
            "Set this machine's clock (NTP) and try again: evidence with a wrong time proves nothing."
        )
    return int(worst / timedelta(milliseconds=1))


def header_facts(entry: Entry) -> dict[str, Any]:
    """Return the run header of an entry as flat facts for people: what, how many, when, as whom."""
    body = entry.body
    return {
        "ledger entry": entry.number,
        "captured at": body["captured_at"],
        "origin": body["origin"],
        "principal": body["principal"],
        "pages": body["pages"],
        "rows": {item["dataset"]: item["rows"] for item in body["snapshots"]},
        "rows reported": {item["dataset"]: item["rows_reported"] for item in body["snapshots"]},
        "sha256": {item["dataset"]: item["sha256"] for item in body["snapshots"]},
        "requests": body["requests"][:5],
        "dropped fields": sum(body["dropped"].values()),
    }
