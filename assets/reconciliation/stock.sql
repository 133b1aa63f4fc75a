-- R30: what should each article's stock in each place be at the end of the day, given the day before and what moved?
-- It opens with what we read of the day before; where we read nothing of it, with what the shop says it was.
with
    opening as (
        select
            sku,
            location,
            on_hand
        from shop_inventory_level_before
    ),
    moved as (
        select
            sku,
            location,
            coalesce(sum(qty) filter (where kind = 'receipt'), 0) as received,
            coalesce(sum(qty) filter (where kind = 'ship'), 0) as shipped,
            coalesce(sum(qty) filter (where kind = 'return'), 0) as returned,
            coalesce(sum(qty) filter (where kind = 'transfer_in'), 0) as transferred_in,
            coalesce(sum(qty) filter (where kind = 'transfer_out'), 0) as transferred_out,
            coalesce(sum(qty) filter (where kind = 'adjust'), 0) as adjusted,
            count(*) filter (
                where kind not in ('receipt', 'ship', 'return', 'transfer_in', 'transfer_out', 'adjust')
            ) as unknown_kinds
        from shop_inventory_movement
        group by
            sku,
            location
    ),
    closing as (
        select
            sku,
            location,
            on_hand,
            allocated,
            available,
            opening_on_hand
        from shop_inventory_level
    ),
    was_read as (
        select count(*) > 0 as yes
        from snapshot_read
        where dataset = 'shop_inventory_level' and day < $day
    )
select
    coalesce(c.sku, o.sku, m.sku) as sku,
    coalesce(c.location, o.location, m.location) as location,
    case
        when w.yes then coalesce(o.on_hand, 0)
        when c.sku is not null then c.opening_on_hand
    end as opening,
    coalesce(m.received, 0)::bigint as received,
    coalesce(m.shipped, 0)::bigint as shipped,
    coalesce(m.returned, 0)::bigint as returned,
    coalesce(m.transferred_in, 0)::bigint as transferred_in,
    coalesce(m.transferred_out, 0)::bigint as transferred_out,
    coalesce(m.adjusted, 0)::bigint as adjusted,
    case
        when m.unknown_kinds > 0 then null
        else
            case
                when w.yes then coalesce(o.on_hand, 0)
                when c.sku is not null then c.opening_on_hand
            end
            + coalesce(
                m.received - m.shipped + m.returned + m.transferred_in - m.transferred_out + m.adjusted, 0
            )
    end::bigint as expected_closing,
    coalesce(c.on_hand, 0) as closing,
    c.allocated,
    c.available
from closing as c
full join opening as o
    on o.sku = c.sku
    and o.location = c.location
full join moved as m
    on m.sku = coalesce(c.sku, o.sku)
    and m.location = coalesce(c.location, o.location)
cross join was_read as w
where o.on_hand <> 0 or m.sku is not null or c.on_hand <> 0 or c.available <> 0
order by
    sku,
    location
