"""Is a snapshot whole or absent, whatever a REST source does on whichever page, and does a failure say so?

Through the capture itself: the recipe reads a server, the collector stores or refuses.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.collect import Collector, HmacKey
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from tests.assets.listings import LISTINGS, SECRET
from tests.assets.served import NOW, Listing, Odd, Served, serving
from warehouse.dataset import Kind
from warehouse.snapshots import Index, Slot
from warehouse.store import Home, Store

PAGES = 4
MAY, WILL_NOT = "A retry may help.", "A retry will not help."
listings = pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
pages = pytest.mark.parametrize("page", range(1, PAGES + 1))


@dataclass(frozen=True)
class Outcome:
    """What became of a capture."""

    stored: list[str] | None
    """What identifies each row; null: nothing was stored."""
    said: str = ""
    waits: tuple[float, ...] = ()


@pytest.fixture(scope="module", autouse=True)
def _plain_http_to_loopback() -> Iterator[None]:
    """Let Okta's SDK speak plain HTTP, which it does for tests only, and no proxy come between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Serve what each test says."""
    with serving() as found:
        yield found


def captured(listing: Listing, served: Served) -> Outcome:
    """Capture a listing into an empty home; check that a failure left nothing there but a word of itself."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Home(Path(folder)))
        store.open(sandbox=False, at=NOW)
        index = Index(store.ledger)
        day = NOW.date() - timedelta(days=listing.recipe.kind is Kind.EVENT)
        waits: list[float] = []
        client = listing.client(served.url, waits.append)
        collector = Collector(store, index, lambda: NOW, HmacKey(b"k" * 32, "1"), "run", "version")
        try:
            entry = collector.collect(listing.recipe, client, "acme", day, "noon")
        except SourceFailure as error:
            failure = error
        else:
            failure = None
        finally:
            client.close()
        if failure is not None:
            slots = [Slot(dataset.name, "acme", day) for dataset in listing.recipe.datasets]
            kept = [
                p for part in ("evidence", "raw") for p in (store.home.path / part).rglob("*") if p.is_file()
            ]
            said = str(failure)

            assert [] == kept
            assert {} == dict(index.snapshots)
            assert [[said]] * len(slots) == [[a.error for a in index.attempts[slot]] for slot in slots]
            assert said.endswith(f"Nothing was stored. {MAY if failure.retryable else WILL_NOT}")
            assert SECRET not in said
            return Outcome(None, said, tuple(waits))
        (path,) = [s["path"] for s in entry.body["snapshots"] if s["dataset"] == listing.dataset]
        column = pq.read_table(store.home.path / path, partitioning=None)[listing.column].to_pylist()
        return Outcome([str(value) for value in column], waits=tuple(waits))


def whole(listing: Listing, count: int = PAGES * 3) -> list[str]:
    """Return what identifies every record there is, as a snapshot sorts them."""
    keys = [listing.key(number) for number in range(1, count + 1)]
    return sorted(keys, key=int) if listing.column == "number" else sorted(keys)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 24), size=st.integers(1, 9))
@listings
def test_a_snapshot_is_whole_whatever_the_size_of_pages(
    served: Served, listing: Listing, count: int, size: int
) -> None:
    """Every record once, also where the last page is full."""
    served.begin(listing, count, size)

    assert whole(listing, count) == captured(listing, served).stored


@pages
@pytest.mark.parametrize(
    ("listing", "limit"),
    [
        pytest.param(listing, limit, id=f"{listing.name}, {limit}")
        for listing in LISTINGS
        for limit in listing.limits
    ],
)
def test_a_limit_on_any_page_is_waited_for_and_one_that_lasts_stores_nothing(
    served: Served, listing: Listing, limit: str, page: int
) -> None:
    """After one wait the snapshot is whole; where no wait helps, it is absent and may be had later."""
    served.begin(listing)
    served.odd[page] = [listing.limits[limit]]
    passing = captured(listing, served)
    served.begin(listing)
    served.lasting[page] = listing.limits[limit]
    lasting = captured(listing, served)

    assert whole(listing) == passing.stored
    assert 1 == len(passing.waits)
    assert lasting.stored is None
    assert f"page {page} of {listing.path}" in lasting.said
    assert "is limited" in lasting.said
    assert lasting.said.endswith(MAY)


TROUBLE = {
    "connection reset": Odd(reset=True),
    "body cut off": Odd(cut=True),
    "half a JSON": Odd(body=b'[{"id": "'),
    "503": Odd(503, {}, b"{}"),
}


@listings
@pages
@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_on_any_page_is_asked_about_again_and_stores_nothing_where_it_lasts(
    served: Served, listing: Listing, page: int, trouble: str
) -> None:
    """It is never taken for the end of a listing."""
    served.begin(listing)
    served.odd[page] = [TROUBLE[trouble]]
    passing = captured(listing, served)
    served.begin(listing)
    served.lasting[page] = TROUBLE[trouble]
    lasting = captured(listing, served)

    assert whole(listing) == passing.stored
    assert lasting.stored is None
    assert f"page {page} of {listing.path}" in lasting.said
    assert lasting.said.endswith(MAY)


@listings
@pages
def test_a_refusal_on_any_page_stores_nothing(served: Served, listing: Listing, page: int) -> None:
    """A scope taken away in the middle of a listing is no end of it either, and asking again is no help."""
    served.begin(listing)
    served.lasting[page] = Odd(403, {}, b'{"message": "canary-message"}')
    outcome = captured(listing, served)

    assert outcome.stored is None
    assert f"page {page} of {listing.path}" in outcome.said
    assert "403" in outcome.said
    assert "canary-message" not in outcome.said
    assert outcome.said.endswith(WILL_NOT)


@listings
@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_cursor_that_comes_again_stores_nothing(served: Served, listing: Listing, page: int) -> None:
    """Named by the source it would never end; where the source names none, the page before comes again."""
    served.begin(listing)
    served.odd[page] = [Odd(again=True)]
    outcome = captured(listing, served)

    assert outcome.stored is None
    if listing.next_by:
        assert "the listing would never end" in outcome.said
        assert outcome.said.endswith(WILL_NOT)
    else:
        assert "repeats 3 records" in outcome.said
        assert outcome.said.endswith(MAY)


@pytest.mark.parametrize(
    "listing", [one for one in LISTINGS if one.next_by == "address"], ids=lambda listing: listing.name
)
@pages
def test_a_next_page_on_another_host_is_never_asked_for(served: Served, listing: Listing, page: int) -> None:
    """Not even to look what is there: the credential would go along."""
    with serving() as other:
        other.begin(listing)
        served.begin(listing)
        served.odd[page] = [Odd(elsewhere=other.url)]
        outcome = captured(listing, served)

        assert outcome.stored is None
        assert f"names a next page on host {other.url.removeprefix('http://')}" in outcome.said
        assert outcome.said.endswith(WILL_NOT)
        assert [] == other.asked


@pytest.mark.parametrize(
    ("listing", "count", "kept"),
    [
        pytest.param(listing, count, kept, id=f"{listing.name}, {count}")
        for listing in LISTINGS
        if listing.count_by
        for count, kept in {"exactly": [(11, False), (13, False)], "roughly": [(13, True), (40, False)]}[
            listing.count_by
        ]
    ],
)
def test_a_count_that_disagrees_stores_nothing(
    served: Served, listing: Listing, count: int, kept: bool
) -> None:
    """An exact one by any number; a rough one where it is far more than was listed."""
    served.begin(listing)
    served.count = count
    outcome = captured(listing, served)

    assert (whole(listing) if kept else None) == outcome.stored
    if not kept:
        assert str(count) in outcome.said
        assert "12" in outcome.said
        assert outcome.said.endswith(MAY)


def moving(served: Served, page: int, what: str) -> None:
    """Let a record come or go in front of a page just before it is answered, once."""

    def move(number: int) -> None:
        if number == page and len(served.records) == PAGES * 3:
            if what == "deleted":
                del served.records[0]
            else:
                served.records.insert(0, served.listing.record(99))

    served.before_page = move


@pytest.mark.parametrize("page", range(2, PAGES + 1))
@pytest.mark.parametrize(
    ("listing", "what"),
    [
        pytest.param(listing, what, id=f"{listing.name}, {what}")
        for listing in LISTINGS
        for what in listing.noticed
    ],
)
def test_rows_that_move_between_pages_store_nothing(
    served: Served, listing: Listing, what: str, page: int
) -> None:
    """One that slipped onto another page may be missing; the next attempt lists anew."""
    served.begin(listing)
    moving(served, page, what)
    outcome = captured(listing, served)

    assert outcome.stored is None
    assert "Rows moved while they were listed" in outcome.said
    assert outcome.said.endswith(MAY)


@pytest.mark.parametrize("page", range(2, PAGES + 1))
@pytest.mark.parametrize(
    "listing", [one for one in LISTINGS if not one.noticed], ids=lambda listing: listing.name
)
def test_rows_that_come_in_front_of_a_page_found_by_a_record_move_none(
    served: Served, listing: Listing, page: int
) -> None:
    """What was there when the listing began is whole; what came since is of a later capture."""
    served.begin(listing)
    moving(served, page, "inserted")

    assert whole(listing) == captured(listing, served).stored


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@listings
def test_a_snapshot_is_whole_or_absent_whatever_happens_together(
    served: Served, listing: Listing, data: st.DataObject
) -> None:
    """Any pages of any size, any troubles on any of them, passing ones and lasting ones."""
    served.begin(listing, data.draw(st.integers(1, 20), "count"), data.draw(st.integers(1, 7), "size"))
    count = len(served.records)
    troubles = st.sampled_from([*TROUBLE.values(), *listing.limits.values(), Odd(again=True)])
    numbers = st.integers(1, served.pages)
    served.odd = data.draw(st.dictionaries(numbers, st.lists(troubles, max_size=4), max_size=3), "passing")
    served.lasting = data.draw(st.dictionaries(numbers, troubles, max_size=1), "lasting")

    assert captured(listing, served).stored in (None, whole(listing, count))


def test_every_rest_source_is_among_the_listings() -> None:
    """A fifth one would have to be looked at here too."""
    assert {"okta", "github", "jira", "stripe"} == {listing.recipe.source for listing in LISTINGS}


def test_whether_a_retry_helps_is_what_its_kind_says() -> None:
    """What passes may be asked about again; what somebody has to mend is not."""
    assert (True, False) == (TransientFailure("x").retryable, PermanentFailure("x").retryable)
