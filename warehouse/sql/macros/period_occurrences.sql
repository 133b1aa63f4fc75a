-- Which occurrences of each test does a period expect, and what became of each? From d1, up to but without d2.
-- A test of a control that operates daily is expected on each day; of others once in each week, month, quarter
-- or year that ends within the period. A result whose evidence does not verify any more is an error.
create macro period_occurrences(d1, d2) as table
with days as (
    select unnest(generate_series(
        utc_day(d1)::timestamp,
        utc_day(d2)::timestamp - interval 1 day,
        interval 1 day
    ))::date as day
),
expected as (
    select
        test.test_id,
        test.control_id,
        control.every,
        greatest(date_trunc(control.every, days.day)::date, utc_day(d1)) as first_day,
        days.day as last_day,
        timezone(
            'UTC',
            days.day + to_days(2 + (coalesce(control.lag_days, 0) + coalesce(control.cutoff_days, 0))::integer)
        ) as due_at
    from ctl.control_test as test
    join ctl.control as control on control.control_id = test.control_id
    cross join days
    where control.every = 'day'
        or date_trunc(control.every, days.day) <> date_trunc(control.every, days.day + 1)
),
first_tested as (
    select
        result.test_id,
        result.result_day,
        min(result.evaluated_at) as tested_at
    from ctl.test_result as result
    where result.verdict in ('PASS', 'PASS_WAIVED', 'FAIL')
    group by all
),
judged as (
    select
        counts.test_id,
        counts.result_day,
        counts.verdict,
        counts.reason,
        counts.evaluations,
        counts.definition_sha256,
        counts.verdict in ('PASS', 'PASS_WAIVED', 'FAIL') and counts.evidence_verifies as tested,
        counts.verdict = 'ERROR' or not counts.evidence_verifies as in_error,
        first_tested.tested_at
    from ctl.test_day as counts
    left join first_tested
        on first_tested.test_id = counts.test_id and first_tested.result_day = counts.result_day
),
gathered as (
    select
        expected.test_id,
        expected.control_id,
        expected.every,
        expected.first_day,
        expected.last_day,
        expected.due_at,
        count(*) filter (where judged.tested) as tested,
        count(*) filter (where judged.in_error) as errors,
        count(*) filter (where judged.verdict = 'NOT_TESTED' and judged.evaluations > 0) as untested,
        count(*) filter (where judged.verdict = 'NO_OCCURRENCE') as without,
        min(judged.tested_at) filter (where judged.tested) as tested_at,
        min_by(judged.verdict, verdict_rank(judged.verdict)) filter (where judged.tested) as verdict,
        string_agg(distinct judged.reason, '; ' order by judged.reason)
            filter (where not judged.tested) as why_not,
        list(distinct judged.definition_sha256 order by judged.definition_sha256)
            filter (where judged.definition_sha256 is not null) as definitions
    from expected
    left join judged
        on judged.test_id = expected.test_id
        and judged.result_day between expected.first_day and expected.last_day
    group by all
)
select
    test_id,
    control_id,
    every,
    first_day,
    last_day,
    case
        when tested > 0 and tested_at > due_at then 'LATE'
        when tested > 0 then 'PERFORMED'
        when errors > 0 then 'ERROR'
        when untested > 0 then 'NOT_TESTED'
        when without > 0 then 'NO_OCCURRENCE'
        when due_at > (select published_at from meta.published) then 'PENDING'
        else 'MISSED'
    end as became,
    verdict,
    tested_at,
    due_at,
    case when tested = 0 then why_not end as reason,
    coalesce(definitions, []) as definitions
from gathered
order by
    test_id,
    last_day;
comment on macro table period_occurrences is 'period_occurrences(d1, d2): one row per test and expected occurrence, and what became of it: PERFORMED, LATE, NO_OCCURRENCE, NOT_TESTED, ERROR, MISSED or PENDING; from d1 up to but without d2';
