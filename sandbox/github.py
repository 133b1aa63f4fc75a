"""How does the sandbox company's GitHub answer over HTTP?

The read side of the REST interface that connectors use, faithful on the wire: bearer tokens, pages by Link
header whose addresses name the organisation and repositories by number, rate-limit headers on every answer,
GitHub's error bodies, the Date of the company's clock. On some days a limit is met: the primary one, told by
its reset, or the secondary one, told by Retry-After in seconds or as a date; a second later it is over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sandbox.changes import REPOSITORIES, Changes
from sandbox.company import Company, okta_id
from sandbox.faults import Fault, Faults
from sandbox.github_access import stray_key, token_id
from sandbox.github_answers import FORMS, GithubError, Limits, cut
from sandbox.github_api import answer
from sandbox.github_people import TEAMS, TEXTS, stranger, user
from sandbox.github_shapes import ORG_ID, ROLE_NAMES
from sandbox.github_target import Api, Counted
from sandbox.loopback import Loopback
from sandbox.org import ORG
from sandbox.part import rng
from sandbox.people import person_id
from sandbox.roles import SOD_CODE

BUSY_DAY_SHARE = 0.12
VERSION = "2022-11-28"


class GithubPart:
    """The company's GitHub: a part of the sandbox (see part.py), and the server itself."""

    def __init__(self, seed: int, faults: Faults, at: datetime) -> None:
        self.company = Company(seed, faults)
        self.api = Api(self.company, Changes(seed, faults), at)
        self.token = "ghu_" + okta_id("", seed, "github token") + okta_id("", seed, "github", 2)
        self.limits = Limits()
        self._server = Loopback("github", self._answer)
        self._begin_day()

    def start(self) -> Mapping[str, Any]:
        """Serve, and return where, of which organisation and with which token."""
        self.api.serve_at(self._server.start())
        return {"base_url": self.api.url, "org": ORG, "token": self.token}

    def advance(self, to: datetime) -> None:
        """Move to a later instant."""
        before = self.api.now
        self.api.move(to)
        if to.date() > before.date():
            self._begin_day()

    def population_key(self, fault: Fault, test: str | None = None) -> str:
        """Return the key of what a fault is found by: an organisation, account, credential, or a person."""
        if fault.kind == "github_2fa_off":
            return f"github:{ORG}:{ORG_ID}"
        if fault.kind == "github_stranger":
            account_key = f"github:{ORG}:{stranger(fault.number).id}"
            return f"{account_key}|no entitlement read" if test == "AC-04.a" else account_key
        if fault.kind == "github_write_key":
            return f"github:{ORG}:deploy_key:{stray_key(fault.number)}"
        if fault.kind == "github_token_endless":
            return f"github:{ORG}:personal_access_token:{token_id(fault.number)}"
        account = self.company.people[fault.number]
        match test or fault.test:
            case "AC-03.b":
                return f"github:{ORG}:{user(account).id}"
            case "AC-04.a":
                team = next(team for team in TEAMS if team.slug == TEXTS)
                entitlement = f"repo:{team.repositories[0]}:{ROLE_NAMES[team.permission]}"
                return f"github:{ORG}:{user(account).id}|{entitlement}"
            case "AC-04.b":
                return f"{person_id(account)}|{SOD_CODE}"
            case _:
                return person_id(account)

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def _begin_day(self) -> None:
        chance = rng(self.company.seed, "github busy", self.api.now.date())
        busy = chance.random() < BUSY_DAY_SHARE
        self.limits.begin(chance.choice(FORMS) if busy else None, chance.randrange(3, 40))

    async def _answer(self, request: web.Request) -> web.Response:
        now = self.api.now
        headers = CIMultiDict(
            {
                "Date": f"{now:%a, %d %b %Y %H:%M:%S} GMT",
                "X-GitHub-Media-Type": "github.v3; format=json",
                "X-GitHub-Api-Version-Selected": VERSION,
                "Cache-Control": "private, max-age=60, s-maxage=60",
            }
        )
        try:
            headers.update(self.limits.take(now))
            body, status = self._found(request, headers), 200
        except GithubError as error:
            headers.update(error.headers)
            status = error.status
            body = {
                "message": error.message,
                "documentation_url": "https://docs.github.com/rest",
                "status": str(status),
            }
        number = okta_id("", self.company.seed, "github request", now, self.limits.answered)
        headers["X-GitHub-Request-Id"] = number.upper()
        encoded = json.dumps(body, separators=(",", ":")).encode()
        return web.Response(status=status, body=encoded, headers=headers, content_type="application/json")

    def _found(self, request: web.Request, headers: CIMultiDict[str]) -> Any:
        """Return the body of a good answer; adds the header that leads to the next page."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise GithubError(401, "Bad credentials")
        if request.headers.get("X-GitHub-Api-Version", VERSION) != VERSION:
            raise GithubError(400, "The requested API version is not supported.")
        if request.method != "GET":
            raise GithubError(404, "Not Found")
        query = dict(request.query)
        found = answer(self.api, request.path, query)
        if isinstance(found, dict):
            return found
        records = found.records if isinstance(found, Counted) else found
        page, links = cut(records, query, self.api.url + _by_number(request.path))
        if links:
            headers["Link"] = links
        if isinstance(found, Counted):
            return {found.counted: len(records), found.within: page, **(found.more or {})}
        return page


def _by_number(path: str) -> str:
    """Return the path of a listing as GitHub's own links write it: organisation and repository by number."""
    numbers = {repository.name: repository.id for repository in REPOSITORIES}
    path = re.sub(f"^/orgs/{ORG}(?=/|$)", f"/organizations/{ORG_ID}", path)
    return re.sub(
        f"^/repos/{ORG}/([^/]+)",
        lambda m: f"/repositories/{numbers[m[1]]}" if m[1] in numbers else m[0],
        path,
    )
