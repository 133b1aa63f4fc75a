"""What goes wrong in the shop's own book of payments and gift cards on a day?

The processor's books say what really happened, but for an order that is captured twice: that it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.part import instant
from sandbox.quiet import quiet, real

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.faults import Fault
    from sandbox.orders import Rows

AGAIN = timedelta(minutes=2)
"""How long after the first capture the second one is made."""
SECOND, UNKNOWN = "8", "7"
"""How the reference of a charge ends that is the second of its order, and of one the processor has not."""
Row = dict[str, Any]


def again(captured: datetime) -> tuple[datetime, datetime]:
    """Return when an order that is captured twice is authorised and captured the second time."""
    return captured + AGAIN, captured + AGAIN + timedelta(seconds=30)


def reference(order_id: str, end: str) -> str:
    """Return the reference of a charge of an order."""
    return f"ch_{order_id.replace('-', '')}{end}"


def key_of_payment(fault: Fault, rows: Rows, test: str) -> str:
    """Return the population key such a slip is found under."""
    match fault.kind:
        case "card_for_no_order":
            entry = _moved(fault, rows, 2)
            return f"{entry['gc_id']}/{entry['seq']}"
        case "card_overdrawn":
            return f"{_moved(fault, rows, 3)['gc_id']}/4"
        case "failure_unexplained":
            return f"stripe:{_refused(fault, rows)['processor_ref']}"
    order = quiet(rows, fault.number)[0]
    if test == "LM-01.c":
        outcome = "failed" if fault.kind == "attempt_not_at_processor" else "captured"
        return f"stripe|{order['currency']}|{outcome}"
    if test == "LM-01.a":
        return f"stripe:{reference(order['order_id'], UNKNOWN)}"
    if test == "PI-03.b":
        return f"stripe:{_attempts(order, rows)[-1]['processor_ref']}"
    return str(order["order_id"])


def _capture_twice(fault: Fault, rows: Rows, _: Rows) -> None:
    order = quiet(rows, fault.number)[0]
    first = _attempts(order, rows)[-1]
    for kind, at in zip(("auth", "capture"), again(first["attempted_at"]), strict=True):
        rows["payments"].append(_beside(first, kind, at, SECOND, tender_seq=first["tender_seq"]))


def _attempt_unknown(fault: Fault, rows: Rows, _: Rows) -> None:
    order = quiet(rows, fault.number)[0]
    first = _attempts(order, rows)[-1]
    at = first["attempted_at"] + AGAIN
    rows["payments"].append(
        _beside(first, "auth", at, UNKNOWN, status="failed", failure_code="card_declined")
    )


def _beside(first: Row, kind: str, at: datetime, end: str, **other: Any) -> Row:
    """Return another attempt to pay for an order."""
    return {
        **first,
        "payment_id": f"P-{first['order_id']}-{end}{kind}",
        "processor_ref": reference(first["order_id"], end),
        "kind": kind,
        "attempted_at": at,
        "recorded_at": at + timedelta(seconds=1),
        "idempotency_key": f"{first['order_id']}-{end}-{kind}",
        **other,
    }


def _credit_ignored(fault: Fault, rows: Rows, _: Rows) -> None:
    quiet(rows, fault.number)[0]["store_credit_minor"] = 1


def _capture_misbooked(fault: Fault, rows: Rows, _: Rows) -> None:
    capture = _attempts(quiet(rows, fault.number)[0], rows)[-1]
    capture["amount_minor"] += 10 if capture["currency"] == "KWD" else 1


def _payment_as_test(fault: Fault, rows: Rows, _: Rows) -> None:
    for attempt in _attempts(quiet(rows, fault.number)[0], rows):
        attempt["livemode"] = False


def _failure_unexplained(fault: Fault, rows: Rows, _: Rows) -> None:
    _refused(fault, rows)["failure_code"] = None


def _card_for_no_order(fault: Fault, rows: Rows, _: Rows) -> None:
    _moved(fault, rows, 2)["order_id"] = None


def _card_overdrawn(fault: Fault, rows: Rows, _: Rows) -> None:
    last = _moved(fault, rows, 3)
    more = {"seq": 4, "kind": "adjust", "amount_minor": -1, "balance_after_minor": -1, "order_id": None}
    rows["giftcard_ledger"].append({**last, **more, "at": instant(fault.first, 23, 59)})


def _attempts(order: Row, rows: Rows) -> list[Row]:
    """Return the first attempts to pay for an order, the capture last."""
    slipped = (SECOND, UNKNOWN)
    return [
        one
        for one in rows["payments"]
        if one["order_id"] == order["order_id"]
        and one["processor_ref"] not in {reference(order["order_id"], end) for end in slipped}
    ]


def _refused(fault: Fault, rows: Rows) -> Row:
    """Return the day's n-th attempt that the bank declined."""
    ours = {order["order_id"] for order in real(rows)}
    found = [
        one
        for one in rows["payments"]
        if one["order_id"] in ours
        and one["status"] == "failed"
        and one["attempted_at"].date() == fault.first
        and not one["processor_ref"].endswith(UNKNOWN)
    ]
    return found[fault.number - 1]


def _moved(fault: Fault, rows: Rows, seq: int) -> Row:
    """Return the n-th movement of a gift card of the day that is its second, or third."""
    found = [one for one in rows["giftcard_ledger"] if one["seq"] == seq]
    return found[fault.number - 1]


OF_PAYMENTS: dict[str, Callable[[Fault, Rows, Rows], None]] = {
    "capture_twice": _capture_twice,
    "attempt_not_at_processor": _attempt_unknown,
    "credit_ignored": _credit_ignored,
    "capture_misbooked": _capture_misbooked,
    "payment_as_test": _payment_as_test,
    "failure_unexplained": _failure_unexplained,
    "card_for_no_order": _card_for_no_order,
    "card_overdrawn": _card_overdrawn,
}
"""Kind of slip -> what it does to a day's rows."""
