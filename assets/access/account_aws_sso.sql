-- Who can come in to AWS through Identity Center? The identity provider signs them in, with its factors.
select
    'aws_sso:' || instance || ':' || user_id as account_key,
    'aws_sso' as system_id,
    user_id as native_id,
    user_name as login,
    'unknown' as account_type,
    coalesce(status, 'ENABLED') as status,
    coalesce(status, 'ENABLED') = 'ENABLED' as enabled,
    'upstream' as mfa,
    null::bigint as strong_factor_count,
    null::bigint as phishing_resistant_factor_count,
    null::bigint as weak_factor_count,
    null::boolean as is_admin,
    true as console_access,
    null::timestamptz as created_at,
    null::timestamptz as last_login_at,
    null::timestamptz as status_changed_at,
    null::varchar as upstream_id
from aws_identitystore_user
order by account_key
