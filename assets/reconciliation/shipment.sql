-- R31: how much of each shipped line has been shipped by now, and how much was to be shipped at all?
-- Of an order that was cancelled before, nothing was.
with
    line as (
        select
            l.line_id,
            l.order_id,
            l.qty_e4,
            o.order_number,
            o.cancelled_at
        from shop_order_line as l
        left join shop_order as o
            on o.order_id = l.order_id
        union all
        select
            l.line_id,
            l.order_id,
            l.qty_e4,
            o.order_number,
            o.cancelled_at
        from shop_earlier_line as l
        left join shop_earlier_order as o
            on o.order_id = l.order_id
    ),
    shipped as (
        select
            s.fulfilment_id,
            s.line_id,
            s.sku,
            s.qty_e4,
            f.shipped_at,
            f.location,
            true as of_day
        from shop_fulfilment_line as s
        join shop_fulfilment as f
            on f.fulfilment_id = s.fulfilment_id
        where f.status is distinct from 'cancelled'
        union all
        select
            fulfilment_id,
            line_id,
            sku,
            qty_e4,
            shipped_at,
            null as location,
            false as of_day
        from shop_earlier_fulfilment_line
    ),
    so_far as (
        select
            *,
            sum(qty_e4) over (partition by line_id order by shipped_at, fulfilment_id) as shipped_so_far_e4
        from shipped
    )
select
    s.fulfilment_id,
    s.line_id,
    l.order_id,
    l.order_number,
    s.sku,
    s.location,
    s.shipped_at,
    s.qty_e4,
    s.shipped_so_far_e4::bigint as shipped_so_far_e4,
    case
        when l.cancelled_at <= s.shipped_at then 0
        else l.qty_e4
    end as to_ship_e4,
    l.line_id is not null as line_found
from so_far as s
left join line as l
    on l.line_id = s.line_id
where s.of_day
order by
    s.fulfilment_id,
    s.line_id
