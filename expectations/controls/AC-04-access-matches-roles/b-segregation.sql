-- Does anybody with an enabled account hold both sides of a segregation rule, over all their accounts?
-- A row for each person and rule. A side in system `people` is a job role; who has none cannot be told.
with person as (
    select
        person_id,
        any_value(name) as name,
        any_value(job_role) as job_role,
        min(instance) as instance
    from identity_person
    where owner_kind = 'person' and enabled
    group by person_id
),

holding as (
    select distinct
        identity_person.person_id,
        access_entitlement.system_id,
        access_entitlement.entitlement
    from access_entitlement
    join identity_person
        on identity_person.account_key = access_entitlement.account_key
    where identity_person.owner_kind = 'person' and identity_person.enabled
    union all
    select
        person_id,
        'people' as system_id,
        job_role as entitlement
    from person
    where job_role is not null
),

side as (
    select
        holding.person_id,
        register_sod_rule.sod_rule_id,
        bool_or(
            holding.system_id = register_sod_rule.left_system_id
            and (
                holding.entitlement = register_sod_rule.left_entitlement
                or ends_with(register_sod_rule.left_entitlement, '*')
                and starts_with(holding.entitlement, rtrim(register_sod_rule.left_entitlement, '*'))
            )
        ) as has_left,
        bool_or(
            holding.system_id = register_sod_rule.right_system_id
            and (
                holding.entitlement = register_sod_rule.right_entitlement
                or ends_with(register_sod_rule.right_entitlement, '*')
                and starts_with(holding.entitlement, rtrim(register_sod_rule.right_entitlement, '*'))
            )
        ) as has_right
    from holding
    cross join register_sod_rule
    group by
        holding.person_id,
        register_sod_rule.sod_rule_id
)

select
    person.person_id || '|' || register_sod_rule.sod_rule_id as population_key,
    person.name as subject_label,
    null as occurred_at,
    person.instance,
    null as exempt_reason,
    person.job_role,
    register_sod_rule.left_entitlement,
    register_sod_rule.right_entitlement,
    case
        when
            person.job_role is null
            and 'people' in (register_sod_rule.left_system_id, register_sod_rule.right_system_id)
            then null
        else coalesce(side.has_left and side.has_right, false)
    end as holds_both
from person
cross join register_sod_rule
left join side
    on side.person_id = person.person_id
    and side.sod_rule_id = register_sod_rule.sod_rule_id
order by population_key
