"""Does a verification find whatever was done to a home, say what to do, and admit what it did not check?"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from warehouse.dataset import Column, Dataset, Kind
from warehouse.gaps import close
from warehouse.ledger import Entry, Ledger, encode
from warehouse.period import configure
from warehouse.snapshots import Index
from warehouse.store import Home, Offered, Store, table_of
from warehouse.verify import Verification, verify

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
THING = Dataset(
    "toy_thing", Kind.STATE, "One row per thing", ("id",), (Column("id", "text", "It", required=True),)
)
EVENT = Dataset(
    "toy_event",
    Kind.EVENT,
    "One row per event",
    ("id",),
    (Column("id", "text", "It", required=True),),
    retention_days=30,
)


def opened(path: Path, *, sandbox: bool = False) -> Store:
    """Return the store of a new home that expects a state from the first of March."""
    store = Store(Home(path))
    store.open(sandbox=sandbox, at=AT)
    configure(store, AT.date(), [(THING, "one")], AT)
    return store


def capture(store: Store, day: date, dataset: Dataset = THING, at: datetime | None = None) -> Entry:
    """Store one snapshot with its raw page."""
    when = at or datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return store.write(
        [Offered(dataset, table_of(dataset, [{"id": f"of {day}"}]))],
        kind="snapshot",
        instance="one",
        day=day,
        header={"captured_at": when.isoformat(), "round": when.isoformat()},
        recorded_at=when,
        pages=[{"request": "GET /things", "records": [day]}],
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a home with three days: opening, configuration and entries 3, 4 and 5."""
    store = opened(tmp_path)
    for age in range(3):
        capture(store, AT.date() + timedelta(days=age))
    return store


def paths(store: Store, number: int) -> tuple[str, str]:
    """Return the data file and the raw file of an entry."""
    body = store.ledger.entries[number - 1].body
    return body["snapshots"][0]["path"], body["raw"]["path"]


def found(verification: Verification) -> list[tuple[str, str]]:
    """Return kind and subject of every finding."""
    return [(finding.kind, finding.subject) for finding in verification.findings]


def overwrite(file: Path, content: bytes) -> None:
    """Change a file that was written once."""
    file.chmod(0o644)
    file.write_bytes(content)


def test_a_whole_home_is_clean_and_says_what_was_not_checked(store: Store) -> None:
    """Every line a reader needs, in order; no word that belongs to the auditor."""
    result = verify(store)

    assert 0 == result.exit_code
    assert [
        "period       2026-03-01 to 2026-03-03",
        "days         3 expected: 3 complete, 0 with something missing",
        "slots        3 of 3 expected snapshots are there, 0 gaps recorded",
        f"files        6 named by the ledger, {result.bytes:,} bytes re-hashed",
        "ledger       5 entries, newest recorded at 2026-03-03 12:00:00+00:00",
        (
            "not checked  whether the ledger's end was cut off or its last entry rewritten: "
            "it has no checkpoints yet"
        ),
        "not checked  who wrote the entries: they carry no signatures yet",
        "INTACT: every file and every entry is what was recorded.",
    ] == result.text().splitlines()


def test_structure_alone_is_never_a_clean_answer(store: Store) -> None:
    """Bytes that were not re-hashed are said to be unchecked, and the exit code is 2."""
    result = verify(store, level="structure")

    assert 2 == result.exit_code
    assert "not checked  the bytes of the files" in result.text()


def test_an_unknown_level_checks_nothing_and_says_so(store: Store) -> None:
    """A typo must not be taken for the weaker check."""
    with pytest.raises(ValueError, match="expected structure or content"):
        verify(store, level="contents")


def test_progress_counts_files(store: Store) -> None:
    """One step a file, to the end."""
    told: list[tuple[int, int]] = []
    verify(store, progress=lambda done, total: told.append((done, total)))

    assert [(number, 6) for number in range(1, 7)] == told


def test_a_sandbox_home_says_so_with_and_without_its_first_entry(tmp_path: Path) -> None:
    """A simulated company's evidence never passes for a real one's."""
    home = opened(tmp_path, sandbox=True)
    capture(home, AT.date())
    whole = verify(home).text()
    (tmp_path / "ledger" / "000000001.json").unlink()

    assert "SANDBOX" in whole
    assert "SANDBOX" in verify(home).text()


def delete_data(store: Store) -> tuple[str, str]:
    """Delete a data file."""
    data, _ = paths(store, 3)
    (store.home.path / data).unlink()
    return "missing", data


def delete_raw(store: Store) -> tuple[str, str]:
    """Delete raw pages."""
    _, raw = paths(store, 3)
    (store.home.path / raw).unlink()
    return "missing", raw


def change_a_byte(store: Store) -> tuple[str, str]:
    """Change one bit of a data file, keeping its size."""
    data, _ = paths(store, 4)
    content = bytearray((store.home.path / data).read_bytes())
    content[len(content) // 2] ^= 1
    overwrite(store.home.path / data, bytes(content))
    return "altered", data


def cut(store: Store) -> tuple[str, str]:
    """Cut a file short."""
    _, raw = paths(store, 4)
    overwrite(store.home.path / raw, (store.home.path / raw).read_bytes()[:-1])
    return "altered", raw


def point_elsewhere(store: Store) -> tuple[str, str]:
    """Put a link with the right bytes in the place of a file."""
    data, _ = paths(store, 3)
    file = store.home.path / data
    file.rename(store.home.path / "elsewhere")
    file.symlink_to(store.home.path / "elsewhere")
    return "altered", data


def put_a_stray_file(store: Store) -> tuple[str, str]:
    """Add a file whose name is not its digest."""
    data, _ = paths(store, 3)
    path = f"{data.rpartition('/')[0]}/{'0' * 64}.parquet"
    (store.home.path / path).write_bytes(b"anything")
    return "stray", path


def put_it_out_of_place(store: Store) -> tuple[str, str]:
    """Add a file that is named by its digest, where the store never puts one."""
    name = f"{hashlib.sha256(b'anything').hexdigest()}.parquet"
    (store.home.path / "evidence" / name).write_bytes(b"anything")
    return "stray", f"evidence/{name}"


def link_to_a_folder(store: Store) -> tuple[str, str]:
    """Add a link to a folder, whose files a glob would take in."""
    data, _ = paths(store, 3)
    path = f"{data.rpartition('/')[0].replace('03-01', '03-09')}"
    (store.home.path / path).symlink_to(store.home.path / "reports")
    return "stray", path


def put_a_pipe(store: Store) -> tuple[str, str]:
    """Add something that would hang whoever opens it."""
    path = f"raw/{'0' * 64}.jsonl.zst"
    os.mkfifo(store.home.path / path)
    return "stray", path


def put_a_file_into_the_ledger(store: Store) -> tuple[str, str]:
    """Add something to the ledger that is no entry."""
    (store.ledger.folder / "000000000.json").write_bytes(b"{}")
    return "stray", "ledger/000000000.json"


def remove_an_entry(store: Store) -> tuple[str, str]:
    """Remove an entry other than the last."""
    store.ledger.path(3).unlink()
    return "ledger", "ledger/000000003.json"


def remove_the_opening(store: Store) -> tuple[str, str]:
    """Remove the first entry."""
    store.ledger.path(1).unlink()
    return "ledger", "ledger/000000001.json"


def remove_the_ledger(store: Store) -> tuple[str, str]:
    """Remove every entry."""
    for file in store.ledger.folder.iterdir():
        file.unlink()
    return "ledger", "ledger/"


def spoil_an_entry(store: Store) -> tuple[str, str]:
    """Make an entry unreadable."""
    overwrite(store.ledger.path(4), b"{")
    return "ledger", "ledger/000000004.json"


def edit_an_entry(store: Store) -> tuple[str, str]:
    """Change a number inside an entry; the one after it no longer names it."""
    rewrite(store, 4, lambda statement: statement["predicate"]["body"]["snapshots"][0].update(rows=9))
    return "ledger", "ledger/000000005.json"


def swap_entries(store: Store) -> tuple[str, str]:
    """Let two entries change places."""
    three, four = (store.ledger.path(number).read_bytes() for number in (3, 4))
    overwrite(store.ledger.path(3), four)
    overwrite(store.ledger.path(4), three)
    return "ledger", "ledger/000000003.json"


def name_other_digests(store: Store) -> tuple[str, str]:
    """Let the last entry's subjects say something else than its body."""
    rewrite(store, 5, lambda statement: statement["subject"][0]["digest"].update(sha256="0" * 64))
    return "ledger", "ledger/000000005.json"


def name_a_place_outside(store: Store) -> tuple[str, str]:
    """Let the last entry name a file that is not in the store."""
    rewrite(store, 5, lambda s: s["predicate"]["body"]["snapshots"][0].update(path="../../../etc/hostname"))
    return "ledger", "ledger/000000005.json"


def leave_something_out(store: Store) -> tuple[str, str]:
    """Let the last entry lack what every such entry has."""
    rewrite(store, 5, lambda statement: statement["predicate"]["body"].pop("snapshots"))
    return "ledger", "ledger/000000005.json"


def date_back(store: Store) -> tuple[str, str]:
    """Add an entry in the chain that says it is older than the one it follows."""
    last = store.ledger.entries[-1]
    content = encode(6, last.sha256, "note", {}, last.recorded_at - timedelta(seconds=61), None)
    store.ledger.path(6).write_bytes(content)
    return "ledger", "ledger/000000006.json"


def rewrite(store: Store, number: int, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the statement of an entry."""
    file = store.ledger.path(number)
    envelope = json.loads(file.read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    change(statement)
    envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    overwrite(file, json.dumps(envelope).encode())


@pytest.mark.parametrize(
    "attack",
    [
        delete_data,
        delete_raw,
        change_a_byte,
        cut,
        point_elsewhere,
        put_a_stray_file,
        put_it_out_of_place,
        link_to_a_folder,
        put_a_pipe,
        put_a_file_into_the_ledger,
        remove_an_entry,
        remove_the_opening,
        remove_the_ledger,
        spoil_an_entry,
        edit_an_entry,
        swap_entries,
        name_other_digests,
        name_a_place_outside,
        leave_something_out,
        date_back,
    ],
)
def test_what_breaks_evidence_is_named_and_answers_1(
    store: Store, attack: Callable[[Store], tuple[str, str]]
) -> None:
    """Each is named with what was found and expected, also by whoever had read the ledger before."""
    expected = attack(store)
    result = verify(store)

    assert 1 == result.exit_code
    assert expected in found(result)
    assert result.text().endswith("BROKEN: evidence was altered, removed or added.")


def test_a_finding_says_what_was_found_what_was_expected_and_what_to_do(store: Store) -> None:
    """One line for each, the breaking ones first."""
    data, _ = paths(store, 3)
    size = (store.home.path / data).stat().st_size
    (store.home.path / data).unlink()

    assert (
        f"MISSING        {data}: found nothing, expected {size} bytes with sha256 "
        f"{store.ledger.entries[2].body['snapshots'][0]['sha256'][:12]}…. Restore it from a copy; a result "
        "that needs it is no PASS until then."
    ) == verify(store).text().splitlines()[0]


def test_what_a_crash_leaves_is_listed_and_answers_2(store: Store) -> None:
    """A whole file without an entry, a staged file and a staged entry harm nothing."""
    data, _ = paths(store, 3)
    name = hashlib.sha256(b"whole").hexdigest()
    (store.home.path / data).with_name(f"{name}.parquet").write_bytes(b"whole")
    (store.home.path / "evidence" / ".staging" / "0a").write_bytes(b"hal")
    (store.ledger.folder / ".0a.staged").write_bytes(b"hal")
    result = verify(store)

    assert 2 == result.exit_code
    assert [
        ("staged", "ledger/.0a.staged"),
        ("staged", "evidence/.staging/0a"),
        ("unacknowledged", f"{data.rpartition('/')[0]}/{name}.parquet"),
    ] == found(result)


def test_a_stray_file_is_no_leftover_because_of_the_folder_the_home_is_in(tmp_path: Path) -> None:
    """Only the store's own staging folder holds leftovers."""
    store = opened(tmp_path / ".staging")
    capture(store, AT.date())
    put_a_stray_file(store)

    assert 1 == verify(store).exit_code


def test_a_home_in_which_nothing_was_ever_recorded_is_not_called_clean(tmp_path: Path) -> None:
    """There is nothing that could have been altered, and nothing that was checked."""
    result = verify(Store(Home(tmp_path)))

    assert (2, [("empty", "ledger/")]) == (result.exit_code, found(result))


def test_days_without_evidence_are_owed_whether_or_not_a_gap_is_recorded(tmp_path: Path) -> None:
    """A day between two others that nobody collected; and what is due by now."""
    store = opened(tmp_path)
    capture(store, date(2026, 3, 1))
    capture(store, date(2026, 3, 3))
    before = verify(store)
    close(store, Index(store.ledger), datetime(2026, 3, 3, 13, tzinfo=UTC))
    after = verify(store)
    later = verify(store, now=datetime(2026, 3, 6, tzinfo=UTC))

    assert [(2, 3, 2, 0, 1), (2, 3, 2, 1, 1), (2, 5, 2, 1, 3)] == [
        (r.exit_code, r.slots_expected, r.slots_present, r.gaps, r.days_with_gaps)
        for r in (before, after, later)
    ]


def test_a_gap_that_was_filled_later_is_no_gap(tmp_path: Path) -> None:
    """Events can be read later, as long as the source keeps them."""
    store = Store(Home(tmp_path))
    store.open(sandbox=False, at=AT)
    configure(store, AT.date(), [(EVENT, "one")], AT)
    close(store, Index(store.ledger), AT + timedelta(days=2))
    with_gap = verify(store)
    capture(store, AT.date(), EVENT, AT + timedelta(days=2))

    assert [(2, 1), (0, 0)] == [(r.exit_code, r.gaps) for r in (with_gap, verify(store))]


def test_whichever_bit_flips_is_found(tmp_path: Path) -> None:
    """In any file and any entry but the last, whose own digest nothing names yet."""
    store = opened(tmp_path)
    capture(store, AT.date())
    capture(store, AT.date() + timedelta(days=1))
    last = store.ledger.path(4)
    files = sorted(
        path
        for part in ("evidence", "raw", "ledger")
        for path in (tmp_path / part).rglob("*.*")
        if path.is_file()
    )
    unnoticed = []
    for file in files:
        whole = file.read_bytes()
        for place in range(0, len(whole), 7):
            changed = bytearray(whole)
            changed[place] ^= 1 << place % 8
            overwrite(file, bytes(changed))
            code = verify(store).exit_code  # of the last entry too: whatever it says, we can answer
            if code != 1 and file != last:
                unnoticed.append((file.name, place))
        overwrite(file, whole)

    assert [] == unnoticed
    assert 2 == verify(store, level="structure").exit_code
    assert 0 == verify(store).exit_code


def test_what_no_verification_can_see_yet_is_said(store: Store) -> None:
    """Cutting off the end, or rewriting the last entry whole, needs the checkpoints of later versions."""
    store.ledger.path(5).unlink()
    data, raw = paths(store, 5)
    result = verify(store)

    assert 2 == result.exit_code
    assert [("unacknowledged", data), ("unacknowledged", raw)] == found(result)
    assert "whether the ledger's end was cut off" in result.text()
    assert 4 == len(Ledger(store.ledger.folder).entries)
