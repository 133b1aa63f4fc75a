"""Is the ledger an unbroken, append-only chain, whoever writes to it and whatever happens to it?"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.ledger import GENESIS, ClockSetBack, Damage, Ledger, decode, encode

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def filled(folder: Path, count: int) -> Ledger:
    """Return a ledger of some entries."""
    ledger = Ledger(folder)
    for number in range(count):
        ledger.append("note", {"n": number}, AT)
    return ledger


@given(st.dictionaries(st.text(), BODIES, max_size=4))
def test_an_entry_says_what_was_put_into_it(body: dict[str, object]) -> None:
    """Whatever a body holds, it is read back as it was."""
    entry = decode(7, encode(7, GENESIS, "note", body, AT, None))

    assert (7, "note", AT, GENESIS, body) == (
        entry.number,
        entry.kind,
        entry.recorded_at,
        entry.previous,
        entry.body,
    )


def test_an_entry_is_an_unsigned_in_toto_statement_in_a_dsse_envelope(tmp_path: Path) -> None:
    """Its subjects are the files it stands for, each with its digest."""
    Ledger(tmp_path).append("snapshot", {"rows": 1}, AT, {"evidence/x.parquet": "ab" * 32})
    envelope = json.loads((tmp_path / "000000001.json").read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))

    assert ("application/vnd.in-toto+json", []) == (envelope["payloadType"], envelope["signatures"])
    assert "https://in-toto.io/Statement/v1" == statement["_type"]
    assert [{"name": "evidence/x.parquet", "digest": {"sha256": "ab" * 32}}] == statement["subject"]
    assert "urn:evidence-warehouse:snapshot:v1" == statement["predicateType"]


RACING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from warehouse.ledger import Ledger


def append_many(who):
    ledger = Ledger(Path(sys.argv[1]))
    for number in range(50):
        ledger.append("note", {"who": who, "n": number}, datetime(2026, 3, 1, 12, tzinfo=UTC))


threads = [Thread(target=append_many, args=(sys.argv[2] + thread,)) for thread in "ab"]
print("ready", flush=True)
sys.stdin.readline()
for thread in threads:
    thread.start()
"""


def test_of_writers_that_race_for_a_number_each_gets_one_of_its_own(tmp_path: Path) -> None:
    """Two processes of two threads append at once: no number twice, no entry lost, the chain whole."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", RACING, str(tmp_path), who],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in "12"
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert "ready\n" == writer.stdout.readline()
    for writer in writers:
        writer.communicate("go\n", timeout=60)
    ledger = Ledger(tmp_path)

    assert [0, 0] == [writer.returncode for writer in writers]
    assert list(range(1, 201)) == [entry.number for entry in ledger.entries]
    assert {(who, n) for who in ("1a", "1b", "2a", "2b") for n in range(50)} == {
        (entry.body["who"], entry.body["n"]) for entry in ledger.entries
    }
    assert [] == ledger.damage
    assert [] == list(tmp_path.glob(".*"))


def test_a_slow_writers_entry_is_not_recorded_before_the_one_it_follows(tmp_path: Path) -> None:
    """It took its instant, wrote for half an hour, and meanwhile another recorded an entry."""
    ledger = filled(tmp_path, 1)
    late = ledger.append("note", {}, AT - timedelta(minutes=30))

    assert AT == late.recorded_at


def test_an_entry_dated_back_is_refused(tmp_path: Path) -> None:
    """A clock that was set back would make a ledger that seems tampered with for ever."""
    ledger = filled(tmp_path, 1)

    with pytest.raises(ClockSetBack, match="Set this machine's clock"):
        ledger.append("note", {}, AT - timedelta(hours=2))

    assert 1 == len(Ledger(tmp_path).entries)


@pytest.mark.parametrize(
    "name", ["000000000.json", "1.json", "0000000002.json", "00000000٢.json", "note.txt", ".0a.staged"]
)
def test_a_file_that_is_no_entry_by_its_name_is_not_read(tmp_path: Path, name: str) -> None:
    """Entries have nine digits and begin at one."""
    filled(tmp_path, 1)
    (tmp_path / name).write_bytes((tmp_path / "000000001.json").read_bytes())
    ledger = Ledger(tmp_path)

    assert ([1], []) == ([entry.number for entry in ledger.entries], ledger.damage)


def change(path: Path, old: bytes, new: bytes) -> None:
    """Rewrite an entry's statement."""
    envelope = json.loads(path.read_bytes())
    statement = base64.b64decode(envelope["payload"])
    assert old in statement
    envelope["payload"] = base64.b64encode(statement.replace(old, new)).decode()
    path.chmod(0o644)
    path.write_text(json.dumps(envelope))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"number":2', b'"number":7'),
        (b"+00:00", b""),
        (b'"body":{"n":1}', b'"body":[1]'),
        (b'"kind":"note"', b'"kind":"gap"'),
        (b'"kind":"note"', b'"kind":["note"]'),
        (b'"predicate":', b'"predicat":'),
        (b"2026-03-01", b"2026-13-01"),
    ],
)
def test_an_entry_that_contradicts_itself_is_unreadable(tmp_path: Path, old: bytes, new: bytes) -> None:
    """Its number, instant, kind and body are checked before anybody relies on them."""
    filled(tmp_path, 2)
    change(tmp_path / "000000002.json", old, new)
    ledger = Ledger(tmp_path)

    assert ["note", "unreadable"] == [entry.kind for entry in ledger.entries]
    assert [2] == [damage.number for damage in ledger.damage]


def test_a_removed_entry_is_named_and_never_filled_again(tmp_path: Path) -> None:
    """A hole is damage; the next entry goes to the end."""
    filled(tmp_path, 5)
    (tmp_path / "000000003.json").unlink()
    ledger = Ledger(tmp_path)
    added = ledger.append("note", {}, AT)

    assert [Damage(3, "this entry is missing")] == ledger.damage
    assert 6 == added.number
    assert not (tmp_path / "000000003.json").exists()


@pytest.mark.parametrize("removed", [range(4, 5), range(4, 7)])
def test_a_hole_made_ahead_of_a_reader_is_seen_before_anything_is_appended(
    tmp_path: Path, removed: range
) -> None:
    """Who has read three entries of nine and finds no fourth looks further: the next one goes to the end."""
    ledger = filled(tmp_path, 3)
    filled(tmp_path, 6)
    for number in removed:
        (tmp_path / f"{number:09d}.json").unlink()

    added = ledger.append("note", {}, AT)

    assert [Damage(number, "this entry is missing") for number in removed] == ledger.damage
    assert 10 == added.number


def test_an_edited_entry_no_longer_fits_the_one_after_it(tmp_path: Path) -> None:
    """One changed byte of content breaks the chain at the following entry."""
    filled(tmp_path, 4)
    change(tmp_path / "000000002.json", b'"n":1', b'"n":9')

    assert [3] == [damage.number for damage in Ledger(tmp_path).damage]


def test_an_entry_that_is_no_entry_is_named(tmp_path: Path) -> None:
    """Garbage where an entry was is unreadable, and breaks the chain after it."""
    filled(tmp_path, 3)
    path = tmp_path / "000000002.json"
    path.chmod(0o644)
    path.write_bytes(b"{")

    assert [2, 3] == [damage.number for damage in Ledger(tmp_path).damage]


def test_entries_that_changed_places_are_named(tmp_path: Path) -> None:
    """A file whose name and content disagree about its number is refused."""
    filled(tmp_path, 4)
    two, three = (tmp_path / f"00000000{n}.json" for n in (2, 3))
    held = two.read_bytes()
    two.chmod(0o644), three.chmod(0o644)
    two.write_bytes(three.read_bytes())
    three.write_bytes(held)

    assert {2, 3} <= {damage.number for damage in Ledger(tmp_path).damage}
