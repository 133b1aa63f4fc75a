"""What does a derivation's SQL make of some rows of its inputs?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from assets.capture import Derivation
from pipelines.catalogue import catalogue
from warehouse.read import empty_view, in_memory


def derived(
    derivation: Derivation, instance: str, **rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what a derivation's SQL makes of some rows of its inputs; columns not given are null."""
    assert rows.keys() <= set(derivation.inputs)
    connection = in_memory()
    for name in derivation.inputs:
        dataset = catalogue().datasets[name]
        fields = [pa.field("instance", pa.string()), pa.field("day", pa.date32())]
        fields += [field.with_nullable(nullable=True) for field in dataset.schema]
        given = [{"instance": instance, "day": date(2026, 3, 10), **row} for row in rows.get(name, [])]
        if given:
            connection.register(name, pa.Table.from_pylist(given, schema=pa.schema(fields)))
        else:
            connection.execute(empty_view(dataset))
    sql = derivation.sql.read_text(encoding="utf-8")
    used = {"instance": instance} if "$instance" in sql else {}
    found = connection.sql(sql, params=used).to_arrow_table().to_pylist()
    connection.close()
    return found
