-- What may each staff account do in the shop's admin panel, by which role?
select
    'shop:' || instance || ':' || user_id as account_key,
    'shop' as system_id,
    permission || case when scope = 'global' then '' else '@' || scope end as entitlement,
    'role:' || role as via,
    granted_at,
    expires_at
from shop_user_role
order by
    account_key,
    entitlement,
    via
