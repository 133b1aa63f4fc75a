-- What could a person do at the end of a day, in every system, by which way? An account without any shows once.
-- `person` is HR's id. Refuses evidence that was stale then, as as_of does.
create macro access_of(person, on_day) as table
with granted as (
    select *
    from as_of('access_entitlement', day_end(on_day))
),
account as (
    select *
    from as_of('identity_person', day_end(on_day))
)
select
    p.person_id,
    p.name,
    p.job_role,
    p.terminated_at,
    p.system_id,
    p.account_key,
    p.login,
    p.enabled,
    p.match_rule,
    e.entitlement,
    e.via,
    e.granted_at,
    e.expires_at,
    p.captured_at
from account as p
left join granted as e
    on e.account_key = p.account_key
where p.person_id = person
order by
    p.system_id,
    p.account_key,
    e.entitlement,
    e.via;
comment on macro table access_of is 'access_of(person, day): all a person could do at the end of a day, in every system, by which way';
