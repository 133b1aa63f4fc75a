-- How did everybody who came in to the admin panel sign in?
select
    'shop:' || instance || ':' || event_id as population_key,
    user_id as subject_label,
    occurred_at,
    instance,
    null as exempt_reason,
    method,
    realm
from shop_login_event
where realm = 'admin' and outcome = 'success'
order by population_key
