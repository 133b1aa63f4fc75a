"""What do the generated documents say: the control catalogue, the criteria covered, the JSON Schemas?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from expectations.control import json_schema
from expectations.criteria import criteria
from pipelines.configuration import Configuration
from pipelines.evaluation import controls

BEGIN, END = "<!-- catalogue: begin (make docs) -->", "<!-- catalogue: end -->"


def schemas() -> dict[str, Callable[[], dict[str, Any]]]:
    """Return name -> JSON Schema of everything people write."""
    from assets.mapping.declared import mapping_schema
    from assets.registers import schemas as registers

    found: dict[str, Callable[[], dict[str, Any]]] = {
        "control": json_schema,
        "evidence": Configuration.model_json_schema,
        "mapping": mapping_schema,
    }
    return found | {name: partial(dict, schema) for name, schema in registers().items()}


def catalogue() -> str:
    """Return the control catalogue as Markdown: every test, then which criteria are covered."""
    lines = ["| Test | States that | Codes | Reads |", "|---|---|---|---|"]
    covered: dict[str, list[str]] = {}
    for control in controls():
        lines.append(f"| **{control.id}** | **{control.title}** ({control.severity}) | | |")
        for criterion in control.criteria:
            tests = ", ".join(test.id.partition(".")[2] for test in control.tests)
            covered.setdefault(criterion, []).append(f"{control.id} ({tests})")
        for test in control.tests:
            codes = " ".join(f"`{expectation.code}`" for expectation in test.expectations)
            reads = ", ".join(sorted({f"`{need.dataset}`" for need in test.needs}))
            lines.append(f"| {test.id} | {test.title} | {codes} | {reads} |")
    lines += ["", "| Criterion | In our words | Covered by control (tests) |", "|---|---|---|"]
    for known in criteria().values():
        if known.id in covered:
            lines.append(f"| {known.id} | {known.meaning} | {', '.join(covered[known.id])} |")
    missing = [number for number in criteria() if number not in covered]
    lines += ["", f"Not covered yet ({len(missing)} of {len(criteria())}): {', '.join(missing)}."]
    return "\n".join(lines)


def write_catalogue(file: Path) -> None:
    """Write the catalogue between its markers. Raises ValueError where the file has none."""
    text = file.read_text(encoding="utf-8")
    file.write_text(with_catalogue(text), encoding="utf-8")


def with_catalogue(text: str) -> str:
    """Return a document with the catalogue between its markers."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"the document has no line {BEGIN!r} and {END!r} to write between")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{catalogue()}\n\n{END}{tail}"
