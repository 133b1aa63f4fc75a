-- R03, R04, R08, R09: what should each order's subtotal, discount, shipping and total be, and are they legal amounts?
-- The total is computed from the recorded subtotal and discount, so that one wrong figure is found once. The quote is
-- the last one before the order was placed. A sum that no amount can be as large as is null here, and so unknown.
with
    lines as (
        select
            order_id,
            count(*) as line_count,
            count_if(qty_e4 < 0) as negative_lines,
            try_cast(sum(ext_minor) as bigint) as ext_minor,
            try_cast(sum(line_discount_minor::hugeint + alloc_discount_minor) as bigint) as discount_minor
        from shop_order_line
        group by order_id
    ),
    quoted as (
        select
            q.quote_id,
            q.order_id,
            q.quoted_at,
            q.amount_minor,
            q.override_approver
        from shop_shipping_quote as q
        join shop_order as o
            on o.order_id = q.order_id
            and q.quoted_at <= o.placed_at
    ),
    -- Only the quotes of orders that have several are put in order: most orders have one.
    by_order as (
        select
            order_id,
            count(*) as quotes,
            any_value(amount_minor) as amount_minor,
            any_value(override_approver) as override_approver
        from quoted
        group by order_id
    ),
    quote as (
        select
            order_id,
            amount_minor,
            override_approver
        from by_order
        where quotes = 1
        union all
        select
            q.order_id,
            q.amount_minor,
            q.override_approver
        from quoted as q
        semi join by_order as b
            on b.order_id = q.order_id
            and b.quotes > 1
        qualify row_number() over (partition by q.order_id order by q.quoted_at desc, q.quote_id desc) = 1
    ),
    paid as (
        select
            p.order_id,
            count_if(p.currency <> o.currency) as payments_in_other_currency,
            count_if(p.currency = o.currency and p.amount_minor % c.processor_multiple <> 0) as payments_off_multiple
        from shop_payment as p
        join shop_order as o
            on o.order_id = p.order_id
        left join register_currency as c
            on c.currency = p.currency
        where p.currency <> o.currency or p.amount_minor % c.processor_multiple <> 0
        group by p.order_id
    )
select
    o.order_id,
    o.order_number,
    o.currency,
    c.minor_digits,
    o.price_includes_tax,
    o.subtotal_minor,
    case when l.order_id is null then 0 else l.ext_minor end as expected_subtotal_minor,
    o.discount_minor,
    case when l.order_id is null then 0 else l.discount_minor end as expected_discount_minor,
    o.shipping_minor,
    q.amount_minor as quoted_shipping_minor,
    q.override_approver as shipping_override_approver,
    o.shipping_discount_minor,
    o.fees_minor,
    o.tax_minor,
    o.rounding_adj_minor,
    o.total_minor,
    try_cast(
        o.subtotal_minor::hugeint
        - o.discount_minor
        + o.shipping_minor
        - o.shipping_discount_minor
        + o.fees_minor
        + case when o.price_includes_tax then 0 else o.tax_minor end
        + o.rounding_adj_minor
        as bigint
    ) as expected_total_minor,
    c.processor_multiple,
    coalesce(l.line_count, 0) as line_count,
    coalesce(l.negative_lines, 0) as negative_lines,
    coalesce(p.payments_in_other_currency, 0) as payments_in_other_currency,
    coalesce(p.payments_off_multiple, 0) as payments_off_multiple,
    o.placed_at,
    o.is_test,
    o.status = 'draft' as is_draft
from shop_order as o
left join lines as l
    on l.order_id = o.order_id
left join quote as q
    on q.order_id = o.order_id
left join paid as p
    on p.order_id = o.order_id
left join register_currency as c
    on c.currency = o.currency
order by o.order_id
