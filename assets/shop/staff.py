"""Who may do what in the platform's admin panel, and who signed in to it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from assets.capture import Reading, Rows, capture, captures
from assets.shop.declare import KEPT_DAYS
from warehouse.dataset import Column, Dataset, Kind, Privacy

if TYPE_CHECKING:
    from assets.shop.client import ShopClient

USER = Dataset(
    name="shop_user",
    kind=Kind.STATE,
    title="One row per staff account of the admin panel, disabled ones included",
    key=("user_id",),
    columns=(
        Column("user_id", "text", "The account", source="user_id", required=True),
        Column(
            "sso_subject",
            "text",
            "Its id at the identity provider; null: it has its own password",
            source="sso_subject",
        ),
        Column("status", "text", "active, disabled, …", source="status", required=True),
        Column(
            "mfa", "bool", "Whether its own sign-in asks for a second factor; null: not said", source="mfa"
        ),
        Column("created_at", "timestamp", "When it was created", source="created_at"),
        Column("last_login_at", "timestamp", "Last sign-in; null: never", source="last_login_at"),
    ),
)

USER_ROLE = Dataset(
    name="shop_user_role",
    kind=Kind.STATE,
    title="One row per permission of a staff account, by the role that gives it",
    key=("user_id", "role", "permission", "scope"),
    columns=(
        Column("user_id", "text", "The account", source="user_id", required=True),
        Column("role", "text", "The role", source="role", required=True),
        Column("permission", "text", "What it permits", source="permission", required=True),
        Column("scope", "text", "Where: global, or a merchant", source="scope", required=True),
        Column("granted_at", "timestamp", "When it was granted", source="granted_at"),
        Column("granted_by", "text", "Who granted it", source="granted_by", privacy=Privacy.WORKFORCE),
        Column("expires_at", "timestamp", "When it ends by itself; null: never", source="expires_at"),
    ),
)

LOGIN_EVENT = Dataset(
    name="shop_login_event",
    kind=Kind.EVENT,
    title="One row per sign-in to the admin panel, failed ones included",
    key=("event_id",),
    retention_days=KEPT_DAYS,
    may_be_empty=True,
    columns=(
        Column("event_id", "text", "The sign-in", source="event_id", required=True),
        Column("occurred_at", "timestamp", "When", source="at", required=True),
        Column("user_id", "text", "The account; null: none was found for what was typed", source="user_id"),
        Column("realm", "text", "admin, or another entrance", source="realm", required=True),
        Column("outcome", "text", "success or failure", source="outcome", required=True),
        Column("method", "text", "How: sso, password+totp, password, …; null: not said", source="method"),
        Column("ip", "text", "Address it came from", source="ip", privacy=Privacy.WORKFORCE),
    ),
)


@captures(USER, USER_ROLE)
def shop_staff(client: ShopClient, reading: Reading) -> Mapping[str, Rows]:
    """Every staff account with every permission, in one transaction with the counts of both."""
    filled: dict[str, Rows] = {}
    with client.snapshot():
        counts, sql = client.table("staff_count")
        reading.request(sql)
        for dataset, statement in ((USER, "user"), (USER_ROLE, "user_role")):
            filled[dataset.name], sql = client.table(statement)
            reading.request(sql)
    reading.reports(USER, counts["users"][0].as_py())
    reading.reports(USER_ROLE, counts["user_roles"][0].as_py())
    return filled


@capture(LOGIN_EVENT)
def shop_login_event(client: ShopClient, reading: Reading) -> Rows:
    """Every sign-in of the day, in one transaction with its count."""
    bounds = {"start": reading.start, "end": reading.end}
    with client.snapshot():
        count, sql = client.table("login_count", bounds)
        reading.request(sql)
        events, sql = client.table("login_event", bounds)
        reading.request(sql)
    reading.reports(LOGIN_EVENT, count["login_events"][0].as_py())
    return events
