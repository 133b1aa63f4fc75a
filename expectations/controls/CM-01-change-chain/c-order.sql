-- Of how many changes of every deployment was the approval too late, or the verification too early?
-- Too early is a verification that was not repeated in time after the deployment had ended; while that may still come,
-- or while nothing says that the deployment has ended, it cannot be told.
with standing as (
    select
        lower(account) as account,
        'github-' || account_instance as instance
    from register_service_account
    where system_id = 'github'
        and not interactive
        and reviewed_at <= $day
),

change as (
    select
        *,
        deployed_at + to_hours($verify_within_hours) as verify_until,
        exists (
            select 1
            from standing
            where standing.account = lower(pull_request_author)
                and coalesce(standing.instance, change_lifecycle.instance) = change_lifecycle.instance
        ) as is_standard,
        coalesce(approved_at > deployment_started_at, false) as is_approved_late
    from change_lifecycle
),

timed as (
    select
        *,
        case
            when is_approved_late then true
            when deployed_at is null then null
            when verified_early_at is null or verified_at <= verify_until then false
            when tickets_read_until > verify_until then true
        end as is_out_of_order
    from change
)

select
    deployment_key as population_key,
    any_value(repository) || ' to ' || any_value(environment) as subject_label,
    min(deployment_started_at) as occurred_at,
    any_value(instance) as instance,
    case
        when not bool_or(is_new) then 'it brought no commit that had not run there before'
        when bool_and(is_standard) then 'standard change: a registered account with a standing approval'
    end as exempt_reason,
    min(deployment_started_at) as deployment_started_at,
    min(deployed_at) as deployed_at,
    count(*) as changes,
    max(approved_at) as last_approved_at,
    min(verified_at) as first_verified_at,
    case
        when bool_or(is_out_of_order) filter (where not is_standard) then
            count(*) filter (where is_out_of_order and not is_standard)
        when not bool_or(is_out_of_order is null) filter (where not is_standard) then 0
    end as out_of_order
from timed
group by deployment_key
order by population_key
