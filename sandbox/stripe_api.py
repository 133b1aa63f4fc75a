"""Which of Stripe's listings does the sandbox serve, how are they cut into pages, and how does it say no?

Newest first, at most a hundred a page, the next page by the id of the last record, bounds on `created`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sandbox.faults import Faults
from sandbox.processor import FIRST_DAY, Processor
from sandbox.stripe_account import account, balance, webhooks
from sandbox.stripe_events import happened, paid
from sandbox.stripe_objects import Objects, Record

MOST, DEFAULT = 100, 10
DAYS_KEPT = 24
"""Lists of one day and kind that are kept, as pages of one listing come one by one."""
EVENTS_KEPT = timedelta(days=30)
FILTERS = frozenset({"created[gte]", "created[gt]", "created[lte]", "created[lt]"})


class StripeError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {
            name: value
            for name, value in (
                ("code", code),
                ("message", message),
                ("param", param),
                ("type", "invalid_request_error"),
            )
            if value is not None
        }


class Api:
    """What the endpoints draw on, at one instant."""

    def __init__(self, seed: int, faults: Faults, now: datetime) -> None:
        self._seed = seed
        self.books = Processor(seed, faults)
        self._days: dict[tuple[str, date], list[Record]] = {}
        self.objects = Objects(seed, now)

    @property
    def now(self) -> datetime:
        """The instant as of which it answers."""
        return self.objects.now

    def move(self, to: datetime) -> None:
        """Answer as of another instant."""
        self.objects = Objects(self._seed, to)
        self._days.clear()

    def answer(self, path: str, query: Mapping[str, str]) -> Record:
        """Return the body of a good answer, or raise StripeError."""
        if path == "/v1/account":
            return account(self.objects)
        if path == "/v1/balance":
            return balance(self.books.balance(self.now))
        listing = LISTINGS.get(path)
        if listing is None:
            raise StripeError(404, f"Unrecognized request URL (GET: {path}).")
        for name in query:
            if name not in {"limit", "starting_after", *listing.filters}:
                raise StripeError(400, f"Received unknown parameter: {name}", "parameter_unknown", name)
        records: Iterable[Record]
        if "payout" in query:
            records = self._contents(query["payout"])
        elif listing.of_day is None:
            records = newest_first(webhooks(self.objects))
        else:
            records = self._between(path, listing, query)
        page, more = cut(records, query, listing.what)
        return {"object": "list", "data": page, "has_more": more, "url": path}

    def _between(self, path: str, listing: Listing, query: Mapping[str, str]) -> Iterator[Record]:
        """Yield the records of every day inside the bounds on `created`, newest first."""
        first, last = bounds(query)
        oldest = int(datetime.combine(FIRST_DAY, datetime.min.time(), UTC).timestamp())
        if listing.what == "event":
            oldest = max(oldest, int((self.now - EVENTS_KEPT).timestamp()))
        first, last = max(first, oldest), min(last, int(self.now.timestamp()) + 1)
        if first >= last:
            return
        day, until = datetime.fromtimestamp(last - 1, UTC).date(), datetime.fromtimestamp(first, UTC).date()
        while day >= until:
            for record in self._day(path, listing, day):
                if first <= record["created"] < last:
                    yield record
            day -= timedelta(days=1)

    def _day(self, path: str, listing: Listing, day: date) -> list[Record]:
        if (path, day) not in self._days:
            while len(self._days) >= DAYS_KEPT:
                del self._days[next(iter(self._days))]
            self._days[path, day] = newest_first(listing.of_day(self, day) if listing.of_day else ())
        return self._days[path, day]

    def _contents(self, payout: str) -> list[Record]:
        """Return the movements of a payout, which Stripe can tell of automatic ones."""
        day = FIRST_DAY
        while day <= self.now.date():
            for found in self.books.payouts(day):
                if found.id == payout and found.created <= self.now:
                    return newest_first(self.objects.movement(one) for one in self.books.contents(found))
            day += timedelta(days=1)
        raise StripeError(400, f"No such payout: '{payout}'", "resource_missing", "payout")


@dataclass(frozen=True)
class Listing:
    """One listing."""

    what: str
    of_day: Callable[[Api, date], Iterator[Record]] | None = None
    """The records created on a day; null: it has no days."""
    filters: frozenset[str] = FILTERS


def charges(api: Api, day: date) -> Iterator[Record]:
    """Yield the charges of a day: a payment's charges are made on the day of its order."""
    for payment in api.books.payments(day):
        yield from api.objects.charges(payment)


def intents(api: Api, day: date) -> Iterator[Record]:
    """Yield the payment intents of a day."""
    for payment in api.books.payments(day):
        yield from api.objects.intents(payment)


def refunds(api: Api, day: date) -> Iterator[Record]:
    """Yield the refunds of a day."""
    for payment in api.books.recent(day):
        if payment.refund is not None and payment.refund.at.date() == day:
            yield from api.objects.refunds(payment)


def disputes(api: Api, day: date) -> Iterator[Record]:
    """Yield the disputes of a day."""
    for payment in api.books.recent(day):
        if payment.dispute is not None and payment.dispute.at.date() == day:
            yield from api.objects.disputes(payment)


def movements(api: Api, day: date) -> Iterator[Record]:
    """Yield what moved the balance on a day."""
    for movement in api.books.movements(day):
        if movement.created <= api.now:
            yield api.objects.movement(movement)


def payouts(api: Api, day: date) -> Iterator[Record]:
    """Yield the payouts of a day."""
    for payout in api.books.payouts(day):
        if payout.created <= api.now:
            yield api.objects.payout(payout)


def events(api: Api, day: date) -> Iterator[Record]:
    """Yield the events of a day."""
    for payment in api.books.recent(day):
        yield from happened(api.objects, payment, day)
    for made in (day, day - timedelta(days=1)):
        for payout in api.books.payouts(made):
            yield from paid(api.objects, payout, day)


LISTINGS = {
    "/v1/charges": Listing("charge", charges),
    "/v1/payment_intents": Listing("payment_intent", intents),
    "/v1/refunds": Listing("refund", refunds),
    "/v1/disputes": Listing("dispute", disputes),
    "/v1/balance_transactions": Listing("balance_transaction", movements, FILTERS | {"payout"}),
    "/v1/payouts": Listing("payout", payouts),
    "/v1/events": Listing("event", events),
    "/v1/webhook_endpoints": Listing("webhook_endpoint", filters=frozenset()),
}


def newest_first(records: Iterable[Record]) -> list[Record]:
    """Return records as Stripe lists them."""
    return sorted(records, key=lambda record: (record["created"], record["id"]), reverse=True)


def cut(records: Iterable[Record], query: Mapping[str, str], what: str) -> tuple[list[Record], bool]:
    """Return one page, and whether there is more."""
    size, after = whole(query, "limit", DEFAULT), query.get("starting_after")
    if not 1 <= size <= MOST:
        raise StripeError(
            400, f"Invalid limit: {size}, expected 1 to {MOST}", "parameter_invalid_integer", "limit"
        )
    page: list[Record] = []
    waiting = after is not None
    for record in records:
        if waiting:
            waiting = record["id"] != after
        elif len(page) == size:
            return page, True
        else:
            page.append(record)
    if waiting:
        raise StripeError(400, f"No such {what}: '{after}'", "resource_missing", "starting_after")
    return page, False


def bounds(query: Mapping[str, str]) -> tuple[int, int]:
    """Return the first second that `created` may have, and the first after them."""
    first = max(whole(query, "created[gte]", 0), whole(query, "created[gt]", -1) + 1)
    last = min(whole(query, "created[lt]", 2**40), whole(query, "created[lte]", 2**40) + 1)
    return first, last


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a parameter that is a whole number."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise StripeError(400, f"Invalid integer: {text}", "parameter_invalid_integer", name)
    return int(text)
