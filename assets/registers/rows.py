"""Which rows does a text hold that people wrote, and on which line is what does not fit?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from assets.failures import PermanentFailure

MANY = 50
"""Problems shown at most; more help nobody."""
COMPOSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where PyYAML has it: ten times as fast."""
Path: TypeAlias = tuple[int | str, ...]


@dataclass(frozen=True)
class Place:
    """Where a row stands in its file and, in YAML, where each of its values does."""

    line: int
    inner: Mapping[Path, int] = field(default_factory=dict)
    word: str = "line"
    """What is counted: a Parquet file has rows."""

    def of(self, path: Path) -> str:
        """Return where a value stands: the innermost line that is known of it."""
        known = (self.inner[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.inner)
        return f"{self.word} {next(known, self.line)}"


Placed: TypeAlias = tuple[Place, Mapping[str, Any]]
Model = TypeVar("Model", bound=BaseModel)


def csv_rows(text: str, name: str) -> Iterator[Placed]:
    """Yield each row of a CSV text whose heading names the columns; an empty cell is no value.

    Raises PermanentFailure for a heading or a row that could be read in two ways: a row that is too short
    may have been cut off.
    """
    cells = _cells(text, name)
    _, heading = next(cells, (0, []))
    names = [word.strip() for word in heading]
    if blank := [str(n) for n, word in enumerate(names, 1) if not word]:
        raise PermanentFailure(f"{name}: line 1: column {', '.join(blank)} of the heading has no name.")
    if twice := sorted({word for word in names if names.count(word) > 1}):
        raise PermanentFailure(f"{name}: line 1: the heading names {', '.join(twice)} twice.")
    for line, row in cells:
        if len(row) != len(names):
            than = "more" if len(row) > len(names) else "fewer"
            raise PermanentFailure(
                f"{name}: line {line}: {than} cells than the heading has columns ({len(row)}, expected "
                f"{len(names)}). Was the file cut off, or is a comma not between quotation marks?"
            )
        yield Place(line), {column: cell.strip() or None for column, cell in zip(names, row, strict=True)}


def _cells(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) of everything that is no empty line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        for row in reader:
            if row:
                yield before + 1, row
            before = reader.line_num
    except csv.Error as error:
        raise PermanentFailure(f"{name}: line {before + 1}: no CSV: {error}.") from None


def yaml_rows(text: str, name: str) -> Iterator[Placed]:
    """Yield each row of a YAML list of mappings. Raises PermanentFailure for anything else."""
    root = composed(text, name)
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        raise PermanentFailure(f"{name}: expected a list of rows, each beginning with a dash.")
    for node in root.value:
        yield yaml_row(node, name)


def composed(text: str, name: str) -> yaml.Node | None:
    """Return the one document of a YAML text as nodes, which know their lines; None where it is empty."""
    try:
        return yaml.compose(text, Loader=COMPOSER)
    except (
        yaml.MarkedYAMLError
    ) as error:  # its own text quotes the file, which may hold what is nobody's business
        at = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise PermanentFailure(f"{name}: {at}not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise PermanentFailure(f"{name}: not YAML ({type(error).__name__}).") from None


def yaml_row(node: yaml.Node, name: str) -> Placed:
    """Return the mapping a node is, and the line of each of its values."""
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise PermanentFailure(f"{name}: line {line}: expected a row of names and values.")
    inner: dict[Path, int] = {}
    _note_lines(node, (), inner, name, set())
    try:
        return Place(line, inner), yaml.SafeLoader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line + 1 if error.problem_mark else line
        raise PermanentFailure(f"{name}: line {at}: {error.problem}.") from None
    except (ValueError, TypeError):  # a date no calendar has, or a list as the name of a value
        raise PermanentFailure(
            f"{name}: line {line}: a value of this row is none, such as a date that no calendar has."
        ) from None


def _note_lines(node: yaml.Node, path: Path, inner: dict[Path, int], name: str, seen: set[int]) -> None:
    """Note the line of everything below a node. Raises PermanentFailure where a name stands twice.

    What an alias refers to is looked at once: a few lines of aliases can stand for millions of values.
    """
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            inner[*path, number] = item.start_mark.line + 1
            _note_lines(item, (*path, number), inner, name, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise PermanentFailure(f"{name}: line {line}: the name of a value must be one word.")
            here: Path = (*path, key.value)
            if here in inner:
                raise PermanentFailure(
                    f"{name}: line {line}: {key.value} stands here and on line {inner[here]}; one of them "
                    "would be lost."
                )
            inner[here] = line
            _note_lines(value, here, inner, name, seen)


def validated(
    model: type[Model],
    rows: Sequence[Placed],
    name: str,
    *,
    key: Sequence[str],
    personal: bool = False,
) -> list[dict[str, Any]]:
    """Return the rows as the model wants them, no two with one key.

    Raises PermanentFailure with all problems in one list. Of a file with personal data (`personal`) no
    problem quotes what was found.
    """
    good, problems = [], []
    seen: dict[tuple[Any, ...], Place] = {}
    for place, row in rows:
        try:
            fitting = model.model_validate(row).model_dump(mode="python")
            values = tuple(fitting[part] for part in key)
            if (first := seen.setdefault(values, place)) is not place:
                problems.append(
                    f"{place.of(())}: {', '.join(key)}: the same as in {first.of(())}; no two rows may be"
                )
            good.append(fitting)
        except ValidationError as error:
            problems += [
                f"{place.of(item['loc'])}: {'.'.join(map(str, item['loc'])) or 'row'}: {item['msg']} "
                + (
                    "(what was found is personal, so it is not shown)"
                    if personal
                    else f"(found {item['input']!r:.60})"
                )
                for item in error.errors()
            ]
    refuse(problems, name)
    return good


def refuse(problems: Sequence[str], name: str) -> None:
    """Raise PermanentFailure with the problems of a file in one list, if there are any."""
    if problems:
        shown = "\n  ".join(problems[:MANY])
        more = f"\n  and {len(problems) - MANY} more" if len(problems) > MANY else ""
        raise PermanentFailure(f"{name}: {len(problems)} problem(s):\n  {shown}{more}\nMend the file.")


def decoded(content: bytes, name: str) -> str:
    """Return the text of a file. Raises PermanentFailure where it is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PermanentFailure(
            f"{name}: byte {error.start} is no UTF-8. Save or export the file as UTF-8."
        ) from None
