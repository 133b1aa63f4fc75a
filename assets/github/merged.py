"""How are the pull requests merged on a day read: all of them, with reviews, commits and checks?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from assets.capture import Reading, Rows, captures, field_of, row
from assets.failures import PermanentFailure, TransientFailure
from assets.github.client import GithubClient, by_sha
from assets.github.code import repositories
from assets.github.delivery import CHECK_RUN, PR_COMMIT, PR_REVIEW, PULL_REQUEST
from assets.github.messages import co_authors_of, keys_of
from assets.github.people import listed, rows

COMMITS_LISTED = 250
"""GitHub lists so many commits of a pull request and no more, without a word."""


@captures(PULL_REQUEST, PR_REVIEW, PR_COMMIT, CHECK_RUN)
def github_changes(client: GithubClient, reading: Reading) -> Mapping[str, Rows]:
    """Every pull request merged on the day, with its reviews, commits and the checks of the newest."""
    filled: dict[str, list[Any]] = {d.name: [] for d in (PULL_REQUEST, PR_REVIEW, PR_COMMIT, CHECK_RUN)}
    for repository in repositories(client, reading):
        if not pushed_since(repository, reading.start):
            continue
        name, checked = repository["name"], set[str]()
        for number in merged(client, reading, name):
            path = f"/repos/{client.org}/{name}/pulls/{number}"
            where = {"repository": name, "number": number}
            [record] = reading.records([client.one(path)], PULL_REQUEST)
            commits = list(commits_of(client, reading, path, record))
            filled[PULL_REQUEST.name].append(pull_request(record, repository, commits))
            filled[PR_COMMIT.name] += [commit_row(commit, where) for commit in commits]
            filled[PR_REVIEW.name] += rows(reading, client.pages(f"{path}/reviews"), PR_REVIEW, **where)
            head = field_of(record, "head.sha")
            if head not in checked:
                checked.add(head)
                runs = client.pages(
                    f"/repos/{client.org}/{name}/commits/{head}/check-runs", within="check_runs", filter="all"
                )
                filled[CHECK_RUN.name] += rows(reading, runs, CHECK_RUN, repository=name)
    return filled


def pushed_since(repository: Mapping[str, Any], moment: datetime) -> bool:
    """Return whether anything was pushed since: a merge is a push too. Raises PermanentFailure."""
    text = repository.get("pushed_at")
    if text is None:
        return False  # an empty repository
    try:
        return datetime.fromisoformat(text) >= moment
    except (TypeError, ValueError):
        raise PermanentFailure(
            f"github: repository {repository['name']} has a pushed_at that is no instant. Has the interface "
            "changed?"
        ) from None


def merged(client: GithubClient, reading: Reading, name: str) -> list[int]:
    """Return the numbers of all pull requests of a repository that were merged on the day.

    All of them: merging is an update, so whatever was merged since the day began was updated since, and the
    closed ones are listed by their last update, newest first, until one is older than the day. One that is
    updated while they are listed moves to the front and pushes another onto the next page, which repeats it,
    and that is refused. None can be deleted.
    """
    pages = client.back_to(
        f"/repos/{client.org}/{name}/pulls",
        reading.start,
        by="updated_at",
        numbered=False,
        state="closed",
        sort="updated",
        direction="desc",
    )
    return sorted(
        record["number"]
        for record in listed(reading, pages)
        if record.get("merged_at")
        and reading.start <= datetime.fromisoformat(record["merged_at"]) < reading.end
    )


def commits_of(
    client: GithubClient, reading: Reading, path: str, record: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield every commit of a pull request; of a long one by comparing, since its own listing is cut."""
    count = record.get("commits")
    if isinstance(count, int) and count > COMMITS_LISTED:
        base, head = field_of(record, "base.sha"), field_of(record, "head.sha")
        compared = path.rpartition("/pulls/")[0] + f"/compare/{base}...{head}"
        pages = client.pages(compared, within="commits", counted="total_commits", key=by_sha)
        yield from reading.records(pages, PR_COMMIT)
        return
    found = list(reading.records(client.pages(f"{path}/commits", key=by_sha), PR_COMMIT))
    if len(found) != count:
        raise TransientFailure(
            f"github {reading.instance}: {path} says it has {count} commits, {len(found)} are listed. "
            "Something was pushed while it was read."
        )
    yield from found


def pull_request(
    record: Mapping[str, Any], repository: Mapping[str, Any], commits: list[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the row of a pull request; its title and branch leave only ticket keys behind."""
    return row(
        PULL_REQUEST,
        record,
        repository=repository["name"],
        title_keys=keys_of(
            titles=[record.get("title") or ""],
            branches=[field_of(record, "head.ref") or ""],
            messages=[field_of(commit, "commit.message") or "" for commit in commits],
        ),
        is_default_branch=field_of(record, "base.ref") == repository["default_branch"],
        labels=sorted(label["name"] for label in record.get("labels") or []),
    )


def commit_row(record: Mapping[str, Any], where: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a commit of a pull request; its message leaves ticket keys and co-authors behind."""
    message = field_of(record, "commit.message") or ""
    return row(
        PR_COMMIT, record, **where, co_authors=co_authors_of(message), title_keys=keys_of(messages=[message])
    )
