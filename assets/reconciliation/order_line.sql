-- R01: what should each line's extension be, under the rounding policy in force when its order was placed?
-- Quantity and unit price are in 1/10000, so their product is in 1/100000000 minor units. An extension that no amount
-- can be as large as is null here, and so unknown.
with
    sale as (
        select
            o.order_id,
            o.order_number,
            o.currency,
            o.policy_id,
            p.line_mode,
            o.placed_at,
            o.is_test,
            o.status
        from shop_order as o
        left join register_rounding_policy as p
            on p.policy_id = o.policy_id
            and o.placed_at::date >= p.valid_from
            and o.placed_at::date <= coalesce(p.valid_to, date '9999-12-31')
    )
select
    l.line_id,
    l.order_id,
    o.order_number,
    o.currency,
    o.policy_id,
    o.line_mode,
    l.qty_e4,
    l.unit_price_e4,
    l.ext_minor,
    try_cast(
        round_div(l.qty_e4::hugeint * l.unit_price_e4::hugeint, 100000000, o.line_mode) as bigint
    ) as expected_ext_minor,
    l.line_discount_minor,
    l.alloc_discount_minor,
    o.placed_at,
    o.is_test,
    o.status = 'draft' as is_draft
from shop_order_line as l
left join sale as o
    on o.order_id = l.order_id
order by l.line_id
