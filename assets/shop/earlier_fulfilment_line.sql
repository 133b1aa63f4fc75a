-- What of them left before the day?
select
    l.fulfilment_id,
    l.line_id,
    f.order_id,
    l.sku,
    l.qty_e4,
    f.shipped_at,
    count(*) over () as listed
from evidence.fulfilment_lines as l
join evidence.fulfilments as f on f.fulfilment_id = l.fulfilment_id
join earlier on earlier.order_id = f.order_id
where f.shipped_at < $1
order by l.fulfilment_id, l.line_id
