"""What does somebody need to begin with? A commented evidence.yaml and one commented file for each register.

Made of evidence.example.yaml, the registers' declarations and the examples in starter.yaml, so that it never
says less than the code asks for. A line that begins with `## ` is prose; one with `# ` counts once that mark
is taken away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assets.registers import schemas
from pipelines.catalogue import catalogue
from pipelines.configuration import FILE, ConfigurationError
from warehouse.dataset import Column, Dataset

EXAMPLE = Path(__file__).parents[1] / "evidence.example.yaml"
ROWS = Path(__file__).with_name("starter.yaml")
FOLDER = "registers"
ACTIVE = "register"
"""The one source that is there from the beginning: the folder this writes."""
SOURCE = re.compile(r"  ([a-z]+):")
PROSE, MARK = "## ", "# "


def write(folder: Path, today: date) -> list[Path]:
    """Write the starter set into a folder and return its files.

    Raises ConfigurationError, with nothing written, where one of them exists or the folder cannot be written.
    """
    texts = {folder / FILE: evidence_yaml(today)}
    for dataset in registers():
        texts[folder / FOLDER / f"{register_of(dataset)}.yaml"] = register_text(dataset)
    if there := [str(path) for path in texts if path.exists()]:
        raise ConfigurationError(
            f"evidence init: {', '.join(there)} exists already. Nothing was written, so nothing is lost: "
            "name another folder, or move what is there away."
        )
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise ConfigurationError(
            f"evidence init: {error.filename} cannot be written ({error.strerror}). What was written before "
            "it is whole."
        ) from error
    return list(texts)


def registers() -> list[Dataset]:
    """Return the registers that are files of rows."""
    examples_of = examples()
    return [d for d in catalogue().datasets.values() if d.source == ACTIVE and register_of(d) in examples_of]


def register_of(dataset: Dataset) -> str:
    """Return the name of a register's file, without its ending."""
    return dataset.name.removeprefix(f"{ACTIVE}_")


@cache
def examples() -> Mapping[str, Mapping[str, Any]]:
    """Return register -> one example row."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(ROWS.read_text(encoding="utf-8"))
    return found


def evidence_yaml(today: date) -> str:
    """Return the example configuration, beginning today, with all sources but the registers switched off."""
    lines, active = [], True
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if source := SOURCE.match(line):
            active = source[1] == ACTIVE
            lines.append(f"  {PROSE}{_about(source[1])}")
        if line.startswith("#"):
            continue
        text = re.sub(r"^start: \S+", f"start: {today.isoformat()}", line)
        lines.append(text if active else f"  {MARK}{text.removeprefix('  ')}")
    head = (
        f"{PROSE}Which company, since when, from which systems? It names environment variables and never",
        f"{PROSE}holds their values. A line that begins with `{MARK}` is switched off: take the mark away.",
        f"{PROSE}For your editor, `evidence schema evidence` prints the JSON Schema.",
    )
    return "\n".join([*head, *lines]) + "\n"


def _about(source: str) -> str:
    folder = {"register": "registers"}.get(source, source)
    setup = EXAMPLE.parent / "assets" / folder / "SETUP.md"
    return f"{source}: set up as assets/{folder}/{'SETUP.md' if setup.is_file() else '__init__.py'} says"


def register_text(dataset: Dataset) -> str:
    """Return a register's file: what it is, what each name means, and one example behind comment marks."""
    name = register_of(dataset)
    words = _words(schemas()[dataset.name]["items"]["properties"])
    lines = [
        f"{PROSE}{dataset.title}.",
        f"{PROSE}A row begins with a dash. No two rows may have the same {' + '.join(dataset.key)}.",
        f"{PROSE}`evidence schema {dataset.name}` prints the JSON Schema. Keep this folder in git: whoever",
        f"{PROSE}reviews a change approves it, and every snapshot says so.",
        PROSE.rstrip(),
        *(f"{PROSE}{_meaning(column, words.get(column.name, []))}" for column in dataset.columns),
        "",
    ]
    written = list(_example(examples()[name]))
    return "\n".join([*lines, *(f"{MARK}{line}" for line in written)]) + "\n"


def _words(properties: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return name -> the words a value may be, where there are only some."""
    parts = {name: [one, one.get("items", {}), *one.get("anyOf", [])] for name, one in properties.items()}
    return {
        name: [word for part in listed for word in part.get("enum", [])] for name, listed in parts.items()
    }


def _meaning(column: Column, words: list[Any]) -> str:
    needed = "" if column.required else ", may be left out"
    one_of = f"; one of {', '.join(map(str, words))}" if words else ""
    return f"{column.name} ({column.type}{needed}): {column.meaning}{one_of}"


def _example(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one row as a person would write it; what has no value is left out."""
    begin = "- "
    for name, value in row.items():
        if value is not None:
            yield f"{begin}{name}: {_scalar(value)}"
            begin = "  "


def _scalar(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, list):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):  # a datetime too
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    plain = isinstance(value, int) or (yaml.safe_load(text) == text and not re.search(r"[:#*{}\[\],&]", text))
    return text if plain else json.dumps(text)
