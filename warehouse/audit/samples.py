"""Which rows does an auditor look at, drawn so that anyone can draw them again, and what did they find?

The population is that of the evaluations that count: its digest, the seed and who chose it are stored with
the draw. `sha256(seed || key)` orders the keys; a stock sha256sum does the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from warehouse.dataset import Column, Dataset, Kind, Privacy

METHOD = "order of sha256(seed || population_key)"
RESULTS = "no exception", "deviation", "not applicable", "more evidence asked for"
"""What an auditor may find of an item."""

_SAMPLE = Column("sample_id", "text", "The sample: digest of what was asked and drawn from", required=True)
_ORDINAL = Column("ordinal", "int", "Place of the item in the sample, from 1", required=True)

REQUEST = Dataset(
    name="ctl_sample_request",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per sample that was drawn: from what, how, and by whose seed",
    key=("sample_id",),
    columns=(
        _SAMPLE,
        Column("audit_id", "text", "The audit it is for"),
        Column("test_id", "text", "The test whose population was sampled", required=True),
        Column("period_start", "date", "First day of the period", required=True),
        Column("period_end", "date", "Last day of the period", required=True),
        Column("method", "text", "How it was drawn", required=True),
        Column("n", "int", "How many were asked for", unit="rows", required=True),
        Column("seed", "text", "The seed", required=True),
        Column("seed_chosen_by", "text", "Who chose it; null: the company", privacy=Privacy.WORKFORCE),
        Column("population_count", "int", "Different rows it was drawn from", unit="rows", required=True),
        Column(
            "exempt_count", "int", "Different rows that were exempt throughout", unit="rows", required=True
        ),
        Column(
            "population_sha256",
            "text",
            "Digest of the different keys in byte order, each with a line feed after it",
            required=True,
        ),
        Column("query", "text", "The SQL that names the population in the analysts' file", required=True),
        Column("ledger_number", "int", "Last ledger entry of the file it was drawn from", required=True),
        Column("expands", "text", "The sample it adds to after a deviation; null: none"),
        Column("requested_by", "text", "Who asked", privacy=Privacy.WORKFORCE, required=True),
        Column("requested_at", "timestamp", "When", required=True),
    ),
    may_be_empty=True,
)

ITEM = Dataset(
    name="ctl_sample_item",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per item of a sample, with the facts that were judged and the evidence behind them",
    key=("sample_id", "ordinal"),
    columns=(
        _SAMPLE,
        _ORDINAL,
        Column("population_key", "text", "The row drawn; never personal", required=True),
        Column("subject_label", "text", "The row, as people know it", privacy=Privacy.WORKFORCE),
        Column("first_day", "date", "First day of the period on which it was looked at", required=True),
        Column("last_day", "date", "Last such day, which the facts are of", required=True),
        Column("draw_sha256", "text", "sha256(seed || population_key), by which it was drawn", required=True),
        Column(
            "status", "text", "pass, exception, waived or unknown, as the warehouse has it", required=True
        ),
        Column("codes", "text[]", "The exception codes"),
        Column("attributes", "json", "The facts the rules judged"),
        Column("result_entry", "int", "Ledger entry of the evaluation", required=True),
        Column("evidence", "text[]", "Files that evaluation read: paths in the evidence home", required=True),
    ),
    may_be_empty=True,
)

FINDING = Dataset(
    name="ctl_sample_finding",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per thing an auditor found of an item of a sample; the newest counts",
    key=("sample_id", "ordinal", "found_at"),
    columns=(
        _SAMPLE,
        _ORDINAL,
        Column("result", "text", "What the auditor found", required=True),
        Column("note", "text", "What the auditor noted"),
        Column("found_by", "text", "Who found it", privacy=Privacy.WORKFORCE, required=True),
        Column("found_at", "timestamp", "When it was recorded", required=True),
    ),
    may_be_empty=True,
)


class SampleRefused(Exception):
    """No sample can be drawn as asked, or nothing can be recorded of one."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks for."""

    test_id: str
    first: date
    last: date
    seed: str
    seed_chosen_by: str | None
    """Null: the company chose it itself."""
    requested_by: str
    n: int | None = None
    """Null: as many as the preset says for the size of the population."""
    audit_id: str | None = None
    expands: str | None = None


@dataclass(frozen=True)
class Drawn:
    """A sample: the row of its request but for the instant, and its items."""

    request: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]

    @property
    def sample_id(self) -> str:
        """The sample's id."""
        return str(self.request["sample_id"])


def preset(population: int) -> int:
    """Return how many items are commonly drawn from a population: all below 5, 5, a tenth, at most 25.

    No standard prescribes a size; this one is published by an audit firm for automated evidence.
    """
    if population < 5:  # noqa: PLR2004 - the four steps are the preset
        return population
    if population <= 50:  # noqa: PLR2004
        return 5
    if population <= 250:  # noqa: PLR2004
        return -(-population // 10)
    return 25


def draw(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Drawn:
    """Draw a sample from the analysts' file. Raises SampleRefused where there is nothing to draw from."""
    if not asked.seed:
        raise SampleRefused("The seed is empty: an auditor chooses one, of any letters. Nothing was drawn.")
    window = [asked.test_id, asked.first, asked.last + timedelta(days=1)]
    known = connection.execute("select 1 from ctl.control_test where test_id = ?", window[:1]).fetchall()
    if not known:
        raise SampleRefused(f'There is no test {asked.test_id}. `evidence query "from ctl.control_test"`.')
    ((count, exempt, sha256),) = connection.execute(
        """
        with keys as (
            select
                population_key,
                bool_and(exempt_reason is not null) as is_exempt
            from population(?, ?::date, ?::date)
            group by population_key
        )
        select
            count(*) filter (where not is_exempt),
            count(*) filter (where is_exempt),
            sha256(coalesce(
                string_agg(population_key || chr(10), '' order by population_key)
                    filter (where not is_exempt),
                ''
            ))
        from keys
        """,
        window,
    ).fetchall()
    if not count:
        raise SampleRefused(
            f"{asked.test_id} looked at no row from {asked.first} to {asked.last}, so there is nothing to "
            "draw from: an empty population is itself what the auditor is told."
        )
    ((number,),) = connection.execute("select ledger_number from meta.published").fetchall()
    n = preset(count) if asked.n is None else min(asked.n, count)
    named = "|".join(map(str, (asked.test_id, asked.first, asked.last, n, asked.seed, sha256)))
    request = {
        "sample_id": f"S-{hashlib.sha256(named.encode()).hexdigest()[:12]}",
        "audit_id": asked.audit_id,
        "test_id": asked.test_id,
        "period_start": asked.first,
        "period_end": asked.last,
        "method": METHOD,
        "n": n,
        "seed": asked.seed,
        "seed_chosen_by": asked.seed_chosen_by,
        "population_count": count,
        "exempt_count": exempt,
        "population_sha256": sha256,
        "query": f"from population('{asked.test_id}', date '{asked.first}', date '{window[2]}')",
        "ledger_number": number,
        "expands": asked.expands,
        "requested_by": asked.requested_by,
    }
    return Drawn(request, _items(connection, str(request["sample_id"]), [*window, n, asked.seed]))


def _items(
    connection: duckdb.DuckDBPyConnection, sample_id: str, draws: Sequence[Any]
) -> list[dict[str, Any]]:
    found = connection.execute(
        """
        with seen as (
            select
                p.*,
                t.entry as result_entry
            from ctl.population as p
            join ctl.test_day as t on t.test_id = p.test_id and t.result_day = p.result_day
            where p.test_id = ?
                and p.exempt_reason is null
            qualify row_number() over (
                partition by p.population_key, p.result_day
                order by p.observed_at desc
            ) = 1
        ),
        -- Equal captures of several days share a digest: the test read that of its own day if there is one.
        file as (
            select
                r.entry,
                r.result_id,
                regexp_extract(m.object_uri, 'evidence/.*') as path
            from ctl.test_result as r
            join meta.snapshot as m on list_contains(r.snapshot_ids, m.snapshot_id)
            where r.test_id = ?
            qualify row_number() over (
                partition by r.entry, r.result_id, m.snapshot_id, m.dataset, m.instance
                order by m.day = r.result_day desc, m.day desc
            ) = 1
        )
        select
            d.ordinal,
            d.population_key,
            d.subject_label,
            d.first_day,
            d.last_day,
            d.draw_sha256,
            s.status,
            s.codes,
            s.attributes::varchar as attributes,
            s.result_entry,
            coalesce(
                list_sort(list(distinct file.path) filter (where file.path is not null)), []
            ) as evidence
        from draw_sample(?, ?::date, ?::date, ?, ?) as d
        join seen as s on s.population_key = d.population_key and s.result_day = d.last_day
        left join file on file.entry = s.result_entry and file.result_id = s.result_id
        group by all
        order by d.ordinal
        """,
        [draws[0], draws[0], *draws],
    )
    names = [column[0] for column in found.description or ()]
    return [{"sample_id": sample_id, **dict(zip(names, row, strict=True))} for row in found.fetchall()]


def finding(connection: duckdb.DuckDBPyConnection, sample_id: str, ordinal: int, result: str) -> None:
    """Check that something can be recorded of an item. Raises SampleRefused."""
    if result not in RESULTS:
        raise SampleRefused(f"{result!r} is none of: {', '.join(RESULTS)}. Nothing was recorded.")
    counts = connection.execute(
        "select count(*), count(*) filter (where ordinal = ?) from ctl.sample_item where sample_id = ?",
        [ordinal, sample_id],
    ).fetchall()
    ((items, there),) = counts
    if not items:
        raise SampleRefused(
            f'There is no sample {sample_id} in the published file. `evidence query "from '
            'ctl.sample_request"` lists them; one drawn since is there after `evidence publish`.'
        )
    if not there:
        raise SampleRefused(
            f"{sample_id} has the items 1 to {items}, and no {ordinal}. Nothing was recorded."
        )
