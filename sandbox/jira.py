"""How does the sandbox company's Jira answer over HTTP?

The read side of the interface that connectors use, faithful on the wire: Basic authentication, pages by
opaque token of searches and changes and by position of accounts and projects, 429s with Retry-After, Jira's
error bodies, the Date of the company's clock. On some days another integration has used up the site's share:
then one request is refused, and the next is answered.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sandbox.changes import Changes
from sandbox.company import Company, okta_id
from sandbox.faults import Fault, Faults
from sandbox.jira_api import ROUTES, Api, JiraError
from sandbox.jira_objects import READER
from sandbox.loopback import Loopback
from sandbox.part import rng

BUSY_DAY_SHARE = 0.15
REFUSED = 5
"""Which request of a busy day meets the limit."""


class JiraPart:
    """The company's Jira: a part of the sandbox (see part.py), and the server itself."""

    def __init__(self, seed: int, faults: Faults, at: datetime) -> None:
        self.changes = Changes(seed, faults)
        self.company = Company(seed, faults)
        self.api = Api(self.company, self.changes, at)
        self.email = self.company.services[READER].login
        self.token = "ATATT3x" + okta_id("", seed, "jira token")
        self._answered = 0
        self._server = Loopback("jira", self._answer)

    def start(self) -> Mapping[str, Any]:
        """Serve, and return where, as whom and with which projects."""
        self.api.url = self._server.start()
        return {
            "base_url": self.api.url,
            "email": self.email,
            "token": self.token,
            "projects": [self.api.collected],
        }

    def advance(self, to: datetime) -> None:
        """Move to a later instant."""
        if to.date() > self.api.now.date():
            self._answered = 0
        self.api.now = to

    def population_key(self, fault: Fault, test: str | None = None) -> str:
        """Return the key of the commit, pull request or deployment that a fault is found by."""
        return self.changes.population_key(fault, test)

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    @property
    def busy(self) -> bool:
        """Whether another integration uses up the site's share today."""
        return rng(self.company.seed, "jira busy", self.api.now.date()).random() < BUSY_DAY_SHARE

    async def _answer(self, request: web.Request) -> web.Response:
        self._answered += 1
        headers = CIMultiDict(
            {
                "Date": f"{self.api.now:%a, %d %b %Y %H:%M:%S} GMT",
                "X-ARequestId": okta_id("", self.company.seed, "jira", self.api.now, self._answered).lower(),
                "Cache-Control": "no-cache, no-store, no-transform",
            }
        )
        try:
            body = self._found(request, await request.read(), headers)
            status = 200
        except JiraError as error:
            status, body = error.status, {"errorMessages": [error.message], "errors": {}}
        encoded = json.dumps(body, separators=(",", ":")).encode()
        return web.Response(status=status, body=encoded, headers=headers, content_type="application/json")

    def _found(self, request: web.Request, sent: bytes, headers: CIMultiDict[str]) -> Any:
        """Return the body of a good answer."""
        pair = base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
            raise JiraError(401, "Client must be authenticated to access this resource.")
        if self.busy and self._answered == REFUSED:
            # Nobody learns more from waiting a whole second.
            headers["Retry-After"] = "0"
            headers["RateLimit-Reason"] = "jira-burst-based"
            raise JiraError(429, "Rate limit exceeded.")
        for route in ROUTES:
            if route.path == request.path:
                break
        else:
            raise JiraError(404, "null for uri: " + request.path)
        if route.method != request.method:
            raise JiraError(405, "Method Not Allowed")
        return route.answer(self.api, dict(request.query) if route.method == "GET" else _object(sent))


def _object(sent: bytes) -> dict[str, Any]:
    """Return the JSON object of a request, or Jira's 400."""
    try:
        found = json.loads(sent)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise JiraError(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    return found
