"""What do the registers say, and on which line is what does not fit?"""

from __future__ import annotations

import csv
import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from assets.capture import Page
from assets.failures import PermanentFailure
from assets.registers.models import REGISTERS, RegisterRow

ENDINGS = (".yaml", ".yml", ".csv")
MANY = 50
"""Problems shown at most; more help nobody."""


@dataclass(frozen=True)
class RegisterFolder:
    """A folder of registers: YAML (a list of mappings) or CSV files, each named after its register."""

    instance: str
    folder: Path

    def principal(self) -> str:
        """Return whose files these are: the last commit of the folder where it is a git checkout."""
        answer = subprocess.run(  # noqa: S603 - a fixed command
            ["git", "-C", str(self.folder), "log", "-1", "--format=%h by %an", "--", "."],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        commit = answer.stdout.strip() if answer.returncode == 0 else ""
        return f"file system, commit {commit}" if commit else "file system"

    def close(self) -> None:
        """Nothing is held open."""

    def rows(self, register: str) -> Iterator[Page]:
        """Yield the one page of a register. Raises PermanentFailure with every problem and its line."""
        file = self._file(register)
        content = file.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise PermanentFailure(
                f"{file.name}: byte {error.start} is no UTF-8. Save the file as UTF-8."
            ) from error
        found = csv_rows(text) if file.suffix == ".csv" else yaml_rows(text, file.name)
        records = validated(REGISTERS[register], list(found), file.name)
        digest = hashlib.sha256(content).hexdigest()
        yield Page(records, f"{file.name} sha256:{digest}")

    def _file(self, register: str) -> Path:
        looked = [self.folder / f"{register}{ending}" for ending in ENDINGS]
        there = [path for path in looked if path.is_file()]
        if len(there) != 1:
            found = "none of them" if not there else " and ".join(path.name for path in there)
            raise PermanentFailure(
                f"register {register}: looked for {', '.join(path.name for path in looked)} in "
                f"{self.folder}, found {found}, expected exactly one."
            )
        return there[0]


def csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (line, row); an empty cell is no value."""
    reader = csv.DictReader(text.splitlines(), strict=True)
    for record in reader:
        if None in record:
            raise PermanentFailure(f"line {reader.line_num}: more cells than the heading has columns.")
        yield (
            reader.line_num,
            {name: value.strip() or None for name, value in record.items() if value is not None},
        )


def yaml_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (line, row) of a YAML list of mappings. Raises PermanentFailure for anything else."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise PermanentFailure(f"{name}: not YAML: {error}.") from error
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        raise PermanentFailure(f"{name}: expected a list of rows, each beginning with a dash.")
    loader = yaml.SafeLoader("")
    for node in root.value:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise PermanentFailure(f"{name}: line {line}: expected a row of names and values.")
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if key.value in seen:
                raise PermanentFailure(
                    f"{name}: line {key.start_mark.line + 1}: {key.value} stands here and on line "
                    f"{seen[key.value]}; one of them would be lost."
                )
            seen[key.value] = key.start_mark.line + 1
        yield line, loader.construct_document(node)


def validated(
    model: type[RegisterRow],
    rows: list[tuple[int, Mapping[str, Any]]],
    name: str,
    *,
    personal: bool = False,
) -> list[dict[str, Any]]:
    """Return the rows as the model wants them. Raises PermanentFailure with all problems in one list.

    Of a file with personal data (`personal`) no problem quotes what was found.
    """
    good, problems = [], []
    for line, row in rows:
        try:
            good.append(model.model_validate(row).model_dump(mode="python"))
        except ValidationError as error:
            problems += [
                f"line {line}: {'.'.join(map(str, item['loc'])) or 'row'}: {item['msg']} "
                + (
                    "(what was found is personal, so it is not shown)"
                    if personal
                    else f"(found {item['input']!r:.60})"
                )
                for item in error.errors()
            ]
    if problems:
        shown = "\n  ".join(problems[:MANY])
        more = f"\n  and {len(problems) - MANY} more" if len(problems) > MANY else ""
        raise PermanentFailure(f"{name}: {len(problems)} problem(s):\n  {shown}{more}\nMend the file.")
    return good
