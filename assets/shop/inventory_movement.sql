-- What moved in the warehouses on the day?
select
    movement_id,
    sku,
    location,
    kind,
    qty,
    ref_id,
    occurred_at,
    recorded_at,
    actor,
    approver,
    ticket_key
from evidence.inventory_movements
where occurred_at >= $1 and occurred_at < $2
order by movement_id
