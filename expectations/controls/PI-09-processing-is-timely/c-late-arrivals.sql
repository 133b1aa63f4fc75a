-- Which rows of the day were recorded when, and which of those recorded after it was closed are registered?
with
    recorded as (
        select
            'orders' as table_name,
            order_id as row_id,
            instance,
            placed_at as occurred_at,
            recorded_at
        from shop_order
        union all
        select
            'payments',
            payment_id,
            instance,
            attempted_at,
            recorded_at
        from shop_payment
        union all
        select
            'refunds',
            refund_id,
            instance,
            created_at,
            recorded_at
        from shop_refund
        union all
        select
            'fulfilments',
            fulfilment_id,
            instance,
            shipped_at,
            recorded_at
        from shop_fulfilment
        union all
        select
            'inventory_movements',
            movement_id,
            instance,
            occurred_at,
            recorded_at
        from shop_inventory_movement
    ),
    registered as (
        select distinct
            table_name,
            row_id
        from register_late_arrival
    )
select
    r.table_name || '/' || r.row_id as population_key,
    r.table_name || '/' || r.row_id as subject_label,
    r.occurred_at,
    r.instance,
    null as exempt_reason,
    r.recorded_at,
    $day_end + to_hours($closed_after_hours::bigint) as closed_at,
    l.row_id is not null as registered,
    case
        when r.recorded_at <= $day_end + to_hours($closed_after_hours::bigint) then true
        when r.recorded_at is not null then l.row_id is not null
    end as in_time_or_registered
from recorded as r
left join registered as l
    on l.table_name = r.table_name
    and l.row_id = r.row_id
order by population_key
