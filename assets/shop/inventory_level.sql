-- What was in the warehouses at the midnight that ends the day, and what at the one that begins it?
select
    closing.sku,
    closing.location,
    closing.as_of,
    closing.on_hand,
    closing.allocated,
    closing.available,
    opening.on_hand as opening_on_hand
from evidence.inventory_levels as closing
left join evidence.inventory_levels as opening
    on opening.as_of = $1
    and opening.sku = closing.sku
    and opening.location = closing.location
where closing.as_of = $2
order by closing.sku, closing.location
