-- Who signed in to the admin panel on the day, or tried to?
select
    event_id,
    at as occurred_at,
    user_id,
    realm,
    outcome,
    method,
    ip
from evidence.login_events
where at >= $1 and at < $2
order by event_id
