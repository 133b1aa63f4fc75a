"""What do the ledger and the declarations say, as rows of the small tables analysts read?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

from warehouse.dataset import Dataset, Kind
from warehouse.gaps import NEVER_RUN, recoverable_until
from warehouse.ledger import Entry
from warehouse.period import Calendar, closes_at
from warehouse.rehash import Broken, Rehash
from warehouse.snapshots import Index, Slot, Snapshot

Row: TypeAlias = dict[str, Any]

CADENCE_HOURS = 24
GRACE_HOURS = {Kind.STATE: 12, Kind.REGISTER: 12, Kind.EVENT: 24}
"""A state is due at noon and its day ends twelve hours later; an event day is read until a day after it."""


def datasets(declared: Iterable[Dataset]) -> Iterator[Row]:
    """Yield the rows of meta.dataset."""
    for dataset in declared:
        yield {
            "dataset": dataset.name,
            "kind": dataset.kind.value,
            "follows": dataset.follows.value if dataset.follows else None,
            "title": dataset.title,
            "source": dataset.source,
            "key": list(dataset.key),
            "retention_days": dataset.retention_days,
            "may_be_empty": dataset.may_be_empty,
            "schema_sha256": dataset.schema_sha256,
        }


def dataset_columns(declared: Iterable[Dataset]) -> Iterator[Row]:
    """Yield the rows of meta.dataset_column."""
    for dataset in declared:
        for ordinal, column in enumerate(dataset.columns, start=1):
            yield {
                "dataset": dataset.name,
                "ordinal": ordinal,
                "name": column.name,
                "type": column.type,
                "meaning": column.meaning,
                "unit": column.unit or None,
                "source_field": column.source or None,
                "privacy": column.privacy.value,
                "required": column.required,
                "is_key": column.name in dataset.key,
            }


def schedules(calendar: Calendar) -> Iterator[Row]:
    """Yield the rows of meta.dataset_schedule."""
    for item in calendar.expected:
        yield {
            "dataset": item.dataset,
            "instance": item.instance,
            "cadence_hours": CADENCE_HOURS,
            "grace_hours": GRACE_HOURS[item.follows or item.kind],
            "valid_from": item.since,
            "valid_to": item.until,
            "source_retention_days": item.retention_days,
        }


def run_id(snapshot: Snapshot) -> str:
    """Return the name of the run a snapshot came from."""
    return f"{snapshot.entry}/{snapshot.slot.dataset}"


def snapshots(
    index: Index, rehash: Rehash, home: str, current: set[tuple[int, str]], history: set[tuple[int, str]]
) -> Iterator[Row]:
    """Yield the rows of meta.snapshot. `current` and `history` name captures by entry and dataset."""
    for snapshot in all_snapshots(index):
        fault = rehash.fault(snapshot)
        named = (snapshot.entry, snapshot.slot.dataset)
        yield {
            "entry": snapshot.entry,
            "snapshot_id": snapshot.sha256,
            "dataset": snapshot.slot.dataset,
            "instance": snapshot.slot.instance,
            "day": snapshot.slot.day,
            "captured_at": snapshot.captured_at,
            "recorded_at": snapshot.recorded_at,
            "run_id": run_id(snapshot),
            "round": snapshot.round,
            "row_count": snapshot.rows,
            "schema_sha256": snapshot.header.get("schema_sha256"),
            "object_uri": f"{home}/{snapshot.path}",
            "inputs": list(snapshot.inputs),
            "listed": rehash.intact(snapshot),
            "verifies": fault is None,
            "fault": fault,
            "is_current": named in current,
            "in_history": named in history,
        }


def all_snapshots(index: Index) -> list[Snapshot]:
    """Return every snapshot in the order of the ledger."""
    found = [snapshot for captures in index.snapshots.values() for snapshot in captures]
    return sorted(found, key=lambda snapshot: (snapshot.entry, snapshot.slot.dataset))


def extraction_runs(entries: Iterable[Entry]) -> Iterator[Row]:
    """Yield the rows of meta.extraction_run: captures and failed attempts."""
    for entry in entries:
        body = entry.body
        if entry.kind == "snapshot":
            start, end = body.get("window") or (None, None)
            for item in body["snapshots"]:
                yield {
                    "run_id": f"{entry.number}/{item['dataset']}",
                    "entry": entry.number,
                    "dataset": item["dataset"],
                    "source_system": body.get("source"),
                    "instance": body["instance"],
                    "day": date.fromisoformat(body["day"]),
                    "status": "complete",
                    "origin": body.get("origin"),
                    "principal": body.get("principal"),
                    "started_at": _instant(body.get("started_at")),
                    "finished_at": _instant(body["captured_at"]),
                    "request_json": json.dumps(body.get("requests", []), ensure_ascii=False),
                    "window_start": _instant(start),
                    "window_end": _instant(end),
                    "pages": body.get("pages"),
                    "last_page_seen": body.get("last_page_seen"),
                    "rows_source_reported": item["rows_reported"],
                    "rows_extracted": item["rows"],
                    "control_sum": item["control_sum"],
                    "raw_sha256": body["raw"]["sha256"] if body.get("raw") else None,
                    "connector_version": body.get("version"),
                    "dagster_run_id": body.get("run"),
                    "clock_skew_ms": body.get("clock_skew_ms"),
                }
        elif entry.kind == "failure":
            for name in body["datasets"]:
                yield {
                    "run_id": f"{entry.number}/{name}",
                    "entry": entry.number,
                    "dataset": name,
                    "source_system": body["source"],
                    "instance": body["instance"],
                    "day": date.fromisoformat(body["day"]),
                    "status": "failed",
                    "finished_at": entry.recorded_at,
                    "dagster_run_id": body["run"],
                    "error": body["error"],
                    "retryable": body["retryable"],
                }


def broken_files(broken: Iterable[Broken]) -> Iterator[Row]:
    """Yield the rows of meta.broken_file."""
    for item in broken:
        yield {
            "path": item.snapshot.path,
            "dataset": item.snapshot.slot.dataset,
            "instance": item.snapshot.slot.instance,
            "day": item.snapshot.slot.day,
            "entry": item.snapshot.entry,
            "fault": item.fault.value,
            "expected": item.snapshot.sha256,
            "found": item.found,
        }


def coverage(index: Index, calendar: Calendar, rehash: Rehash, at: datetime) -> Iterator[Row]:
    """Yield the rows of ctl.coverage, from the configured start to the day of publication."""
    if calendar.start is None:
        return
    for age in range((at.astimezone(UTC).date() - calendar.start).days + 1):
        day = calendar.start + timedelta(days=age)
        for slot, expected in calendar.slots(day, derived=True):
            captures = index.snapshots.get(slot, [])
            whole = [snapshot for snapshot in captures if rehash.intact(snapshot)]
            closes = closes_at(expected.kind, day)
            missing = not whole and (bool(captures) or slot in index.gaps or closes <= at)
            yield {
                "dataset": slot.dataset,
                "instance": slot.instance,
                "day": day,
                "kind": expected.kind.value,
                "state": "complete" if whole else "gap" if missing else "pending",
                "captures": len(whole),
                "first_captured_at": min((snapshot.captured_at for snapshot in whole), default=None),
                "closes_at": closes,
                "cause": _cause(index, rehash, slot, captures) if missing else None,
                "recoverable_until": recoverable_until(expected, day) if missing else None,
            }


def _cause(index: Index, rehash: Rehash, slot: Slot, captures: Sequence[Snapshot]) -> str:
    if captures:
        return str(rehash.fault(captures[-1]))
    if slot in index.gaps:
        return index.gaps[slot].cause
    attempts = index.attempts.get(slot, [])
    return attempts[-1].error if attempts else NEVER_RUN


def coverage_gaps(index: Index) -> Iterator[Row]:
    """Yield the rows of ctl.coverage_gap."""
    for slot, gap in sorted(index.gaps.items(), key=lambda pair: pair[1].entry):
        later = [snapshot for snapshot in index.snapshots.get(slot, []) if snapshot.entry > gap.entry]
        start = datetime(slot.day.year, slot.day.month, slot.day.day, tzinfo=UTC)
        yield {
            "dataset": slot.dataset,
            "instance": slot.instance,
            "day": slot.day,
            "gap_start": start,
            "gap_end": start + timedelta(days=1),
            "cause": gap.cause,
            "recoverable": gap.recoverable_until is not None
            and gap.recorded_at.date() <= gap.recoverable_until,
            "recoverable_until": gap.recoverable_until,
            "recovered_by_run": run_id(later[0]) if later else None,
            "recovered_at": later[0].captured_at if later else None,
            "entry": gap.entry,
            "recorded_at": gap.recorded_at,
        }


def lost_evaluations(index: Index, entries: Iterable[Entry], rehash: Rehash) -> Iterator[Row]:
    """Yield one row per evaluation of which a file is missing or altered."""
    by_entry: dict[int, list[Snapshot]] = {}
    for snapshot in all_snapshots(index):
        by_entry.setdefault(snapshot.entry, []).append(snapshot)
    for entry in entries:
        if entry.kind != "evaluation":
            continue
        if broken := rehash.broken(by_entry[entry.number]):
            reasons = "; ".join(item.reason for item in broken)
            yield {
                "entry": entry.number,
                "day": date.fromisoformat(entry.body["day"]),
                "control_ids": sorted(entry.body["definitions"]),
                "recorded_at": entry.recorded_at,
                "fault": f"evaluation {entry.number}: {reasons}",
                "without_results": any(item.snapshot.slot.dataset == "ctl_result" for item in broken),
            }


def controls(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield the rows of ctl.control from the definitions handed in."""
    for row in rows:
        plain = {name: value for name, value in row.items() if name != "tests"}
        yield {**plain, "parameters": json.dumps(plain.get("parameters", []), ensure_ascii=False)}


def control_tests(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield the rows of ctl.control_test from the definitions handed in."""
    for row in rows:
        for test in row["tests"]:
            plain = {name: value for name, value in test.items() if name != "reconciles"}
            yield {**plain, "control_id": row["control_id"]}


def rules(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield the rows of rec.rule from the definitions handed in: one per code of a reconciliation rule."""
    for row in rows:
        for test in row["tests"]:
            for rule in test.get("reconciles", ()):
                for code, break_type in sorted(rule["breaks"].items()):
                    yield {
                        "rule_id": rule["rule"],
                        "test_id": test["test_id"],
                        "code": code,
                        "break_type": break_type,
                        "expected_column": rule["expected"],
                        "actual_column": rule["actual"],
                        "currency_column": rule["currency"],
                    }


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
