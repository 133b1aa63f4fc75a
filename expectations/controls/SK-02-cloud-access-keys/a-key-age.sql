-- Which access keys are active, and how many whole days ago was each created?
select
    credential_key as population_key,
    account_key as subject_label,
    created_at as occurred_at,
    instance,
    null as exempt_reason,
    account_key,
    date_sub('day', created_at, $observed_at) as age_days
from access_credential
where kind = 'access_key' and active
order by population_key
