"""How does the sandbox company's Okta answer over HTTP?

The read side of the API that connectors use, faithful on the wire: SSWS tokens, pages by Link header with an
opaque cursor, rate-limit headers and 429s, request ids, Okta's error bodies, the Date of the company's clock.
The bare list of users leaves out DEPROVISIONED ones, as the real one does; a search includes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from multidict import CIMultiDict

from sandbox.company import Company, okta_id
from sandbox.faults import Fault, Faults
from sandbox.loopback import Loopback
from sandbox.okta_answers import OktaError, cursor, cut, missing, size
from sandbox.okta_api import ROUTES, Api
from sandbox.okta_limits import LIMITS, WINDOW_SECONDS, Bucket
from sandbox.okta_log import admin_visit_id
from sandbox.okta_objects import text
from sandbox.okta_policies import Policies
from sandbox.org import ACCESS_RULES, ORG
from sandbox.part import rng

BUSY_DAY_SHARE = 0.15


class OktaPart:
    """The company's Okta: a part of the sandbox (see part.py), and the server itself."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        at: datetime,
        *,
        down: AbstractSet[date] = frozenset(),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.company = Company(seed, faults)
        self.token = okta_id("00", seed, "token") + okta_id("", seed, "token")
        self.api = Api(self.company, at)
        self._down = down
        self._buckets = {name: Bucket(limit) for name, limit in {**LIMITS, **(limits or {})}.items()}
        self._answered = 0
        self._server = Loopback("okta", self._answer)
        self._begin_day()

    def start(self) -> Mapping[str, Any]:
        """Serve, and return where and with which token."""
        self.api.serve_at(self._server.start())
        return {"org_url": self.api.url, "token": self.token}

    def advance(self, to: datetime) -> None:
        """Move to a later instant."""
        before = self.api.now
        self.api.move(to)
        if to.date() > before.date():
            self._begin_day()

    def population_key(self, fault: Fault, test: str | None = None) -> str:  # noqa: ARG002 - one test a fault
        """Return the key of the user, rule or event that a fault is found by."""
        match fault.kind:
            case "okta_admin_session_no_mfa":
                found = admin_visit_id(self.company, fault.id)
            case "okta_rule_one_factor":
                rule = next(rule for rule in ACCESS_RULES if f"rule {rule.subject}" == fault.subject)
                found = Policies(self.api.objects).rule_id(rule)
            case "okta_token_can_write":
                return f"okta:{ORG}"
            case _:
                found = self.company.account_of(fault).user_id
        return f"okta:{ORG}:{found}"

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    @property
    def busy(self) -> bool:
        """Whether today another integration has used up most of a window that nobody has met yet."""
        return self._buckets["factors"].busy

    def _begin_day(self) -> None:
        chance = rng(self.company.seed, "busy", self.api.now.date()).random()
        self._buckets["factors"].begin(busy=chance < BUSY_DAY_SHARE)

    async def _answer(self, request: web.Request) -> web.Response:
        now = self.api.now
        self._answered += 1
        number = okta_id("", self.company.seed, "request", now, self._answered)
        headers = CIMultiDict(
            {
                "Date": f"{now:%a, %d %b %Y %H:%M:%S} GMT",
                "X-Okta-Request-Id": number,
                "Cache-Control": "no-cache, no-store",
            }
        )
        try:
            body = self._page(request, headers)
            status = 200
        except OktaError as error:
            status = error.status
            body = {
                "errorCode": error.code,
                "errorSummary": error.summary,
                "errorLink": error.code,
                "errorId": "oae" + number,
                "errorCauses": [{"errorSummary": error.summary}] if error.code == "E0000001" else [],
            }
        encoded = json.dumps(body, separators=(",", ":")).encode()
        return web.Response(status=status, body=encoded, headers=headers, content_type="application/json")

    def _page(self, request: web.Request, headers: CIMultiDict[str]) -> Any:
        """Return the body of a good answer; adds the headers that tell limits and pages."""
        if self.api.now.date() in self._down:
            raise OktaError(503, "E0000010", "Service is in read only mode")
        if request.headers.get("Authorization") != f"SSWS {self.token}":
            raise OktaError(401, "E0000011", "Invalid token provided")
        if request.method != "GET":
            raise OktaError(405, "E0000022", "The endpoint does not support the provided HTTP method")
        for route in ROUTES:
            if matched := route.path.fullmatch(request.path):
                break
        else:
            raise missing(request.path, "null")
        self._limit(route.bucket, headers)
        found = route.answer(self.api, request.query, matched.groupdict().get("id", ""))
        if not isinstance(found, list):
            return found
        base, query = self.api.url + request.path, dict(request.query)
        page, after = cut(found, query.get("after"), size(query.get("limit"), route.default, route.most))
        headers.add("Link", f'<{base}{"?" if query else ""}{urlencode(query)}>; rel="self"')
        if after is None and route.bucket == "logs" and "until" not in query:
            # A listing without an end can always be asked again for what has come since.
            now = {"published": text(self.api.now), "uuid": ""}
            after = cursor(page[-1] if page else now)
        following = f"{base}?{urlencode(query | {'after': after})}" if after else None
        if route.bucket == "iam":
            return {"value": page, "_links": {"next": {"href": following}} if following else {}}
        if following:
            headers.add("Link", f'<{following}>; rel="next"')
        return page

    def _limit(self, name: str, headers: CIMultiDict[str]) -> None:
        bucket = self._buckets[name]
        allowed = bucket.take()
        reset = self.api.now + timedelta(seconds=WINDOW_SECONDS)
        headers["X-Rate-Limit-Limit"] = str(bucket.limit)
        headers["X-Rate-Limit-Remaining"] = str(bucket.remaining)
        headers["X-Rate-Limit-Reset"] = str(int(reset.timestamp()))
        if not allowed:
            raise OktaError(429, "E0000047", "API call exceeded rate limit due to too many requests.")
