"""What did the shop's database hold of one day, seen in one transaction?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from assets.capture import Access, Client
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.shop.contract import columns_of, dataset_of
from assets.shop.exact import exact, mistyped, refuse_types

VIEW = re.compile(r"\b(?:from|join)\s+evidence\.([a-z_]+)")
COLUMN = re.compile(r'column "?([a-z_.]+)"? does not exist')
DENIED = re.compile(r"permission denied|does not exist|authentication failed|no pg_hba", re.IGNORECASE)
NO_TABLE, NO_COLUMN = "42P01", "42703"
"""PostgreSQL's states of a relation and of a column that do not exist."""
DATA, MISTYPED = "22", {"42804", "42883"}
"""How its states begin of a value that cannot be computed with; those of types that do not go together."""


class ShopReader(Client, Protocol):
    """Where a shop is read from: its database, or the files it exports."""

    @property
    def absent(self) -> frozenset[str]:
        """The datasets that cannot be had."""

    def dropped(self) -> Mapping[str, int]:
        """Return what came beside what was asked for, with how often."""

    def snapshot(self) -> AbstractContextManager[Any]:
        """Read everything inside as of one instant."""

    def table(
        self, statement: str, bounds: Mapping[str, Any] | None = None, within: str | None = None
    ) -> tuple[pa.Table, str]:
        """Return what one of the SQL files beside this module answers, and what to say of it."""


@dataclass
class ShopClient:
    """A read-only connection to one shop database. The address may hold a password, so no repr shows it."""

    instance: str
    dsn: str = field(repr=False)
    _connection: Any = field(default=None, init=False, repr=False)

    @property
    def absent(self) -> frozenset[str]:
        """The datasets that cannot be had: of a database that shows the whole contract, none."""
        return frozenset()

    def dropped(self) -> Mapping[str, int]:
        """Return what came beside what was asked for: nothing, since a statement names its columns."""
        return {}

    def principal(self) -> str:
        """Return the database role we are, as the database says."""
        table = self._fetch("select current_user::text as role, current_database()::text as name")
        row = table.to_pylist()[0]
        return f"{row['role']} in {row['name']}"

    def access(self) -> Access:
        """Return what our role may read and write, by attributes, membership and grants."""
        rows = self._fetch(statement_of("access")).to_pylist()
        granted = tuple(row["privilege"] for row in rows)
        missing = sorted(views_needed() - {row["reads"] for row in rows})
        return Access(
            granted,
            tuple(row["privilege"] for row in rows if row["writes"]),
            (
                *(f"SELECT on evidence.{view}, of the shop contract" for view in missing),
                *(f"{name} as {type_}: it is {is_}" for name, is_, type_ in mistyped(*self._types())),
            ),
        )

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def snapshot(self) -> Iterator[ShopClient]:
        """Read everything inside as of one instant: one repeatable-read, read-only transaction.

        Raises PermanentFailure where a column of the views is of a type that would have to be guessed at.
        """
        connection = self._open()
        connection.rollback()
        self._run("set transaction isolation level repeatable read, read only")
        try:
            refuse_types(*self._types(), of=f"shop {self.instance}")
            yield self
        finally:
            connection.rollback()

    def table(
        self, statement: str, bounds: Mapping[str, Any] | None = None, within: str | None = None
    ) -> tuple[pa.Table, str]:
        """Return what one of the SQL files beside this module answers, and its text.

        Of events, the statement's `$1` and `$2` are the bounds of the day. `within` names the file whose
        `with` the statement goes on from.
        Raises PermanentFailure naming the rows that cannot be kept exactly.
        """
        sql = (statement_of(within) if within else "") + statement_of(statement)
        found = self._fetch(sql, [bounds["start"], bounds["end"]] if bounds else None)
        dataset = dataset_of(statement)
        return (exact(dataset, found, self.instance) if dataset else found), sql

    def _types(self) -> tuple[list[dict[str, str]], dict[str, dict[str, str]]]:
        """Return the types of all columns of the views, as found and as the contract declares them."""
        return self._fetch(statement_of("column_types")).to_pylist(), {
            view: {name: column.type for name, column in columns_of(view).items()} for view in views_needed()
        }

    def _open(self) -> Any:
        if self._connection is None:
            from adbc_driver_postgresql import dbapi

            try:
                self._connection = dbapi.connect(self.dsn)
            except dbapi.Error as error:
                raise self._failure(error, "connecting") from None
        return self._connection

    def _run(self, sql: str) -> None:
        with self._open().cursor() as cursor:
            cursor.execute(sql)

    def _fetch(self, sql: str, parameters: list[Any] | None = None) -> pa.Table:
        from adbc_driver_postgresql import dbapi

        try:
            with self._open().cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetch_arrow_table()
        except dbapi.Error as error:
            raise self._failure(error, f"a query beginning {sql.strip().splitlines()[0]!r}", sql) from None

    def _failure(self, error: Exception, doing: str, sql: str = "") -> SourceFailure:
        """Return the failure without the driver's text: it may quote the address, and so the password."""
        text = str(error)
        state = getattr(error, "sqlstate", None)
        views = ", ".join(sorted({f"evidence.{name}" for name in VIEW.findall(sql)}))
        if state == NO_TABLE and views:
            return PermanentFailure(
                f"shop {self.instance}: {doing} reads {views}, and one of these does not exist (SQLSTATE "
                f"{state}). Expected every view of the shop contract, without rows where the platform has no "
                "such thing: assets/shop/SETUP.md lists them, `evidence doctor --source shop` names all that "
                "are lacking. A retry will not help."
            )
        if state == NO_COLUMN and (column := COLUMN.search(text)):
            return PermanentFailure(
                f"shop {self.instance}: {doing} reads {views}, and finds no column {column[1]} there "
                f"(SQLSTATE {state}). Expected the columns that the SQL files in assets/shop name; select a "
                "null of its type where the platform has no such fact. A retry will not help."
            )
        if state and (state.startswith(DATA) or state in MISTYPED):
            return PermanentFailure(
                f"shop {self.instance}: {doing} reads {views or 'no view'}, and a value or a column's type "
                f"there does not allow what is computed (SQLSTATE {state}). Expected the columns of the shop "
                "contract, and views that compute all their rows: select everything from them as their owner."
            )
        if DENIED.search(text) or state in {"42501", "28P01", "42P01"}:
            return PermanentFailure(
                f"shop {self.instance}: {doing} was refused (SQLSTATE {state}). The role needs LOGIN, and "
                "SELECT on the views of schema evidence that the shop contract names."
            )
        return TransientFailure(
            f"shop {self.instance}: {doing} failed (SQLSTATE {state}, {type(error).__name__}). Expected "
            "PostgreSQL to answer at the address in the environment variable."
        )


@cache
def views_needed() -> frozenset[str]:
    """Return the views of the shop contract that the SQL files beside this module read."""
    texts = [file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("*.sql")]
    return frozenset(name for text in texts for name in VIEW.findall(text))


@cache
def statement_of(name: str) -> str:
    """Return the text of a SQL file beside this module."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
