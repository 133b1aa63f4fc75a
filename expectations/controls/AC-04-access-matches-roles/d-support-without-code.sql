-- How many permissions in repositories does each person of a support role have, by whatever way? A row for each
-- of them, whether or not they have an account: that all have none is the proof.
-- Where a repository is reached by an account of nobody we know, it may be theirs: then none cannot be told.
with permission as (
    select
        access_entitlement.entitlement,
        access_entitlement.via,
        coalesce(identity_person.owner_kind, 'nobody') as owner_kind,
        identity_person.person_id
    from access_entitlement
    left join identity_person
        on identity_person.account_key = access_entitlement.account_key
    where starts_with(access_entitlement.entitlement, 'repo:')
        and coalesce(identity_person.enabled, true)
),

held as (
    select
        person_id,
        count(distinct entitlement) as repository_permissions,
        string_agg(distinct entitlement || ' via ' || via, ', ' order by entitlement || ' via ' || via) as ways
    from permission
    where owner_kind = 'person'
    group by person_id
),

stray as (
    select count(*) as permissions_of_nobody
    from permission
    where owner_kind = 'nobody'
)

select
    people_person.person_id as population_key,
    people_person.name as subject_label,
    null as occurred_at,
    people_person.instance,
    null as exempt_reason,
    people_person.job_role,
    held.ways,
    stray.permissions_of_nobody,
    case
        when held.person_id is not null then held.repository_permissions
        when stray.permissions_of_nobody = 0 then 0
    end as repository_permissions
from people_person
cross join stray
left join held
    on held.person_id = people_person.person_id
where starts_with(people_person.job_role, $support_role)
    and (
        people_person.terminated_at is null
        or people_person.terminated_at > $observed_at
        or held.person_id is not null
    )
order by population_key
