-- Who is behind each account that is a member or an outside collaborator: somebody at work, a machine, or nobody?
-- Whether somebody's work has ended or begun is HR's to say; a later first day is that of somebody re-hired.
with service as (
    select distinct on (identity_person.account_key)
        identity_person.account_key,
        register_service_account.owner
    from identity_person
    join register_service_account
        on register_service_account.system_id = identity_person.system_id
        and lower(register_service_account.account)
            in (lower(identity_person.login), split_part(identity_person.account_key, ':', 3))
        and coalesce('github-' || register_service_account.account_instance, identity_person.instance)
            = identity_person.instance
    where identity_person.owner_kind = 'service'
    order by
        identity_person.account_key,
        register_service_account.owner
)

select
    identity_person.account_key as population_key,
    identity_person.login as subject_label,
    null as occurred_at,
    identity_person.instance,
    null as exempt_reason,
    identity_person.is_admin,
    identity_person.match_rule,
    identity_person.candidates,
    identity_person.person_id,
    service.owner as service_owner,
    people_person.terminated_at,
    case
        when identity_person.owner_kind = 'service' then 'a registered service account'
        when identity_person.owner_kind <> 'person' then 'nobody'
        when people_person.start_on > $day then 'somebody whose work has not begun'
        when people_person.terminated_at < $observed_at
            and people_person.start_on <= (people_person.terminated_at at time zone 'UTC')::date
            then 'somebody whose work has ended'
        when people_person.person_id is not null then 'somebody at work'
    end as behind
from identity_person
left join people_person
    on people_person.person_id = identity_person.person_id
left join service
    on service.account_key = identity_person.account_key
order by population_key
