-- Which accounts does a Jira site have, apps among them, and can they be used?
-- Atlassian tells no second factor, no last sign-in, and an address only where its owner lets it be seen.
select
    'jira:' || instance || ':' || account_id as account_key,
    'jira' as system_id,
    account_id as native_id,
    email as login,
    case when account_type = 'app' then 'service' else 'unknown' end as account_type,
    case when active then 'active' else 'inactive' end as status,
    active as enabled,
    'unknown' as mfa,
    null::bigint as strong_factor_count,
    null::bigint as phishing_resistant_factor_count,
    null::bigint as weak_factor_count,
    null::boolean as is_admin,
    account_type <> 'app' as console_access,
    null::timestamptz as created_at,
    null::timestamptz as last_login_at,
    null::timestamptz as status_changed_at,
    null::varchar as upstream_id
from jira_user
order by account_key
