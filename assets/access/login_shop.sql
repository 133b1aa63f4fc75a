-- Who signed in to the shop's admin panel on the day, or tried to?
select
    'shop:' || instance || ':' || event_id as login_key,
    'shop' as system_id,
    case when user_id is not null then 'shop:' || instance || ':' || user_id end as account_key,
    occurred_at,
    case when outcome in ('success', 'failure') then outcome else 'unknown' end as outcome,
    method
from shop_login_event
where realm = 'admin'
order by login_key
