"""Does a register's file say who wrote it and who let it in, as git knows it, and only of the bytes read?"""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets.capture import Reading, Row, day_window
from assets.failures import PermanentFailure
from assets.registers.assets import register_waiver
from assets.registers.client import RegisterFolder
from assets.registers.files import FILE, register_file
from assets.registers.history import History, history_of
from warehouse.store import conform, table_of

DAY = date(2026, 3, 10)
ANA, BEN = "Ana Author <ana@acme.example>", "Ben Approver <ben@acme.example>"
WROTE, MERGED = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)


class Checkout:
    """A git checkout of a folder of registers, without the settings of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.file = folder / "waiver.yaml"

    def git(self, *arguments: str, by: str = ANA, committed_by: str = ANA, at: datetime = WROTE) -> str:
        """Run git as somebody at an instant and return what it says."""
        who = {}
        for role, said in (("AUTHOR", by), ("COMMITTER", committed_by)):
            name, _, mail = said.rstrip(">").partition(" <")
            who |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": mail, f"GIT_{role}_DATE": at.isoformat()}
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],  # noqa: S607 - git is on the PATH
            env={**os.environ, **who, **quiet},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, text: str, message: str = "Say so", **who: str) -> str:
        """Write the register, commit it and return the commit."""
        self.file.write_text(text, encoding="utf-8")
        self.git("add", "waiver.yaml")
        self.git("commit", "-q", "-m", message, **who)
        return self.git("rev-parse", "HEAD")

    def history(self) -> History:
        """Return what is said of the register as it lies there."""
        return history_of(self.file, self.file.read_bytes())


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a checkout without a commit."""
    return Checkout(tmp_path)


def test_a_commit_has_its_author_and_committer_and_nobody_approved_it(checkout: Checkout) -> None:
    """Committed straight to the main line: nobody let it in."""
    commit = checkout.commit("[]\n", committed_by=BEN)

    assert History("committed", commit, ANA, WROTE, BEN, WROTE) == checkout.history()
    assert f"commit:{commit}" == checkout.history().label


@pytest.mark.parametrize("trailer", ["Reviewed-by", "Approved-by"])
def test_whom_a_trailer_names_approved_it(checkout: Checkout, trailer: str) -> None:
    """Of several all."""
    checkout.commit("[]\n", f"Say so\n\n{trailer}: {BEN}\n{trailer}: Cy <cy@acme.example>\n")
    found = checkout.history()

    assert (f"{BEN}, Cy <cy@acme.example>", "trailer") == (found.approver, found.approved_by_way_of)


@pytest.mark.parametrize(
    ("author", "committer", "approver"),
    [(ANA, BEN, BEN), (BEN, "GitHub <noreply@github.com>", BEN)],
)
def test_who_merged_it_let_it_in(checkout: Checkout, author: str, committer: str, approver: str) -> None:
    """The merge's committer; where a forge commits what somebody pressed a button for, the merge's author."""
    checkout.commit("# begun\n")
    checkout.git("checkout", "-q", "-b", "change")
    commit = checkout.commit("[]\n")
    checkout.git("checkout", "-q", "main")
    checkout.git("merge", "-q", "--no-ff", "change", by=author, committed_by=committer, at=MERGED)
    found = checkout.history()

    assert (commit, approver, "merge") == (found.commit, found.approver, found.approved_by_way_of)


def test_a_later_merge_of_something_else_approves_nothing(checkout: Checkout) -> None:
    """It only comes after."""
    checkout.commit("[]\n")
    checkout.git("checkout", "-q", "-b", "other")
    checkout.git("commit", "-q", "--allow-empty", "-m", "Other")
    checkout.git("checkout", "-q", "main")
    checkout.git("merge", "-q", "--no-ff", "other", by=BEN, committed_by=BEN, at=MERGED)

    assert (None, None) == (checkout.history().approver, checkout.history().approved_by_way_of)


def test_bytes_that_were_never_committed_say_so(checkout: Checkout) -> None:
    """Who approved the commit did not approve these."""
    checkout.file.write_text("[]\n")
    assert History("untracked") == checkout.history()

    commit = checkout.commit("[]\n", f"Say so\n\nReviewed-by: {BEN}\n")
    checkout.file.write_text("[ ]\n")
    found = checkout.history()

    assert ("changed", commit, ANA, None) == (found.state, found.commit, found.author, found.approver)
    assert f"commit:{commit} changed since" == found.label


def test_a_folder_outside_git_and_a_checkout_git_cannot_read_say_so(tmp_path: Path) -> None:
    """Not known is not the same as none."""
    file = tmp_path / "waiver.yaml"
    file.write_text("[]\n")
    assert History("no_checkout") == history_of(file, b"[]\n")

    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    assert History("unreadable") == history_of(file, b"[]\n")


def read(folder: Path) -> list[Row]:
    """Return the rows of register_file, as they would be stored."""
    reading = Reading(DAY, "main", *day_window(DAY), hmac=str)
    rows = list(register_file.read(RegisterFolder("main", folder), reading))  # type: ignore[arg-type]
    return conform(FILE, table_of(FILE, rows)).to_pylist()  # type: ignore[arg-type, no-any-return]


def test_every_registers_file_is_a_row_that_its_run_header_names(checkout: Checkout) -> None:
    """The snapshot of the rows names digest and commit; this says who is behind them."""
    commit = checkout.commit("[]\n", f"Say so\n\nReviewed-by: {BEN}\n")
    (checkout.folder / "vendor.csv").write_text("not,checked\nhere")
    reading = Reading(DAY, "main", *day_window(DAY), hmac=str)
    list(register_waiver.read(RegisterFolder("main", checkout.folder), reading))  # type: ignore[arg-type]
    vendor, waiver = read(checkout.folder)

    assert ("register_vendor", "untracked", None) == (vendor["register"], vendor["history"], vendor["commit"])
    assert ("register_waiver", commit, BEN) == (waiver["register"], waiver["commit"], waiver["approver"])
    assert [f"waiver.yaml sha256:{waiver['sha256']} commit:{commit}"] == reading.requests


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    """And its access says what is lacking."""
    with pytest.raises(PermanentFailure, match=r"no folder .* `evidence init` writes a starter set"):
        read(tmp_path / "gone")
    found = RegisterFolder("main", tmp_path / "gone").access()

    assert ((), 1) == (found.granted, len(found.lacking))
    assert (f"write the folder {tmp_path}",) == RegisterFolder("main", tmp_path).access().writing
