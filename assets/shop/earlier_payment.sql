-- Which payments for them were attempted before the day?
select
    p.payment_id,
    p.order_id,
    p.processor,
    p.processor_ref,
    p.kind,
    p.status,
    p.amount_minor,
    p.currency,
    p.attempted_at,
    p.livemode,
    p.tender_seq,
    p.idempotency_key,
    count(*) over () as listed
from evidence.payments as p
join earlier on earlier.order_id = p.order_id
where p.attempted_at < $1
order by p.payment_id
