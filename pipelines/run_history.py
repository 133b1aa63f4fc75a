"""How does Dagster's run history take in thousands of events of days that were replayed without runs?

Dagster's own SQLite storage opens a database and flushes the disk several times for each event. This one
can take many together, in one transaction; else it is Dagster's own. Evidence rests in the ledger, not here.
"""

# No postponed annotations here: Dagster compares them with its own classes.

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData


class RunHistory(SqliteEventLogStorage):
    """Dagster's SQLite storage of events, which can take many of them together."""

    _held: "dict[str, sqlalchemy.Connection] | None" = None
    _holding: ExitStack

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "RunHistory":
        """Return the storage; its folder is named relative to Dagster's home, which may be moved."""
        folder = Path(os.environ["DAGSTER_HOME"]) / config_value["base_dir"]
        return cls(base_dir=str(folder), inst_data=inst_data)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Store all events reported inside in one transaction per database; none where something raises."""
        with ExitStack() as self._holding:
            self._held = {}
            try:
                yield
            finally:
                self._held = None

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        if self._held is None:
            with super()._connect(shard) as connection:
                yield connection
            return
        if shard not in self._held:
            self._held[shard] = self._holding.enter_context(self._open(shard))
        yield self._held[shard]

    @contextmanager
    def _open(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        """Yield a connection without Dagster's lock, which would keep a second database from being opened."""
        with super()._connect(shard):  # makes the database where it is missing
            pass
        engine = sqlalchemy.create_engine(self.conn_string_for_shard(shard))
        with engine.connect() as connection, connection.begin():
            yield connection
        engine.dispose()
