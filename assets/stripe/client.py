"""What does one Stripe account answer, read to its last page?

Listings come newest first, a page ends with `has_more`, and the next one is asked for by the last id. A limit
(429) says no time to wait as a rule, so we wait half a second, and twice as long each time that did not help.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from assets.capture import Access, Page
from assets.failures import PermanentFailure
from assets.rest import Answer, Limit, Refused, Request, RestClient, get, retry_after

API_VERSION = "2026-07-29.dahlia"
"""Sent with every request, so that answers keep their shape whatever the account's own default becomes."""
PREVIEW_VERSION = "2026-07-29.preview"
A_PAGE = 100
"""The most records Stripe puts into one page."""
FIRST_WAIT = 0.5
BAD_REQUEST, UNAUTHORISED, FORBIDDEN, NOT_FOUND, TOO_MANY = 400, 401, 403, 404, 429
REFUSALS = range(400, 500)
NEEDED = {
    "/v1/account": ("Account: read", "stripe_account"),
    "/v1/balance": ("Balance: read", "stripe_balance"),
    "/v1/webhook_endpoints": ("Webhook Endpoints: read", "stripe_webhook_endpoint"),
    "/v1/charges": ("Charges and Refunds: read", "stripe_charge"),
    "/v1/payment_intents": ("PaymentIntents: read", "stripe_payment_intent"),
    "/v1/refunds": ("Charges and Refunds: read", "stripe_refund"),
    "/v1/disputes": ("Disputes: read", "stripe_dispute"),
    "/v1/balance_transactions": ("Balance transactions: read", "stripe_balance_transaction"),
    "/v1/payouts": ("Payouts: read", "stripe_payout"),
    "/v1/events": ("Events: read", "stripe_event"),
    "/v2/iam/api_keys": ("API keys: read", "stripe_api_key"),
    "/v2/iam/activity_logs": ("Activity logs: read", "stripe_activity_log"),
}
"""Path -> the permission it needs, and what cannot be read without it."""
OBJECTS = ("/v1/account", "/v1/balance")
"""What answers one object; everything else is a listing."""


@dataclass
class StripeClient:
    """One account in one mode. No repr, log or error shows the key."""

    instance: str
    key: str = field(repr=False)
    base_url: str = "https://api.stripe.com"
    preview: bool = False
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    max_wait: float = 300.0
    """Seconds this client may spend waiting for limits. Stripe's are counted by the second."""
    _versions: dict[str, RestClient] = field(default_factory=dict, init=False, repr=False)
    _principal: str | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.key.isprintable() or not self.key.isascii() or " " in self.key:
            raise PermanentFailure(
                f"stripe {self.instance}: the key has characters that no key has. Was a line end stored with "
                "it?"
            )

    @property
    def kind(self) -> str:
        """What the key's beginning tells, as `rk_live`: what it may do and in which mode."""
        kind, mode, *_ = [*self.key.split("_", 2), "", ""]
        return f"{kind}_{mode}" if kind in ("sk", "rk", "pk") and mode in ("live", "test") else "unknown"

    def principal(self) -> str:
        """Return whose key this is, as Stripe says, and of which kind."""
        if self._principal is None:
            account = self.one("/v1/account").records[0].get("id")
            if not account:
                raise PermanentFailure(
                    f"stripe {self.instance}: /v1/account named no account. Has the interface changed?"
                )
            self._principal = f"{account} by a key of kind {self.kind}"
        return self._principal

    def access(self) -> Access:
        """Return what the key lets us do.

        Stripe tells no key its permissions. A secret key may do everything; of a restricted one only what
        it may not read can be found out, by asking: whether it may write cannot, since that would be a write.
        """
        granted = ("*",) if self.kind.startswith("sk_") else None
        lacking = [
            f"{permission}: without it {dataset} cannot be read"
            for path, (permission, dataset) in NEEDED.items()
            if (self.preview or not path.startswith("/v2/")) and self._refuses(path)
        ]
        return Access(granted, writing=granted, lacking=tuple(lacking))

    def _refuses(self, path: str) -> bool:
        try:
            self._rest(path).one(get(path) if path in OBJECTS else get(path, limit=1))
        except Refused as refused:
            if refused.status in (FORBIDDEN, NOT_FOUND):
                return True
            raise
        return False

    def close(self) -> None:
        """Give the connections back."""
        for rest in self._versions.values():
            rest.close()
        self._versions.clear()

    def one(self, path: str) -> Page:
        """Return the one object at a path."""
        return self._rest(path).one(get(path))

    def pages(self, path: str, **query: str | int) -> Iterator[Page]:
        """Yield the pages of a listing as received, until Stripe says that there are no more.

        A bound of `created` is written `created_gte=…`, since a name in Python has no brackets.
        """
        asked = {bracketed(name): value for name, value in query.items()}
        yield from self._rest(path).pages(
            get(path, limit=A_PAGE, **asked),
            records=records,
            following=next_page if path.startswith("/v2/") else after_the_last,
            key=identifier,
        )

    def _rest(self, path: str) -> RestClient:
        version = PREVIEW_VERSION if path.startswith("/v2/") else API_VERSION
        if version not in self._versions:
            self._versions[version] = RestClient(
                "stripe",
                self.instance,
                self.base_url,
                {"Authorization": f"Bearer {self.key}", "Stripe-Version": version},
                limited=limited,
                hint=hint,
                sleep=self.sleep,
                max_wait=self.max_wait,
                default_wait=FIRST_WAIT,
                code=code,
                hopeless=lambda response: response.headers.get("Stripe-Should-Retry") == "false",
                fraction=str,
            )
        return self._versions[version]


def bracketed(name: str) -> str:
    """Return a parameter as Stripe spells it: `created[gte]` of created_gte."""
    word, _, bound = name.rpartition("_")
    return f"{word}[{bound}]" if word and bound in ("gte", "lt") else name


def records(answer: Answer) -> Sequence[Mapping[str, Any]]:
    """Return the records of a page. Raises PermanentFailure where it is no list."""
    content = answer.content
    if not isinstance(content, Mapping) or not isinstance(content.get("data"), list):
        raise PermanentFailure(f"stripe: {answer.request} answered no list. Has the interface changed?")
    return list(content["data"])


def identifier(record: Mapping[str, Any]) -> object:
    """Return the id of a record. Raises PermanentFailure where it has none: it could not be paged by."""
    found = record.get("id")
    if not isinstance(found, str) or not found:
        raise PermanentFailure("stripe: a record of a listing has no id. Has the interface changed?")
    return found


def after_the_last(answer: Answer) -> Request | None:
    """Return the request of the page after this one's last record; None where Stripe says it was the last.

    Only a `has_more` of false ends a listing: without the word, or with a page that has more but no record to
    go on from, nobody knows whether it is whole.
    """
    more, listed = answer.content.get("has_more"), answer.content["data"]
    if more is False:
        return None
    if more is not True or not listed:
        raise PermanentFailure(
            f"stripe: {answer.request} says has_more {more!r} over {len(listed)} records, expected true or "
            "false and, with true, a record to go on from. The listing may not be whole."
        )
    address = urlsplit(answer.request.path)
    kept = {name: value for name, value in parse_qsl(address.query) if name != "starting_after"}
    return get(address.path, **kept, starting_after=str(identifier(listed[-1])))


def next_page(answer: Answer) -> Request | str | None:
    """Return the next page of an interface of version 2, which names its address or null.

    Raises PermanentFailure where it says neither.
    """
    if "next_page_url" not in answer.content:
        raise PermanentFailure(
            f"stripe: {answer.request} has no next_page_url, not even null. The listing may not be whole."
        )
    found = answer.content["next_page_url"]
    if not found:
        return None
    return Request(str(found)) if str(found).startswith("/v2/") else str(found)


def limited(response: httpx.Response) -> Limit | None:
    """Return what Stripe calls a limit: 429, and any other refusal that it asks us to try again."""
    advice = response.headers.get("Stripe-Should-Retry")
    busy = response.status_code == TOO_MANY and advice != "false"
    if busy or (advice == "true" and response.status_code in REFUSALS):
        return Limit(retry_after(response.headers))
    return None


def code(response: httpx.Response) -> str:
    """Return Stripe's words for an error, its type and code. Its message may quote an id or a key."""
    try:
        error = response.json()["error"]
        return ", ".join(word for name in ("type", "code") if _is_word(word := error.get(name)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and text.replace("_", "").isalnum() and text.islower()


def hint(path: str, status: int) -> str:
    """Return what to do about a refusal."""
    permission, dataset = NEEDED.get(path, ("read", "it"))
    match status:
        case 401:
            return "The key is unknown, expired or rolled. Make a new restricted key."
        case 403:
            return f"The restricted key lacks {permission}; without it {dataset} cannot be read. Grant it."
        case 404 if path.startswith("/v2/"):
            return "The account does not take part in this preview. Set `preview: false` in evidence.yaml."
        case 429:
            return "Stripe asks not to repeat this request."
        case _:
            return ""
