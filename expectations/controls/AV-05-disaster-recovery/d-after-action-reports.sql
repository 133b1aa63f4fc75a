-- How many business days (Monday to Friday) passed between each test within the year and its report, or until today?
select
    test_id as population_key,
    test_id as subject_label,
    tested_on::timestamp at time zone 'UTC' as occurred_at,
    instance,
    null as exempt_reason,
    after_action_on,
    len(
        list_filter(
            generate_series(tested_on + 1, coalesce(after_action_on, $day), interval 1 day),
            lambda date: isodow(date) <= 5
        )
    ) as business_days_to_report
from register_dr_test
where tested_on between $day - $max_test_age_days::integer and $day
order by population_key
