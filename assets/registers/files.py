"""Whose words does each register's file hold on the day, and who approved them?

A register's own snapshot names the digest and the commit of the bytes it was read from (in its run header);
this dataset says of the same digest who wrote it, when, and who let it in, in columns that can be left out of
what leaves the company. Nothing here judges: a file that nobody approved, or that was changed since its last
commit, is a row like any.
"""

from __future__ import annotations

from collections.abc import Iterator

from assets.capture import Reading, Row, capture, row
from assets.registers.client import RegisterFolder
from warehouse.dataset import Column, Dataset, Kind, Privacy

FILE = Dataset(
    name="register_file",
    kind=Kind.REGISTER,
    title="One row per file of the folder of registers, with what git says of it",
    key=("register",),
    columns=(
        Column("register", "text", "The register's dataset", source="register", required=True),
        Column("file_name", "text", "Its file in the folder", source="file_name", required=True),
        Column("sha256", "text", "Digest of the file's bytes", source="sha256", required=True),
        Column("bytes", "int", "Size of the file", unit="bytes", source="bytes", required=True),
        Column(
            "history",
            "text",
            "committed: these bytes are the last commit's; changed: since then; untracked: never committed; "
            "no_checkout: the folder is in no git checkout; unreadable: git refuses the checkout",
            source="history",
            required=True,
        ),
        Column("commit", "text", "The last commit that touched the file", source="commit"),
        Column("author", "text", "Who wrote that commit", source="author", privacy=Privacy.WORKFORCE),
        Column("authored_at", "timestamp", "When it was written, as the author says", source="authored_at"),
        Column("committer", "text", "Who committed it", source="committer", privacy=Privacy.WORKFORCE),
        Column("committed_at", "timestamp", "When, as the committer says", source="committed_at"),
        Column(
            "approver",
            "text",
            "Who let it in: whom a Reviewed-by or Approved-by line names, else who merged it; null: nobody, "
            "or not these bytes",
            source="approver",
            privacy=Privacy.WORKFORCE,
        ),
        Column("approved_by_way_of", "text", "trailer or merge", source="approved_by_way_of"),
    ),
)


@capture(FILE)
def register_file(folder: RegisterFolder, reading: Reading) -> Iterator[Row]:
    """Every register's file as it lies there, whether or not its rows can be read."""
    for record in reading.records(folder.files(), FILE):
        yield row(FILE, record)
