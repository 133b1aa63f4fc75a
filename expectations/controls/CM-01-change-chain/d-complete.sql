-- How many of the five links (ticket, pull request, approval, deployment, verification) has every deployment?
-- Its least complete change counts. A verification that may still come, or the end of a deployment of which nothing is
-- said yet, cannot be told, unless another link is missing anyway.
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
        ) as is_standard
    from change_lifecycle
),

linked as (
    select
        *,
        case
            when deployed_at is null then null
            when verified_early_at is not null or verified_at <= verify_until then true
            when tickets_read_until > verify_until then false
        end as is_verified
    from change
),

counted as (
    select
        *,
        (ticket_key is null)::integer
        + (pull_request_key is null)::integer
        + (approved_at is null)::integer
        + (not coalesce(is_verified, true))::integer as missing
    from linked
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
    count(*) as changes,
    count(*) filter (where ticket_key is null) as without_ticket,
    count(*) filter (where pull_request_key is null) as without_pull_request,
    count(*) filter (where approved_at is null) as without_approval,
    count(*) filter (where not is_verified) as without_verification,
    case
        when max(missing) filter (where not is_standard) > 0 then 5 - max(missing) filter (where not is_standard)
        when not bool_or(is_verified is null) filter (where not is_standard) then 5
    end as links
from counted
group by deployment_key
order by population_key
