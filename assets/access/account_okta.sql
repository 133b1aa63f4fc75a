-- Which accounts does Okta have, which factors are active, and who administers it, in person or by group?
with
    factor as (
        select
            user_id,
            count(*) filter (where is_strong) as strong,
            count(*) filter (where is_phishing_resistant) as phishing_resistant,
            count(*) filter (where factor_type in ('sms', 'call')) as weak
        from okta_user_factor
        where status = 'ACTIVE'
        group by user_id
    ),
    administrator as (
        select principal_id as user_id
        from okta_admin_role
        where principal_type = 'USER' and status = 'ACTIVE'
        union
        select m.user_id
        from okta_admin_role as r
        join okta_group_member as m
            on m.group_id = r.principal_id
        where r.principal_type = 'GROUP' and r.status = 'ACTIVE'
    )
select
    'okta:' || u.instance || ':' || u.user_id as account_key,
    'okta' as system_id,
    u.user_id as native_id,
    u.login,
    'unknown' as account_type,
    u.status,
    u.status in ('ACTIVE', 'PASSWORD_EXPIRED', 'LOCKED_OUT', 'RECOVERY') as enabled,
    case
        when u.status = 'DEPROVISIONED' then 'unknown'
        when coalesce(f.strong, 0) > 0 then 'strong'
        when coalesce(f.weak, 0) > 0 then 'weak'
        else 'none'
    end as mfa,
    case when u.status <> 'DEPROVISIONED' then coalesce(f.strong, 0) end as strong_factor_count,
    case
        when u.status <> 'DEPROVISIONED' then coalesce(f.phishing_resistant, 0)
    end as phishing_resistant_factor_count,
    case when u.status <> 'DEPROVISIONED' then coalesce(f.weak, 0) end as weak_factor_count,
    a.user_id is not null as is_admin,
    true as console_access,
    u.created_at,
    u.last_login_at,
    u.status_changed_at,
    null::varchar as upstream_id
from okta_user as u
left join factor as f
    on f.user_id = u.user_id
left join administrator as a
    on a.user_id = u.user_id
order by account_key
