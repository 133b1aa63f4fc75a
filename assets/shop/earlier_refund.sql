-- Which refunds of them were made before the day?
select
    r.refund_id,
    r.order_id,
    r.processor_ref,
    r.status,
    r.currency,
    r.amount_minor,
    r.tax_minor,
    r.created_at,
    count(*) over () as listed
from evidence.refunds as r
join earlier on earlier.order_id = r.order_id
where r.created_at < $1
order by r.refund_id
