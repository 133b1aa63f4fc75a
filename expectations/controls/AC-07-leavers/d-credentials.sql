-- Which long-lived credentials are those of somebody who has left, and are they still active after the deadline?
-- A credential is a leaver's if its account is, or if the register of service accounts names the leaver as owner of
-- its account, by HR's id or address at work. Reported on every day until it is gone, inactive or another's.
with leaver as materialized (
    select
        person_id,
        name,
        lower(work_email) as work_email,
        start_on,
        terminated_at,
        coalesce(termination_type <> 'voluntary', true) as involuntary,
        (terminated_at at time zone $business_time_zone)::date as last_day
    from people_person
    where terminated_at <= $observed_at
),

claim as (
    select
        access_credential.credential_key,
        leaver.person_id,
        'the account is theirs' as reason,
        coalesce(identity_person.is_admin, true) as privileged
    from access_credential
    join identity_person
        on identity_person.account_key = access_credential.account_key
    join leaver
        on leaver.person_id = identity_person.person_id
    union all
    select
        access_credential.credential_key,
        leaver.person_id,
        'the account was theirs, and is nobody''s now' as reason,
        true as privileged
    from access_credential
    join identity_person_before
        on identity_person_before.account_key = access_credential.account_key
    join leaver
        on leaver.person_id = identity_person_before.person_id
    left join identity_person
        on identity_person.account_key = access_credential.account_key
    where coalesce(identity_person.owner_kind = 'nobody', true)
    union all
    select
        access_credential.credential_key,
        leaver.person_id,
        'the register names them as owner' as reason,
        true as privileged
    from access_credential
    join access_account
        on access_account.account_key = access_credential.account_key
    join register_service_account
        on register_service_account.system_id = access_account.system_id
        and lower(register_service_account.account)
            in (lower(access_account.login), lower(access_account.native_id))
        and coalesce(
            access_account.system_id || '-' || register_service_account.account_instance,
            access_account.instance
        ) = access_account.instance
    join leaver
        on lower(register_service_account.owner) in (lower(leaver.person_id), leaver.work_email)
),

due as (
    select
        claim.credential_key,
        claim.person_id,
        min(claim.reason) as reason,
        min(
            case
                when claim.privileged or leaver.involuntary
                    then leaver.terminated_at + to_hours($privileged_hours)
                else (
                    leaver.last_day + case isodow(leaver.last_day)
                        when 5 then 4
                        when 6 then 3
                        else 2
                    end
                )::timestamp at time zone $business_time_zone
            end
        ) as deadline
    from claim
    join leaver
        on leaver.person_id = claim.person_id
    group by
        claim.credential_key,
        claim.person_id
)

select
    due.credential_key || '|' || due.person_id as population_key,
    leaver.name as subject_label,
    leaver.terminated_at as occurred_at,
    access_credential.instance,
    case
        when leaver.start_on > leaver.last_day and leaver.start_on <= $day
            then 're-hired: HR has a later first day, ' || leaver.start_on
    end as exempt_reason,
    access_credential.kind,
    access_credential.native_id,
    access_credential.last_used_at,
    due.reason,
    due.deadline,
    case
        when access_credential.active is null then null
        when not access_credential.active then 'inactive'
        when coalesce(access_credential.captured_at, $observed_at) > due.deadline
            then 'active after the deadline'
        else 'active, and the deadline is to come'
    end as credential
from due
join leaver
    on leaver.person_id = due.person_id
join access_credential
    on access_credential.credential_key = due.credential_key
order by population_key
