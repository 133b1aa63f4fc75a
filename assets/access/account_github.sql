-- Which accounts belong to a GitHub organisation or reach one of its repositories, and do they have a second factor?
-- GitHub calls text messages insecure: that is a weak factor. Disabled accounts do not exist, they are removed.
with account as (
    select
        instance,
        user_id,
        login,
        user_type,
        two_fa,
        role = 'admin' as is_admin
    from github_member
    union all by name
    select
        instance,
        user_id,
        login,
        user_type,
        two_fa,
        false as is_admin
    from github_outside_collaborator
    where user_id not in (
        select user_id
        from github_member
    )
)

select
    'github:' || instance || ':' || user_id as account_key,
    'github' as system_id,
    user_id as native_id,
    login,
    case when user_type = 'Bot' then 'service' else 'unknown' end as account_type,
    'active' as status,
    true as enabled,
    case two_fa
        when 'enabled' then 'strong'
        when 'insecure' then 'weak'
        when 'disabled' then 'none'
        else 'unknown'
    end as mfa,
    case
        when two_fa in ('insecure', 'disabled') then 0
    end as strong_factor_count,
    null::bigint as phishing_resistant_factor_count,
    case
        when two_fa = 'disabled' then 0
    end as weak_factor_count,
    is_admin,
    true as console_access,
    null::timestamptz as created_at,
    null::timestamptz as last_login_at,
    null::timestamptz as status_changed_at,
    null::varchar as upstream_id
from account
order by account_key
