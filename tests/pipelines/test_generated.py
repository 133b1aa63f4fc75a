"""Do the documents say what the code does?"""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from expectations.criteria import criteria
from pipelines.cli import evidence
from pipelines.evaluation import controls
from pipelines.generated import BEGIN, END, with_catalogue

ROOT = Path(__file__).parents[2]


def test_the_readme_has_the_catalogue_of_the_code() -> None:
    """`make docs` would change nothing."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert with_catalogue(text) == text


def test_the_readme_tells_of_every_criterion_which_tests_cover_it_or_that_none_does() -> None:
    """Read back from the page: nothing is covered that no control claims, and nothing claimed is left out."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    shown = {
        criterion: {
            f"{control}.{test}"
            for control, tests in re.findall(r"([A-Z]+-[0-9]+) \(([a-z, ]+)\)", cell)
            for test in tests.split(", ")
        }
        for criterion, cell in re.findall(r"^\| ([A-Z]+[0-9.]+) \|.*\| ([^|]+) \|$", text, re.MULTILINE)
    }
    [missing] = re.findall(r"^Not covered yet \([0-9]+ of [0-9]+\): (.*)\.$", text, re.MULTILINE)
    claimed: dict[str, set[str]] = {}
    for control in controls():
        for criterion in control.criteria:
            claimed.setdefault(criterion, set()).update(test.id for test in control.tests)

    assert claimed == shown
    assert [name for name in criteria() if name not in claimed] == missing.split(", ")
    assert {test.id for control in controls() for test in control.tests} == set().union(*shown.values())


def test_every_command_explains_itself() -> None:
    """`evidence --help` and each command's help is a page, not a stub."""
    runner = CliRunner()
    thin = [
        name
        for name in evidence.commands
        if len(runner.invoke(evidence, [name, "--help"]).output.splitlines()) < 5
    ]

    assert [] == thin
    assert 0 == runner.invoke(evidence, ["--help"]).exit_code


def test_the_readme_names_every_command() -> None:
    """Nobody has to read the code to know what there is."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == [name for name in evidence.commands if f"evidence {name}" not in text]


def test_no_title_promises_what_only_an_auditor_may_say() -> None:
    """The words that belong to the auditor occur nowhere in what controls say."""
    said = " ".join(f"{c.title} {' '.join(t.title for t in c.tests)}" for c in controls())

    assert [] == re.findall(r"\b(compliant|effective|certified)\b", said, re.IGNORECASE)
