"""Who wrote what a file of a git checkout says, when, and who approved it?

Asked of git alone, and only about the bytes that were read: a file that was changed since its last commit
says so, and then nobody approved it. Whether author and approver may be one person is judged elsewhere.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

State = Literal["committed", "changed", "untracked", "no_checkout", "unreadable"]
TRAILERS = ("Reviewed-by", "Approved-by")
FORGE = "noreply@github.com"
"""Who commits the merges that people press a button for: the button's owner is then the merge's author."""
SEPARATOR, END = "\x1f", "\x1e"


@dataclass(frozen=True)
class History:
    """What git says of one file: the last commit that touched it, and who let that commit in."""

    state: State
    commit: str | None = None
    author: str | None = None
    authored_at: datetime | None = None
    committer: str | None = None
    committed_at: datetime | None = None
    approver: str | None = None
    approved_by_way_of: Literal["trailer", "merge"] | None = None

    @property
    def label(self) -> str:
        """What a run header says of it."""
        if self.state == "committed":
            return f"commit:{self.commit}"
        return f"commit:{self.commit} changed since" if self.state == "changed" else self.state


def git(folder: Path, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Return what git answers in a folder; 127 where there is no git. It runs nothing the folder names."""
    command = ["git", "-c", "core.fsmonitor=false", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        return subprocess.run(  # noqa: S603 - a fixed command
            command, input=given, capture_output=True, check=False
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, b"", b"git is not installed")


def in_checkout(folder: Path) -> State | None:
    """Return None where git keeps the folder, else why nothing is known."""
    if not any((above / ".git").exists() for above in (folder.absolute(), *folder.absolute().parents)):
        return "no_checkout"
    answer = git(folder, "rev-parse", "--is-inside-work-tree")
    return None if answer.returncode == 0 and answer.stdout.strip() == b"true" else "unreadable"


def history_of(file: Path, content: bytes) -> History:
    """Return the history of a file of which these bytes were read."""
    if why_not := in_checkout(file.parent):
        return History(why_not)
    found = _last_commit(file)
    if found is None:
        return History("untracked")
    kept = git(file.parent, "rev-parse", f"HEAD:./{file.name}")
    read = git(file.parent, "hash-object", f"--path={file.name}", "--stdin", given=content)
    same = kept.returncode == 0 == read.returncode and kept.stdout == read.stdout
    commit, author, authored, committer, committed, trailers = found
    approver, way = _approver(file.parent, commit, trailers) if same else (None, None)
    return History(
        "committed" if same else "changed",
        commit,
        author,
        datetime.fromisoformat(authored),
        committer,
        datetime.fromisoformat(committed),
        approver,
        way,
    )


def _last_commit(file: Path) -> list[str] | None:
    keys = ",".join(f"key={trailer}" for trailer in TRAILERS)
    wanted = ("%H", "%an <%ae>", "%aI", "%cn <%ce>", "%cI", f"%(trailers:{keys},valueonly,separator={END})")
    answer = git(file.parent, "log", "-1", f"--format={SEPARATOR.join(wanted)}", "--", file.name)
    text = answer.stdout.decode("utf-8", "replace").strip("\n")
    return text.split(SEPARATOR) if answer.returncode == 0 and text else None


def _approver(
    folder: Path, commit: str, trailers: str
) -> tuple[str | None, Literal["trailer", "merge"] | None]:
    """Return who let a commit in: whom its trailers name, else who merged it into the main line."""
    if named := [name.strip() for name in trailers.split(END) if name.strip()]:
        return ", ".join(named), "trailer"
    wanted = SEPARATOR.join(("%P", "%an <%ae>", "%cn <%ce>", "%ce"))
    answer = git(
        folder,
        "log",
        "--merges",
        "--first-parent",
        "--ancestry-path",
        "--reverse",
        f"--format={wanted}",
        f"{commit}..HEAD",
    )
    first = answer.stdout.decode("utf-8", "replace").partition("\n")[0]
    if answer.returncode or not first:
        return None, None
    parents, author, committer, address = first.split(SEPARATOR)
    main = parents.split()[0]
    if git(folder, "merge-base", "--is-ancestor", commit, main).returncode == 0:
        return None, None  # it was on the main line before: nobody merged it
    return (author if address == FORGE else committer), "merge"
