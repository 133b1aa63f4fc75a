-- R13: was what had been captured for each order cancelled on the day given back within the time allowed?
-- Payments and refunds of the day after count as far as they come within that time, which is at most 24 hours.
with
    cancelled as (
        select
            order_id,
            order_number,
            currency,
            cancelled_at,
            is_test
        from shop_order
        where cancelled_at >= $day_start and cancelled_at < $day_end
        union all
        select
            order_id,
            order_number,
            currency,
            cancelled_at,
            is_test
        from shop_earlier_order
        where cancelled_at >= $day_start and cancelled_at < $day_end
    ),
    movement as (
        select
            order_id,
            attempted_at as moved_at,
            amount_minor as captured_minor,
            0 as refunded_minor
        from shop_payment
        where kind in ('capture', 'sale') and status = 'succeeded'
        union all
        select
            order_id,
            attempted_at,
            amount_minor,
            0
        from shop_payment_after
        where kind in ('capture', 'sale') and status = 'succeeded'
        union all
        select
            order_id,
            attempted_at,
            amount_minor,
            0
        from shop_earlier_payment
        where kind in ('capture', 'sale') and status = 'succeeded'
        union all
        select
            order_id,
            created_at,
            0,
            amount_minor
        from shop_refund
        where status not in ('failed', 'canceled', 'cancelled')
        union all
        select
            order_id,
            created_at,
            0,
            amount_minor
        from shop_refund_after
        where status not in ('failed', 'canceled', 'cancelled')
        union all
        select
            order_id,
            created_at,
            0,
            amount_minor
        from shop_earlier_refund
        where status not in ('failed', 'canceled', 'cancelled')
    )
select
    c.order_id,
    c.order_number,
    c.currency,
    c.cancelled_at,
    c.cancelled_at + to_hours($refund_within_hours::bigint) as refund_due_at,
    coalesce(sum(m.captured_minor), 0)::bigint as captured_minor,
    coalesce(sum(m.refunded_minor), 0)::bigint as refunded_minor,
    c.is_test
from cancelled as c
left join movement as m
    on m.order_id = c.order_id
    and m.moved_at <= c.cancelled_at + to_hours($refund_within_hours::bigint)
group by all
order by c.order_id
