"""Do dependencies point one way, and does each kind of thing happen in one place only?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "warehouse": {"warehouse"},
    "assets": {"assets", "warehouse"},
    "expectations": {"expectations", "warehouse"},
    "pipelines": {"pipelines", "assets", "expectations", "warehouse", "sandbox"},
    "sandbox": {"sandbox"},
}
OURS = set(MAY_IMPORT)
ONLY_IN = {
    "dagster": {"pipelines"},
    "great_expectations": {"expectations/judge.py"},
    "okta": {"assets/okta/client.py"},
    "boto3": {"assets/aws/client.py"},
    "sandbox": {"pipelines/demo.py", "sandbox"},
}
"""Package -> the only folders or files that may import it."""


def sources(folder: str = "") -> Iterator[tuple[str, ast.Module]]:
    """Yield every source file of ours with its syntax tree."""
    for part in sorted(OURS):
        for path in sorted((ROOT / part).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(folder):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield the top-level package of every import, those inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def taken_from(tree: ast.Module, module: str) -> Iterator[str]:
    """Yield the names a file imports from a module, so that it need not name the module when it uses them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (alias.name for alias in node.names)


def test_dependencies_point_one_way() -> None:
    """From pipelines to assets and expectations to warehouse; those two do not know each other."""
    wrong = [
        (name, found)
        for name, tree in sources()
        for found in sorted(set(imports(tree)) & OURS)
        if found not in MAY_IMPORT[name.partition("/")[0]]
    ]

    assert [] == wrong


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_a_package_is_imported_where_it_is_used_and_nowhere_else(package: str) -> None:
    """Dagster is the wiring's, Great Expectations the judge's, a vendor's library its client's."""
    wrong = [
        name
        for name, tree in sources()
        if package in imports(tree) and not any(name.startswith(place) for place in ONLY_IN[package])
    ]

    assert [] == wrong


def test_nothing_in_assets_mentions_the_sandbox() -> None:
    """The connectors cannot tell the simulated company from a real one."""
    mentioning = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "assets").rglob("*"))
        if path.suffix in {".py", ".sql"} and "sandbox" in path.read_text(encoding="utf-8").lower()
    ]

    assert [] == mentioning


def test_only_the_clock_asks_for_the_time() -> None:
    """Below pipelines/clock.py the day and the instant are given, never asked for."""
    asked = {"now", "utcnow", "today", "time", "monotonic", "time_ns"}
    asking = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        if not name.startswith("sandbox/") and name != "pipelines/clock.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in asked
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time", "dt"}
    ]

    taking = [name for name, tree in sources() if asked & set(taken_from(tree, "time"))]

    assert [] == asking
    assert [] == [name for name in taking if not name.startswith("sandbox/")]


def test_only_the_wiring_reads_the_environment() -> None:
    """Credentials enter by pipelines/configuration.py and resources.py; runs.py and demo.py set variables."""
    allowed = {
        "pipelines/configuration.py",
        "pipelines/runs.py",
        "pipelines/demo.py",
        "pipelines/commands.py",
        "pipelines/run_history.py",  # Dagster says only there where its home is
        "pipelines/notebooks.py",  # tells a notebook's process where the home is
        "warehouse/audit/notebook.py",  # a notebook opened in Jupyter is wired by nobody
        "expectations/judge.py",  # switches the analytics of Great Expectations off
    }
    reading = [
        name
        for name, tree in sources()
        if name not in allowed and not name.startswith("sandbox/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    taking = [name for name, tree in sources() if {"environ", "getenv"} & set(taken_from(tree, "os"))]

    assert [] == reading
    assert [] == taking


def test_nothing_counts_money_in_floats() -> None:
    """No float in the sources that compute amounts, and no floating type in their SQL."""
    folders = [ROOT / "assets" / "reconciliation", ROOT / "assets" / "shop"]
    floating = [
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".py", ".sql"}
        and any(
            word in path.read_text(encoding="utf-8").lower() for word in ("::double", "::float", "float(")
        )
    ]

    assert [] == floating


def test_no_sql_reads_evidence_by_a_glob() -> None:
    """A glob takes in a stray file and misses a deleted one."""
    globbing = [
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "read_parquet('" in node.value
        and "*" in node.value.partition("read_parquet('")[2].partition("'")[0]
    ]

    assert [] == globbing
