-- What did the processor have to tell us of the day, had it been told when we asked last, and how often did it count?
-- A capture that is recorded twice for one charge took effect twice.
with
    capture as (
        select
            processor_ref,
            count(*) as recorded
        from shop_payment
        where kind in ('capture', 'sale') and status = 'succeeded'
        group by processor_ref
    )
select
    e.event_id as population_key,
    e.type || ' of ' || coalesce(e.object_id, '?') as subject_label,
    e.created_at as occurred_at,
    e.instance,
    null as exempt_reason,
    e.type,
    e.object_id,
    e.pending_webhooks,
    e.captured_at as asked_at,
    coalesce(c.recorded, 0) as captures_recorded,
    case
        when e.type = 'charge.captured' and c.recorded > 1 then 'twice'
        when e.pending_webhooks > 0 and e.captured_at > e.created_at + to_hours($webhook_hours::bigint)
            then 'undelivered'
        when e.pending_webhooks is not null then 'once and in time'
    end as effect
from stripe_event as e
left join capture as c
    on c.processor_ref = e.object_id
order by population_key
