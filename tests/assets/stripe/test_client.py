"""Is a listing of Stripe's read to its last page or refused, whatever happens on the way?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.capture import Access
from assets.failures import PermanentFailure, SourceFailure, TransientFailure
from assets.rest import Refused
from assets.stripe.client import API_VERSION, NEEDED, OBJECTS, PREVIEW_VERSION, StripeClient

if TYPE_CHECKING:
    from conftest import Account, Odd

KEY = "rk_live_canaryKeyOfTheWireTests"
PATH = "/v1/charges"
PAGES, SIZE = 4, 5
RECORDS = [{"id": f"ch_{n:02}"} for n in range(PAGES * SIZE)]
EVERY = [record["id"] for record in RECORDS]


@pytest.fixture
def listed(account: Account) -> Account:
    """Serve twenty charges, five a page."""
    account.listings[PATH], account.most = list(RECORDS), SIZE
    return account


def ids(client: StripeClient, path: str = PATH, **query: Any) -> list[str]:
    """Return the ids of all records listed."""
    return [record["id"] for page in client.pages(path, **query) for record in page.records]


def refusal(client: StripeClient, kind: type[SourceFailure], path: str = PATH) -> str:
    """Return why nothing was read."""
    with pytest.raises(kind) as caught:
        ids(client, path)
    assert KEY not in str(caught.value)
    return str(caught.value)


def error(code: str, message: str = "canary-message") -> bytes:
    """Return one of Stripe's error objects."""
    return json.dumps({"error": {"type": "invalid_request_error", "code": code, "message": message}}).encode()


def test_every_record_comes_exactly_once_whatever_the_size_of_pages(
    account: Account, client: StripeClient
) -> None:
    """In the order listed."""

    @settings(max_examples=60, deadline=None)
    @given(count=st.integers(0, 40), size=st.integers(1, 12))
    def holds(count: int, size: int) -> None:
        account.listings[PATH], account.most = [{"id": f"ch_{n}"} for n in range(count)], size

        assert [f"ch_{n}" for n in range(count)] == ids(client)

    holds()


def test_a_page_is_asked_for_by_the_last_id_inside_the_same_bounds(
    listed: Account, client: StripeClient
) -> None:
    """With the pinned version and the key as bearer."""
    ids(client, created_gte=1, created_lt=2)
    bounds = f"{PATH}?limit=100&created%5Bgte%5D=1&created%5Blt%5D=2"

    assert [bounds, *(f"{bounds}&starting_after=ch_{n:02}" for n in (4, 9, 14))] == listed.asked
    assert {(f"Bearer {KEY}", API_VERSION)} == {
        (headers["Authorization"], headers["Stripe-Version"]) for headers in listed.seen
    }


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize(
    ("headers", "wait"), [({}, 0.5), ({"Retry-After": "7"}, 7.2), ({"Stripe-Should-Retry": "true"}, 0.5)]
)
def test_a_limit_on_any_page_is_waited_for(
    listed: Account,
    client: StripeClient,
    odd: type[Odd],
    waits: list[float],
    page: int,
    headers: dict[str, str],
    wait: float,
) -> None:
    """As long as Stripe says, else half a second; then the listing goes on where it was."""
    listed.odd[page] = [odd(429, headers, error("rate_limit"))]

    assert EVERY == ids(client)
    assert [wait] == waits


def test_a_wait_that_did_not_help_is_doubled_and_bounded(
    listed: Account, client: StripeClient, odd: type[Odd], waits: list[float]
) -> None:
    """Whoever else uses the account's share up may do so for long."""
    listed.odd[2] = [odd(429, {}, error("rate_limit"))] * 20

    said = refusal(client, TransientFailure)

    assert [0.5 * 2**n for n in range(9)] == waits
    assert "page 2 of /v1/charges?limit=100 is limited; 256 s were waited already" in said
    assert said.endswith("A retry may help.")


def test_what_stripe_asks_to_send_again_is_sent_again(
    listed: Account, client: StripeClient, odd: type[Odd], waits: list[float]
) -> None:
    """A conflict, as of two requests about one object at once."""
    listed.odd[3] = [odd(409, {"Stripe-Should-Retry": "true"}, error("lock_timeout"))]

    assert EVERY == ids(client)
    assert [0.5] == waits


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [(429, PermanentFailure, "(invalid_request_error, rate_limit)"), (500, TransientFailure, "answered 500")],
)
def test_what_stripe_asks_not_to_send_again_is_asked_once(
    listed: Account,
    client: StripeClient,
    odd: type[Odd],
    status: int,
    kind: type[SourceFailure],
    said: str,
) -> None:
    """Its word counts for more than the status."""
    listed.odd[2] = [odd(status, {"Stripe-Should-Retry": "false"}, error("rate_limit"))]

    assert said in refusal(client, kind)
    assert 2 == len(listed.asked)


ONCE: dict[str, dict[str, Any]] = {
    "reset": {"reset": True},
    "cut": {"cut": True},
    "500": {"status": 500, "body": b"{}"},
    "503": {"status": 503, "body": b""},
    "half a JSON": {"body": b'{"object": "list", "data": [{"id"'},
}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize("what", ONCE)
def test_trouble_on_the_way_is_asked_about_again_but_is_no_end(
    listed: Account, client: StripeClient, odd: type[Odd], page: int, what: str
) -> None:
    """Twice nothing is lost; the third time nothing is stored, and the page is named."""
    listed.odd[page] = [odd(**ONCE[what])] * 2

    assert EVERY == ids(client)

    listed.odd[page] = [odd(**ONCE[what])] * 3
    said = refusal(client, TransientFailure)

    assert f"stripe live: page {page} of /v1/charges?limit=100" in said
    assert said.endswith("Nothing was stored. A retry may help.")


@pytest.mark.parametrize("page", range(1, PAGES + 1))
@pytest.mark.parametrize(
    "content",
    [
        {"object": "list", "data": [{"id": "ch_99"}]},
        {"object": "list", "data": [{"id": "ch_99"}], "has_more": None},
        {"object": "list", "data": [{"id": "ch_99"}], "has_more": "false"},
        {"object": "list", "data": [], "has_more": True},
    ],
)
def test_only_has_more_of_false_ends_a_listing(
    listed: Account, client: StripeClient, odd: type[Odd], page: int, content: dict[str, Any]
) -> None:
    """Without the word, or with more of nothing, nobody knows whether it is whole."""
    listed.odd[page] = [odd(body=json.dumps(content).encode())]

    assert "The listing may not be whole" in refusal(client, PermanentFailure)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'{"data": {}}', b'{"data": [1], "has_more": false}', b'{"object": "list"}']
)
def test_a_page_that_is_no_list_of_objects_is_refused(
    listed: Account, client: StripeClient, odd: type[Odd], body: bytes
) -> None:
    """The interface has changed."""
    listed.odd[1] = [odd(body=body)]

    assert "Has the interface changed?" in refusal(client, PermanentFailure)


def test_a_record_without_an_id_is_refused(listed: Account, client: StripeClient) -> None:
    """The next page could not be asked for."""
    listed.listings[PATH][7] = {"amount": 1}

    assert "has no id" in refusal(client, PermanentFailure)


def test_a_server_that_ignores_the_cursor_is_refused(listed: Account, client: StripeClient) -> None:
    """The same page again would never end."""
    listed.ignores_the_cursor = True

    assert "page 2 of /v1/charges?limit=100 repeats 5 records" in refusal(client, TransientFailure)


@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_a_record_made_while_listing_moves_nothing(listed: Account, client: StripeClient, page: int) -> None:
    """The next page begins after an id, not after a number: what comes in front shifts nothing."""

    def insert(number: int) -> None:
        if number == page and len(listed.listings[PATH]) == len(RECORDS):
            listed.listings[PATH].insert(0, {"id": "ch_new"})

    listed.before_page = insert

    assert EVERY == ids(client)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "answered 400 (invalid_request_error, some_code), expected 200"),
        (401, "The key is unknown, expired or rolled. Make a new restricted key."),
        (403, "The restricted key lacks Charges and Refunds: read; without it stripe_charge cannot be read."),
        (302, "The credential is sent to no address that is not configured."),
    ],
)
def test_a_refusal_is_final_and_shows_stripes_code_alone(
    listed: Account, client: StripeClient, odd: type[Odd], status: int, said: str
) -> None:
    """Its message may quote an id, an address or part of a key."""
    listed.odd[2] = [odd(status, {"Location": "https://elsewhere.example/"}, error("some_code"))]
    found = refusal(client, Refused)

    assert said in found
    assert "canary-message" not in found
    assert found.endswith("A retry will not help.")
    assert 2 == len(listed.asked)


@pytest.mark.parametrize(
    "body", [b"no JSON", b"[]", b'{"error": "text"}', b'{"error": {"code": "Not A Code"}}']
)
def test_a_refusal_of_another_shape_shows_nothing_of_its_body(
    listed: Account, client: StripeClient, odd: type[Odd], body: bytes
) -> None:
    """A proxy on the way may answer too."""
    listed.odd[1] = [odd(400, {}, body)]

    assert "answered 400, expected 200." in refusal(client, Refused)


def test_principal_is_the_account_and_the_kind_of_key(account: Account, client: StripeClient) -> None:
    """Asked for once."""
    assert ["acct_1 by a key of kind rk_live"] * 2 == [client.principal(), client.principal()]
    assert ["/v1/account"] == account.asked

    account.objects["/v1/account"] = {"object": "account"}
    other = StripeClient("live", KEY, account.url)
    with pytest.raises(PermanentFailure, match="named no account"):
        other.principal()
    other.close()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("rk_live_1", "rk_live"),
        ("sk_test_1", "sk_test"),
        ("sk_live_a_b", "sk_live"),
        ("token", "unknown"),
        ("rk_", "unknown"),
    ],
)
def test_the_kind_of_key_is_told_by_its_beginning(key: str, kind: str) -> None:
    """What is not known is said so."""
    assert kind == StripeClient("live", key).kind


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", "rk_live_é"])
def test_a_key_with_characters_that_no_key_has_is_refused(key: str) -> None:
    """Before it is sent anywhere, and without showing it."""
    with pytest.raises(PermanentFailure, match="Was a line end stored with it") as refused:
        StripeClient("live", key)

    assert key.strip() not in str(refused.value)


@pytest.fixture
def readable(account: Account) -> Account:
    """Serve everything a key needs, with nothing in it."""
    account.listings = {path: [] for path in NEEDED if path.startswith("/v1/") and path not in OBJECTS}
    account.objects["/v1/balance"] = {"object": "balance"}
    return account


@pytest.mark.parametrize(
    ("key", "granted"), [("rk_live_1", None), ("sk_live_1", ("*",)), ("something", None)]
)
def test_a_secret_key_may_write_everything_and_of_a_restricted_one_nobody_knows(
    readable: Account, key: str, granted: tuple[str, ...] | None
) -> None:
    """Stripe tells no key its permissions, and trying would be a write."""
    client = StripeClient("live", key, readable.url)

    assert Access(granted, writing=granted) == client.access()
    assert all("limit=1" in path for path in readable.asked if path.split("?")[0] in readable.listings)

    client.close()


def test_what_a_key_may_not_read_is_named(
    readable: Account, client: StripeClient, odd: type[Odd], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what cannot be collected without it; the preview only where it is asked for."""
    del readable.listings["/v1/payouts"]

    assert ("Payouts: read: without it stripe_payout cannot be read",) == client.access().lacking

    monkeypatch.setattr(client, "preview", True)

    assert [
        "Payouts: read: without it stripe_payout cannot be read",
        "API keys: read: without it stripe_api_key cannot be read",
        "Activity logs: read: without it stripe_activity_log cannot be read",
    ] == list(client.access().lacking)

    readable.odd[1] = [odd(401, {}, error("api_key_expired"))]
    with pytest.raises(Refused, match="api_key_expired"):
        client.access()


def keys_page(following: str | None) -> bytes:
    """Return a page of the preview's list of keys."""
    return json.dumps({"data": [{"id": "mk_1"}], "next_page_url": following}).encode()


@pytest.mark.parametrize("whole", [True, False])
def test_the_preview_is_paged_by_the_address_it_names(
    account: Account, client: StripeClient, whole: bool
) -> None:
    """A path, or an address on the same host; with a version of its own."""
    account.texts["/v2/iam/api_keys"] = keys_page(f"{account.url if whole else ''}/v2/iam/rest?page=p2")
    account.texts["/v2/iam/rest"] = json.dumps({"data": [{"id": "mk_2"}], "next_page_url": None}).encode()
    account.objects |= {"/v2/iam/api_keys": {}, "/v2/iam/rest": {}}

    assert ["mk_1", "mk_2"] == ids(client, "/v2/iam/api_keys")
    assert ["/v2/iam/api_keys?limit=100", "/v2/iam/rest?page=p2"] == account.asked
    assert {PREVIEW_VERSION} == {headers["Stripe-Version"] for headers in account.seen}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (keys_page("https://elsewhere.example/v2/iam/api_keys"), "on host elsewhere.example"),
        (keys_page("//elsewhere.example/v2/iam/api_keys"), "on host elsewhere.example"),
        (keys_page("/v2/iam/api_keys?limit=100"), "has the cursor of an earlier page"),
        (b'{"data": []}', "has no next_page_url, not even null"),
    ],
)
def test_a_next_page_elsewhere_or_nowhere_is_refused(
    account: Account, client: StripeClient, body: bytes, said: str
) -> None:
    """The key goes to no other host, and what names no next page may not be whole."""
    account.objects["/v2/iam/api_keys"] = {}
    account.texts["/v2/iam/api_keys"] = body

    assert said in refusal(client, PermanentFailure, "/v2/iam/api_keys")


def test_an_account_outside_the_preview_is_told_what_to_set(client: StripeClient) -> None:
    """Nothing is stored as if there were no keys."""
    assert "Set `preview: false` in evidence.yaml." in refusal(client, Refused, "/v2/iam/api_keys")


def test_no_repr_shows_the_key(client: StripeClient, listed: Account) -> None:
    """Before and after it was used."""
    before = repr(client)
    ids(client)

    assert listed.asked
    assert KEY not in before + repr(client) + repr(vars(client)["_versions"])
