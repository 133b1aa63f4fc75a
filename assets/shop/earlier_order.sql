-- What were they?
select
    o.order_id,
    o.series,
    o.order_number,
    o.channel,
    o.placed_at,
    o.updated_at,
    o.status,
    o.financial_status,
    o.currency,
    o.price_includes_tax,
    o.policy_id,
    o.subtotal_minor,
    o.discount_minor,
    o.shipping_minor,
    o.shipping_discount_minor,
    o.fees_minor,
    o.tax_minor,
    coalesce((
        select sum(t.tax_minor)
        from evidence.order_tax_lines as t
        where t.order_id = o.order_id and t.target_kind = 'shipping'
    ), 0) as shipping_tax_minor,
    o.total_minor,
    o.giftcard_minor,
    o.store_credit_minor,
    o.cancelled_at,
    o.is_test,
    count(*) over () as listed
from earlier as o
order by o.order_id
