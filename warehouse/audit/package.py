"""What does an auditor take away, so that it can be checked and run again on a machine that has none of this?

A folder that is whole or does not exist: it is built aside, checked with the kit it carries, and only then
put in its place.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import duckdb
import jinja2

from warehouse.audit import workbooks
from warehouse.audit.period import Period, Row, Statement, statement
from warehouse.dataset import Column, Dataset, Kind, Privacy
from warehouse.ledger import subjects_of
from warehouse.store import Store, digest_of

MANIFEST = "MANIFEST.sha256"
KIT = Path(__file__).parent / "kit"
Profile = Literal["auditor", "management"]

HANDED = Dataset(
    name="ctl_package",
    kind=Kind.DERIVED,
    follows=Kind.EVENT,
    title="One row per package that was made: about what, for whom, and its digest",
    key=("manifest_sha256",),
    columns=(
        Column(
            "manifest_sha256", "text", "Digest of its MANIFEST.sha256, which names every file", required=True
        ),
        Column("audit_id", "text", "The audit it is for; null: a window"),
        Column("period_start", "date", "First day of the period", required=True),
        Column("period_end", "date", "Last day of the period", required=True),
        Column(
            "profile", "text", "auditor: everything; management: without the evidence itself", required=True
        ),
        Column("recipient", "text", "Who it was made for", privacy=Privacy.WORKFORCE, required=True),
        Column("ledger_number", "int", "Last ledger entry in it", required=True),
        Column("files", "int", "Files in it", unit="files", required=True),
        Column("made_at", "timestamp", "When it was made", required=True),
    ),
    may_be_empty=True,
)


class PackageRefused(Exception):
    """There is no package, and nothing was left behind."""


@dataclass(frozen=True)
class Package:
    """A package that was made."""

    folder: Path
    manifest_sha256: str
    files: int
    bytes: int
    reperformed: str
    """What the kit's last line said; empty: nothing to run again."""


@dataclass(frozen=True)
class Parts:
    """What a package is made of that this module cannot make itself."""

    publish: Callable[[Path], None]
    """Writes the self-contained analysts' file."""
    report: Callable[[Path], None]
    """Writes the HTML report."""
    script: Callable[[], Iterable[str]]
    """The SQL that runs the tests again over the files under store/."""
    definitions: Mapping[str, Mapping[str, Any]]
    """Control -> its definition as plain facts."""


def build(
    store: Store,
    period: Period,
    target: Path,
    parts: Parts,
    *,
    profile: Profile,
    recipient: str,
    moved: Callable[[int, int], None] | None = None,
) -> Package:
    """Make a package at a place where nothing is. Raises PackageRefused."""
    if target.exists():
        raise PackageRefused(
            f"{target} exists already: a package is never written over. Name another folder."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.parent / f".{target.name}.{secrets.token_hex(8)}.building"
    staged.mkdir()
    try:
        _fill(store, period, staged, parts, profile, recipient, moved or (lambda _done, _all: None))
        files = _manifest(staged)
        told = _check(staged, profile)
        os.replace(staged, target)  # noqa: PTH105 - named for what matters: it is whole or not there
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return Package(target, digest_of(target / MANIFEST), files, size, told)


def archive(folder: Path) -> Path:
    """Pack a package's folder into a zip file beside it and return its place."""
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def _fill(
    store: Store,
    period: Period,
    folder: Path,
    parts: Parts,
    profile: Profile,
    recipient: str,
    moved: Callable[[int, int], None],
) -> None:
    steps = 5
    moved(0, steps)
    file = folder / "warehouse.duckdb"
    parts.publish(file)
    moved(1, steps)
    parts.report(folder / "report.html")
    (folder / "controls").mkdir()
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        found = statement(connection, period)
        for control in found.controls:
            name = control["control_id"]
            workbooks.write(connection, name, period, folder / "controls" / f"{name}.xlsx")
            _json(folder / "controls" / f"{name}.json", _definition(connection, name, parts, period))
        _json(folder / "statement.json", {"recipient": recipient, "profile": profile, **found.facts()})
        _page(folder / "index.html", connection, found, profile, recipient)
    moved(2, steps)
    if profile != "auditor":
        file.unlink()
        return
    _copy(store, folder / "store")
    moved(3, steps)
    shutil.copytree(KIT, folder / "kit", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "kit" / "reperform.sql").open("w", encoding="utf-8") as sql:
        sql.writelines(parts.script())
    moved(4, steps)


def _copy(store: Store, goal: Path) -> None:
    """Copy the ledger and every file it names. Raises PackageRefused where one is not what it names."""
    (goal / "ledger").mkdir(parents=True)
    for entry in store.ledger.entries:
        source = store.ledger.path(entry.number)
        shutil.copyfile(source, goal / "ledger" / source.name)
        for name, sha256 in subjects_of(source.read_bytes()).items():
            file, copied = store.home.path / name, goal / name
            if "/" not in name or copied.exists():
                continue
            if not file.is_file() or digest_of(file) != sha256:
                raise PackageRefused(
                    f"{name} is missing or is not what entry {entry.number} of the ledger says. Restore it "
                    "from a copy; `evidence verify` names everything. There is no package."
                )
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copied)


def _manifest(folder: Path) -> int:
    """Write the digest of every file; return how many there are."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = [f"{digest_of(folder / name)}  {name}\n" for name in names]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")
    return len(names)


def _check(folder: Path, profile: Profile) -> str:
    """Check a package with its own kit, as its reader will. Raises PackageRefused."""
    told = ""
    for script, accepted in (("check.py", {0}), ("reperform.py", {0, 2})):
        # A package without evidence carries no kit, and is still checked against its manifest.
        place = folder / "kit" / script if profile == "auditor" else KIT / script
        if profile != "auditor" and script != "check.py":
            continue
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-B", str(place), *([str(folder)] if script == "check.py" else [])],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in accepted:
            said = "\n".join((done.stdout + done.stderr).splitlines()[:20])
            raise PackageRefused(
                f"The package does not pass its own kit/{script}:\n{said}\nThere is no package."
            )
        told = done.stdout.strip().splitlines()[-1] if script == "reperform.py" else told
    return told


def _definition(
    connection: duckdb.DuckDBPyConnection, control_id: str, parts: Parts, period: Period
) -> dict[str, Any]:
    """Return a control's definition, and which versions of its tests judged which days of the period."""
    found = connection.execute(
        "select test_id, definition_sha256, min(result_day), max(result_day), count(*) from ctl.test_day "
        "where control_id = ? and definition_sha256 is not null and result_day >= ?::date "
        "and result_day < ?::date group by all order by 1, 3",
        [control_id, *period.window],
    ).fetchall()
    names = ("test_id", "definition_sha256", "first_day", "last_day", "days")
    versions = [dict(zip(names, row, strict=True)) for row in found]
    return {**parts.definitions[control_id], "versions": versions}


def _page(
    path: Path,
    connection: duckdb.DuckDBPyConnection,
    found: Statement,
    profile: Profile,
    recipient: str,
) -> None:
    """Write the page a reader begins with."""
    ((company, sandbox, made_at, number),) = connection.execute(
        "select company, sandbox, strftime(published_at, '%Y-%m-%d %H:%M UTC'), ledger_number "
        "from meta.published"
    ).fetchall()
    everything = profile == "auditor"
    contents = [
        ("report.html", "Which control held on which day, and what stands behind it?"),
        ("statement.json", "The same counts as below, for a program"),
        ("controls/", "A workbook and the definition of each control"),
    ]
    if everything:
        contents += [
            ("warehouse.duckdb", "Everything, for SQL: open it read-only with any DuckDB from 1.4.5 on"),
            ("store/", "The evidence as it was captured, and the ledger that names it"),
            ("kit/", "Checks the package, and runs every test again"),
        ]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    text = environment.get_template("package.html.j2").render(
        company=company,
        sandbox=sandbox,
        made_at=made_at,
        ledger_number=number,
        recipient=recipient,
        profile=profile,
        period=found.period,
        categories=", ".join(one.replace("_", " ") for one in found.period.categories),
        controls=found.controls,
        tests=found.tests,
        outside=found.outside,
        contents=contents,
        checkable=everything,
        missing=list(_grouped(found.missing)),
    )
    path.write_text(text, encoding="utf-8")


def _grouped(missing: Sequence[Row]) -> Iterable[Row]:
    """Yield missing occurrences of one test that have one reason as one row."""
    by = ("test_id", "became", "reason")
    for key, rows in groupby(
        sorted(missing, key=lambda r: [r[n] for n in by]), key=lambda r: [r[n] for n in by]
    ):
        days = [str(row["last_day"]) for row in rows]
        yield {**dict(zip(by, key, strict=True)), "days": " ".join(days)}


def _json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n", encoding="utf-8")
