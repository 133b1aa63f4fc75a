-- Which corrections were made by hand on the day, for which ticket, and who approved each, when?
select
    adj_id as population_key,
    entity || ' ' || entity_id as subject_label,
    applied_at as occurred_at,
    instance,
    null as exempt_reason,
    ticket_key,
    actor,
    approver,
    second_person,
    approved_at,
    applied_at,
    case
        when approver is null then 'never'
        when approved_at <= applied_at then 'before'
        when approved_at > applied_at then 'after'
    end as approved
from reconciliation_adjustment
order by population_key
