-- Who is behind each account that is signed in to with an address or a name of its own?
with claim as (
    select
        access_account.account_key,
        people_person.person_id,
        'register' as match_rule,
        1 as strength
    from access_account
    join register_identity_link
        on register_identity_link.system_id = access_account.system_id
        and lower(register_identity_link.account)
            in (lower(access_account.login), lower(access_account.native_id))
        and starts_with(
            access_account.account_key,
            access_account.system_id || ':' || coalesce(register_identity_link.account_instance || ':', '')
        )
    join people_person
        on people_person.person_id = register_identity_link.person_id
    union all
    select
        access_account.account_key,
        people_person.person_id,
        'address' as match_rule,
        2 as strength
    from access_account
    join people_person
        on lower(people_person.work_email) = lower(access_account.login)
),

matched as (
    select
        account_key,
        count(distinct person_id) as candidates,
        arg_min(person_id, (strength, person_id)) as person_id,
        arg_min(match_rule, (strength, person_id)) as match_rule
    from (
        select *
        from claim
        qualify strength = min(strength) over (partition by account_key)
    )
    group by account_key
),

machine as (
    select distinct access_account.account_key
    from access_account
    join register_service_account
        on register_service_account.system_id = access_account.system_id
        and lower(register_service_account.account)
            in (lower(access_account.login), lower(access_account.native_id))
        and starts_with(
            access_account.account_key,
            access_account.system_id || ':' || coalesce(register_service_account.account_instance || ':', '')
        )
)

select
    access_account.account_key,
    access_account.system_id,
    access_account.login,
    access_account.enabled,
    access_account.is_admin,
    case
        when machine.account_key is not null then 'service'
        when access_account.account_type = 'root' then 'root'
        when people_person.person_id is not null then 'person'
        else 'nobody'
    end as owner_kind,
    case
        when machine.account_key is not null then 'service_register'
        else coalesce(matched.match_rule, 'none')
    end as match_rule,
    people_person.person_id,
    people_person.name,
    people_person.job_role,
    people_person.department,
    people_person.terminated_at,
    people_person.termination_type,
    coalesce(matched.candidates, 0) as candidates
from access_account
left join matched
    on matched.account_key = access_account.account_key
left join machine
    on machine.account_key = access_account.account_key
left join people_person
    on people_person.person_id = matched.person_id
    and matched.candidates = 1
    and machine.account_key is null
order by access_account.account_key
