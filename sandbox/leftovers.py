"""Who clears up a part's temporary folder, even when the sandbox is killed?

A guard: a small process that waits for the end of its input, which comes when the sandbox ends in whatever
way. It then ends the database server that outlives a killed sandbox, if there is one, and removes the folder.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

GUARD = """
import os, pathlib, shutil, signal, sys, time
sys.stdin.read()
folder = pathlib.Path(sys.argv[1])
pid_file = folder / "data" / "postmaster.pid"
if pid_file.exists():
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
    waited_until = time.monotonic() + 10
    while pid_file.exists() and time.monotonic() < waited_until:
        time.sleep(0.05)
shutil.rmtree(folder, ignore_errors=True)
"""


class GuardedFolder:
    """A new temporary folder that does not outlive this process."""

    def __init__(self, prefix: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        self._guard = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-I", "-S", "-c", GUARD, str(self.path)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def remove(self) -> None:
        """Remove it now; may be called twice."""
        if self._guard.returncode is None:
            self._guard.communicate()
