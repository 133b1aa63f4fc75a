-- Which event days have no snapshot yet, and how much of the time to fetch them has passed?
select
    slot_key as population_key,
    null as subject_label,
    slot_day::timestamptz as occurred_at,
    instance,
    case
        when retention_days is null then 'its source keeps no history, so that the gap is permanent already'
    end as exempt_reason,
    dataset,
    slot_instance,
    slot_day,
    gap_cause,
    recoverable_until,
    days_open,
    retention_days,
    retention_used_percent
from meta_slot
where kind = 'event' and complete_snapshots = 0
order by population_key
