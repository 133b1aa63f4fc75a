"""What would the same rules be in Polars, written by somebody who knows these orders, in whole numbers?

Lazy frames, so that only the columns that are used are read, and one `collect_all`, so that what is common is
computed once. Rules for what these orders do not have (certificates, other ways to round) are left out.
"""

from __future__ import annotations

from collections import Counter

import polars as pl

from tests.benchmarks.trade.make import Trade


def breaks(trade: Trade) -> Counter[str]:
    """Return how many breaks of each code these rules find."""
    found = {**_orders(trade), **_taxes(trade), **_payments(trade), **_refunds(trade)}
    counts = [frame.select(pl.len()) for frame in found.values()]
    return Counter(dict(zip(found, (int(frame.item()) for frame in pl.collect_all(counts)), strict=True)))


def captures(trade: Trade) -> Counter[str]:
    """Return the breaks of the shop's captures against the processor's charges alone."""
    found = _captures(trade)
    counts = [frame.select(pl.len()) for frame in found.values()]
    return Counter(dict(zip(found, (int(frame.item()) for frame in pl.collect_all(counts)), strict=True)))


def _half_up(n: pl.Expr, d: pl.Expr | int) -> pl.Expr:
    return (2 * n + d) // (2 * d)


def _scan(trade: Trade, dataset: str) -> pl.LazyFrame:
    return pl.scan_parquet(trade.files(dataset))


def _in_force(column: str = "placed_on") -> pl.Expr:
    return (pl.col("valid_from") <= pl.col(column)) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col(column))
    )


def _sales(trade: Trade) -> pl.LazyFrame:
    """Return the orders with their policy; it is looked up once for each policy and day."""
    orders = _scan(trade, "shop_order").with_columns(placed_on=pl.col("placed_at").dt.date())
    policies = (
        orders.select("policy_id", "placed_on")
        .unique()
        .join(_scan(trade, "register_rounding_policy"), on="policy_id")
        .filter(_in_force())
        .select("policy_id", "placed_on", "line_mode", "tax_scope")
    )
    return orders.join(policies, on=["policy_id", "placed_on"], how="left")


def _orders(trade: Trade) -> dict[str, pl.LazyFrame]:
    orders = _sales(trade)
    lines = _scan(trade, "shop_order_line")
    discount = pl.col("line_discount_minor") + pl.col("alloc_discount_minor")
    extended = lines.join(orders.filter(pl.col("line_mode").is_not_null()).select("order_id"), on="order_id")
    summed = lines.group_by("order_id").agg(
        ext_minor=pl.col("ext_minor").sum(),
        given_minor=discount.sum(),
        negative=(pl.col("qty_e4") < 0).any(),
        out_of_bounds=(
            (pl.col("line_discount_minor") < 0)
            | (pl.col("alloc_discount_minor") < 0)
            | (discount > pl.col("ext_minor"))
        ).any(),
    )
    quotes = (
        _scan(trade, "shop_shipping_quote")
        .join(orders.select("order_id", "placed_at"), on="order_id")
        .filter(pl.col("quoted_at") <= pl.col("placed_at"))
        .sort("quoted_at")
        .group_by("order_id")
        .agg(pl.col("amount_minor").last().alias("quoted_minor"))
    )
    currencies = _scan(trade, "register_currency")
    payments = (
        _scan(trade, "shop_payment")
        .join(orders.select("order_id", ordered_in="currency"), on="order_id")
        .join(currencies, on="currency", how="left")
        .group_by("order_id")
        .agg(
            mixed=(pl.col("currency") != pl.col("ordered_in")).any(),
            odd=(pl.col("amount_minor") % pl.col("processor_multiple") != 0).any(),
        )
    )
    whole = (
        orders.join(summed, on="order_id", how="left")
        .join(quotes, on="order_id", how="left")
        .join(payments, on="order_id", how="left")
        .join(currencies, on="currency", how="left")
    )
    total = (
        pl.col("subtotal_minor")
        - pl.col("discount_minor")
        + pl.col("shipping_minor")
        - pl.col("shipping_discount_minor")
        + pl.col("fees_minor")
        + pl.when("price_includes_tax").then(0).otherwise(pl.col("tax_minor"))
        + pl.col("rounding_adj_minor")
    )
    discounts = (
        _scan(trade, "shop_discount")
        .join(orders.select("order_id", "placed_on"), on="order_id")
        .join(_scan(trade, "register_promotion"), on=["promotion_id", "kind"], how="left")
    )
    return {
        "LINE_EXT": extended.filter(
            _half_up(pl.col("qty_e4") * pl.col("unit_price_e4"), 100_000_000) != pl.col("ext_minor")
        ),
        "DISCOUNT_BOUNDS": whole.filter("out_of_bounds"),
        "DISCOUNT_ALLOCATION": whole.filter(pl.col("discount_minor") != pl.col("given_minor")),
        "SUBTOTAL": whole.filter(pl.col("subtotal_minor") != pl.col("ext_minor")),
        "ORDER_TOTAL": whole.filter(pl.col("total_minor") != total),
        "SHIPPING_QUOTE": whole.filter(pl.col("shipping_minor") != pl.col("quoted_minor").fill_null(0)),
        "CURRENCY_UNKNOWN": whole.filter(pl.col("minor_digits").is_null()),
        "CURRENCY_MIX": whole.filter("mixed"),
        "NEGATIVE_QUANTITY": whole.filter("negative"),
        "MINOR_UNIT": whole.filter(
            (pl.col("total_minor") % pl.col("processor_multiple") != 0) | pl.col("odd")
        ),
        "DISCOUNT_UNAUTHORISED": discounts.filter(
            (_in_force() & pl.col("approver_right").is_not_null()).fill_null(value=False).not_()
        ),
    }


def _taxes(trade: Trade) -> dict[str, pl.LazyFrame]:
    orders = _sales(trade)
    lines = _scan(trade, "shop_order_line")
    rates = _scan(trade, "register_tax_rate").rename({"rate_e9": "registered_e9"})
    registrations = _scan(trade, "register_tax_registration").rename(
        {"valid_from": "registered_from", "valid_to": "registered_to"}
    )
    taxes = (
        _scan(trade, "shop_order_tax_line")
        .join(
            orders.select("order_id", "placed_on", "price_includes_tax", "tax_scope"),
            on="order_id",
            how="left",
        )
        .join(
            lines.select(
                "order_id",
                "line_id",
                "is_gift_card",
                base_minor=(
                    pl.col("ext_minor") - pl.col("line_discount_minor") - pl.col("alloc_discount_minor")
                ).clip(lower_bound=0),
            ),
            on=["order_id", "line_id"],
            how="left",
        )
        .join(rates, on=["jurisdiction", "tax_category"], how="left")
        .filter(pl.col("registered_e9").is_null() | _in_force())
        .join(registrations, on="jurisdiction", how="left")
    )
    rate = pl.when(pl.col("exempt_reason").is_null()).then(pl.col("rate_e9")).otherwise(0)
    by_line = _half_up(pl.col("taxable_minor") * rate, 1_000_000_000 + rate)
    together = (
        taxes.filter(pl.col("tax_scope") == "order_jurisdiction")
        .group_by("order_id", "jurisdiction")
        .agg(product=(pl.col("taxable_minor") * rate).sum())
        .group_by("order_id")
        .agg(owed_minor=_half_up(pl.col("product"), 1_000_000_000).sum())
    )
    one_by_one = (
        taxes.filter(pl.col("tax_scope") == "line").group_by("order_id").agg(owed_minor=by_line.sum())
    )
    recorded = taxes.group_by("order_id").agg(
        lines_minor=pl.col("tax_minor").sum(),
        off=((pl.col("taxable_minor") != pl.col("base_minor")) & pl.col("exempt_reason").is_null()).any(),
    )
    untaxed = (
        lines.filter(
            ~pl.col("is_gift_card")
            & (pl.col("ext_minor") != pl.col("line_discount_minor") + pl.col("alloc_discount_minor"))
        )
        .join(recorded.select("order_id"), on="order_id", how="semi")
        .join(taxes.select("order_id", "line_id"), on=["order_id", "line_id"], how="anti")
        .select("order_id")
        .unique()
    )
    whole = orders.join(pl.concat([together, one_by_one]), on="order_id", how="left").join(
        recorded, on="order_id", how="left"
    )
    certificates = _scan(trade, "register_tax_certificate").rename({"reason": "exempt_reason"})
    uncertified = taxes.filter(pl.col("exempt_reason").is_not_null()).join(
        certificates, on=["jurisdiction", "exempt_reason"], how="anti"
    )
    registered = pl.col("registered_from").is_not_null()
    least = (pl.col("taxable_minor") * pl.col("registered_e9")) // (
        1_000_000_000 + pl.when("price_includes_tax").then(pl.col("registered_e9")).otherwise(0)
    )
    return {
        "TAX_AMOUNT": whole.filter(
            pl.col("tax_scope").is_not_null() & (pl.col("tax_minor") != pl.col("owed_minor").fill_null(0))
        ),
        "TAX_BASE": whole.filter("off"),
        "LINE_UNTAXED": untaxed,
        "TAX_LINES_SUM": whole.filter(pl.col("tax_minor") != pl.col("lines_minor").fill_null(0)),
        "NO_POLICY": whole.filter(pl.col("tax_scope").is_null()),
        "RATE_MISMATCH": taxes.filter(
            pl.col("exempt_reason").is_null() & (pl.col("rate_e9") != pl.col("registered_e9"))
        ),
        "RATE_UNKNOWN": taxes.filter(pl.col("exempt_reason").is_null() & pl.col("registered_e9").is_null()),
        "NEXUS": taxes.filter(
            ((pl.col("tax_minor") != 0) & ~registered)
            | (
                registered
                & pl.col("exempt_reason").is_null()
                & ~pl.col("is_gift_card")
                & (pl.col("tax_minor") == 0)
                & (least != 0)
            )
        ),
        "GIFTCARD_TAXED": taxes.filter(pl.col("is_gift_card") & (pl.col("tax_minor") != 0)),
        "EXEMPT_NO_CERT": uncertified,
    }


def _payments(trade: Trade) -> dict[str, pl.LazyFrame]:
    taken = _scan(trade, "shop_payment").filter(
        pl.col("kind").is_in(["capture", "sale"]) & (pl.col("status") == "succeeded")
    )
    by_order = taken.group_by("order_id").agg(captured_minor=pl.col("amount_minor").sum())
    twice = (
        taken.group_by("order_id", "currency", "amount_minor")
        .agg(beyond=pl.len() - pl.col("tender_seq").n_unique())
        .filter(pl.col("beyond") > 0)
        .select("order_id")
    )
    keyed = (
        taken.group_by("order_id", "idempotency_key")
        .agg(references=pl.col("processor_ref").n_unique())
        .filter(pl.col("references") > 1)
        .select("order_id")
    )
    difference = (
        pl.col("captured_minor").fill_null(0)
        - pl.col("total_minor")
        + pl.col("giftcard_minor").cast(pl.Int64).fill_null(0)
        + pl.col("store_credit_minor").cast(pl.Int64).fill_null(0)
    )
    due = (
        _scan(trade, "shop_order")
        .filter(pl.col("financial_status").is_in(["paid", "partially_refunded", "refunded"]))
        .join(by_order, on="order_id", how="left")
        .with_columns(difference=difference)
    )
    return {
        "UNDER_CAPTURED": due.filter(pl.col("difference") < 0),
        "OVER_CAPTURED": due.filter(pl.col("difference") > 0),
        "DUPLICATE_CAPTURE": pl.concat([twice, keyed]).unique(),
        **_captures(trade),
    }


def _captures(trade: Trade) -> dict[str, pl.LazyFrame]:
    platform = (
        _scan(trade, "shop_payment")
        .filter(pl.col("kind").is_in(["capture", "sale"]) & (pl.col("status") == "succeeded"))
        .group_by("processor", "processor_ref")
        .agg(
            captured_minor=pl.col("amount_minor").sum(),
            currency=pl.col("currency").min(),
            livemode=pl.col("livemode").min(),
            orders=pl.col("order_id").n_unique(),
        )
    )
    charges = (
        _scan(trade, "psp_charge")
        .group_by("processor", "id")
        .agg(
            pl.col("captured_minor").min(),
            pl.col("currency").min(),
            pl.col("livemode").min(),
            records=pl.len(),
        )
    )
    sides = platform.join(
        charges.with_columns(processor_ref=pl.col("id")), on=["processor", "processor_ref"], how="full"
    )
    return {
        "ORPHAN_PROCESSOR_CHARGE": sides.filter(pl.col("processor_ref").is_null()),
        "ORPHAN_PLATFORM_PAYMENT": sides.filter(pl.col("id").is_null()),
        "AMBIGUOUS": sides.filter((pl.col("orders") > 1) | (pl.col("records") > 1)),
        "AMOUNT": sides.filter(pl.col("captured_minor") != pl.col("captured_minor_right")),
        "CURRENCY": sides.filter(pl.col("currency") != pl.col("currency_right")),
        "LIVEMODE": sides.filter(pl.col("livemode") != pl.col("livemode_right")),
    }


def _refunds(trade: Trade) -> dict[str, pl.LazyFrame]:
    sides = _scan(trade, "shop_refund").join(
        _scan(trade, "psp_refund").with_columns(processor_ref=pl.col("id")), on="processor_ref", how="full"
    )
    return {
        "REFUND_MISSING_LEFT": sides.filter(pl.col("processor_ref").is_null()),
        "REFUND_MISSING_RIGHT": sides.filter(pl.col("id").is_null()),
        "REFUND_AMOUNT": sides.filter(pl.col("amount_minor") != pl.col("amount_minor_right")),
        "REFUND_CURRENCY": sides.filter(pl.col("currency") != pl.col("currency_right")),
        "REFUND_STATUS": sides.filter(pl.col("status") != pl.col("status_right")),
    }
