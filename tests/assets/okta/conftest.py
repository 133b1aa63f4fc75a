"""What the tests of the Okta connector share: a small HTTP server whose answers a test decides."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from aiohttp import web

from assets.capture import Reading, Recipe, day_window
from assets.okta.client import OktaClient

TOKEN = "00CanaryTokenOfTheWireTests"
DAY = date(2026, 3, 5)


@dataclass
class Wire:
    """A server on loopback that answers as `answers` says, and the client that reads it."""

    url: str = ""
    answers: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        assert self.answers is not None
        return await self.answers(request)

    def client(self, waits: list[float] | None = None, **settings: Any) -> OktaClient:
        """Return a client that notes how long it would wait, instead of waiting."""
        noted = waits if waits is not None else []
        return OktaClient(
            **{"instance": "acme", "org_url": self.url, "token": TOKEN, "sleep": noted.append} | settings
        )

    def read(self, recipe: Recipe, client: OktaClient, reading: Reading | None = None) -> list[Any]:
        """Return the rows of one recipe, and close the client whatever happens."""
        try:
            return list(recipe.read(client, reading or new_reading()))  # type: ignore[arg-type]
        finally:
            client.close()


def new_reading() -> Reading:
    """Return a reading of the day that has read nothing yet."""
    return Reading(DAY, "acme", *day_window(DAY), hmac=str)


@pytest.fixture(scope="module", autouse=True)
def _plain_http_to_loopback() -> Iterator[None]:
    """Let the SDK speak plain HTTP, which it does for tests only, and no proxy come between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[[], Wire]]:
    """Return a function that starts one more server; all run in one thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="wire", daemon=True)
    thread.start()
    runners: list[web.AppRunner] = []

    async def serve() -> Wire:
        wire = Wire()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", wire.answer)
        runners.append(web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        wire.url = "http://{}:{}".format(*runners[-1].addresses[0][:2])
        return wire

    async def end() -> None:
        for runner in runners:
            await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    yield lambda: asyncio.run_coroutine_threadsafe(serve(), loop).result()
    asyncio.run_coroutine_threadsafe(end(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="session")
def wire(start: Callable[[], Wire]) -> Wire:
    """Return a server whose answers each test sets anew."""
    return start()


@pytest.fixture
def reading() -> Reading:
    """Return a reading that has read nothing yet."""
    return new_reading()
