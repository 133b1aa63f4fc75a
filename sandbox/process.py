"""How is the sandbox company started, moved through time and stopped by those who use it?

One child process on loopback serves everything. It writes a state file that says where, obeys a control
channel, and ends with the process that started it. `Company` is the handle for the demo and the tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox import faults as planted
from sandbox.faults import Fault
from sandbox.org import PERIOD_START
from sandbox.part import instant

SEED = 20260301
FAULTS = Path(__file__).with_name("faults.yaml")
START_SECONDS = 90
STOP_SECONDS = 20
LOG_LINES_SHOWN = 20


class SandboxFailure(Exception):
    """The simulated company could not be started or moved."""


class Company:
    """A sandbox company in a child process.

    with Company(folder, seed=1, faults=draw(1)) as company:
        company.advance(noon)
        company.state["okta"]["org_url"]
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        seed: int = SEED,
        faults: Path | Iterable[Fault] = FAULTS,
        at: datetime | None = None,
        okta_down: Iterable[date] = (),
        aws_unreachable: Mapping[str, Iterable[date]] | None = None,
    ) -> None:
        self._own = tempfile.TemporaryDirectory(prefix="sandbox-") if folder is None else None
        self._folder = Path(self._own.name) if self._own else Path(str(folder))
        self._seed = seed
        self._faults = faults
        self._at = at or instant(PERIOD_START)
        self._okta_down = list(okta_down)
        self._unreachable = dict(aws_unreachable or {})
        self._child: subprocess.Popen[bytes] | None = None
        self.state: dict[str, Any] = {}
        """What the state file says: where each source is, and with which credentials."""

    def start(self) -> None:
        """Start the child and wait until everything answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        state, log = self._folder / "state.json", self._folder / "sandbox.log"
        state.unlink(missing_ok=True)
        with log.open("wb") as output:
            self._child = subprocess.Popen(  # noqa: S603 - our own module, with our own arguments
                [sys.executable, "-m", "sandbox", *self._arguments(state)],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[1],
                start_new_session=True,
            )
        waited_until = time.monotonic() + START_SECONDS
        while not state.exists():
            if self._child.poll() is not None or time.monotonic() > waited_until:
                ended, words = self._child.poll(), tail(log)
                self.stop()
                found = "it is not ready" if ended is None else f"it ended with {ended}"
                raise SandboxFailure(
                    f"sandbox: {found}, expected {state} within {START_SECONDS} s. A retry helps only if the "
                    f"machine was overloaded. Its last words:\n{words}"
                )
            time.sleep(0.05)
        self.state = json.loads(state.read_text(encoding="utf-8"))

    def _arguments(self, state: Path) -> list[str]:
        faults = self._faults
        if not isinstance(faults, Path):
            planted.save(faults, self._folder / "faults.yaml", planted.load(FAULTS).not_tested)
            faults = self._folder / "faults.yaml"
        unreachable = [f"{a}:{day}" for a, days in self._unreachable.items() for day in days]
        given = {
            "--state-file": str(state.absolute()),
            "--seed": str(self._seed),
            "--faults": str(faults.absolute()),
            "--at": self._at.isoformat(),
            "--okta-down": ",".join(map(str, self._okta_down)),
            "--aws-unreachable": ",".join(unreachable),
            "--parent-pid": str(os.getpid()),
        }
        return ["serve", *(word for name, value in given.items() if value for word in (name, value))]

    def advance(self, to: datetime) -> None:
        """Move the company to a later instant."""
        answer = httpx.post(f"{self.state['control']}/advance", json={"to": to.isoformat()}, timeout=120)
        if answer.status_code != httpx.codes.OK:
            raise SandboxFailure(f"sandbox: moving to {to.isoformat()} was refused: {answer.text}")

    def now(self) -> datetime:
        """Return the company's time."""
        return datetime.fromisoformat(httpx.get(f"{self.state['control']}/now").json()["now"])

    def expected(self) -> list[dict[str, str]]:
        """Return what must be found in the whole period, one entry per fault and day."""
        listed: list[dict[str, str]] = httpx.get(f"{self.state['control']}/expected").json()
        return listed

    def not_tested(self) -> dict[str, str]:
        """Return the tests that the company has no source for, and why."""
        listed: dict[str, str] = httpx.get(f"{self.state['control']}/not-tested").json()
        return listed

    def stop(self) -> None:
        """End the child; may be called twice."""
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._child = None
        if self._own is not None:
            self._own.cleanup()

    def kill(self) -> None:
        """End the child's life at once, as a crash would: for tests of what survives one."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def tail(log: Path) -> str:
    """Return the last lines of the child's log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES_SHOWN:])
