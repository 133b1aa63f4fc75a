-- Which parcels left on the day, of orders of whatever day?
select
    fulfilment_id,
    order_id,
    location,
    shipped_at,
    recorded_at,
    promised_at,
    status
from evidence.fulfilments
where shipped_at >= $1 and shipped_at < $2
order by fulfilment_id
