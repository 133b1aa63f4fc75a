"""What does GitHub answer about pull requests, commits, checks and deployments?"""

from __future__ import annotations

from sandbox.changes import Commit
from sandbox.github_answers import GithubError, missing
from sandbox.github_shapes import Record, text
from sandbox.github_target import Counted, Target
from sandbox.github_work import CHECKS, last_change


def pulls(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/pulls by state, ordered by creation or last update."""
    state, by = t.query.get("state", "open"), t.query.get("sort", "created")
    found = t.api.pulls(t.here)
    shown = [pull for pull in found if state in ("all", "closed" if pull.merged <= t.api.now else "open")]
    shown.sort(
        key=lambda p: (last_change(p, t.api.now) if by == "updated" else p.created, p.number),
        reverse=t.query.get("direction", "desc") == "desc",
    )
    return [t.api.work.pull_request(pull, t.api.now) for pull in shown]


def reviews(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/pulls/{n}/reviews."""
    pull = t.pull()
    return [t.api.work.review(pull)] if pull.reviewed <= t.api.now else []


def pull_commits(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/pulls/{n}/commits, oldest first."""
    pull = t.pull()
    before = [None, *(commit.sha for commit in pull.commits)]
    return [t.api.work.commit(t.here, c, parent) for c, parent in zip(pull.commits, before, strict=False)]


def check_runs(t: Target) -> Counted:
    """Answer GET /repos/{o}/{r}/commits/{sha}/check-runs: those of the newest commit of a pull request."""
    found = [p for p in t.api.pulls(t.here) if p.head == t.rest[0] and p.checked <= t.api.now]
    return Counted("check_runs", [t.api.work.check_run(pull, name) for pull in found for name in CHECKS])


def commits(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/commits of the main branch, newest first, in [since, until]."""
    begin, end = t.query.get("since", ""), t.query.get("until", "9")
    found = [c for c in t.api.main(t.here) if begin <= str(text(c.at)) <= end]
    return [t.api.commit(t.here, commit) for commit in found]


def one_commit(t: Target) -> Record:
    """Answer GET /repos/{o}/{r}/commits/{sha}."""
    return t.api.commit(t.here, _on_main(t, t.rest[0]))


def commit_pulls(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/commits/{sha}/pulls: none of one that was pushed straight."""
    _on_main(t, t.rest[0])
    found = [p for p in t.api.pulls(t.here) if p.merge.sha == t.rest[0] and p.merged <= t.api.now]
    return [t.api.work.pull_request(pull, t.api.now) for pull in found]


def compare(t: Target) -> Counted:
    """Answer GET /repos/{o}/{r}/compare/{base}...{head}: the commits after the base, oldest first."""
    base, _, head = t.rest[0].partition("...")
    line = list(reversed(t.api.main(t.here)))
    begin, end = (line.index(_on_main(t, sha)) for sha in (base, head))
    found = [t.api.commit(t.here, commit) for commit in line[begin + 1 : end + 1]]
    status = "identical" if begin == end else "ahead" if begin < end else "behind"
    more = {"status": status, "ahead_by": len(found), "behind_by": max(begin - end, 0), "files": []}
    return Counted("commits", found, "total_commits", more)


def deployments(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/deployments, newest first."""
    if t.query.get("environment", "production") != "production":
        return []
    mine = [d for d in t.api.changes.deployments if d.repository == t.here and d.created <= t.api.now]
    return [t.api.work.deployment(found, t.api.now) for found in reversed(mine)]


def deployment_statuses(t: Target) -> list[Record]:
    """Answer GET /repos/{o}/{r}/deployments/{id}/statuses, newest first."""
    for found in t.api.changes.deployments:
        if str(found.id) == t.rest[0] and found.repository == t.here and found.created <= t.api.now:
            return t.api.work.deployment_statuses(found, t.api.now)
    raise missing()


def _on_main(t: Target, sha: str) -> Commit:
    found = [commit for commit in t.api.main(t.here) if commit.sha == sha]
    if not found:
        raise GithubError(422, f"No commit found for SHA: {sha}")
    return found[0]
