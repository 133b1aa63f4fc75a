-- Which corrective actions are there, how long is each overdue, and what is missing where one was closed?
select
    action_id as population_key,
    description as subject_label,
    due_on::timestamp at time zone 'UTC' as occurred_at,
    instance,
    null as exempt_reason,
    owner,
    case
        when coalesce(closed_on > $day, true) then date_diff('day', due_on, $day)
    end as days_past_due,
    case
        when closed_on <= $day then (evidence_sha256 is null)::integer + (retest_id is null)::integer
    end as proofs_missing
from register_dr_action
order by population_key
