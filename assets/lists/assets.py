"""What is captured of a dropped list, and what does each column mean?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assets.capture import Page, Reading, Rows, captures, row
from assets.lists.client import Drop, DroppedList, ListClient
from warehouse.dataset import Column, Dataset, Kind, Privacy


def _column(name: str, type_: str, meaning: str, *, required: bool = False, **other: Any) -> Column:
    return Column(name, type_, meaning, source=name, required=required, **other)


EXPORT = (
    _column("exported_by", "text", "Who exported the list", required=True, privacy=Privacy.WORKFORCE),
    _column("exported_at", "timestamp", "When: what the list says was true then", required=True),
    _column("exported_from", "text", "From which page of the system", required=True),
)

ACCOUNT = Dataset(
    name="list_account",
    kind=Kind.STATE,
    title="One row per account of a system whose list was dropped as a file",
    key=("native_id",),
    columns=(
        _column("native_id", "text", "Its id in that system", required=True),
        _column("system_id", "text", "The system, as the configuration names it", required=True),
        _column("login", "text", "What is typed to sign in", privacy=Privacy.WORKFORCE),
        _column(
            "account_type", "text", "person, service, root or unknown, as the system says", required=True
        ),
        _column("status", "text", "Its status in that system", required=True),
        _column("enabled", "bool", "Whether it can be signed in with", required=True),
        _column("mfa", "text", "strong, weak, none, upstream or unknown", required=True),
        _column("strong_factor_count", "int", "Active strong factors; null: the system does not say"),
        _column("phishing_resistant_factor_count", "int", "Active factors that cannot be phished"),
        _column("weak_factor_count", "int", "Active SMS and call factors"),
        _column("is_admin", "bool", "Whether it administers the system; null: the system does not say"),
        _column("console_access", "bool", "Whether a person can sign in with it", required=True),
        _column("created_at", "timestamp", "When it was created"),
        _column("last_login_at", "timestamp", "Last sign-in; null: never, or the system does not say"),
        _column("status_changed_at", "timestamp", "When it got its status"),
        _column("upstream_id", "text", "Its user's id at the identity provider that signs it in"),
        *EXPORT,
    ),
)

ENTITLEMENT = Dataset(
    name="list_entitlement",
    kind=Kind.STATE,
    title="One row per thing an account may do in a system whose list was dropped as a file, by each way",
    key=("native_id", "entitlement", "via"),
    columns=(
        _column("native_id", "text", "The account's id in that system", required=True),
        _column("system_id", "text", "The system, as the configuration names it", required=True),
        _column("entitlement", "text", "What it may do, as the role matrix calls it", required=True),
        _column("via", "text", "How: direct, or the group, team or role that gives it", required=True),
        _column("granted_at", "timestamp", "When it was granted; null: the system does not say"),
        _column("expires_at", "timestamp", "When it ends by itself; null: never"),
        *EXPORT,
    ),
    may_be_empty=True,
)


@captures(ACCOUNT, ENTITLEMENT)
def list_accounts(client: ListClient, reading: Reading) -> Mapping[str, Rows]:
    """Every account of a system and what each may do, from one export: all of it or nothing."""
    drop = client.drop(reading.start, reading.end, reading.started)
    filled: dict[str, Rows] = {}
    for dataset, dropped in ((ACCOUNT, drop.accounts), (ENTITLEMENT, drop.entitlements)):
        pages = _pages(client, drop, dropped)
        filled[dataset.name] = [row(dataset, record) for record in reading.records(pages, dataset)]
        reading.reports(dataset, dropped.rows_shown)
    return filled


def _pages(client: ListClient, drop: Drop, dropped: DroppedList) -> Iterator[Page]:
    """Yield the one page of a list, with what its manifest says on every row."""
    manifest = drop.manifest
    about = {
        "system_id": client.system_id,
        "exported_by": manifest.exported_by,
        "exported_at": manifest.exported_at,
        "exported_from": manifest.exported_from,
    }
    records = [{**record, **about} for record in dropped.rows]
    said = f"{drop.name} sha256:{drop.sha256} exported {manifest.exported_at.isoformat()}"
    yield Page(records, f"{dropped.name} sha256:{dropped.sha256} of {said} from {manifest.exported_from}")
