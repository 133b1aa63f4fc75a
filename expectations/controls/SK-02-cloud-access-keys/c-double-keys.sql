-- Which access keys are active, and for how many whole days has each stood beside a newer active one?
-- 0 where it has no newer one; unknown where the creation of one of an account's keys is.
with active_key as (
    select
        credential_key,
        account_key,
        instance,
        created_at,
        count(*) over account_keys as active_keys,
        count(created_at) over account_keys as dated_keys,
        lead(created_at) over (
            partition by account_key
            order by
                created_at,
                credential_key
        ) as newer_created_at
    from access_credential
    where kind = 'access_key' and active
    window account_keys as (partition by account_key)
)

select
    credential_key as population_key,
    account_key as subject_label,
    created_at as occurred_at,
    instance,
    null as exempt_reason,
    account_key,
    active_keys,
    newer_created_at,
    case
        when active_keys = 1 then 0
        when dated_keys < active_keys then null
        else coalesce(date_sub('day', newer_created_at, $observed_at), 0)
    end as days_beside_newer_key
from active_key
order by population_key
