-- Who signed in to Okta on the day, or tried to?
select
    'okta:' || instance || ':' || event_id as login_key,
    'okta' as system_id,
    case when actor_type = 'User' then 'okta:' || instance || ':' || actor_id end as account_key,
    published_at as occurred_at,
    case
        when outcome in ('SUCCESS', 'ALLOW') then 'success'
        when outcome in ('FAILURE', 'DENY') then 'failure'
        else 'unknown'
    end as outcome,
    null::varchar as method
from okta_system_log
where event_type = 'user.session.start'
order by login_key
