-- Which payments were attempted on the day?
select
    payment_id,
    order_id,
    processor,
    processor_ref,
    kind,
    status,
    failure_code,
    amount_minor,
    currency,
    attempted_at,
    recorded_at,
    livemode,
    tender_seq,
    idempotency_key
from evidence.payments
where attempted_at >= $1 and attempted_at < $2
order by payment_id
