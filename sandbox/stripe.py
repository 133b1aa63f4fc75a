"""How does the company's payment processor, Stripe, answer over HTTP?

The read side of the API that connectors use, faithful on the wire: bearer keys, pinned versions, pages by the
last id, error objects, request ids, the Date of the company's clock. Its key is a restricted one that may
only read. On some days somebody else uses the account's share of requests up for a moment: a 429, which says
no time to wait.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox import bank
from sandbox.faults import Fault, Faults
from sandbox.part import rng
from sandbox.stripe_api import Api, StripeError
from sandbox.stripe_objects import API_VERSION, Objects

BUSY_DAY_SHARE = 0.1
SPENT_AT = (3, 9)
"""Between which requests of a busy day the share is spent."""


class StripePart:
    """The company's Stripe account: a part of the sandbox (see part.py), and the server itself."""

    def __init__(self, seed: int, faults: Faults, at: datetime) -> None:
        self._seed = seed
        self.key = f"rk_live_{Objects(seed, at).word('key')[:24]}"
        self.api = Api(seed, faults, at)
        self._answered = 0
        self._spent_at: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None
        self._begin_day()

    def start(self) -> Mapping[str, Any]:
        """Serve, and return where and with which key."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stripe", daemon=True)
        self._thread.start()
        return {
            "base_url": asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(),
            "key": self.key,
        }

    def advance(self, to: datetime) -> None:
        """Move to a later instant."""
        before = self.api.now
        if to != before:
            self.api.move(to)
        if to.date() > before.date():
            self._begin_day()

    def population_key(self, fault: Fault, test: str | None = None) -> str:
        """Return the charge, movement, payout or balance that a fault must be found under."""
        books = self.api.books
        match fault.kind:
            case "payout_sum":
                currency = fault.subject.removeprefix("payout ")
                return next(f"stripe:{p.id}" for p in books.payouts(fault.first) if p.currency == currency)
            case "deposit_missing":
                currency = fault.subject.removeprefix("deposit ")
                return f"stripe:{bank.missing(books, fault.first, currency).id}"
            case "balance_jump":
                return f"stripe:{fault.subject.removeprefix('balance ')}"
            case "charge_without_order" | "charge_lost" if test == "LM-01.c":
                return f"stripe|{books.fault_payment(fault).currency}|captured"
            case "refund_not_in_shop" | "refund_failed":
                return f"re_{books.fault_payment(fault).digits}"
            case "charge_without_order" | "charge_lost":
                return f"stripe:{books.fault_payment(fault).charge}"
            case "charge_not_booked":
                return f"stripe:charge:{books.fault_payment(fault).charge}"
            case _:
                return f"stripe:entry:{books.fault_payment(fault).movement}"

    def stop(self) -> None:
        """Stop serving."""
        if self._loop is None or self._thread is None:
            return
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None

    async def _serve(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    def _begin_day(self) -> None:
        """Draw whether the account's share of requests is spent for a moment today, and when."""
        chance = rng(self._seed, "stripe-busy", self.api.now.date())
        busy = chance.random() < BUSY_DAY_SHARE
        self._spent_at = self._answered + chance.randint(*SPENT_AT) if busy else None

    async def _answer(self, request: web.Request) -> web.Response:
        now = self.api.now
        self._answered += 1
        headers = {
            "Date": f"{now:%a, %d %b %Y %H:%M:%S} GMT",
            "Request-Id": f"req_{Objects(self._seed, now).word('request', now, self._answered)[:14]}",
            "Stripe-Version": request.headers.get("Stripe-Version", API_VERSION),
            "Cache-Control": "no-cache, no-store",
        }
        try:
            self._admit(request)
            body: Mapping[str, Any] = self.api.answer(request.path, request.query)
            status = 200
        except StripeError as error:
            status, body = error.status, {"error": error.error}
            if status == 429:
                headers["Stripe-Rate-Limited-Reason"] = "global-rate"
        encoded = json.dumps(body, separators=(",", ":")).encode()
        return web.Response(status=status, body=encoded, headers=headers, content_type="application/json")

    def _admit(self, request: web.Request) -> None:
        """Raise StripeError where a request must not be answered."""
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key:
            raise StripeError(401, "You did not provide an API key.")
        if key != self.key:
            raise StripeError(401, f"Invalid API Key provided: {key[:8]}{'*' * 12}{key[-4:]}")
        if request.method != "GET":
            raise StripeError(
                403,
                f"The provided key '{key[:8]}{'*' * 12}{key[-4:]}' does not have the required permissions "
                f"for this endpoint on account '{self.api.objects.account_id}'.",
            )
        if self._answered == self._spent_at:
            raise StripeError(429, "Request rate limit exceeded.", "rate_limit")
