-- Which transfers were to have arrived by the day, and how much of each has?
-- A transfer is known by its reference and article. One that leaves in two parts is late when its first part is.
with
    movement as (
        select *
        from shop_inventory_movement
        union all
        select *
        from shop_inventory_movement_before
    ),
    gone as (
        select
            instance,
            ref_id,
            sku,
            min(movement_id) as movement_id,
            min(location) as location,
            min(occurred_at) as left_at,
            sum(qty) as qty
        from movement
        where kind = 'transfer_out'
        group by
            instance,
            coalesce(ref_id, movement_id),
            ref_id,
            sku
    )
select
    g.movement_id as population_key,
    g.sku || ' from ' || g.location as subject_label,
    g.left_at as occurred_at,
    g.instance,
    null as exempt_reason,
    g.ref_id,
    g.left_at + to_days($transfer_days::integer) as due_at,
    g.qty::bigint as left_pieces,
    coalesce(sum(m.qty), 0)::bigint as arrived_pieces
from gone as g
left join movement as m
    on m.instance = g.instance
    and m.ref_id = g.ref_id
    and m.sku = g.sku
    and m.kind = 'transfer_in'
    and m.occurred_at <= g.left_at + to_days($transfer_days::integer)
where g.left_at + to_days($transfer_days::integer) >= $day_start
    and g.left_at + to_days($transfer_days::integer) < $day_end
group by all
order by population_key
