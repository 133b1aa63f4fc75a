-- What may each enabled account do, whose is it, and does the role matrix allow that to their job role?
-- A row for each account and entitlement, however many ways lead to it. A grant is time-boxed only if every way is.
-- An account of which no entitlement is read has one row: whose it is must be known all the same.
with granted as (
    select
        account_key,
        system_id,
        entitlement,
        instance,
        min(granted_at) as granted_at,
        case
            when count(*) = count(expires_at) then max(expires_at)
        end as expires_at
    from access_entitlement
    group by
        account_key,
        system_id,
        entitlement,
        instance
),

held as (
    select
        granted.*,
        identity_person.login,
        identity_person.owner_kind,
        identity_person.job_role
    from granted
    left join identity_person on identity_person.account_key = granted.account_key
    where coalesce(identity_person.enabled, true)
    union all
    select
        identity_person.account_key,
        identity_person.system_id,
        null as entitlement,
        identity_person.instance,
        null as granted_at,
        null as expires_at,
        identity_person.login,
        identity_person.owner_kind,
        identity_person.job_role
    from identity_person
    where identity_person.enabled
        and identity_person.account_key not in (
            select account_key
            from granted
        )
),

allowed as (
    select distinct
        held.account_key,
        held.entitlement
    from held
    join register_role_matrix
        on register_role_matrix.system_id = held.system_id
        and (register_role_matrix.job_role = '*' or register_role_matrix.job_role = held.job_role)
        and (
            register_role_matrix.entitlement = held.entitlement
            or (
                ends_with(register_role_matrix.entitlement, '*')
                and starts_with(held.entitlement, rtrim(register_role_matrix.entitlement, '*'))
            )
        )
)

select
    held.account_key || '|' || coalesce(held.entitlement, 'no entitlement read') as population_key,
    coalesce(held.login, held.account_key) as subject_label,
    held.granted_at as occurred_at,
    held.instance,
    case
        when held.owner_kind = 'service' then 'registered service account'
        when held.expires_at > $observed_at
            then 'ends by itself at ' || strftime(held.expires_at at time zone 'UTC', '%Y-%m-%d %H:%M') || ' UTC'
    end as exempt_reason,
    held.owner_kind,
    held.job_role,
    case
        when held.owner_kind = 'person' and held.entitlement is not null then allowed.account_key is not null
    end as in_matrix
from held
left join allowed
    on allowed.account_key = held.account_key
    and allowed.entitlement = held.entitlement
order by population_key
