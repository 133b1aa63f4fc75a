"""What does the view that HR's system shows say about people, seen in one transaction?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assets.capture import Access, Page
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.people.client import Person, people_of
from assets.registers.rows import Place

DENIED = re.compile(r"permission denied|does not exist|authentication failed|no pg_hba", re.IGNORECASE)
REFUSED = {"42501", "28P01", "42P01", "42703"}
"""SQLSTATEs of a missing right, a wrong password, a missing view and a missing column."""
COLUMNS = ",\n    ".join(Person.model_fields)
PEOPLE = f"select\n    {COLUMNS}\nfrom evidence.people\norder by person_id"
COUNT = "select count(*)::bigint as people from evidence.people"
MAY_WRITE = """
select
    privilege
from unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as wanted (privilege)
where has_table_privilege('evidence.people', privilege)
order by privilege
"""
MAY_READ = "select has_table_privilege('evidence.people', 'SELECT') as may_read"


@dataclass
class PeopleTable:
    """The view `evidence.people` of a PostgreSQL. The address may hold a password, so no repr shows it.

    Only the columns we know are asked for, so that pay or birthdays are never read, whatever the view has.
    """

    instance: str
    dsn: str = field(repr=False)
    _connection: Any = field(default=None, init=False, repr=False)

    def principal(self) -> str:
        """Return the database role we are, as the database says."""
        (row,) = self._fetch("select current_user::text as role, current_database()::text as name")
        return f"{row['role']} in {row['name']}"

    def access(self) -> Access:
        """Return what the database lets our role do with the view."""
        (row,) = self._fetch(MAY_READ)
        reads = ("SELECT",) if row["may_read"] else ()
        writing = tuple(row["privilege"] for row in self._fetch(MAY_WRITE))
        lacking = () if reads else ("SELECT on evidence.people: nobody can tell who has left",)
        return Access(granted=(*reads, *writing), writing=writing, lacking=lacking)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def read(self) -> tuple[Iterator[Page], int | None]:
        """Return the one page of people and how many there are, both as of one instant.

        Raises PermanentFailure with every problem and its row, quoting nothing about anybody.
        """
        connection = self._open()
        connection.rollback()
        try:
            self._run("set transaction isolation level repeatable read, read only")
            rows = self._fetch(PEOPLE)
            (counted,) = self._fetch(COUNT)
        finally:
            connection.rollback()
        placed = [(Place(number, word="row"), row) for number, row in enumerate(rows, 1)]
        return iter([Page(people_of(placed, "evidence.people"), PEOPLE)]), counted["people"]

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

    def _fetch(self, sql: str) -> list[dict[str, Any]]:
        from adbc_driver_postgresql import dbapi

        try:
            with self._open().cursor() as cursor:
                cursor.execute(sql)
                rows: list[dict[str, Any]] = cursor.fetch_arrow_table().to_pylist()
                return rows
        except dbapi.Error as error:
            raise self._failure(error, "a query of evidence.people") from None

    def _failure(self, error: Exception, doing: str) -> SourceFailure:
        """Return the failure without the driver's text: it may quote the address, or somebody."""
        state = getattr(error, "sqlstate", None)
        if DENIED.search(str(error)) or state in REFUSED:
            return PermanentFailure(
                f"people {self.instance}: {doing} was refused (SQLSTATE {state}). The role needs LOGIN, and "
                f"SELECT on the view evidence.people with the columns {', '.join(Person.model_fields)}."
            )
        return TransientFailure(
            f"people {self.instance}: {doing} failed (SQLSTATE {state}, {type(error).__name__}). Expected "
            "PostgreSQL to answer at the address in the environment variable."
        )
