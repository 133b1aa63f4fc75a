-- Which parcels left on the day, and until when had each been promised to?
-- Where nothing was promised the time counts from the payment; of what no payment is known for, from the order.
with
    paid as (
        select
            instance,
            order_id,
            min(attempted_at) as paid_at
        from (
            select
                instance,
                order_id,
                kind,
                status,
                attempted_at
            from shop_payment
            union all
            select
                instance,
                order_id,
                kind,
                status,
                attempted_at
            from shop_earlier_payment
        ) as payment
        where kind in ('capture', 'sale') and status = 'succeeded'
        group by
            instance,
            order_id
    ),
    placed as (
        select
            instance,
            order_id,
            order_number,
            placed_at,
            is_test
        from shop_order
        union all
        select
            instance,
            order_id,
            order_number,
            placed_at,
            is_test
        from shop_earlier_order
    ),
    promised as (
        select
            f.fulfilment_id,
            f.instance,
            f.shipped_at,
            o.order_number,
            o.is_test,
            coalesce(
                f.promised_at, coalesce(p.paid_at, o.placed_at) + to_hours($promised_hours::bigint)
            ) as promised_at
        from shop_fulfilment as f
        left join placed as o
            on o.instance = f.instance
            and o.order_id = f.order_id
        left join paid as p
            on p.instance = f.instance
            and p.order_id = f.order_id
        where f.status is distinct from 'cancelled'
    )
select
    fulfilment_id as population_key,
    coalesce('order ' || order_number, 'parcel ' || fulfilment_id) as subject_label,
    shipped_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    promised_at,
    case
        when promised_at is not null and shipped_at is not null
            then greatest(ceil(epoch(shipped_at) - epoch(promised_at)), 0)::bigint
    end as seconds_late
from promised
order by population_key
