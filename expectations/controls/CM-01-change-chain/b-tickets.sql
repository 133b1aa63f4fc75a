-- On which ticket does every pull request rest that a deployment of the day brought, and which of the two came first?
-- Of several tickets the one of an allowed type that was there first counts.
with standing as (
    select
        lower(account) as account,
        'github-' || account_instance as instance
    from register_service_account
    where system_id = 'github'
        and not interactive
        and reviewed_at <= $day
)

select
    pull_request_key as population_key,
    repository || '#' || pull_request_number as subject_label,
    pull_request_created_at as occurred_at,
    instance,
    case
        when exists (
            select 1
            from standing
            where standing.account = lower(pull_request_author)
                and coalesce(standing.instance, change_lifecycle.instance) = change_lifecycle.instance
        ) then 'standard change: a registered account with a standing approval'
    end as exempt_reason,
    pull_request_author,
    string_agg(distinct ticket_key, ', ' order by ticket_key) as tickets,
    string_agg(distinct ticket_type, ', ' order by ticket_type) as ticket_types,
    bool_or(coalesce(ticket_is_allowed, false)) as has_ticket,
    pull_request_created_at,
    min(ticket_created_at) filter (where ticket_is_allowed) as ticket_created_at
from change_lifecycle
where pull_request_key is not null
    and is_new
group by
    pull_request_key,
    repository,
    pull_request_number,
    pull_request_created_at,
    instance,
    pull_request_author
order by population_key
