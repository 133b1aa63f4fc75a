-- Which corrections by hand were applied on the day?
select
    adj_id,
    entity,
    entity_id,
    amount_minor,
    currency,
    actor,
    approver,
    approved_at,
    applied_at,
    ticket_key
from evidence.manual_adjustments
where applied_at >= $1 and applied_at < $2
order by adj_id
