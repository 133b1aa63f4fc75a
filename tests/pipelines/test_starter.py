"""Does `evidence init` write a set that is right once its marks are taken away, and never over anything?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import pytest
import yaml

from assets.capture import Reading, day_window
from assets.registers.client import RegisterFolder
from assets.registers.models import REGISTERS
from assets.registers.rows import composed
from pipelines import generated
from pipelines.catalogue import catalogue
from pipelines.configuration import ConfigurationError, Sources, parse
from pipelines.starter import EXAMPLE, MARK, PROSE, examples, register_text, registers, write
from warehouse.dataset import Dataset

Evidence: TypeAlias = Callable[..., Any]
TODAY = date(2026, 3, 10)


def uncommented(text: str) -> str:
    """Return a text with its marks taken away and its prose left out, as somebody would who uses it all."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(PROSE.strip())]
    return "\n".join(re.sub(rf"^( *){MARK}", r"\1", line) for line in lines) + "\n"


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """Return a folder with the starter set."""
    write(tmp_path, TODAY)
    return tmp_path


def as_json(text: str) -> Any:
    """Return what a YAML text says as JSON would say it: dates as words."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_configuration_is_right_as_it_is_and_with_every_source(starter: Path) -> None:
    """It begins today with the registers alone; all marks away, it has every source there is."""
    text = (starter / "evidence.yaml").read_text(encoding="utf-8")
    begun, whole = parse(text, "evidence.yaml"), parse(uncommented(text), "evidence.yaml")
    schema = generated.schemas()["evidence"]()
    content = as_json(uncommented(text))

    assert TODAY == begun.start
    assert ["register"] == [word for word, listed in begun.sources.instances().items() if listed]
    assert [] == [word for word, listed in whole.sources.instances().items() if not listed]
    assert set(Sources.model_fields) == {
        {"register": "registers"}.get(name, name) for name in content["sources"]
    }
    jsonschema.validate(content, schema)


def test_the_configuration_says_what_the_example_says(starter: Path) -> None:
    """All marks away, but for the first day."""
    text = uncommented((starter / "evidence.yaml").read_text(encoding="utf-8"))
    example = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))

    assert {**example, "start": TODAY} == yaml.safe_load(text)


def read(folder: Path, dataset: Dataset) -> list[Any]:
    """Return the rows of a register, whether its recipe reads it alone or with others."""
    (recipe,) = (one for one in catalogue().recipes.values() if dataset in one.datasets)
    reading = Reading(TODAY, "main", *day_window(TODAY), hmac=str)
    found: Any = recipe.read(RegisterFolder("main", folder), reading)
    return list(found[dataset.name] if isinstance(found, dict) else found)


def test_every_register_is_there_empty_and_right_once_its_example_counts(starter: Path) -> None:
    """As the schema that is printed for editors says, and as the collector reads it."""
    folder = starter / "registers"
    schemas = generated.schemas()

    assert set(REGISTERS) == {path.stem for path in folder.iterdir()} == set(examples())
    for dataset in registers():
        name = dataset.name.removeprefix("register_")
        path = folder / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert composed(text, path.name) is None
        path.write_text(uncommented(text), encoding="utf-8")
        jsonschema.validate(as_json(uncommented(text)), schemas[dataset.name]())
    for dataset in registers():
        name, text = dataset.name.removeprefix("register_"), register_text(dataset)
        (row,) = read(folder, dataset)
        known = {key: value for key, value in examples()[name].items() if value is not None}
        assert known == {key: row[key] for key in known}
        assert set(examples()[name]) == {column.name for column in dataset.columns}
        for column in dataset.columns:
            assert f"{PROSE}{column.name} (" in text


def test_nothing_is_overwritten(starter: Path) -> None:
    """Where one file exists already none is written, and each that exists is named."""
    (starter / "registers" / "waiver.yaml").write_text("- mine\n")
    (starter / "evidence.yaml").unlink()
    before = {path: path.read_bytes() for path in starter.rglob("*") if path.is_file()}
    with pytest.raises(ConfigurationError, match=r"waiver\.yaml exists already\. Nothing was written"):
        write(starter, TODAY)

    assert before == {path: path.read_bytes() for path in starter.rglob("*") if path.is_file()}


def test_the_command_writes_and_refuses_with_its_codes(tmp_path: Path, evidence: Evidence) -> None:
    """Nought when done, one when something is there already."""
    first = evidence(tmp_path / "home", "init", str(tmp_path / "new"))
    second = evidence(tmp_path / "home", "init", str(tmp_path / "new"))

    assert (0, 1) == (first.code, second.code)
    assert len(REGISTERS) + 1 == first.out.count("wrote ")
    assert "exists already" in " ".join(second.err.split())
    assert not (tmp_path / "home").exists()
