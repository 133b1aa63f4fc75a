-- Which lines were shipped on the day, how much of each has been by now, and how much was to be?
select
    fulfilment_id || '/' || line_id as population_key,
    coalesce('order ' || order_number, 'parcel ' || fulfilment_id) as subject_label,
    shipped_at as occurred_at,
    instance,
    null as exempt_reason,
    sku,
    location,
    qty_e4,
    shipped_so_far_e4,
    to_ship_e4,
    line_found
from reconciliation_shipment
order by population_key
