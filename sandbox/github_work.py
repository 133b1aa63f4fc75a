"""How does GitHub write pull requests, reviews, commits, checks and deployments?"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.changes import Changes, Commit, Deployment, PullRequest, Repository
from sandbox.company import Company
from sandbox.github_people import User, user
from sandbox.github_shapes import BRANCH, Record, Shapes, node, text
from sandbox.org import ORG

CHECKS = ("test", "lint")


class Work(Shapes):
    """What is done in repositories, as of an instant."""

    def __init__(self, company: Company, changes: Changes, url: str) -> None:
        super().__init__(company, url)
        self.changes = changes

    def pull_request(self, pull: PullRequest, now: datetime, *, detailed: bool = False) -> Record:
        """Return a pull request: in a listing, or alone and then with who merged it and how large it is."""
        api = f"{self.url}/repos/{ORG}/{pull.repository.name}"
        html = f"https://github.example/{ORG}/{pull.repository.name}/pull/{pull.number}"
        merged = pull.merged <= now
        number = f"{api}/pulls/{pull.number}"
        found = {
            "url": number,
            "id": 1_800_000_000 + pull.number,
            "node_id": node("PR", pull.number),
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "issue_url": f"{api}/issues/{pull.number}",
            "commits_url": f"{number}/commits",
            "review_comments_url": f"{number}/comments",
            "review_comment_url": f"{api}/pulls/comments{{/number}}",
            "comments_url": f"{api}/issues/{pull.number}/comments",
            "statuses_url": f"{api}/statuses/{pull.head}",
            "number": pull.number,
            "state": "closed" if merged else "open",
            "locked": False,
            "title": pull.title,
            "user": self.person(pull.author),
            "body": "What and why, in words that are nobody's business here.",
            "labels": [],
            "milestone": None,
            "created_at": text(pull.created),
            "updated_at": text(last_change(pull, now)),
            "closed_at": text(pull.merged) if merged else None,
            "merged_at": text(pull.merged) if merged else None,
            "merge_commit_sha": pull.merge.sha if merged else None,
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "head": self._end(pull, pull.branch, pull.head),
            "base": self._end(pull, BRANCH, self._begun_from(pull)),
            "_links": {
                "self": {"href": number},
                "html": {"href": html},
                "issue": {"href": f"{api}/issues/{pull.number}"},
                "comments": {"href": f"{api}/issues/{pull.number}/comments"},
                "review_comments": {"href": f"{number}/comments"},
                "review_comment": {"href": f"{api}/pulls/comments{{/number}}"},
                "commits": {"href": f"{number}/commits"},
                "statuses": {"href": f"{api}/statuses/{pull.head}"},
            },
            "author_association": "MEMBER",
            "auto_merge": None,
            "active_lock_reason": None,
            "draft": False,
        }
        if detailed:
            found |= {
                "merged": merged,
                "mergeable": None,
                "rebaseable": None,
                "mergeable_state": "unknown",
                "merged_by": self.person(pull.author) if merged else None,
                "comments": 0,
                "review_comments": 0,
                "maintainer_can_modify": False,
                "commits": len(pull.commits),
                "additions": 12 * len(pull.commits),
                "deletions": 4,
                "changed_files": 1 + len(pull.commits),
            }
        return found

    def _begun_from(self, pull: PullRequest) -> str:
        """Return the commit that main was at when a pull request was made."""
        main = self.changes.main(pull.repository)
        return [commit.sha for commit in main if commit.at <= pull.created][-1]

    def _end(self, pull: PullRequest, branch: str, sha: str) -> Record:
        return {
            "label": f"{ORG}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.organisation(),
            "repo": self.repository(pull.repository, pull.created),
        }

    def review(self, pull: PullRequest) -> Record:
        """Return the one review of a pull request: an approval."""
        api = f"{self.url}/repos/{ORG}/{pull.repository.name}/pulls/{pull.number}"
        html = f"https://github.example/{ORG}/{pull.repository.name}/pull/{pull.number}"
        return {
            "id": 2_100_000_000 + pull.number,
            "node_id": node("PRR", pull.number),
            "user": self.person(pull.reviewer),
            "body": "Looks good.",
            "state": "APPROVED",
            "html_url": f"{html}#pullrequestreview-{2_100_000_000 + pull.number}",
            "pull_request_url": api,
            "_links": {"html": {"href": html}, "pull_request": {"href": api}},
            "submitted_at": text(pull.reviewed),
            "commit_id": pull.head,
            "author_association": "MEMBER",
        }

    def commit(self, repository: Repository, commit: Commit, parent: str | None) -> Record:
        """Return a commit."""
        api = f"{self.url}/repos/{ORG}/{repository.name}"
        html = f"https://github.example/{ORG}/{repository.name}/commit"
        account = self.company.people[commit.author]
        signed = {
            "name": user(account).name,
            "email": account.login,
            "date": text(commit.at),
        }
        return {
            "sha": commit.sha,
            "node_id": node("C", commit.sha[:12]),
            "commit": {
                "author": signed,
                "committer": {"name": "GitHub", "email": "noreply@github.example", "date": text(commit.at)},
                "message": commit.message,
                "tree": {"sha": commit.sha[::-1], "url": f"{api}/git/trees/{commit.sha[::-1]}"},
                "url": f"{api}/git/commits/{commit.sha}",
                "comment_count": 0,
                "verification": {
                    "verified": True,
                    "reason": "valid",
                    "signature": "-----BEGIN PGP SIGNATURE-----",
                    "payload": "tree",
                    "verified_at": text(commit.at),
                },
            },
            "url": f"{api}/commits/{commit.sha}",
            "html_url": f"{html}/{commit.sha}",
            "comments_url": f"{api}/commits/{commit.sha}/comments",
            "author": self.person(commit.author),
            "committer": self.user(User(19_864_447, "web-flow")),
            "parents": [{"sha": parent, "url": f"{api}/commits/{parent}", "html_url": f"{html}/{parent}"}]
            if parent
            else [],
        }

    def check_run(self, pull: PullRequest, name: str) -> Record:
        """Return one of the checks of a pull request."""
        api = f"{self.url}/repos/{ORG}/{pull.repository.name}"
        number = 40_000_000_000 + pull.number * 10 + CHECKS.index(name)
        started = pull.checked - timedelta(minutes=6)
        html = f"https://github.example/{ORG}/{pull.repository.name}/actions/runs/{number}"
        return {
            "id": number,
            "name": name,
            "node_id": node("CR", number),
            "head_sha": pull.head,
            "external_id": f"ext-{number}",
            "url": f"{api}/check-runs/{number}",
            "html_url": html,
            "details_url": html,
            "status": "completed",
            "conclusion": "success",
            "started_at": text(started),
            "completed_at": text(pull.checked),
            "output": {
                "title": None,
                "summary": None,
                "text": None,
                "annotations_count": 0,
                "annotations_url": f"{api}/check-runs/{number}/annotations",
            },
            "check_suite": {"id": 30_000_000_000 + pull.number},
            "app": self.app(),
            "pull_requests": [],
        }

    def deployment(self, found: Deployment, now: datetime) -> Record:
        """Return a deployment."""
        api = f"{self.url}/repos/{ORG}/{found.repository.name}"
        return {
            "url": f"{api}/deployments/{found.id}",
            "id": found.id,
            "node_id": node("DE", found.id),
            "sha": found.sha,
            "ref": BRANCH,
            "task": "deploy",
            "payload": {},
            "original_environment": "production",
            "environment": "production",
            "description": None,
            "creator": self.person(found.creator),
            "created_at": text(found.created),
            "updated_at": text(found.succeeded if found.succeeded <= now else found.created),
            "statuses_url": f"{api}/deployments/{found.id}/statuses",
            "repository_url": api,
            "transient_environment": False,
            "production_environment": True,
            "performed_via_github_app": None,
        }

    def deployment_statuses(self, found: Deployment, now: datetime) -> list[Record]:
        """Return what became of a deployment so far, newest first."""
        api = f"{self.url}/repos/{ORG}/{found.repository.name}"
        steps = (
            ("success", found.succeeded),
            ("in_progress", found.created + timedelta(minutes=1)),
            ("queued", found.created),
        )
        return [
            {
                "url": f"{api}/deployments/{found.id}/statuses/{found.id * 10 + n}",
                "id": found.id * 10 + n,
                "node_id": node("DES", found.id * 10 + n),
                "state": state,
                "creator": self.person(found.creator),
                "description": "",
                "environment": "production",
                "target_url": "",
                "created_at": text(at),
                "updated_at": text(at),
                "deployment_url": f"{api}/deployments/{found.id}",
                "repository_url": api,
                "environment_url": "",
                "log_url": "",
                "performed_via_github_app": None,
            }
            for n, (state, at) in zip((3, 2, 1), steps, strict=True)
            if at <= now
        ]


def last_change(pull: PullRequest, now: datetime) -> datetime:
    """Return when a pull request was last changed, as of an instant."""
    return max(at for at in (pull.created, pull.reviewed, pull.merged) if at <= now)
