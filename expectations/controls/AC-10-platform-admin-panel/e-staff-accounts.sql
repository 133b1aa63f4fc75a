-- Which accounts of the admin panel can be signed in to, and with which factors?
select
    account_key as population_key,
    login as subject_label,
    created_at as occurred_at,
    instance,
    null as exempt_reason,
    status,
    is_admin,
    case
        when mfa <> 'unknown' then mfa
    end as mfa,
    last_login_at
from access_account
where enabled
order by population_key
