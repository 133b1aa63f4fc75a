-- Which systems are critical, and how many tests within the year brought each back, with measured times?
select
    register_system.system_id as population_key,
    register_system.name as subject_label,
    null as occurred_at,
    register_system.instance,
    null as exempt_reason,
    register_system.owner,
    count(register_dr_test.test_id) as full_tests
from register_system
left join register_dr_test
    on list_contains(register_dr_test.system_ids, register_system.system_id)
    and register_dr_test.type in ('restore', 'failover')
    and register_dr_test.rto_actual_min is not null
    and register_dr_test.rpo_actual_min is not null
    and register_dr_test.tested_on between $day - $max_test_age_days::integer and $day
where register_system.in_scope
    and register_system.criticality = 'critical'
group by
    register_system.system_id,
    register_system.name,
    register_system.instance,
    register_system.owner
order by population_key
