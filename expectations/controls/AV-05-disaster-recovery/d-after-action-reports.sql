-- How many business days (Monday to Friday) passed between each test within the year and its report, or until today?
-- And is the report here that is said to be written?
select
    register_dr_test.test_id as population_key,
    register_dr_test.test_id as subject_label,
    register_dr_test.tested_on::timestamp at time zone 'UTC' as occurred_at,
    register_dr_test.instance,
    null as exempt_reason,
    register_dr_test.after_action_on,
    len(
        list_filter(
            generate_series(
                register_dr_test.tested_on + 1,
                coalesce(register_dr_test.after_action_on, $day),
                interval 1 day
            ),
            lambda date: isodow(date) <= 5
        )
    ) as business_days_to_report,
    case
        when register_dr_test.after_action_on is null then null
        when register_dr_test.after_action_sha256 is null then 'not cited'
        when document_file.document_sha256 is null then 'not stored'
        when not document_file.intact then 'altered'
        else 'stored'
    end as document_state
from register_dr_test
left join document_file on document_file.document_sha256 = register_dr_test.after_action_sha256
where register_dr_test.tested_on between $day - $max_test_age_days::integer and $day
order by population_key
