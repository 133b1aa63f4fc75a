-- Which active accounts does the organisation have, and how is the root user of each protected?
-- An account that could not be read has a row too, with unknown attributes.
select
    'aws:' || aws_account.account_id || ':<root_account>' as population_key,
    aws_account.name as subject_label,
    aws_account.joined_at as occurred_at,
    aws_account.account_id as instance,
    null as exempt_reason,
    root.mfa as root_mfa,
    aws_account_summary.account_mfa_enabled as root_mfa_enabled,
    aws_account_summary.account_access_keys_present as root_access_key_count,
    root.last_login_at as root_last_login_at
from aws_account
left join access_account as root
    on root.account_key = 'aws:' || aws_account.account_id || ':<root_account>'
left join aws_account_summary on aws_account_summary.account_id = aws_account.account_id
where aws_account.status = 'ACTIVE'
order by population_key
