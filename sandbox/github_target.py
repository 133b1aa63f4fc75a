"""What does the path of a request to GitHub name, as of one instant?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.changes import REPOSITORIES, Changes, Commit, PullRequest, Repository
from sandbox.company import Company
from sandbox.github_answers import missing
from sandbox.github_people import ORG_ROLES, TEAMS, Organisation, OrgRole, Team, User
from sandbox.github_shapes import Record
from sandbox.github_work import Work


class Api:
    """What the endpoints draw on."""

    def __init__(self, company: Company, changes: Changes, now: datetime, url: str = "") -> None:
        self.company = company
        self.changes = changes
        self.url = url
        self._main = {r.name: changes.main(r) for r in REPOSITORIES}
        self.move(now)

    def move(self, to: datetime) -> None:
        """Answer as of another instant."""
        self.now = to
        self.org = Organisation(self.company, to)
        self.work = Work(self.company, self.changes, self.url)

    def serve_at(self, url: str) -> None:
        """Write links that begin with an address."""
        self.url = url
        self.move(self.now)

    def main(self, repository: Repository) -> list[Commit]:
        """Return the commits of a main branch so far, newest first."""
        return [commit for commit in reversed(self._main[repository.name]) if commit.at <= self.now]

    def commit(self, repository: Repository, commit: Commit) -> Record:
        """Return a commit of a main branch."""
        line = self._main[repository.name]
        place = line.index(commit)
        return self.work.commit(repository, commit, line[place - 1].sha if place else None)

    def pulls(self, repository: Repository) -> list[PullRequest]:
        """Return the pull requests of a repository that there are so far."""
        mine = [c.pull_request for c in self.changes.changes if c.repository == repository and c.pull_request]
        return [pull for pull in mine if pull.created <= self.now]


Query = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """What the path of a request names."""

    api: Api
    query: Query
    repository: Repository | None
    rest: tuple[str, ...]

    @property
    def here(self) -> Repository:
        """The repository, or GitHub's 404."""
        if self.repository is None:
            raise missing()
        return self.repository

    def pull(self) -> PullRequest:
        """Return the pull request of the path, or GitHub's 404."""
        found = [pull for pull in self.api.pulls(self.here) if str(pull.number) == self.rest[0]]
        if not found:
            raise missing()
        return found[0]

    def team(self) -> Team:
        """Return the team of the path, or GitHub's 404."""
        found = [team for team in TEAMS if self.rest[0] in (team.slug, str(team.id))]
        if not found:
            raise missing()
        return found[0]

    def role(self) -> OrgRole:
        """Return the organisation role of the path, or GitHub's 404."""
        found = [role for role in ORG_ROLES if str(role.id) == self.rest[0]]
        if not found:
            raise missing()
        return found[0]

    def user(self, one: User) -> Record:
        """Return an account."""
        return self.api.work.user(one)


@dataclass(frozen=True)
class Counted:
    """A listing inside an object that says how many there are in all."""

    within: str
    records: list[Record]
    counted: str = "total_count"
    more: Mapping[str, Any] | None = None
