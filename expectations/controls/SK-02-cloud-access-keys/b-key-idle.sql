-- Which access keys are active, and how many whole days ago was each used, or created if it never was?
select
    credential_key as population_key,
    account_key as subject_label,
    coalesce(last_used_at, created_at) as occurred_at,
    instance,
    null as exempt_reason,
    account_key,
    created_at,
    last_used_at,
    date_sub('day', coalesce(last_used_at, created_at), $observed_at) as idle_days
from access_credential
where kind = 'access_key' and active
order by population_key
