-- Which snapshots were expected for the day, and how many complete ones are there of each?
select
    slot_key as population_key,
    null as subject_label,
    null as occurred_at,
    instance,
    null as exempt_reason,
    dataset,
    slot_instance,
    kind,
    complete_snapshots,
    gap_cause,
    recoverable_until
from meta_slot
where slot_day = $day
order by population_key
