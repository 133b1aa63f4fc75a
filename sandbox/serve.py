"""What runs inside the sandbox's process: which parts, which control channel, and when does it end?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox import governance
from sandbox.aws import AwsPart
from sandbox.documents import DocumentsPart
from sandbox.faults import Fault, Faults
from sandbox.github import GithubPart
from sandbox.jira import JiraPart
from sandbox.lists import ListsPart
from sandbox.okta import OktaPart
from sandbox.part import Part
from sandbox.paypal import PaypalPart
from sandbox.people import PeoplePart
from sandbox.registers import RegistersPart
from sandbox.shop import ShopPart
from sandbox.stripe import StripePart

PARENT_SECONDS = 0.5
"""How often it looks whether the process that started it still lives."""


class Sandbox:
    """All parts of the company at one instant."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        at: datetime,
        okta_down: AbstractSet[date],
        aws_unreachable: Mapping[str, AbstractSet[date]],
    ) -> None:
        self.now = at
        self._faults = faults
        self._okta_down = okta_down
        self._unreachable = aws_unreachable
        self._moving = asyncio.Lock()
        self.parts: dict[str, Part] = {
            "okta": OktaPart(seed, faults, at, down=okta_down),
            "aws": AwsPart(seed, faults, at, unreachable=aws_unreachable),
            "github": GithubPart(seed, faults, at),
            "shop": ShopPart(seed, faults, at),
            "people": PeoplePart(seed, faults, at),
            "lists": ListsPart(seed, faults, at),
            "documents": DocumentsPart(faults, at),
            "stripe": StripePart(seed, faults, at),
            "jira": JiraPart(seed, faults, at),
            "paypal": PaypalPart(seed, faults, at),
        }
        # Registers name what waivers cover by keys that only the started parts know.
        self._registers = RegistersPart(seed, faults, at, key_of=self.key_of)

    def key_of(self, fault: Fault, test: str | None = None) -> str:
        """Return the population key that a test must find a fault under."""
        if fault.part == "governance":
            return governance.population_key(fault)
        return self.parts[fault.part].population_key(fault, test)

    def start(self) -> dict[str, Mapping[str, Any]]:
        """Start every part, and return their sections of the state file."""
        with ThreadPoolExecutor() as pool:
            sections = dict(zip(self.parts, pool.map(lambda p: p.start(), self.parts.values()), strict=True))
        self.parts["registers"] = self._registers
        sections["registers"] = self._registers.start()
        return sections

    def stop(self) -> None:
        """Stop every part, whatever state it is in."""
        for part in [*self.parts.values(), self._registers]:
            part.stop()

    def expected(self) -> list[dict[str, str]]:
        """Return what must be found, one entry per fault and day."""
        return self._faults.expected(self.key_of, self._okta_down, self._unreachable)

    async def advance(self, request: web.Request) -> web.Response:
        """Answer POST /advance {"to": instant}."""
        to = datetime.fromisoformat((await request.json())["to"]).astimezone(UTC)
        async with self._moving:
            if to < self.now:
                problem = (
                    f"The company is at {self.now.isoformat()} and never moves back, to {to.isoformat()}."
                )
                return web.json_response({"error": problem}, status=409)
            for part in self.parts.values():
                await asyncio.to_thread(part.advance, to)
            self.now = to
        return self._at()

    async def at(self, _: web.Request) -> web.Response:
        """Answer GET /now."""
        return self._at()

    def _at(self) -> web.Response:
        return web.json_response({"now": self.now.isoformat()})

    async def foretell(self, _: web.Request) -> web.Response:
        """Answer GET /expected."""
        return web.json_response(await asyncio.to_thread(self.expected))

    async def lacking(self, _: web.Request) -> web.Response:
        """Answer GET /not-tested."""
        return web.json_response({item.test: item.why for item in self._faults.not_tested})


async def serve(sandbox: Sandbox, state_file: Path, parent: int | None) -> None:
    """Serve until the parent is gone or the process is asked to end."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    watch = asyncio.create_task(_until_orphaned(parent, ended))
    app = web.Application()
    app.add_routes(
        [
            web.post("/advance", sandbox.advance),
            web.get("/now", sandbox.at),
            web.get("/expected", sandbox.foretell),
            web.get("/not-tested", sandbox.lacking),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sections = await asyncio.to_thread(sandbox.start)
        port = runner.addresses[0][1]
        where = {"pid": os.getpid(), "control": f"http://127.0.0.1:{port}", **sections}
        _write(state_file, where)
        await ended.wait()
    finally:
        watch.cancel()
        await runner.cleanup()
        await asyncio.to_thread(sandbox.stop)


async def _until_orphaned(parent: int | None, ended: asyncio.Event) -> None:
    started_by = os.getppid()
    while not ended.is_set():
        if parent is not None and not (_alive(parent) and os.getppid() == started_by):
            ended.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), PARENT_SECONDS)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write(state_file: Path, state: Mapping[str, Any]) -> None:
    """Write the state file in one step, readable by its owner only: it holds credentials."""
    partial = state_file.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(state, indent=2, default=str) + "\n", encoding="utf-8")
    partial.replace(state_file)
