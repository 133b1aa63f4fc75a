-- R14, R16: what had been captured for each refund's order, what has been given back of it by now, and who agreed?
-- A refund that failed gave nothing back.
with
    payment as (
        select
            order_id,
            kind,
            status,
            amount_minor
        from shop_payment
        union all
        select
            order_id,
            kind,
            status,
            amount_minor
        from shop_earlier_payment
    ),
    captured as (
        select
            order_id,
            sum(amount_minor) as amount_minor
        from payment
        where kind in ('capture', 'sale') and status = 'succeeded'
        group by order_id
    ),
    placed as (
        select
            order_id,
            order_number,
            is_test
        from shop_order
        union all
        select
            order_id,
            order_number,
            is_test
        from shop_earlier_order
    ),
    refund as (
        select
            * exclude (instance, day, captured_at),
            true as of_day
        from shop_refund
        union all by name
        select
            * exclude (instance, day, captured_at),
            false as of_day
        from shop_earlier_refund
    ),
    given as (
        select
            *,
            sum(case when status in ('failed', 'canceled', 'cancelled') then 0 else amount_minor end)
                over (partition by order_id order by created_at, refund_id) as so_far_minor
        from refund
    )
select
    g.refund_id,
    g.order_id,
    p.order_number,
    g.currency,
    g.status as refund_status,
    g.reason,
    g.created_at,
    g.amount_minor,
    case
        when p.order_id is not null then coalesce(c.amount_minor, 0)
    end::bigint as captured_minor,
    g.so_far_minor::bigint as refunded_so_far_minor,
    g.actor,
    g.approver,
    case
        when g.approver is null then 'nobody'
        when g.approver = g.actor then 'self'
        when g.actor is not null then 'another'
    end as second_person,
    p.is_test
from given as g
left join placed as p
    on p.order_id = g.order_id
left join captured as c
    on c.order_id = g.order_id
where g.of_day
order by g.refund_id
