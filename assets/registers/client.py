"""What do the registers say, and whose words are they?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from assets.capture import Access, Page
from assets.failures import PermanentFailure
from assets.registers.history import git, history_of, in_checkout
from assets.registers.models import REGISTERS, RegisterRow
from assets.registers.rows import csv_rows, decoded, validated, yaml_rows

ENDINGS = (".yaml", ".yml", ".csv")
BETWEEN = ";"
"""What stands between the words of a list in one cell of a CSV file."""


@dataclass(frozen=True)
class RegisterFolder:
    """A folder of registers: YAML (a list of mappings) or CSV files, each named after its register."""

    instance: str
    folder: Path

    def principal(self) -> str:
        """Return whose files these are: the last commit of the folder where it is a git checkout."""
        why_not = in_checkout(self.folder)
        if why_not is not None:
            return "file system" if why_not == "no_checkout" else "file system, in a checkout git cannot read"
        answer = git(self.folder, "log", "-1", "--format=%h by %an", "--", ".")
        commit = answer.stdout.decode("utf-8", "replace").strip() if answer.returncode == 0 else ""
        return f"file system, commit {commit}" if commit else "file system"

    def access(self) -> Access:
        """Return what the system lets this process do with the folder.

        Whoever can write here can write what is then collected, so an honest answer asks the system: an
        administrator always can.
        """
        readable = os.access(self.folder, os.R_OK | os.X_OK)
        writable = (f"write the folder {self.folder}",) if os.access(self.folder, os.W_OK) else ()
        return Access(
            granted=((f"read the folder {self.folder}",) if readable else ()) + writable,
            writing=writable,
            lacking=() if readable else (f"read the folder {self.folder}: no register can be collected",),
        )

    def close(self) -> None:
        """Nothing is held open."""

    def rows(self, register: str, key: Sequence[str]) -> Iterator[Page]:
        """Yield the one page of a register. Raises PermanentFailure with every problem and its line."""
        file = self.file(register)
        content = file.read_bytes()
        text, model = decoded(content, file.name), REGISTERS[register]
        if file.suffix == ".csv":
            placed = [(at, _with_lists(model, row)) for at, row in csv_rows(text, file.name)]
        else:
            placed = list(yaml_rows(text, file.name))
        records = validated(model, placed, file.name, key=key)
        digest = hashlib.sha256(content).hexdigest()
        yield Page(records, f"{file.name} sha256:{digest} {history_of(file, content).label}")

    def files(self) -> Iterator[Page]:
        """Yield the one page of what every register's file is. Raises PermanentFailure without a folder."""
        if not self.folder.is_dir():
            raise PermanentFailure(
                f"registers {self.instance}: no folder {self.folder}, expected one file per register; "
                "`evidence init` writes a starter set."
            )
        found = [
            (register, path)
            for register in sorted(REGISTERS)
            for ending in ENDINGS
            if (path := self.folder / f"{register}{ending}").is_file()
        ]
        yield Page([_file_facts(register, path) for register, path in found], f"files of {self.folder.name}/")

    def file(self, register: str) -> Path:
        """Return the one file of a register. Raises PermanentFailure where there is none, or more."""
        looked = [self.folder / f"{register}{ending}" for ending in ENDINGS]
        there = [path for path in looked if path.is_file()]
        if len(there) != 1:
            found = "none of them" if not there else " and ".join(path.name for path in there)
            raise PermanentFailure(
                f"register {register}: looked for {', '.join(path.name for path in looked)} in "
                f"{self.folder}, found {found}, expected exactly one."
            )
        return there[0]


def _file_facts(register: str, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    history = history_of(path, content)
    return {
        "register": f"register_{register}",
        "file_name": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "history": history.state,
        "commit": history.commit,
        "author": history.author,
        "authored_at": history.authored_at,
        "committer": history.committer,
        "committed_at": history.committed_at,
        "approver": history.approver,
        "approved_by_way_of": history.approved_by_way_of,
    }


def _with_lists(model: type[RegisterRow], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row of a CSV file with its lists as lists; an empty cell is one without words."""
    return {
        name: [word.strip() for word in (value or "").split(BETWEEN) if word.strip()]
        if name in model.model_fields and _is_list(model.model_fields[name].annotation)
        else value
        for name, value in row.items()
    }


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(part) is list for part in get_args(annotation))
