-- Which staff accounts does the shop's admin panel have, and how do they sign in?
-- One that only the identity provider signs in shows its factors there: upstream.
with administrator as (
    select distinct user_id
    from shop_user_role
    where permission = 'admin'
)

select
    'shop:' || shop_user.instance || ':' || shop_user.user_id as account_key,
    'shop' as system_id,
    shop_user.user_id as native_id,
    shop_user.user_id as login,
    'unknown' as account_type,
    shop_user.status,
    shop_user.status = 'active' as enabled,
    case
        when shop_user.mfa then 'strong'
        when shop_user.sso_subject is not null and shop_user.mfa is null then 'upstream'
        when shop_user.mfa = false then 'none'
        else 'unknown'
    end as mfa,
    case
        when shop_user.mfa then 1
        when shop_user.mfa = false then 0
    end as strong_factor_count,
    null::bigint as phishing_resistant_factor_count,
    case when shop_user.mfa is not null then 0 end as weak_factor_count,
    administrator.user_id is not null as is_admin,
    true as console_access,
    shop_user.created_at,
    shop_user.last_login_at,
    null::timestamptz as status_changed_at,
    shop_user.sso_subject as upstream_id
from shop_user
left join administrator
    on administrator.user_id = shop_user.user_id
order by account_key
