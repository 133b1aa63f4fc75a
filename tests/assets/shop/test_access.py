"""Does the database say what our role may read, and every way in which it could write?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from assets.capture import Access
from assets.shop.client import ShopClient, views_needed
from sandbox.faults import Faults
from sandbox.process import SEED
from sandbox.shop import ShopPart

READS = tuple(f"SELECT on evidence.{view}" for view in sorted(views_needed()))


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[ShopClient, Any]]:
    """Serve the shop's database; yield our client and a way to run SQL as its administrator."""
    part = ShopPart(SEED, Faults(), datetime(2026, 3, 1, 12, tzinfo=UTC))
    client = ShopClient("main", part.start()["dsn"])
    yield client, part._server.psql  # noqa: SLF001 - the administrator's way in
    client.close()
    part.stop()


def test_the_role_of_the_shop_contract_reads_and_nothing_else(shop: tuple[ShopClient, Any]) -> None:
    """Every view the connector's SQL reads is granted; nothing is lacking."""
    client, _ = shop

    assert Access(READS, ()) == client.access()


@pytest.mark.parametrize(
    ("give", "take", "writing"),
    [
        (
            "grant insert on shop.orders to evidence_reader",
            "revoke insert on shop.orders from evidence_reader",
            "INSERT on shop.orders",
        ),
        (
            "grant update (status) on shop.users to evidence_reader",
            "revoke update (status) on shop.users from evidence_reader",
            "UPDATE on shop.users",
        ),
        (
            "alter role evidence_reader createdb",
            "alter role evidence_reader nocreatedb",
            "CREATEDB (role evidence_reader)",
        ),
        (
            "alter role evidence_reader superuser",
            "alter role evidence_reader nosuperuser",
            "SUPERUSER (role evidence_reader)",
        ),
        (
            "grant create on schema evidence to evidence_reader",
            "revoke create on schema evidence from evidence_reader",
            "CREATE on schema evidence",
        ),
        (
            "grant pg_signal_backend to evidence_reader",
            "revoke pg_signal_backend from evidence_reader",
            "member of pg_signal_backend",
        ),
        (
            "create role lender; grant delete on shop.orders to lender; grant lender to evidence_reader",
            "drop owned by lender; drop role lender",
            "DELETE on shop.orders",
        ),
        (
            "create function evidence.f() returns int language sql security definer as 'select 1'",
            "drop function evidence.f()",
            "EXECUTE on evidence.f, which runs as its owner",
        ),
    ],
)
def test_every_way_to_write_is_named(
    shop: tuple[ShopClient, Any], give: str, take: str, writing: str
) -> None:
    """Whether by a grant, a column, an attribute, a membership, or another's function."""
    client, administrate = shop
    administrate(give)
    try:
        access = client.access()
    finally:
        client.close()
        administrate(take)

    assert access.writing is not None
    assert writing in access.writing
    assert () == client.access().writing


def test_a_view_that_is_not_granted_is_lacking(shop: tuple[ShopClient, Any]) -> None:
    """Named as the shop contract names it."""
    client, administrate = shop
    administrate("revoke select on evidence.users from evidence_reader")
    try:
        access = client.access()
    finally:
        administrate("grant select on evidence.users to evidence_reader")

    assert ("SELECT on evidence.users, of the shop contract",) == access.lacking
