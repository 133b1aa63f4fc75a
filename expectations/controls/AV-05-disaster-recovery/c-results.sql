-- Which tests within the year are recorded as passed, and what did each reach of what it aimed at?
-- Nothing is measured at a table, so tabletop exercises are left out.
select
    test_id as population_key,
    test_id as subject_label,
    tested_on::timestamp at time zone 'UTC' as occurred_at,
    instance,
    null as exempt_reason,
    type,
    rto_target_min,
    rto_actual_min,
    rpo_target_min,
    rpo_actual_min
from register_dr_test
where result = 'pass'
    and type in ('restore', 'failover')
    and tested_on between $day - $max_test_age_days::integer and $day
order by population_key
