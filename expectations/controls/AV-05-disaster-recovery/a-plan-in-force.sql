-- Which version of the recovery plan is in force on the day, and how does its approval lie in time?
select
    version as population_key,
    version as subject_label,
    approved_on::timestamp at time zone 'UTC' as occurred_at,
    instance,
    null as exempt_reason,
    approved_by,
    date_sub('day', approved_on, $day) as days_since_approval,
    case
        when last_architecture_change_on <= $day then date_sub('day', last_architecture_change_on, approved_on)
    end as days_from_change_to_approval
from register_dr_plan
where approved_on <= $day
order by
    approved_on desc,
    version desc
limit 1
