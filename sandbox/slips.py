"""What goes wrong in the shop's own books on a day, beside what its orders and the processor do?

Each slip alters copies of a day's rows, or adds one, so that the day's other facts stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.arithmetic import round_div
from sandbox.clerks import FINANCE, FINANCE_HEAD, STORE_HEAD, STOREKEEPER, SUPPORT, SUPPORT_HEAD
from sandbox.faults import Fault, Faults
from sandbox.orders import ARTICLES, Rows, day_of_orders
from sandbox.part import instant
from sandbox.payment_slips import OF_PAYMENTS, key_of_payment
from sandbox.quiet import at_rest, late, quiet, real
from sandbox.refunds import price
from sandbox.shipping import EAST
from sandbox.stock import FOUND_MISSING

LATE = "inventory_movements_late"
"""Movements that the shop records, and so has, only some days after they happened."""
APPROVED_FROM = {"USD": 20_000, "EUR": 20_000, "GBP": 20_000, "JPY": 30_000, "KWD": 60_000}
"""From which amount a refund needs a second person, as management says in PI-04."""
ENOUGH_TAX = 10
REFUNDS = (
    "refund_over_capture",
    "refund_not_at_processor",
    "refund_tax_of_part",
    "refund_tax_of_whole",
    "refund_quantity",
    "refund_approval_missing",
    "refund_approval_own",
)
CORRECTIONS: dict[str, dict[str, Any]] = {
    "correction_no_ticket": {"ticket_key": None},
    "correction_no_approver": {"approver": None, "approved_at": None},
    "correction_self_approved": {"approver": FINANCE[0]},
    "correction_approved_after": {"approved_at": timedelta(minutes=1)},
    "correction_over_limit": {"amount_minor": -1_000_000_000},
}
NAMED = {
    **dict.fromkeys(CORRECTIONS, "A-{day}-{kind}"),
    "change_unrecorded": "E-{day}-slip",
    "shipped_without_order": "S-{day}/none",
    "movement_recorded_late": "inventory_movements/V-{day}-late",
    "stock_lost": "SKU-{number:04d} in {place}",
    "stock_oversold": "SKU-{number:04d} in {place}",
    "write_off_no_ticket": "V-{day}-a",
    "write_off_self_approved": "V-{day}-a",
    "transfer_lost": "V-T-{sent}-out",
}
"""Slips that are found under a name of their own, not under an order's."""
Row = dict[str, Any]


def spoiled(faults: Faults, day: date, rows: Rows, after: Rows) -> tuple[Rows, Rows]:
    """Return a day's rows, and what comes of them later, with the slips planted in them."""
    mine = [fault for fault in faults.all if fault.kind in OF_ORDERS and fault.first == day]
    if not mine:
        return rows, after
    rows, after = deepcopy(rows), deepcopy(after)
    for fault in mine:
        OF_ORDERS[fault.kind](fault, rows, after)
    return rows, after


def key_of(seed: int, faults: Faults, fault: Fault, test: str) -> str | None:
    """Return the population key a slip is found under; None: it is no slip."""
    if fault.kind in NAMED:
        return NAMED[fault.kind].format(
            kind=fault.kind,
            place=EAST,
            number=fault.number if fault.subject.startswith("article") else 0,
            day=f"{fault.first:%Y%m%d}",
            sent=f"{fault.first - FOUND_MISSING:%Y%m%d}",
        )
    if fault.kind not in OF_ORDERS:
        return None
    if fault.kind in OF_PAYMENTS:
        return key_of_payment(fault, day_of_orders(seed, faults, fault.first), test)
    return _among_orders(fault, day_of_orders(seed, faults, fault.first), test)


def _among_orders(fault: Fault, rows: Rows, test: str) -> str:
    if fault.kind in REFUNDS:
        name = _refund_id(_refundable(fault, rows))
        return f"re_{name}" if test == "PI-04.d" else name
    match fault.kind:
        case "parcel_late":
            return str(_parcel(fault, rows)["fulfilment_id"])
        case "shipped_too_much":
            line = quiet(rows, fault.number)[1]
            return f"S-{line['line_id']}/{line['line_id']}"
        case "payment_recorded_late":
            return str(_payment(fault, rows)["payment_id"])
        case "number_twice":
            tried, real = _numbers(rows)
            taken = sorted(order["order_number"] for order in rows["orders"])
            after = next(number for number in taken if number > tried["order_number"])
            return str(real["order_id"]) if test == "PI-08.b" else f"web {after}"
        case _:
            return str(quiet(rows, fault.number)[0]["order_id"])


def _correction(fault: Fault, _: Rows, after: Rows) -> None:
    at = instant(fault.first, 11)
    slip = CORRECTIONS[fault.kind]
    row = {
        "adj_id": f"A-{fault.first:%Y%m%d}-{fault.kind}",
        "entity": "dispute",
        "entity_id": f"dp_{fault.first:%Y%m%d}{fault.kind}",
        "amount_minor": -100,
        "currency": "USD",
        "actor": FINANCE[0],
        "approver": FINANCE_HEAD,
        "approved_at": at - timedelta(hours=1),
        "applied_at": at,
        "ticket_key": f"FIN-{fault.first:%m%d}",
    }
    for name, value in slip.items():
        row[name] = at + value if isinstance(value, timedelta) else value
    after["manual_adjustments"].append(row)


def _change_unrecorded(fault: Fault, rows: Rows, _: Rows) -> None:
    order = quiet(rows, fault.number)[0]
    rows["audit_events"].append(
        {
            "event_id": f"E-{fault.first:%Y%m%d}-slip",
            "at": instant(fault.first, 23),
            "actor": FINANCE[1],
            "action": "update",
            "entity": "order",
            "entity_id": order["order_id"],
            "field_names": "total_minor",
            "ticket_key": None,
        }
    )


def _shipped_without_order(fault: Fault, rows: Rows, _: Rows) -> None:
    at = instant(fault.first, 15)
    _ship(rows, f"S-{fault.first:%Y%m%d}", None, "none", f"SKU-{ARTICLES:04d}", 10_000, at)


def _shipped_too_much(fault: Fault, rows: Rows, _: Rows) -> None:
    order, line = quiet(rows, fault.number)
    at = instant(fault.first, 23)
    _ship(
        rows,
        f"S-{line['line_id']}",
        order["order_id"],
        line["line_id"],
        line["sku"],
        line["qty_e4"] + 10_000,
        at,
    )


def _ship(
    rows: Rows, parcel: str, order: str | None, line: str, sku: str, quantity: int, at: datetime
) -> None:
    rows["fulfilments"].append(
        {
            "fulfilment_id": parcel,
            "order_id": order,
            "location": EAST,
            "shipped_at": at,
            "recorded_at": at + timedelta(seconds=90),
            "promised_at": at + timedelta(days=1),
            "status": "shipped",
        }
    )
    rows["fulfilment_lines"].append(
        {
            "fulfilment_id": parcel,
            "line_id": line,
            "sku": sku,
            "qty_e4": quantity,
            "_at": at,
            "_place": EAST,
        }
    )


def _parcel_late(fault: Fault, rows: Rows, _: Rows) -> None:
    parcel = _parcel(fault, rows)
    parcel["promised_at"] = parcel["shipped_at"] - timedelta(seconds=1)


def _payment_recorded_late(fault: Fault, rows: Rows, _: Rows) -> None:
    payment = _payment(fault, rows)
    payment["recorded_at"] = payment["attempted_at"] + timedelta(minutes=61)


def _movement_recorded_late(fault: Fault, _: Rows, after: Rows) -> None:
    recorded = instant(fault.first + timedelta(days=2), 6)
    after.setdefault(LATE, []).append(
        {
            "movement_id": f"V-{fault.first:%Y%m%d}-late",
            "sku": f"SKU-{ARTICLES:04d}",
            "location": EAST,
            "kind": "adjust",
            "qty": 0,
            "ref_id": None,
            "occurred_at": instant(fault.first, 8),
            "recorded_at": recorded,
            "actor": STOREKEEPER,
            "approver": STORE_HEAD,
            "ticket_key": f"OPS-{fault.first:%m%d}",
            "_comes_at": recorded,
        }
    )


def _number_twice(_: Fault, rows: Rows, __: Rows) -> None:
    tried, real = _numbers(rows)
    tried["order_number"] = real["order_number"]


def _cancelled_not_refunded(fault: Fault, rows: Rows, _: Rows) -> None:
    order = quiet(rows, fault.number)[0]
    order["_amended"] = (late(order), "cancelled")


def _altered_after_close(fault: Fault, rows: Rows, _: Rows) -> None:
    morning = instant(fault.first + timedelta(days=1), 6)
    quiet(rows, fault.number)[0]["_altered"] = (morning, "Somebody.Else@Mail.Example")


def _refund(fault: Fault, rows: Rows, after: Rows) -> None:
    """Give an order's lines back as store credit, so that the processor need know nothing of it."""
    order = _refundable(fault, rows)
    name, at = _refund_id(order), instant(fault.first, 22)
    part = fault.kind == "refund_tax_of_part"
    given = []
    for line, tax in _taxed(order, rows):
        cost = price(order, line, {line["line_id"]: tax})
        amount = cost // 2 if part else cost
        given.append(
            {
                "refund_id": name,
                "line_id": line["line_id"],
                "target_kind": "line",
                "qty_e4": 0 if part else line["qty_e4"],
                "amount_minor": amount,
                "tax_minor": round_div(tax * amount, cost, "half_up") if cost else 0,
                "_at": at,
            }
        )
    most = max(given, key=lambda line: line["tax_minor"])
    most["tax_minor"] += {"refund_tax_of_part": 2, "refund_tax_of_whole": -1}.get(fault.kind, 0)
    most["qty_e4"] += 10_000 if fault.kind == "refund_quantity" else 0
    after["refund_lines"] += given
    approver = {"refund_approval_missing": None, "refund_approval_own": SUPPORT[0]}
    after["refunds"].append(
        {
            "refund_id": name,
            "order_id": order["order_id"],
            "processor_ref": f"re_{name}" if fault.kind == "refund_not_at_processor" else None,
            "status": "succeeded",
            "currency": order["currency"],
            "amount_minor": order["total_minor"] + 1
            if fault.kind == "refund_over_capture"
            else sum(line["amount_minor"] for line in given),
            "tax_minor": sum(line["tax_minor"] for line in given),
            "reason": "price_adjustment" if fault.kind == "refund_not_at_processor" else "store_credit",
            "created_at": at,
            "recorded_at": at + timedelta(seconds=3),
            "actor": SUPPORT[0],
            "approver": approver.get(fault.kind, SUPPORT_HEAD),
        }
    )


def _refund_id(order: Row) -> str:
    return f"R-{order['order_id']}-credit"


def _taxed(order: Row, rows: Rows) -> list[tuple[Row, int]]:
    """Return an order's lines with the tax on each."""
    taxes = {tax["line_id"]: tax["tax_minor"] for tax in rows["order_tax_lines"]}
    return [
        (line, taxes.get(line["line_id"], 0))
        for line in rows["order_lines"]
        if line["order_id"] == order["order_id"]
    ]


def _refundable(fault: Fault, rows: Rows) -> Row:
    """Return the n-th order at rest whose lines cost enough to need a second person, and are taxed."""
    found = []
    for order, _ in at_rest(rows):
        if not order["_plain"]:
            continue
        lines = _taxed(order, rows)
        cost = sum(price(order, line, {line["line_id"]: tax}) for line, tax in lines)
        if cost >= APPROVED_FROM[order["currency"]] and sum(tax for _, tax in lines) > ENOUGH_TAX:
            found.append(order)
    return found[fault.number - 1]


def _parcel(fault: Fault, rows: Rows) -> Row:
    found = [parcel for parcel in rows["fulfilments"] if parcel["shipped_at"].date() == fault.first]
    return found[fault.number - 1]


def _payment(fault: Fault, rows: Rows) -> Row:
    ours = {order["order_id"] for order in real(rows)}
    found = [
        one
        for one in rows["payments"]
        if one["order_id"] in ours
        and one["status"] == "succeeded"
        and one["attempted_at"].date() == fault.first
    ]
    return found[-fault.number]


def _numbers(rows: Rows) -> tuple[Row, Row]:
    """Return the day's first test order, and the first real order after it."""
    listed = rows["orders"]
    at = next(n for n, order in enumerate(listed) if order["is_test"])
    real = next(order for order in listed[at:] if not order["is_test"] and order["status"] != "draft")
    return listed[at], real


OF_ORDERS: dict[str, Callable[[Fault, Rows, Rows], None]] = {
    **dict.fromkeys(CORRECTIONS, _correction),
    **dict.fromkeys(REFUNDS, _refund),
    **OF_PAYMENTS,
    "change_unrecorded": _change_unrecorded,
    "shipped_without_order": _shipped_without_order,
    "shipped_too_much": _shipped_too_much,
    "parcel_late": _parcel_late,
    "payment_recorded_late": _payment_recorded_late,
    "movement_recorded_late": _movement_recorded_late,
    "number_twice": _number_twice,
    "order_altered": _altered_after_close,
    "cancelled_not_refunded": _cancelled_not_refunded,
}
"""What happens to a day's orders, or stands beside them."""
SLIPS = frozenset({*OF_ORDERS, *NAMED})
