-- How many sign-ins does the database itself say the day has?
select count(*) as login_events
from evidence.login_events
where at >= $1 and at < $2
