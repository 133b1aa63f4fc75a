-- Who signed in to an AWS account's console, or tried to, by what the trail delivered on the day?
-- Those whom the identity provider signs in come through Identity Center and have no account of their own here.
select
    'aws:' || instance || ':' || event_id as login_key,
    'aws' as system_id,
    case
        when principal_type = 'Root' then 'aws:' || instance || ':<root_account>'
        when principal_type = 'IAMUser' and principal_user <> 'HIDDEN_DUE_TO_SECURITY_REASONS'
            then 'aws:' || instance || ':' || principal_user
    end as account_key,
    occurred_at,
    case console_login
        when 'Success' then 'success'
        when 'Failure' then 'failure'
        else 'unknown'
    end as outcome,
    principal_type || case
        when mfa_used then ', MFAUsed Yes'
        when not mfa_used then ', MFAUsed No'
        else ''
    end as method
from aws_cloudtrail_event
where event_source = 'signin.amazonaws.com' and event_name = 'ConsoleLogin'
order by login_key
