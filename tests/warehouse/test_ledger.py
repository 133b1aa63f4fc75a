"""Is the ledger an unbroken, append-only chain, whoever writes to it and whatever happens to it?"""

from __future__ import annotations

import base64
import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from warehouse.ledger import GENESIS, Damage, Ledger, decode, encode

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


def append_many(folder: Path, who: int, count: int) -> None:
    """Append entries, as one of several writers."""
    ledger = Ledger(folder)
    for number in range(count):
        ledger.append("note", {"who": who, "n": number}, AT)


def test_of_writers_that_race_for_a_number_each_gets_one_of_its_own(tmp_path: Path) -> None:
    """Three processes append at once: no number twice, no entry lost, the chain whole."""
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=append_many, args=(tmp_path, who, 40)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ledger = Ledger(tmp_path)

    assert list(range(1, 121)) == [entry.number for entry in ledger.entries]
    assert {(who, n) for who in range(3) for n in range(40)} == {
        (entry.body["who"], entry.body["n"]) for entry in ledger.entries
    }
    assert [] == ledger.damage


def test_a_removed_entry_is_named_and_never_filled_again(tmp_path: Path) -> None:
    """A hole is damage; the next entry goes to the end."""
    filled(tmp_path, 5)
    (tmp_path / "000000003.json").unlink()
    ledger = Ledger(tmp_path)
    added = ledger.append("note", {}, AT)

    assert [Damage(3, "this entry is missing")] == ledger.damage
    assert 6 == added.number
    assert not (tmp_path / "000000003.json").exists()


def test_an_edited_entry_no_longer_fits_the_one_after_it(tmp_path: Path) -> None:
    """One changed byte of content breaks the chain at the following entry."""
    filled(tmp_path, 4)
    path = tmp_path / "000000002.json"
    envelope = json.loads(path.read_bytes())
    changed = base64.b64decode(envelope["payload"]).replace(b'"n":1', b'"n":9')
    envelope["payload"] = base64.b64encode(changed).decode()
    path.chmod(0o644)
    path.write_text(json.dumps(envelope))

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
