-- Which corrections were made by hand on the day, how large is each, and how large may it be?
-- One about no amount is as good as one of 0.
select
    adj_id as population_key,
    entity || ' ' || entity_id as subject_label,
    applied_at as occurred_at,
    instance,
    null as exempt_reason,
    actor,
    currency,
    coalesce(magnitude_minor, 0) as magnitude_minor,
    limit_minor
from reconciliation_adjustment
order by population_key
