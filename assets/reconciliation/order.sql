-- R03, R04: what should each order's subtotal, discount and total be, given its lines and its recorded parts?
-- The total is computed from the recorded subtotal and discount, so that one wrong figure is found once.
with
    lines as (
        select
            order_id,
            count(*) as line_count,
            sum(ext_minor) as ext_minor,
            sum(line_discount_minor + alloc_discount_minor) as discount_minor
        from shop_order_line
        group by order_id
    )
select
    o.order_id,
    o.order_number,
    o.currency,
    c.minor_digits,
    o.price_includes_tax,
    o.subtotal_minor,
    coalesce(l.ext_minor, 0)::bigint as expected_subtotal_minor,
    o.discount_minor,
    coalesce(l.discount_minor, 0)::bigint as expected_discount_minor,
    o.shipping_minor,
    o.shipping_discount_minor,
    o.fees_minor,
    o.tax_minor,
    o.rounding_adj_minor,
    o.total_minor,
    (
        o.subtotal_minor::hugeint
        - o.discount_minor
        + o.shipping_minor
        - o.shipping_discount_minor
        + o.fees_minor
        + case when o.price_includes_tax then 0 else o.tax_minor end
        + o.rounding_adj_minor
    )::bigint as expected_total_minor,
    coalesce(l.line_count, 0) as line_count,
    o.placed_at,
    o.is_test,
    o.status as order_status
from shop_order as o
left join lines as l
    on l.order_id = o.order_id
left join register_currency as c
    on c.currency = o.currency
order by o.order_id
