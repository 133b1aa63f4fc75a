"""What does a derivation's SQL make of some rows of its inputs?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from assets.capture import Derivation
from assets.derive import parameters_of
from pipelines.catalogue import catalogue
from warehouse.read import empty_view, in_memory

READ = pa.schema(
    [
        ("dataset", pa.string()),
        ("instance", pa.string()),
        ("day", pa.date32()),
        ("captured_at", pa.timestamp("us", tz="UTC")),
    ]
)


def derived(
    derivation: Derivation,
    instance: str,
    parameters: Mapping[str, Any] | None = None,
    read: Sequence[tuple[str, str, date]] = (),
    read_at: datetime | None = None,
    **rows: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return what a derivation's SQL makes of some rows of its inputs; columns not given are null.

    Rows of other days are given as of `<input>_before` and `<input>_after`, those of earlier captures of the
    day as of `<input>_earlier`; `read` lists (dataset, instance,
    day) of the snapshots it is told it had, captured at `read_at`.
    """
    views = {name: name for name in derivation.inputs}
    views |= {f"{name}_before": name for name in derivation.before}
    views |= {f"{name}_after": name for name in derivation.after}
    views |= {f"{name}_earlier": name for name in derivation.earlier}
    assert rows.keys() <= views.keys()
    connection = in_memory()
    listed = [
        {"dataset": name, "instance": where, "day": day, "captured_at": read_at} for name, where, day in read
    ]
    connection.register("read_rows", pa.Table.from_pylist(listed, schema=READ))
    connection.execute("create view snapshot_read as select * from read_rows")
    for view, name in views.items():
        dataset = catalogue().datasets[name]
        fields = [
            pa.field("instance", pa.string()),
            pa.field("day", pa.date32()),
            pa.field("captured_at", pa.timestamp("us", tz="UTC")),
        ]
        fields += [field.with_nullable(nullable=True) for field in dataset.schema]
        given = [{"instance": instance, "day": date(2026, 3, 10), **row} for row in rows.get(view, [])]
        if given:
            connection.register(view, pa.Table.from_pylist(given, schema=pa.schema(fields)))
        else:
            connection.execute(empty_view(dataset, view))
    sql = derivation.sql.read_text(encoding="utf-8")
    known = {"instance": instance, **(parameters or {})}
    used = {name: known[name] for name in parameters_of(sql)}
    found = connection.sql(sql, params=used).to_arrow_table().to_pylist()
    connection.close()
    return found
