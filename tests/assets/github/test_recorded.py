"""Does every object the real GitHub was recorded sending load, and is none lost?

The recorded answers are not part of this repository: EVIDENCE_SHARED names the folder that has them.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.capture import Reading
from assets.github.client import GithubClient
from assets.github.code import REPO_COLLABORATOR, REPOSITORY, permission_of
from assets.github.delivery import (
    CHECK_RUN,
    COMMIT,
    COMMIT_PULL_REQUEST,
    DEPLOYMENT,
    DEPLOYMENT_STATUS,
    PR_COMMIT,
    PR_REVIEW,
    PULL_REQUEST,
)
from assets.github.deployed import is_production
from assets.github.guards import BRANCH_PROTECTION, SECRET_ALERT
from assets.github.merged import commit_row, pull_request
from assets.github.people import APP_INSTALLATION, MEMBER, ORG, OUTSIDE_COLLABORATOR, TEAM, TEAM_MEMBER, row
from tests.assets.github.conftest import Connect, Hub, new_reading
from warehouse.dataset import Dataset
from warehouse.store import conform, table_of

SHARED = Path(os.environ.get("EVIDENCE_SHARED", Path(__file__).parents[4] / "shared"))
ARCHIVE = SHARED / "recorded" / "github" / "pygithub-replaydata-subset.tar.gz"
A_PAGE = 4
REPO = r"/(?:api/v3/)?(?:repos/[^/]+/[^/]+|repositories/\d+)"
Record = dict[str, Any]
Recorded = dict[str, dict[str, Record]]
pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(),
    reason=f"no recorded answers at {ARCHIVE}: set EVIDENCE_SHARED to the folder that has them",
)

PATHS = {
    "org": r"/orgs/[^/]+",
    "member": r"/orgs/[^/]+/(?:public_)?members",
    "outside": r"/orgs/[^/]+/outside_collaborators",
    "team": r"/orgs/[^/]+/teams(?:/[^/]+)?|/teams/\d+|/organizations/\d+/team/\d+(?:/teams)?",
    "team_member": r"/teams/\d+/members|/organizations/\d+/team/\d+/members",
    "installation": r"/orgs/[^/]+/installations|/app/installations(?:/\d+)?",
    "repository": REPO,
    "collaborator": rf"{REPO}/collaborators",
    "protection": rf"{REPO}/branches/[^/]+/protection",
    "secret_alert": r"/orgs/[^/]+/secret-scanning/alerts",
    "pull": rf"{REPO}/pulls/\d+",
    "pull_listed": rf"{REPO}/pulls",
    "review": rf"{REPO}/pulls/\d+/reviews(?:/\d+)?",
    "pull_commit": rf"{REPO}/pulls/\d+/commits",
    "commit": rf"{REPO}/commits/[0-9a-f]{{40}}",
    "check_run": rf"{REPO}/(?:commits/[^/]+/check-runs|check-runs/\d+|check-suites/\d+/check-runs)",
    "deployment": rf"{REPO}/deployments(?:/\d+)?",
    "deployment_status": rf"{REPO}/deployments/\d+/statuses(?:/\d+)?",
}
"""Kind of object -> the path its answers come from, one by one or in a list."""


def answers() -> Iterator[tuple[str, Any]]:
    """Yield path and JSON of every recorded good answer; each exchange is ten lines and an empty one."""
    with tarfile.open(ARCHIVE) as archive:
        for member in archive.getmembers():
            if not member.name.endswith(".txt"):
                continue
            file = archive.extractfile(member)
            assert file is not None
            lines = file.read().decode().split("\n")
            for n, line in enumerate(lines):
                if line not in ("https", "http") or len(lines) < n + 10:
                    continue
                path, status, body = lines[n + 4].partition("?")[0], lines[n + 7], lines[n + 9]
                if status in ("200", "201") and body.startswith(("{", "[")):
                    yield path, json.loads(body)


def inside(answer: Any) -> list[Any]:
    """Return the records of an answer: of a list, of an object that counts them, or the one object."""
    if isinstance(answer, list):
        return answer
    lists = [value for value in answer.values() if isinstance(value, list)]
    return lists[0] if "total_count" in answer and lists else [answer]


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Return kind -> identifier -> object, the last version of each."""
    found: Recorded = {kind: {} for kind in PATHS}
    for path, answer in answers():
        for kind, pattern in PATHS.items():
            if re.fullmatch(pattern, path):
                for item in inside(answer):
                    found[kind][identity(kind, item)] = item
    return found


def identity(kind: str, item: Record) -> str:
    """Return what tells recorded objects of a kind apart."""
    if kind == "protection":
        return str(item["url"])
    if kind == "secret_alert":
        return str(item["html_url"])
    return str(item.get("id", item.get("sha")))


REPOSITORY_SHOWN = {"name": "shop", "default_branch": "master"}
Make = Callable[[Record], Record]


def of(dataset: Dataset, **computed: Any) -> Make:
    """Return a function that makes a row of a record."""
    return lambda record: row(dataset, record, **computed)


IN_SHOP: Record = {"repository": "shop"}
IN_PULL: Record = {"repository": "shop", "number": 1}
ROWS: dict[str, tuple[Dataset, Make, int]] = {
    "org": (ORG, of(ORG), 1),
    "member": (MEMBER, of(MEMBER, role="member", org_roles=[], two_fa="unknown"), 1),
    "outside": (OUTSIDE_COLLABORATOR, of(OUTSIDE_COLLABORATOR, two_fa="unknown"), 1),
    "team": (TEAM, of(TEAM), 2),
    "team_member": (TEAM_MEMBER, of(TEAM_MEMBER, team_id="1", role="member"), 1),
    "installation": (APP_INSTALLATION, of(APP_INSTALLATION), 2),
    "repository": (REPOSITORY, of(REPOSITORY), 5),
    "collaborator": (
        REPO_COLLABORATOR,
        lambda r: row(
            REPO_COLLABORATOR, r, **IN_SHOP, permission=permission_of(r), grant_source="organisation"
        ),
        2,
    ),
    "protection": (
        BRANCH_PROTECTION,
        lambda r: row(BRANCH_PROTECTION, r, **IN_SHOP, branch=r["url"], bypass_allowances=[]),
        1,
    ),
    "secret_alert": (SECRET_ALERT, of(SECRET_ALERT), 2),
    "pull": (PULL_REQUEST, lambda r: pull_request(r, REPOSITORY_SHOWN, []) | {"repository": str(r["id"])}, 3),
    "pull_listed": (
        COMMIT_PULL_REQUEST,
        lambda r: row(
            COMMIT_PULL_REQUEST, r, **IN_SHOP, sha=str(r["id"]), is_default_branch=True, title_keys=[]
        ),
        10,
    ),
    "review": (PR_REVIEW, of(PR_REVIEW, **IN_PULL), 2),
    "pull_commit": (PR_COMMIT, lambda r: commit_row(r, IN_PULL), 3),
    "commit": (COMMIT, lambda r: row(COMMIT, r, **IN_SHOP, parents=len(r["parents"]), title_keys=[]), 2),
    "check_run": (CHECK_RUN, of(CHECK_RUN, **IN_SHOP), 5),
    "deployment": (
        DEPLOYMENT,
        lambda r: row(
            DEPLOYMENT,
            r,
            **IN_SHOP,
            is_production=is_production(r),
            base_deployment_id=None,
            base_sha=None,
        ),
        1,
    ),
    "deployment_status": (DEPLOYMENT_STATUS, of(DEPLOYMENT_STATUS, **IN_SHOP, deployment_id="1"), 1),
}
"""Kind -> its dataset, how a row is made of a record, and how many were recorded at least."""


MARK = {
    "org": "default_repository_permission",
    "pull": "merged_at",
    "team": "slug",
    "team_member": "login",
}
"""Kind -> a field without which it would not be read: an organisation that hides its base permission is
refused, of pull requests the merged ones are read, and teams of 2012 or made for a test have no slug."""


def usable(kind: str, item: Record) -> bool:
    """Return whether a recorded object is one that would be read."""
    return kind not in MARK or item.get(MARK[kind]) is not None


def replayed(client: GithubClient, reading: Reading, dataset: Dataset, kind: str) -> Iterator[Record]:
    """Yield the recorded objects of a kind as they come over the wire, page by page."""
    yield from reading.records(client.pages(f"/{kind}", key=lambda r: identity(kind, dict(r))), dataset)  # type: ignore[misc]


@pytest.mark.parametrize("kind", ROWS)
def test_every_recorded_object_becomes_a_row(
    hub: Hub, connect: Connect, recorded: Recorded, kind: str
) -> None:
    """Over several pages, whatever year it is from; fields no column names are counted, not fatal."""
    dataset, make, at_least = ROWS[kind]
    objects = [item for item in recorded[kind].values() if usable(kind, item)]
    hub.found[f"/{kind}"], hub.size = objects, A_PAGE
    reading = new_reading()
    rows = [make(record) for record in replayed(connect(), reading, dataset, kind)]
    table = conform(dataset, table_of(dataset, rows))

    assert len(objects) == table.num_rows
    assert at_least <= len(objects)
    assert reading.dropped


def test_no_recorded_secret_reaches_a_row_or_a_page(hub: Hub, connect: Connect, recorded: Recorded) -> None:
    """The answers hold the secrets that were found."""
    alerts = list(recorded["secret_alert"].values())
    secrets = [item["secret"] for item in alerts if item.get("secret")]
    hub.found["/secret_alert"] = alerts
    reading = new_reading()
    rows = [row(SECRET_ALERT, r) for r in replayed(connect(), reading, SECRET_ALERT, "secret_alert")]

    assert secrets
    assert not [secret for secret in secrets if secret in json.dumps(reading.pages) + repr(rows)]
