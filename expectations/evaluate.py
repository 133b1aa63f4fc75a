"""What did one test find on one day, over every round of evidence, and what is its verdict?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from expectations.control import Control, ControlError, Parameters, Test
from expectations.judge import frame, judge
from expectations.outcome import ExceptionLife, Refused, Seen, TestOutcome
from expectations.results import POPULATION
from expectations.verdicts import POPULATION_EMPTY, UNKNOWN, Found, Verdict, verdict, worst
from expectations.waivers import InForce, Waiver, in_force
from warehouse.read import Available, Round, Unavailable

__all__ = ["Observation", "TestOutcome", "evaluate", "observations"]


@dataclass(frozen=True)
class Observation:
    """One round of evidence: when it was seen, how to query it, and what it is made of."""

    observed_at: datetime
    connect: Callable[[], duckdb.DuckDBPyConnection]
    """Gives a connection in which every needed dataset is a view; it is closed after use."""
    read: frozenset[tuple[str, str]]
    """(dataset, instance) of every snapshot in it."""
    snapshot_ids: tuple[str, ...] = ()


def observations(
    available: Available, connect: Callable[[Round], duckdb.DuckDBPyConnection]
) -> tuple[Observation, ...]:
    """Return what can be read of a day as observations."""
    return tuple(
        Observation(
            one.observed_at,
            lambda one=one: connect(one),  # type: ignore[misc]
            frozenset((s.slot.dataset, s.slot.instance) for s in one.snapshots),
            tuple(sorted({s.sha256 for s in one.all})),
        )
        for one in available.rounds
    )


def evaluate(
    control: Control,
    test: Test,
    *,
    day: date,
    observed: Sequence[Observation],
    missing: Sequence[Unavailable] = (),
    altered: Sequence[Unavailable] = (),
    waivers: Sequence[Waiver] = (),
    evaluated_at: datetime,
    final: bool = True,
) -> TestOutcome:
    """Return what one test found on one day. Whatever goes wrong inside becomes its verdict."""
    absent = tuple(
        need.dataset
        for need in test.needs
        if not need.around
        and not any(
            need.dataset == dataset and need.covers(instance)
            for dataset, instance in (
                *(pair for one in observed for pair in one.read),
                *((bad.slot.dataset, bad.slot.instance) for bad in altered),
            )
        )
    )
    known = Found(
        test.kind,
        absent=absent,
        missing=tuple(map(str, missing)),
        errors=tuple(f"stored evidence was altered: {item}" for item in altered),
    )
    definition, parameters = "", {}
    try:
        parameters = control.parameters_on(day)
        definition = control.definition_sha256(day)
    except ControlError as error:
        known = Found(test.kind, errors=(str(error).rstrip("."),))
    rounds: tuple[Seen, ...] = ()
    ignored: set[str] = set()
    if not absent and not known.errors:
        for one in observed:
            # What is only known once a day is over, such as its events, is still about that day.
            about = min(one.observed_at, _midnight(day) + timedelta(days=1, microseconds=-1))
            accepted = in_force(waivers, control.id, test.id, about)
            ignored.update(accepted.ignored)
            rounds += (_see(test, day, one, known, parameters, accepted),)
    if rounds:
        overall = worst(one.verdict for one in rounds)
        reason = next(one.reason for one in reversed(rounds) if one.verdict is overall)
        if len(rounds) > 1:
            reason = f"Worst of {len(rounds)} rounds: {reason}"
    else:
        overall, reason = verdict(known)
    snapshot_ids = sorted({name for one in observed for name in one.snapshot_ids})
    result_id = hashlib.sha256(
        "|".join(
            [test.id, day.isoformat(), evaluated_at.isoformat(), ",".join(snapshot_ids), definition]
        ).encode()
    ).hexdigest()
    return TestOutcome(
        result_id=result_id,
        control_id=control.id,
        test_id=test.id,
        day=day,
        verdict=overall,
        reason=" ".join([reason, *(f"{text[0].upper()}{text[1:]}." for text in sorted(ignored))]),
        exceptions=tuple(_lives(control, test, rounds)),
        unknown=frozenset(key for one in rounds if one.judgement for key in one.judgement.unknown),
        rounds=rounds,
        population=pa.concat_tables(
            [
                POPULATION.schema.empty_table(),
                *(_population(test, day, result_id, one) for one in rounds if one.judgement),
            ]
        ),
        missing=tuple(map(str, [*missing, *altered])),
        facts={
            "snapshot_ids": snapshot_ids,
            "definition_sha256": definition or None,
            "sql_sha256": test.sql_sha256,
            "suite_sha256": test.suite_sha256(parameters) if definition else None,
            "evaluated_at": evaluated_at,
            "test_kind": test.kind,
            "keeps_failure": test.keeps_failure,
            "final": final,
        },
    )


def _see(
    test: Test,
    day: date,
    one: Observation,
    known: Found,
    parameters: Parameters,
    accepted: InForce,
) -> Seen:
    """Return what one round shows."""
    start = _midnight(day)
    built_in = {
        "day": day,
        "day_start": start,
        "day_end": start + timedelta(days=1),
        "observed_at": one.observed_at,
    }
    try:
        connection = one.connect()
        try:
            facts = frame(connection, test, {**parameters, **built_in})
        finally:
            connection.close()
        judgement = judge(test, facts, parameters)
    except Exception as error:  # noqa: BLE001 - whatever was raised is the verdict, and is told
        what = f"{type(error).__name__}: {str(error).strip().rstrip('.')}"
        return Seen(one.observed_at, *verdict(Found(test.kind, missing=known.missing, errors=(what,))))
    refused: dict[Refused, str | None] = {
        (key, judged.expectation.code): accepted.accepts(key, judged.expectation.code)
        for judged in judgement.judged
        for key in sorted(judged.refused | judged.refused_by_sql)
    }
    found = Found(
        test.kind,
        missing=known.missing,
        errors=judgement.disagreements,
        population=facts.num_rows,
        exempt=facts.num_rows - facts["exempt_reason"].null_count,
        exceptions=sum(waiver is None for waiver in refused.values()),
        unknown=len(judgement.unknown),
        waived=sum(waiver is not None for waiver in refused.values()),
    )
    reached, reason = verdict(found)
    if reached is Verdict.FAIL and not facts.num_rows:
        refused[test.id, POPULATION_EMPTY] = None
    return Seen(one.observed_at, reached, reason, judgement, refused)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _lives(control: Control, test: Test, rounds: Sequence[Seen]) -> Iterator[ExceptionLife]:
    """Yield the union of the rounds' exceptions, each with the instants it was seen and gone."""
    facts = {one.observed_at: _facts_of(one) for one in rounds}
    severities = {e.code: control.severity_of(e) for e in test.expectations}
    for key, code in sorted({refused for one in rounds for refused in one.refused}):
        seen = [one for one in rounds if (key, code) in one.refused]
        last = seen[-1]
        gone = [
            one.observed_at
            for one in rounds[rounds.index(last) + 1 :]
            if one.judgement is not None and key not in one.judgement.unknown
        ]
        waivers = [one.refused[key, code] for one in seen]
        yield ExceptionLife(
            key,
            code,
            severities.get(code, control.severity),
            first_seen_at=seen[0].observed_at,
            last_seen_at=last.observed_at,
            cleared_at=gone[0] if gone else None,
            waiver_id=None if None in waivers else waivers[-1],
            **facts[last.observed_at].get(key, {}),
        )


def _facts_of(one: Seen) -> dict[str, dict[str, Any]]:
    """Return what is known of each refused row; an empty population has none."""
    if one.judgement is None:
        return {}
    wanted = {key for key, _ in one.refused}
    rows = one.rows("population_key", "subject_label", "occurred_at")
    return {
        key: {"subject_label": label, "occurred_at": occurred_at, "detail": detail}
        for (key, label, occurred_at), detail in zip(rows, one.judgement.attributes, strict=True)
        if key in wanted
    }


def _population(test: Test, day: date, result_id: str, one: Seen) -> pa.Table:
    """Return a round's rows of ctl_population."""
    judgement = one.judgement
    if judgement is None:
        raise ValueError("a round that was not judged has no population")
    codes: dict[str, list[str]] = {}
    waivers: dict[str, list[str | None]] = {}
    for (key, code), waiver in one.refused.items():
        codes.setdefault(key, []).append(code)
        waivers.setdefault(key, []).append(waiver)
    for key in judgement.unknown:
        codes.setdefault(key, []).append(UNKNOWN)
    statuses = []
    for key, exempt in one.rows("population_key", "exempt_reason"):
        if exempt is not None:
            statuses.append("exempt")
        elif None in waivers.get(key, ()):
            statuses.append("exception")
        elif key in judgement.unknown:
            statuses.append("unknown")
        else:
            statuses.append("waived" if key in waivers else "pass")
    keys = judgement.frame["population_key"].to_pylist()
    rows = len(keys)
    columns = {
        "result_id": [result_id] * rows,
        "test_id": [test.id] * rows,
        "result_day": [day] * rows,
        "observed_at": [one.observed_at] * rows,
        "population_key": keys,
        "subject_type": [test.subject_type] * rows,
        "subject_label": judgement.frame["subject_label"],
        "occurred_at": judgement.frame["occurred_at"],
        "instance_name": judgement.frame["instance"],
        "status": statuses,
        "codes": [codes.get(key, []) for key in keys],
        "exempt_reason": judgement.frame["exempt_reason"],
        "waiver_id": [next((w for w in waivers.get(key, ()) if w), None) for key in keys],
        "attributes": judgement.attributes,
    }
    return pa.table(columns, schema=POPULATION.schema)
