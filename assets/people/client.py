"""What does the HR export say, and on which line is what does not fit?"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from assets.capture import Access, Client, Page
from assets.failures import PermanentFailure
from assets.registers.history import git, in_checkout
from assets.registers.models import Day, Instant, RegisterRow, Text
from assets.registers.rows import Placed, csv_rows, decoded, validated

COUNT = re.compile(r"# rows: (\d+)")
"""The last line an export may have: how many people it lists."""


class Person(RegisterRow):
    """One person HR knows, former ones included."""

    person_id: Text
    name: Text
    work_email: Text
    type: Literal["employee", "contractor"]
    job_role: Text
    department: Text
    manager_id: Text | None = None
    start_on: Day
    terminated_at: Instant | None = None
    termination_type: Literal["voluntary", "involuntary"] | None = None
    role_changed_at: Instant | None = None


class PeopleClient(Client, Protocol):
    """Where people are read from: a file that HR drops, or a view that HR's system shows."""

    def read(self) -> tuple[Iterator[Page], int | None]:
        """Return the one page of people, and how many there are as the source itself says, if it does."""


def people_of(placed: Sequence[Placed], name: str) -> list[dict[str, Any]]:
    """Return people as rows. Raises PermanentFailure with every problem, quoting nothing about anybody."""
    return validated(Person, placed, name, key=("person_id",), personal=True)


@dataclass(frozen=True)
class PeopleFile:
    """One CSV file, UTF-8, whose heading names the columns."""

    instance: str
    file: Path

    def principal(self) -> str:
        """Return where the file came to us: the file system, as whoever we run as."""
        return "file system"

    def access(self) -> Access:
        """Return what the system lets this process do with the file."""
        readable = os.access(self.file, os.R_OK)
        writable = (f"write the file {self.file}",) if os.access(self.file, os.W_OK) else ()
        return Access(
            granted=((f"read the file {self.file}",) if readable else ()) + writable,
            writing=writable,
            lacking=() if readable else (f"read the file {self.file}: nobody can tell who has left",),
        )

    def close(self) -> None:
        """Nothing is held open."""

    def read(self) -> tuple[Iterator[Page], int | None]:
        """Return the one page of people, and the count the export states, if it does.

        Raises PermanentFailure with every problem and its line, quoting nothing of the file.
        """
        if not self.file.is_file():
            raise PermanentFailure(
                f"people {self.instance}: there is no file {self.file}, expected HR's export as CSV. Without "
                "it nobody can tell who has left."
            )
        self._refuse_git()
        content = self.file.read_bytes()
        lines = decoded(content, self.file.name).splitlines(keepends=True)
        stated = COUNT.fullmatch(lines[-1].strip()) if lines else None
        text = "".join(lines[:-1] if stated else lines)
        records = people_of(list(csv_rows(text, self.file.name)), self.file.name)
        digest = hashlib.sha256(content).hexdigest()
        return iter([Page(records, f"{self.file.name} sha256:{digest}")]), int(stated[1]) if stated else None

    def _refuse_git(self) -> None:
        why_not = in_checkout(self.file.parent)
        if why_not == "no_checkout":
            return
        kept = git(self.file.parent, "ls-files", "--error-unmatch", self.file.name).returncode == 0
        if kept or why_not is not None:
            found = "is kept in git" if kept else "lies in a git checkout that git cannot read"
            raise PermanentFailure(
                f"people {self.instance}: {self.file.name} {found}, expected a file that is dropped. "
                "It is personal data, and git forgets nothing: remove it from the history, and drop the "
                "export somewhere else."
            )
