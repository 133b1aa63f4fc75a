-- Which version of the recovery plan is in force on the day, how does its approval lie in time, and is its text here?
select
    register_dr_plan.version as population_key,
    register_dr_plan.version as subject_label,
    register_dr_plan.approved_on::timestamp at time zone 'UTC' as occurred_at,
    register_dr_plan.instance,
    null as exempt_reason,
    register_dr_plan.approved_by,
    date_sub('day', register_dr_plan.approved_on, $day) as days_since_approval,
    case
        when register_dr_plan.last_architecture_change_on <= $day
            then date_sub('day', register_dr_plan.last_architecture_change_on, register_dr_plan.approved_on)
    end as days_from_change_to_approval,
    case
        when register_dr_plan.document_sha256 is null then 'not cited'
        when document_file.document_sha256 is null then 'not stored'
        when not document_file.intact then 'altered'
        when document_file.expires_on < $day then 'expired'
        else 'stored'
    end as document_state
from register_dr_plan
left join document_file on document_file.document_sha256 = register_dr_plan.document_sha256
where register_dr_plan.approved_on <= $day
order by
    register_dr_plan.approved_on desc,
    register_dr_plan.version desc
limit 1
