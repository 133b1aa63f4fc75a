"""What does the HR export say, and on which line is what does not fit?"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from assets.capture import Page
from assets.failures import PermanentFailure
from assets.registers.client import csv_rows, validated
from assets.registers.models import RegisterRow, Text

COUNT = re.compile(r"# rows: (\d+)")
"""The last line an export may have: how many people it lists."""


class Person(RegisterRow):
    """One person HR knows, former ones included."""

    person_id: Text = Field(description="HR's id of the person")
    name: Text
    work_email: Text
    type: Literal["employee", "contractor"]
    job_role: Text
    department: Text
    manager_id: Text | None = None
    start_on: date
    terminated_at: AwareDatetime | None = None
    termination_type: Literal["voluntary", "involuntary"] | None = None
    role_changed_at: AwareDatetime | None = None


@dataclass(frozen=True)
class PeopleFile:
    """One CSV file, UTF-8, whose heading names the columns."""

    instance: str
    file: Path

    def principal(self) -> str:
        """Return where the file came to us: the file system, as whoever we run as."""
        return "file system"

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
        try:
            lines = content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise PermanentFailure(
                f"{self.file.name}: byte {error.start} is no UTF-8. Export the file as UTF-8."
            ) from None
        stated = COUNT.fullmatch(lines[-1].strip()) if lines else None
        text = "\n".join(lines[:-1] if stated else lines)
        records = validated(Person, list(csv_rows(text)), self.file.name, personal=True)
        digest = hashlib.sha256(content).hexdigest()
        return iter([Page(records, f"{self.file.name} sha256:{digest}")]), int(stated[1]) if stated else None

    def _refuse_git(self) -> None:
        answer = subprocess.run(  # noqa: S603 - a fixed command
            ["git", "-C", str(self.file.parent), "ls-files", "--error-unmatch", self.file.name],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if answer.returncode == 0:
            raise PermanentFailure(
                f"people {self.instance}: {self.file.name} is kept in git, expected a file that is dropped. "
                "It is personal data, and git forgets nothing: remove it from the history, and drop the "
                "export somewhere else."
            )
