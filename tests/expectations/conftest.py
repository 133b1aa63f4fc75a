"""A control in a folder of its own, over two small datasets, for tests that change one thing in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from expectations.control import Control
from expectations.evaluate import Observation
from expectations.loading import load
from warehouse.dataset import Column, Dataset, Kind
from warehouse.read import in_memory

DAY = date(2026, 3, 10)
DOOR = Dataset(
    name="house_door",
    kind=Kind.STATE,
    title="Doors",
    key=("door_id",),
    columns=(
        Column("door_id", "text", "The door", required=True),
        Column("owner", "text", "Who has its key"),
        Column("locks", "int", "How many locks it has"),
        Column("walled_up", "bool", "Whether it is no door any more"),
    ),
)
RING = Dataset(
    name="house_ring",
    kind=Kind.EVENT,
    title="Rings",
    key=("ring_id",),
    columns=(Column("ring_id", "text", "The ring", required=True),),
)
DATASETS = {dataset.name: dataset for dataset in (DOOR, RING)}
SQL = """-- Which doors are there, and how many locks has each?
select
    door_id as population_key,
    owner as subject_label,
    null as occurred_at,
    instance,
    case when walled_up then 'walled up' end as exempt_reason,
    locks
from house_door
order by population_key
"""


def stated() -> dict[str, Any]:
    """Return the content of a control.yaml that is in order."""
    return {
        "id": "HO-01",
        "title": "Doors are locked",
        "criteria": ["CC6.4"],
        "severity": "High",
        "frequency": "daily",
        "lag_days": 0,
        "owner": "keeper",
        "parameters": [
            {
                "name": "min_locks",
                "value": 1,
                "valid_from": date(2026, 1, 1),
                "unit": "locks",
                "meaning": "least",
            },
            {
                "name": "min_locks",
                "value": 2,
                "valid_from": date(2026, 6, 1),
                "unit": "locks",
                "meaning": "least",
            },
        ],
        "tests": [
            {
                "id": "a",
                "title": "Every door has a lock",
                "exception_when": "a door has none",
                "kind": "state",
                "subject_type": "door",
                "sql": "a-locks.sql",
                "datasets": ["house_door"],
                "expectations": [
                    {
                        "type": "expect_column_values_to_be_between",
                        "column": "locks",
                        "min_value": "$min_locks",
                        "code": "NO_LOCK",
                    }
                ],
            }
        ],
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a control's folder."""

    def write(content: Any = None, sql: str | None = SQL, name: str = "HO-01-doors") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(stated() if content is None else content, sort_keys=False)
        (folder / "control.yaml").write_text(text)
        if sql is not None:
            (folder / "a-locks.sql").write_text(sql)
        return folder

    return write


@pytest.fixture
def control(write: Callable[..., Path]) -> Control:
    """Return the control that is in order."""
    return load(write(), DATASETS)


def doors(*rows: tuple[str, int | None], walled_up: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return rows of house_door."""
    return [
        {"door_id": key, "owner": key, "locks": locks, "walled_up": key in walled_up, "instance": "main"}
        for key, locks in rows
    ]


def seen(hour: int, rows: Sequence[dict[str, Any]], instance: str = "main") -> Observation:
    """Return a round of evidence at an hour of the day, or of the next from 24 on."""
    schema = pa.schema([*DOOR.schema, pa.field("instance", pa.string())])

    def connect() -> duckdb.DuckDBPyConnection:
        connection = in_memory()
        connection.register("house_door", pa.Table.from_pylist(rows, schema=schema))
        return connection

    return Observation(
        datetime(2026, 3, 10, tzinfo=UTC) + timedelta(hours=hour),
        connect,
        frozenset({("house_door", instance)}),
        (f"{hour:064}",),
    )
