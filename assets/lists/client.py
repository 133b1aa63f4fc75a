"""What does the drop of a day hold, and on which line is what does not fit?"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from assets.capture import Access
from assets.failures import PermanentFailure, TransientFailure
from assets.lists.models import DroppedFile, ListedAccount, ListedEntitlement, Manifest
from assets.registers.models import RegisterRow
from assets.registers.rows import Place, Placed, composed, csv_rows, decoded, refuse, validated, yaml_row

ENDINGS = (".yaml", ".yml")
SKEW = timedelta(seconds=60)
"""An export may seem this much later than our clock says: two clocks never agree."""


@dataclass(frozen=True)
class DroppedList:
    """One file of a drop: its name, its bytes' digest, its rows, and how many the system showed."""

    name: str
    sha256: str
    rows_shown: int
    rows: tuple[Mapping[str, Any], ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Drop:
    """One export of a system's accounts: its manifest and its two lists."""

    name: str
    sha256: str
    manifest: Manifest
    accounts: DroppedList
    entitlements: DroppedList


@dataclass(frozen=True)
class ListClient:
    """Where one system's lists are dropped: a folder that keeps all, or one manifest that is replaced."""

    instance: str
    system_id: str
    folder: Path | None = None
    file: Path | None = None
    max_age_days: int = 0
    """How many days before the evidence day the export may have been made; 0: on the day itself."""

    def principal(self) -> str:
        """Return how the lists came to us: the file system. Who exported them stands on every row."""
        return "file system"

    def access(self) -> Access:
        """Return what the system lets this process do with the folder of the drops."""
        place = self.place
        readable = os.access(place, os.R_OK | os.X_OK)
        writable = (f"write the folder {place}",) if os.access(place, os.W_OK) else ()
        return Access(
            granted=((f"read the folder {place}",) if readable else ()) + writable,
            writing=writable,
            lacking=() if readable else (f"read the folder {place}: no list can be collected",),
        )

    def close(self) -> None:
        """Nothing is held open."""

    @property
    def place(self) -> Path:
        """The folder the lists lie in."""
        return self.folder if self.folder is not None else Path(str(self.file)).parent

    def drop(self, start: datetime, end: datetime, started: datetime | None) -> Drop:
        """Return the newest drop, which must have been exported inside the window and not after `started`.

        Raises PermanentFailure with every problem and its line; TransientFailure where a file was changed
        while it was read.
        """
        path, sha256, manifest = max(self._manifests(), key=lambda found: found[2].exported_at)
        self._refuse_other_days(path.name, manifest.exported_at, start, end, started)
        accounts = self._list(path, manifest.accounts, ListedAccount, ("native_id",))
        entitlements = self._list(
            path, manifest.entitlements, ListedEntitlement, ("native_id", "entitlement", "via")
        )
        if accounts.name == entitlements.name:
            raise PermanentFailure(f"{path.name}: accounts and entitlements are one file, expected two.")
        known = {row["native_id"] for row in accounts.rows}
        refuse(
            [
                f"{place.of(('native_id',))}: native_id: no account of {accounts.name} has this id"
                for place, row in zip(entitlements.places, entitlements.rows, strict=True)
                if row["native_id"] not in known
            ],
            entitlements.name,
        )
        if _digest(path.read_bytes()) != sha256:
            raise TransientFailure(f"{path.name} was replaced while its lists were read.")
        return Drop(path.name, sha256, manifest, accounts, entitlements)

    def _manifests(self) -> list[tuple[Path, str, Manifest]]:
        """Return every manifest that lies there: at least one, and no two of one instant."""
        if self.folder is not None:
            there = sorted(p for p in _files_of(self.folder) if p.suffix.lower() in ENDINGS)
        else:
            there = [self.file] if self.file is not None and self.file.is_file() else []
        if not there:
            looked = self.file or f"{self.folder}/*.yaml"
            raise PermanentFailure(
                f"list {self.instance}: there is no manifest {looked}. Beside each dropped list must lie a "
                "YAML file that says exported_by, exported_at, exported_from and, of accounts and of "
                "entitlements, file and rows_shown."
            )
        found = [(path, *_manifest(path)) for path in there]
        instants: dict[datetime, str] = {}
        for path, _, manifest in found:
            if (other := instants.setdefault(manifest.exported_at, path.name)) != path.name:
                raise PermanentFailure(
                    f"list {self.instance}: {other} and {path.name} were both exported at "
                    f"{manifest.exported_at.isoformat()}; which of them counts cannot be told. Remove one."
                )
        return found

    def _refuse_other_days(
        self, name: str, exported: datetime, start: datetime, end: datetime, started: datetime | None
    ) -> None:
        if exported >= end or (started is not None and exported > started + SKEW):
            raise PermanentFailure(
                f"{name}: it says that it was exported at {exported.isoformat()}, which has not come yet. "
                "Write when the list was exported, with its time zone."
            )
        earliest = start - timedelta(days=self.max_age_days)
        if exported < earliest:
            raise PermanentFailure(
                f"list {self.instance}: the newest list ({name}) was exported at "
                f"{exported.astimezone(UTC).isoformat()}, expected one since {earliest.isoformat()}: a list "
                "is true of the moment it was exported at, and an old one would be false evidence for today. "
                "Export it anew and drop it with its manifest today."
            )

    def _list(
        self, manifest: Path, dropped: DroppedFile, model: type[RegisterRow], key: Sequence[str]
    ) -> DroppedList:
        file = manifest.parent / dropped.file
        if not file.is_file():
            raise PermanentFailure(f"{manifest.name}: it names {dropped.file}, which does not lie beside it.")
        content = file.read_bytes()
        placed = list(
            _parquet_rows(content, file.name)
            if file.suffix.lower() == ".parquet"
            else csv_rows(decoded(content, file.name), file.name)
        )
        if len(placed) != dropped.rows_shown:
            raise PermanentFailure(
                f"{file.name}: {len(placed)} rows, the manifest says that the system showed "
                f"{dropped.rows_shown}. The export is not complete, or the manifest is of another one."
            )
        rows = validated(model, placed, file.name, key=key, personal=True)
        return DroppedList(
            file.name, _digest(content), dropped.rows_shown, tuple(rows), tuple(place for place, _ in placed)
        )


def _files_of(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder. Raises PermanentFailure where there is none."""
    if not folder.is_dir():
        raise PermanentFailure(f"there is no folder {folder}, expected the one that lists are dropped into.")
    yield from (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _manifest(path: Path) -> tuple[str, Manifest]:
    """Return the digest and the content of a manifest, or raise PermanentFailure with every problem."""
    content = path.read_bytes()
    node = composed(decoded(content, path.name), path.name)
    if not isinstance(node, yaml.MappingNode):
        raise PermanentFailure(f"{path.name}: expected exported_by, exported_at and the other names.")
    (row,) = validated(Manifest, [yaml_row(node, path.name)], path.name, key=(), personal=True)
    return _digest(content), Manifest.model_validate(row)


def _parquet_rows(content: bytes, name: str) -> Iterator[Placed]:
    """Yield each row of a Parquet file."""
    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowException, OSError) as error:
        raise PermanentFailure(f"{name}: no Parquet file ({type(error).__name__}).") from None
    if twice := sorted({column for column in table.column_names if table.column_names.count(column) > 1}):
        raise PermanentFailure(f"{name}: column {', '.join(twice)} stands in it twice.")
    for number, row in enumerate(table.to_pylist(), 1):
        yield Place(number, word="row"), row


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
