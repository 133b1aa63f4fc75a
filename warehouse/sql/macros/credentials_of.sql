-- Which long-lived credentials reached the systems with a person's rights at the end of a day, inactive ones included?
-- `person` is HR's id; null: those of nobody, such as deploy keys, and of machines. Refuses evidence that was stale
-- then, as as_of does.
create macro credentials_of(person, on_day) as table
with credential as (
    select *
    from as_of('access_credential', day_end(on_day))
),
account as (
    select *
    from as_of('identity_person', day_end(on_day))
)
select
    p.person_id,
    p.name,
    c.system_id,
    c.account_key,
    p.login,
    p.owner_kind,
    c.credential_key,
    c.kind,
    c.active,
    c.created_at,
    c.last_used_at,
    c.captured_at
from credential as c
left join account as p
    on p.account_key = c.account_key
where p.person_id is not distinct from person
order by
    c.system_id,
    c.account_key,
    c.credential_key;
comment on macro table credentials_of is 'credentials_of(person, day): the long-lived credentials of a person at the end of a day, in every system; null: of nobody and of machines';
