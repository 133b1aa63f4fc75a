-- Which users does an AWS account have, its root user included, and do they have MFA?
-- A user without a password cannot be signed in with; its keys are credentials of their own.
select
    'aws:' || instance || ':' || user_name as account_key,
    'aws' as system_id,
    arn as native_id,
    user_name as login,
    case when user_name = '<root_account>' then 'root' else 'unknown' end as account_type,
    'ACTIVE' as status,
    coalesce(password_enabled, true) as enabled,
    case
        when mfa_active is null then 'unknown'
        when mfa_active then 'strong'
        else 'none'
    end as mfa,
    case
        when mfa_active is null then null
        when mfa_active then 1
        else 0
    end as strong_factor_count,
    null::bigint as phishing_resistant_factor_count,
    case when mfa_active is not null then 0 end as weak_factor_count,
    case when user_name = '<root_account>' then true end as is_admin,
    coalesce(password_enabled, user_name = '<root_account>') as console_access,
    user_created_at as created_at,
    password_last_used_at as last_login_at,
    null::timestamptz as status_changed_at,
    null::varchar as upstream_id
from aws_iam_credential_report
order by account_key
