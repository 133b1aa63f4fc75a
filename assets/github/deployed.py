"""How are a day's deployments read, with what each brought to production, and the commits made on the day?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from assets.capture import Reading, Rows, captures, field_of, row
from assets.failures import PermanentFailure
from assets.github.client import SAID, GithubClient, by_sha, inner
from assets.github.code import repositories
from assets.github.delivery import (
    COMMIT,
    COMMIT_PULL_REQUEST,
    DEPLOYMENT,
    DEPLOYMENT_COMMIT,
    DEPLOYMENT_STATUS,
)
from assets.github.merged import pushed_since
from assets.github.messages import keys_of
from assets.github.people import listed
from assets.rest import Refused

LOOKBACK = timedelta(days=30)
"""How old a deployment may be whose statuses are read: none waits longer for approval at GitHub."""
ALWAYS = timedelta(days=1)
"""Statuses of deployments this old are read in any case, of older ones if they were updated since."""
SUCCESS = "success"


@captures(DEPLOYMENT, DEPLOYMENT_STATUS, DEPLOYMENT_COMMIT, COMMIT, COMMIT_PULL_REQUEST)
def github_delivery(client: GithubClient, reading: Reading) -> Mapping[str, Rows]:
    """Every deployment and status of the day, the commits made or brought, and their pull requests."""
    found = Delivery(client, reading)
    for repository in repositories(client, reading):
        found.read(repository)
    return found.filled


@dataclass
class Delivery:
    """What one day delivered: read repository by repository."""

    client: GithubClient
    reading: Reading
    filled: dict[str, list[Any]] = field(init=False)

    def __post_init__(self) -> None:
        datasets = (DEPLOYMENT, DEPLOYMENT_STATUS, DEPLOYMENT_COMMIT, COMMIT, COMMIT_PULL_REQUEST)
        self.filled = {dataset.name: [] for dataset in datasets}

    def read(self, repository: Mapping[str, Any]) -> None:
        """Read one repository."""
        path = f"/repos/{self.client.org}/{repository['name']}"
        commits: dict[str, Mapping[str, Any]] = {}
        if pushed_since(repository, self.reading.start):
            commits |= self._made(path, repository["default_branch"])
        deployments = Deployments(self.client, self.reading, path)
        for record in deployments.of_the_day():
            base = deployments.base(record) if is_production(record) else None
            found = row(
                DEPLOYMENT,
                record,
                repository=repository["name"],
                is_production=is_production(record),
                base_deployment_id=str(base["id"]) if base else None,
                base_sha=base["sha"] if base else None,
            )
            self.filled[DEPLOYMENT.name].append(found)
            if found["is_production"]:
                for commit in self._brought(path, found["base_sha"], found["sha"]):
                    commits[commit["sha"]] = commit
                    self.filled[DEPLOYMENT_COMMIT.name].append(
                        row(
                            DEPLOYMENT_COMMIT,
                            commit,
                            repository=repository["name"],
                            deployment_id=found["deployment_id"],
                        )
                    )
        self.filled[DEPLOYMENT_STATUS.name] += [
            row(DEPLOYMENT_STATUS, status, repository=repository["name"], deployment_id=deployment_id)
            for deployment_id, status in deployments.statuses_of_the_day()
        ]
        for commit in commits.values():
            self._describe(path, repository, commit)

    def _made(self, path: str, branch: str) -> dict[str, Mapping[str, Any]]:
        """Return the commits made on the day to a branch."""
        reading = self.reading
        pages = self.client.pages(
            f"{path}/commits",
            key=by_sha,
            sha=branch,
            since=_instant(reading.start),
            until=_instant(reading.end),
        )
        try:
            found = list(reading.records(pages, COMMIT))
        except Refused as refused:
            if refused.code not in SAID:
                raise
            reading.request(f"GET {path}/commits ({refused.status}: {refused.code})")
            return {}
        return {
            record["sha"]: record
            for record in found
            if reading.start <= _time(field_of(record, "commit.committer.date")) < reading.end
        }

    def _brought(self, path: str, base: str | None, sha: str) -> list[Mapping[str, Any]]:
        """Return what a deployment brought: the commits since the one before, or, of the first, its own."""
        if base is None:
            return list(self.reading.records([self.client.one(f"{path}/commits/{sha}")], COMMIT))
        pages = self.client.pages(
            f"{path}/compare/{base}...{sha}", within="commits", counted="total_commits", key=by_sha
        )
        return list(self.reading.records(pages, COMMIT))

    def _describe(self, path: str, repository: Mapping[str, Any], commit: Mapping[str, Any]) -> None:
        """Add a commit and the pull requests it came by."""
        name, sha = repository["name"], commit["sha"]
        message = field_of(commit, "commit.message") or ""
        self.filled[COMMIT.name].append(
            row(
                COMMIT,
                commit,
                repository=name,
                parents=len(inner(commit, "parents")),
                title_keys=keys_of(messages=[message]),
            )
        )
        pages = self.client.pages(f"{path}/commits/{sha}/pulls")
        for record in self.reading.records(pages, COMMIT_PULL_REQUEST):
            self.filled[COMMIT_PULL_REQUEST.name].append(
                row(
                    COMMIT_PULL_REQUEST,
                    record,
                    repository=name,
                    sha=sha,
                    is_default_branch=field_of(record, "base.ref") == repository["default_branch"],
                    title_keys=keys_of(
                        titles=[record.get("title") or ""], branches=[field_of(record, "head.ref") or ""]
                    ),
                )
            )


class Deployments:
    """The deployments of one repository, newest first, back to where statuses of the day may belong."""

    def __init__(self, client: GithubClient, reading: Reading, path: str) -> None:
        self._client = client
        self._reading = reading
        self._path = f"{path}/deployments"
        self._statuses: dict[str, list[Mapping[str, Any]]] = {}
        pages = client.back_to(self._path, reading.start - LOOKBACK, by="created_at")
        self.found = list(reading.records(pages, DEPLOYMENT))

    def of_the_day(self) -> list[Mapping[str, Any]]:
        """Return the deployments created on the day, oldest first."""
        reading = self._reading
        found = [r for r in self.found if reading.start <= _time(r["created_at"]) < reading.end]
        return list(reversed(found))

    def statuses_of_the_day(self) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Yield (deployment, status) of every status set on the day, however old its deployment is."""
        reading = self._reading
        for record in self.found:
            created = _time(record["created_at"])
            if created >= reading.end:
                continue
            if created < reading.start - ALWAYS and _time(record.get("updated_at")) < reading.start:
                continue
            for status in self._statuses_of(record):
                if reading.start <= _time(status.get("created_at")) < reading.end:
                    yield str(record["id"]), status

    def base(self, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the last deployment before one, to the same environment, that succeeded; None: none did."""
        earlier = self.found[self.found.index(record) + 1 :]
        for candidate in earlier:
            if candidate.get("environment") == record.get("environment") and self._succeeded(candidate):
                return candidate
        seen = {candidate["id"] for candidate in self.found}
        pages = self._client.pages(self._path, environment=record.get("environment"))
        older = [one for one in listed(self._reading, pages) if one["id"] not in seen]
        for candidate in sorted(older, key=lambda one: _time(one.get("created_at")), reverse=True):
            if _time(candidate["created_at"]) < _time(record["created_at"]) and self._succeeded(candidate):
                return candidate
        return None

    def _succeeded(self, record: Mapping[str, Any]) -> bool:
        """Return whether a deployment ever succeeded; a later one makes it inactive."""
        return any(status.get("state") == SUCCESS for status in self._statuses_of(record))

    def _statuses_of(self, record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found = str(record["id"])
        if found not in self._statuses:
            pages = self._client.pages(f"{self._path}/{found}/statuses")
            self._statuses[found] = list(self._reading.records(pages, DEPLOYMENT_STATUS))
        return self._statuses[found]


def is_production(record: Mapping[str, Any]) -> bool:
    """Return whether a deployment goes to production: as GitHub says, else by the environment's name."""
    said = record.get("production_environment")
    return said if isinstance(said, bool) else record.get("environment") == "production"


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise PermanentFailure(
            "github: a commit, deployment or status came without an instant. Has the interface changed?"
        ) from None
