-- Who could do something at the end of a day, by which way, and when was that seen?
-- `resource` is an entitlement such as app:GitHub; ending in * it is everything that begins so.
-- Refuses evidence that was stale then, as as_of does; ask as_of itself for what is older.
create macro who_had(resource, on_day) as table
with granted as (
    select *
    from as_of('access_entitlement', day_end(on_day))
),
person as (
    select *
    from as_of('identity_person', day_end(on_day))
)
select
    e.system_id,
    e.entitlement,
    e.via,
    e.account_key,
    p.login,
    p.enabled,
    p.owner_kind,
    p.person_id,
    p.name,
    p.job_role,
    e.granted_at,
    e.expires_at,
    e.captured_at
from granted as e
left join person as p
    on p.account_key = e.account_key
where e.entitlement = resource
    or (ends_with(resource, '*') and starts_with(e.entitlement, rtrim(resource, '*')))
order by
    e.system_id,
    e.entitlement,
    e.account_key,
    e.via;
comment on macro table who_had is 'who_had(entitlement, day): who could do it at the end of a day, by which way, with the person behind each account';
