"""What would the same rules be in pandas, written by somebody who knows these orders, in whole numbers?

Columns in Arrow's types, which pandas joins and groups faster than its own strings; only those that are used
are read. Rules for what these orders do not have (certificates, other ways to round) are left out.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from tests.benchmarks.trade.make import Trade

PAID = ("paid", "partially_refunded", "refunded")


def breaks(trade: Trade) -> Counter[str]:
    """Return how many breaks of each code these rules find."""
    orders = _sales(trade)
    lines = _lines(trade)
    found = _orders(trade, orders, lines)
    found += _taxes(trade, orders, lines)
    found += _payments(trade, orders)
    found += _refunds(trade)
    return found


def captures(trade: Trade) -> Counter[str]:
    """Return the breaks of the shop's captures against the processor's charges alone."""
    return compared(*sides(trade))


def sides(trade: Trade) -> tuple[Any, Any]:
    """Return what was captured by reference, as the shop and as the processor has it."""
    taken = _taken(trade)
    platform = (
        taken.groupby(["processor", "processor_ref"])
        .agg(
            captured_minor=("amount_minor", "sum"),
            currency=("currency", "first"),
            livemode=("livemode", "first"),
            orders=("order_id", "nunique"),
        )
        .reset_index()
    )
    charges = _read(trade, "psp_charge", "processor", "id", "captured_minor", "currency", "livemode")
    records = charges.groupby(["processor", "id"]).size().rename("records").reset_index()
    charges = charges.drop_duplicates(["processor", "id"]).merge(records, on=["processor", "id"])
    return platform, charges.rename(columns={"id": "processor_ref"})


def compared(platform: Any, charges: Any) -> Counter[str]:
    """Return the breaks between both sides."""
    both = platform.merge(
        charges, on=["processor", "processor_ref"], how="outer", suffixes=("", "_there"), indicator=True
    )
    matched = both[both["_merge"] == "both"]
    return Counter(
        ORPHAN_PROCESSOR_CHARGE=int((both["_merge"] == "right_only").sum()),
        ORPHAN_PLATFORM_PAYMENT=int((both["_merge"] == "left_only").sum()),
        AMBIGUOUS=_count((both["orders"] > 1) | (both["records"] > 1)),
        AMOUNT=_count(matched["captured_minor"] != matched["captured_minor_there"]),
        CURRENCY=_count(matched["currency"] != matched["currency_there"]),
        LIVEMODE=_count(matched["livemode"] != matched["livemode_there"]),
    )


def _read(trade: Trade, dataset: str, *columns: str) -> Any:
    return pd.read_parquet(
        trade.folder / dataset, engine="pyarrow", dtype_backend="pyarrow", columns=[*columns] or None
    )


def _count(refused: Any) -> int:
    return int(refused.fillna(value=False).sum())


def _half_up(n: Any, d: Any) -> Any:
    return (2 * n + d) // (2 * d)


def _in_force(rows: Any) -> Any:
    return (rows["valid_from"] <= rows["placed_on"]) & (
        rows["valid_to"].isna() | (rows["valid_to"] >= rows["placed_on"])
    ).fillna(value=False)


def _sales(trade: Trade) -> Any:
    """Return the orders with their policy; it is looked up once for each policy and day."""
    orders = _read(
        trade,
        "shop_order",
        "order_id",
        "placed_at",
        "financial_status",
        "currency",
        "price_includes_tax",
        "policy_id",
        "subtotal_minor",
        "discount_minor",
        "shipping_minor",
        "shipping_discount_minor",
        "fees_minor",
        "tax_minor",
        "rounding_adj_minor",
        "total_minor",
    )
    orders["placed_on"] = orders["placed_at"].dt.floor("D").astype("date32[pyarrow]")
    policies = (
        orders[["policy_id", "placed_on"]]
        .drop_duplicates()
        .merge(_read(trade, "register_rounding_policy"), on="policy_id")
    )
    policies = policies[_in_force(policies)][["policy_id", "placed_on", "line_mode", "tax_scope"]]
    return orders.merge(policies, on=["policy_id", "placed_on"], how="left")


def _lines(trade: Trade) -> Any:
    lines = _read(
        trade,
        "shop_order_line",
        "order_id",
        "line_id",
        "qty_e4",
        "unit_price_e4",
        "ext_minor",
        "line_discount_minor",
        "alloc_discount_minor",
        "is_gift_card",
    )
    lines["given_minor"] = lines["line_discount_minor"] + lines["alloc_discount_minor"]
    lines["out_of_bounds"] = (
        (lines["line_discount_minor"] < 0)
        | (lines["alloc_discount_minor"] < 0)
        | (lines["given_minor"] > lines["ext_minor"])
    )
    lines["negative"] = lines["qty_e4"] < 0
    return lines


def _orders(trade: Trade, orders: Any, lines: Any) -> Counter[str]:
    extended = lines.merge(orders[["order_id", "line_mode"]], on="order_id")
    extended = extended[extended["line_mode"].notna()]
    summed = lines.groupby("order_id").agg(
        ext_minor=("ext_minor", "sum"),
        given_minor=("given_minor", "sum"),
        negative=("negative", "any"),
        out_of_bounds=("out_of_bounds", "any"),
    )
    quotes = _read(trade, "shop_shipping_quote", "order_id", "quoted_at", "amount_minor").merge(
        orders[["order_id", "placed_at"]], on="order_id"
    )
    quotes = (
        quotes[quotes["quoted_at"] <= quotes["placed_at"]]
        .sort_values("quoted_at")
        .drop_duplicates("order_id", keep="last")
        .rename(columns={"amount_minor": "quoted_minor"})
    )
    currencies = _read(trade, "register_currency")
    payments = (
        _read(trade, "shop_payment", "order_id", "currency", "amount_minor")
        .merge(orders[["order_id", "currency"]], on="order_id", suffixes=("", "_ordered"))
        .merge(currencies, on="currency", how="left")
    )
    payments["mixed"] = payments["currency"] != payments["currency_ordered"]
    payments["odd"] = (
        payments["amount_minor"]
        - payments["amount_minor"] // payments["processor_multiple"] * payments["processor_multiple"]
        != 0
    ).fillna(value=False)
    paid = payments.groupby("order_id").agg(mixed=("mixed", "any"), odd=("odd", "any"))
    whole = (
        orders.merge(summed, on="order_id", how="left")
        .merge(quotes[["order_id", "quoted_minor"]], on="order_id", how="left")
        .merge(paid, on="order_id", how="left")
        .merge(currencies, on="currency", how="left")
    )
    total = (
        whole["subtotal_minor"]
        - whole["discount_minor"]
        + whole["shipping_minor"]
        - whole["shipping_discount_minor"]
        + whole["fees_minor"]
        + whole["tax_minor"].where(~whole["price_includes_tax"], 0)
        + whole["rounding_adj_minor"]
    )
    left_over = (
        whole["total_minor"]
        - whole["total_minor"] // whole["processor_multiple"] * whole["processor_multiple"]
    )
    discounts = (
        _read(trade, "shop_discount", "discount_id", "order_id", "kind", "promotion_id")
        .merge(orders[["order_id", "placed_on"]], on="order_id")
        .merge(_read(trade, "register_promotion"), on=["promotion_id", "kind"], how="left")
    )
    return Counter(
        LINE_EXT=_count(
            _half_up(extended["qty_e4"] * extended["unit_price_e4"], 100_000_000) != extended["ext_minor"]
        ),
        DISCOUNT_BOUNDS=_count(whole["out_of_bounds"]),
        DISCOUNT_ALLOCATION=_count(whole["discount_minor"] != whole["given_minor"]),
        SUBTOTAL=_count(whole["subtotal_minor"] != whole["ext_minor"]),
        ORDER_TOTAL=_count(whole["total_minor"] != total),
        SHIPPING_QUOTE=_count(whole["shipping_minor"] != whole["quoted_minor"].fillna(0)),
        CURRENCY_UNKNOWN=_count(whole["minor_digits"].isna()),
        CURRENCY_MIX=_count(whole["mixed"]),
        NEGATIVE_QUANTITY=_count(whole["negative"]),
        MINOR_UNIT=_count(left_over != 0) + _count(whole["odd"]),
        DISCOUNT_UNAUTHORISED=_count(~_in_force(discounts)),
    )


def _taxes(trade: Trade, orders: Any, lines: Any) -> Counter[str]:
    lines["base_minor"] = (lines["ext_minor"] - lines["given_minor"]).clip(lower=0)
    rates = _read(trade, "register_tax_rate").rename(columns={"rate_e9": "registered_e9"})
    registrations = _read(trade, "register_tax_registration", "jurisdiction").assign(registered=True)
    taxes = (
        _read(trade, "shop_order_tax_line")
        .merge(
            orders[["order_id", "placed_on", "price_includes_tax", "tax_scope"]], on="order_id", how="left"
        )
        .merge(
            lines[["order_id", "line_id", "is_gift_card", "base_minor"]],
            on=["order_id", "line_id"],
            how="left",
        )
        .merge(rates, on=["jurisdiction", "tax_category"], how="left")
    )
    taxes = taxes[taxes["registered_e9"].isna() | _in_force(taxes)].merge(
        registrations, on="jurisdiction", how="left"
    )
    taxed = taxes["exempt_reason"].isna()
    registered = taxes["registered"].notna()
    rate = taxes["rate_e9"].where(taxed, 0)
    taxes["product"] = taxes["taxable_minor"] * rate
    taxes["by_line"] = _half_up(taxes["product"], 1_000_000_000 + rate)
    taxes["off"] = taxed & (taxes["taxable_minor"] != taxes["base_minor"])
    together = (
        taxes[taxes["tax_scope"] == "order_jurisdiction"]
        .groupby(["order_id", "jurisdiction"])["product"]
        .sum()
        .reset_index()
    )
    together["owed_minor"] = _half_up(together["product"], 1_000_000_000)
    owed = pd.concat(
        [
            together.groupby("order_id")["owed_minor"].sum(),
            taxes[taxes["tax_scope"] == "line"].groupby("order_id")["by_line"].sum().rename("owed_minor"),
        ]
    )
    recorded = taxes.groupby("order_id").agg(lines_minor=("tax_minor", "sum"), off=("off", "any"))
    whole = orders.merge(owed, on="order_id", how="left").merge(recorded, on="order_id", how="left")
    should = lines[~lines["is_gift_card"] & (lines["ext_minor"] != lines["given_minor"])]
    should = should[["order_id", "line_id"]].merge(
        taxes[["order_id", "line_id"]], on=["order_id", "line_id"], how="left", indicator=True
    )
    untaxed = should.loc[should["_merge"] == "left_only", "order_id"]
    untaxed = untaxed[untaxed.isin(recorded.index)]
    certified = taxes.loc[~taxed, ["jurisdiction", "exempt_reason"]].merge(
        _read(trade, "register_tax_certificate").rename(columns={"reason": "exempt_reason"}),
        on=["jurisdiction", "exempt_reason"],
        how="left",
    )
    least = (taxes["taxable_minor"] * taxes["registered_e9"]) // (
        1_000_000_000 + taxes["registered_e9"].where(taxes["price_includes_tax"], 0)
    )
    has_policy = whole["tax_scope"].notna()
    no_tax = registered & taxed & ~taxes["is_gift_card"] & (taxes["tax_minor"] == 0) & (least != 0)
    return Counter(
        TAX_AMOUNT=_count(has_policy & (whole["tax_minor"] != whole["owed_minor"].fillna(0))),
        TAX_BASE=_count(whole["off"]),
        LINE_UNTAXED=int(untaxed.nunique()),
        TAX_LINES_SUM=_count(whole["tax_minor"] != whole["lines_minor"].fillna(0)),
        NO_POLICY=_count(~has_policy),
        RATE_MISMATCH=_count(taxed & (taxes["rate_e9"] != taxes["registered_e9"])),
        RATE_UNKNOWN=_count(taxed & taxes["registered_e9"].isna()),
        NEXUS=_count(((taxes["tax_minor"] != 0) & ~registered) | no_tax),
        GIFTCARD_TAXED=_count(taxes["is_gift_card"] & (taxes["tax_minor"] != 0)),
        EXEMPT_NO_CERT=_count(certified["certificate_id"].isna()),
    )


def _taken(trade: Trade) -> Any:
    payments = _read(
        trade,
        "shop_payment",
        "order_id",
        "processor",
        "processor_ref",
        "kind",
        "status",
        "amount_minor",
        "currency",
        "livemode",
        "tender_seq",
        "idempotency_key",
    )
    return payments[payments["kind"].isin(["capture", "sale"]) & (payments["status"] == "succeeded")]


def _payments(trade: Trade, orders: Any) -> Counter[str]:
    taken = _taken(trade)
    by_order = taken.groupby("order_id")["amount_minor"].sum().rename("captured_minor")
    credited = _read(trade, "shop_order", "order_id", "giftcard_minor", "store_credit_minor")
    due = (
        orders.loc[orders["financial_status"].isin(PAID), ["order_id", "total_minor"]]
        .merge(credited, on="order_id")
        .merge(by_order, on="order_id", how="left")
    )
    difference = (
        due["captured_minor"].fillna(0)
        - due["total_minor"]
        + due["giftcard_minor"].fillna(0)
        + due["store_credit_minor"].fillna(0)
    )
    alike = taken.groupby(["order_id", "currency", "amount_minor"])["tender_seq"]
    beyond = alike.size() - alike.nunique()
    keyed = taken.groupby(["order_id", "idempotency_key"])["processor_ref"].nunique()
    twice = {*beyond[beyond > 0].reset_index()["order_id"], *keyed[keyed > 1].reset_index()["order_id"]}
    return Counter(
        UNDER_CAPTURED=_count(difference < 0),
        OVER_CAPTURED=_count(difference > 0),
        DUPLICATE_CAPTURE=len(twice),
    ) + captures(trade)


def _refunds(trade: Trade) -> Counter[str]:
    wanted = ("amount_minor", "currency", "status")
    both = _read(trade, "shop_refund", "processor_ref", *wanted).merge(
        _read(trade, "psp_refund", "id", *wanted),
        left_on="processor_ref",
        right_on="id",
        how="outer",
        suffixes=("", "_there"),
        indicator=True,
    )
    matched = both[both["_merge"] == "both"]
    return Counter(
        REFUND_MISSING_LEFT=int((both["_merge"] == "right_only").sum()),
        REFUND_MISSING_RIGHT=int((both["_merge"] == "left_only").sum()),
        REFUND_AMOUNT=_count(matched["amount_minor"] != matched["amount_minor_there"]),
        REFUND_CURRENCY=_count(matched["currency"] != matched["currency_there"]),
        REFUND_STATUS=_count(matched["status"] != matched["status_there"]),
    )
