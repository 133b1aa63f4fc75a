-- Which refunds were made on the day, of orders of whatever day?
select
    refund_id,
    order_id,
    processor_ref,
    status,
    currency,
    amount_minor,
    tax_minor,
    reason,
    created_at,
    recorded_at,
    actor,
    approver
from evidence.refunds
where created_at >= $1 and created_at < $2
order by refund_id
