-- Which corrective actions are there, how long is each overdue, and what is missing where one was closed?
-- Evidence that was never added, or whose stored bytes have changed, shows nothing.
select
    register_dr_action.action_id as population_key,
    register_dr_action.description as subject_label,
    register_dr_action.due_on::timestamp at time zone 'UTC' as occurred_at,
    register_dr_action.instance,
    null as exempt_reason,
    register_dr_action.owner,
    case
        when coalesce(register_dr_action.closed_on > $day, true)
            then date_diff('day', register_dr_action.due_on, $day)
    end as days_past_due,
    case
        when register_dr_action.closed_on <= $day
            then (not coalesce(document_file.intact, false))::integer
                + (register_dr_action.retest_id is null)::integer
    end as proofs_missing
from register_dr_action
left join document_file on document_file.document_sha256 = register_dr_action.evidence_sha256
order by population_key
