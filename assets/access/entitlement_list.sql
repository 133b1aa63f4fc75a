-- What may each account do in a system of which somebody dropped a list?
select
    system_id || ':' || instance || ':' || native_id as account_key,
    system_id,
    entitlement,
    via,
    granted_at,
    expires_at
from list_entitlement
order by
    account_key,
    entitlement,
    via
