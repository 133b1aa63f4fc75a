"""How is a sample drawn from the published populations, and how is what an auditor found of it kept?"""

from __future__ import annotations

import csv
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
import pyarrow.parquet as pq

from pipelines.configuration import Settings
from pipelines.query import connect
from pipelines.session import Session, product_version
from warehouse.audit.samples import (
    FINDING,
    ITEM,
    REQUEST,
    Asked,
    Drawn,
    SampleRefused,
    draw,
    finding,
)
from warehouse.dataset import Dataset
from warehouse.store import Offered, table_of

if TYPE_CHECKING:
    from rich.console import Console

DONE = 0
INSTANCE = "main"
HERE = "warehouse/audit/samples.py"
SHOWN = ("ordinal", "population_key", "subject_label", "last_day", "status", "codes")


def sample(settings: Settings, out: Console, asked: Asked, form: str, *, own_seed: bool) -> int:
    """Draw a sample, store it unless it is stored, and print it; return the exit code.

    Raises click.UsageError where nobody says who chose the seed.
    """
    if own_seed:
        asked = replace(asked, seed=asked.seed or secrets.token_hex(8), seed_chosen_by=None)
    elif not asked.seed or not asked.seed_chosen_by:
        raise click.UsageError(
            "An auditor chooses the seed, so that nobody can say that the company chose its sample: give "
            "--seed and --chosen-by. For a rehearsal of your own, --own-seed says that the company chose it."
        )
    session = Session.open(settings, run="evidence sample")
    with connect(settings.home) as connection:
        try:
            drawn = draw(connection, asked)
        except SampleRefused as error:
            raise click.ClickException(str(error)) from None
    known = drawn.sample_id in stored(session)
    if not known:
        request = {**drawn.request, "requested_at": session.clock.now()}
        store(session, ((REQUEST, [request]), (ITEM, drawn.items)))
    _print(drawn, out, form, stored=not known)
    return DONE


def record(
    settings: Settings, out: Console, sample_id: str, ordinal: int, result: str, by: str, note: str | None
) -> int:
    """Record what an auditor found of an item; what was found earlier stays. Returns the exit code."""
    session = Session.open(settings, run="evidence finding")
    with connect(settings.home) as connection:
        try:
            finding(connection, sample_id, ordinal, result)
        except SampleRefused as error:
            raise click.ClickException(str(error)) from None
    found = {"sample_id": sample_id, "ordinal": ordinal, "result": result, "note": note, "found_by": by}
    store(session, ((FINDING, [{**found, "found_at": session.clock.now()}]),))
    out.print(f"recorded  {sample_id} item {ordinal}: {result}", markup=False)
    return DONE


def stored(session: Session) -> set[str]:
    """Return the samples that were drawn in a home, published or not."""
    paths = [
        session.store.home.path / snapshot.path
        for slot, snapshots in session.index.snapshots.items()
        if slot.dataset == REQUEST.name
        for snapshot in snapshots
    ]
    return {
        name for path in paths for name in pq.read_table(path, partitioning=None)["sample_id"].to_pylist()
    }


def store(
    session: Session, rows: Sequence[tuple[Dataset, Sequence[Mapping[str, Any]]]], *, by: str = HERE
) -> None:
    """Store what somebody asked for or recorded: rows of today, in one entry; `by` names what made them."""
    now = session.clock.now()
    session.store.write(
        [Offered(dataset, table_of(dataset, listed)) for dataset, listed in rows],
        kind="derivation",
        instance=INSTANCE,
        day=now.date(),
        header={
            "source": "ctl",
            "derivation": by,
            "sql_sha256": "",
            "inputs": [],
            "round": now.isoformat(),
            "captured_at": now.isoformat(),
            "run": session.run,
            "version": product_version(),
        },
        recorded_at=now,
    )


def _print(drawn: Drawn, out: Console, form: str, *, stored: bool) -> None:
    if form == "json":
        told = {"request": drawn.request, "items": drawn.items}
        click.echo(json.dumps(told, indent=2, default=str, ensure_ascii=False))
        return
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(drawn.items[0])
        writer.writerows([" ".join(v) if isinstance(v, list) else v for v in i.values()] for i in drawn.items)
        return
    asked = drawn.request
    chosen = asked["seed_chosen_by"] or "the company itself, not an auditor"
    out.print(f"{drawn.sample_id}{'' if stored else ', as it was drawn before'}", style="bold")
    for name, value in (
        ("test", asked["test_id"]),
        ("period", f"{asked['period_start']} to {asked['period_end']}"),
        (
            "drawn",
            f"{asked['n']} of {asked['population_count']} rows, {asked['exempt_count']} exempt besides",
        ),
        ("population", f"sha256 {asked['population_sha256']}"),
        ("seed", f"{asked['seed']}, chosen by {chosen}"),
    ):
        out.print(f"  {name}: {value}", markup=False)
    for item in drawn.items:
        codes = " ".join(item["codes"] or ())
        who = f"{item['population_key']}  {item['subject_label'] or ''}"
        out.print(
            f"  {item['ordinal']:>3}  {item['last_day']}  {item['status']:10}{codes} {who}", markup=False
        )
    out.print("next  evidence publish · evidence finding SAMPLE ITEM RESULT --by NAME", style="dim")
