"""What could we do in the sources, and what did we test by? Facts about ourselves, tested by GV-06.

From the ledger alone: run headers say what each source let our credential do, evaluations which definition of
each control they judged by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from warehouse.dataset import Column, Dataset, Kind
from warehouse.ledger import Entry
from warehouse.period import Calendar
from warehouse.snapshots import Index

ACCESS = Dataset(
    name="meta_access",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per source we read on the day: what it let our own credential do",
    key=("access_key",),
    columns=(
        Column("access_key", "text", "Source and instance", required=True),
        Column("source", "text", "The source", required=True),
        Column("source_instance", "text", "Which of them", required=True),
        Column("principal", "text", "Who the source says we are; null: nothing was captured"),
        Column("granted", "text[]", "What we may do, as the source names it; null: it does not tell"),
        Column("writing", "text[]", "What of it could change something there; null: it could not be told"),
        Column("lacking", "text[]", "What we need and do not have; null: nothing was captured"),
        Column("problem", "text", "Why it could not be told; null: it could, or nobody asked"),
        Column("asked_at", "timestamp", "When the source was asked last; null: it was not"),
    ),
    may_be_empty=True,
)

DEFINITION = Dataset(
    name="meta_definition",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per definition by which a control was judged, from the first evidence day to this one",
    key=("definition_key",),
    columns=(
        Column(
            "definition_key", "text", "Control and the beginning of the definition's digest", required=True
        ),
        Column("control_id", "text", "The control", required=True),
        Column("definition_sha256", "text", "Digest of its YAML, SQL and parameters in force", required=True),
        Column("first_used_on", "date", "The first evidence day it was used for", required=True),
        Column("first_used_at", "timestamp", "When it was first used for that day", required=True),
        Column("previous_sha256", "text", "The definition it replaced; null: it is the control's first"),
    ),
    may_be_empty=True,
)


def accesses(index: Index, day: date) -> Iterator[dict[str, Any]]:
    """Yield the rows of meta_access: every source that was expected or read on the day.

    Of a source asked more than once whatever it ever allowed counts, and what it once did not tell.
    """
    told: dict[tuple[str, str], list[tuple[datetime, str, Mapping[str, Any]]]] = {
        (slot.dataset.partition("_")[0], slot.instance): []
        for slot, _ in Calendar(index.configurations).slots(day)
    }
    for slot in index.of_day(day):
        for snapshot in index.snapshots[slot]:
            if "access" in snapshot.header:
                found = (snapshot.captured_at, str(snapshot.header["principal"]), snapshot.header["access"])
                told.setdefault((str(snapshot.header["source"]), slot.instance), []).append(found)
    for (source, instance), answers in sorted(told.items()):
        answers.sort(key=lambda answer: answer[0])
        about = [answer for _, _, answer in answers]
        writing = _union(about, "writing")
        blind = any(answer["writing"] is None for answer in about)
        yield {
            "access_key": f"{source}:{instance}",
            "source": source,
            "source_instance": instance,
            "principal": answers[-1][1] if answers else None,
            "granted": None
            if any(a["granted"] is None for a in about) or not about
            else _union(about, "granted"),
            "writing": writing if about and (writing or not blind) else None,
            "lacking": _union(about, "lacking") if about else None,
            "problem": next((answer["error"] for answer in reversed(about) if answer["error"]), None),
            "asked_at": answers[-1][0] if answers else None,
        }


def _union(answers: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    return sorted({str(word) for answer in answers for word in answer[name] or ()})


def definitions(
    entries: Sequence[Entry], day: date, current: Mapping[str, str], now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the rows of meta_definition: those of evaluations up to the day, and those about to be used."""
    used = sorted(
        (entry for entry in entries if entry.kind == "evaluation" and entry.body["day"] <= day.isoformat()),
        key=lambda entry: (entry.body["day"], entry.number),
    )
    last: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for on, at, known in (
        *((date.fromisoformat(e.body["day"]), e.recorded_at, e.body["definitions"]) for e in used),
        (day, now, current),
    ):
        for control, digest in sorted(known.items()):
            if (control, digest) not in seen:
                seen.add((control, digest))
                yield {
                    "definition_key": f"{control}/{digest[:16]}",
                    "control_id": control,
                    "definition_sha256": digest,
                    "first_used_on": on,
                    "first_used_at": at,
                    "previous_sha256": last.get(control),
                }
            last[control] = digest
