-- What was in the parcels of the day?
select
    l.fulfilment_id,
    l.line_id,
    l.sku,
    l.qty_e4
from evidence.fulfilment_lines as l
join evidence.fulfilments as f on f.fulfilment_id = l.fulfilment_id
where f.shipped_at >= $1 and f.shipped_at < $2
order by l.fulfilment_id, l.line_id
