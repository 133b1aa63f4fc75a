-- How many rows did each engine refuse, in every other test of this evaluation?
select
    test_id || '/' || result_day as population_key,
    null as subject_label,
    evaluated_at as occurred_at,
    instance,
    case
        when verdict = 'NOT_TESTED' and gx_unexpected_count is null and sql_unexpected_count is null
            then 'no evidence could be read, so that neither engine was asked'
    end as exempt_reason,
    verdict,
    gx_unexpected_count,
    sql_unexpected_count
from ctl_result
order by population_key
