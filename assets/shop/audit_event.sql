-- What does the audit trail say was changed on the day?
select
    event_id,
    "at",
    actor,
    action,
    entity,
    entity_id,
    field_names::text[] as field_names,
    ticket_key
from evidence.audit_events
where "at" >= $1 and "at" < $2
order by event_id
