"""Which of a processor's files is the one of a day, is it whole, and what rows does it hold?"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assets.capture import Access
from assets.failures import PermanentFailure
from assets.mapping.declared import read_mapping
from assets.mapping.engine import Target, fill
from assets.settlement.frames import FRAMES, Balance

MAPPINGS = Path(__file__).parent / "mappings"
ROWS = "rows"


@dataclass(frozen=True)
class Settled:
    """What the files of a day come to."""

    rows: list[dict[str, Any]]
    balances: tuple[Balance, ...]
    dropped: Mapping[str, int]
    files: tuple[tuple[str, str], ...]
    """(name, SHA-256)."""


@dataclass(frozen=True)
class SettlementClient:
    """One account at a processor, whose files are dropped into a folder."""

    instance: str
    processor: str
    folder: Path
    frame: str
    file: str
    """The file's name, with `{day}` where the day stands in it: `STL-{day}.*.CSV`."""
    day_format: str = "%Y%m%d"
    mapping: Path | None = None
    """Null: the one that is shipped for the frame."""

    def principal(self) -> str:
        """Return how the files came to us."""
        return "file system"

    def access(self) -> Access:
        """Return what the system lets this process do with the folder."""
        readable = os.access(self.folder, os.R_OK | os.X_OK)
        writable = (f"write the folder {self.folder}",) if os.access(self.folder, os.W_OK) else ()
        return Access(
            granted=((f"read the folder {self.folder}",) if readable else ()) + writable,
            writing=writable,
            lacking=() if readable else (f"read the folder {self.folder}: nothing settled can be collected",),
        )

    def close(self) -> None:
        """Nothing is held open."""

    def of_day(self, day: date, target: Target) -> Settled:
        """Return what was settled on a day. Raises PermanentFailure where a file is absent or not whole."""
        mapping = read_mapping(
            self.mapping or MAPPINGS / f"{self.frame}.yaml",
            {ROWS: frozenset(target.named())},
            of=f"settlement {self.instance}",
        )
        pattern = self.file.replace("{day}", day.strftime(self.day_format))
        files = sorted(path for path in self.folder.glob(pattern) if path.is_file())
        if not files:
            raise PermanentFailure(
                f"settlement {self.instance}: there is no file {pattern} in {self.folder}, expected the one "
                f"that {self.processor} sends for {day}, on a day without payments too. Fetch it and drop it "
                "there; then collect the day again."
            )
        rows: list[dict[str, Any]] = []
        balances: list[Balance] = []
        dropped: dict[str, int] = {}
        read = []
        for path in files:
            content = path.read_bytes()
            read.append((path.name, hashlib.sha256(content).hexdigest()))
            framed = FRAMES[self.frame](content, path.name)
            balances += framed.balances
            with tempfile.TemporaryDirectory() as place:
                (Path(place) / mapping.tables[ROWS].file).write_text(framed.text, encoding="utf-8")
                filled = fill(
                    mapping, Path(place), {ROWS: target}, of=f"settlement {self.instance}: {path.name}"
                )
            rows += filled[ROWS].rows
            for name, times in filled[ROWS].dropped.items():
                dropped[name] = dropped.get(name, 0) + times
        if len({balance.currency for balance in balances}) != len(balances):
            raise PermanentFailure(
                f"settlement {self.instance}: two files of {day} say what was held in one currency; which of "
                "them counts cannot be told. Remove one."
            )
        return Settled(rows, tuple(balances), dropped, tuple(read))
