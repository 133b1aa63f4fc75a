-- What does the evidence of a period amount to, test by test? From d1, up to but without d2.
-- It counts and never judges: n of m, and the days that are missing. No share of missing days is forgiven.
create macro period_statement(d1, d2) as table
with occurrence as (
    select
        *,
        became in ('NOT_TESTED', 'ERROR', 'MISSED') as is_missing
    from period_occurrences(d1, d2)
),
placed as (
    select
        *,
        row_number() over (partition by test_id order by last_day)
        - row_number() over (partition by test_id, is_missing order by last_day) as island
    from occurrence
),
gap as (
    select
        test_id,
        count(*) as occurrences
    from placed
    where is_missing
    group by
        test_id,
        island
),
longest as (
    select
        test_id,
        max(occurrences) as longest_gap
    from gap
    group by test_id
),
counted as (
    select
        test_id,
        control_id,
        every,
        count(*) filter (where became <> 'PENDING') as expected,
        count(*) filter (where became in ('PERFORMED', 'LATE')) as performed,
        count(*) filter (where became = 'LATE') as late,
        count(*) filter (where verdict = 'FAIL') as failed,
        count(*) filter (where verdict = 'PASS_WAIVED') as waived,
        count(*) filter (where became = 'NO_OCCURRENCE') as no_occurrence,
        count(*) filter (where became = 'NOT_TESTED') as not_tested,
        count(*) filter (where became = 'ERROR') as errors,
        count(*) filter (where became = 'MISSED') as missed,
        count(*) filter (where became = 'PENDING') as pending,
        coalesce(list(last_day order by last_day) filter (where is_missing), []) as missing_days,
        len(list_distinct(flatten(list(definitions)))) as definitions
    from occurrence
    group by all
),
episode as (
    select
        test_id,
        exception_id,
        episode,
        bool_and(waiver_id is not null) as is_waived,
        max(result_day) - min(result_day) + 1 as days
    from ctl.exception
    where result_day >= utc_day(d1)
        and result_day < utc_day(d2)
    group by all
),
deviation as (
    select
        test_id,
        count(*) filter (where not is_waived) as deviations,
        count(*) filter (where is_waived) as waived_deviations,
        coalesce(max(days) filter (where not is_waived), 0) as longest_days
    from episode
    group by test_id
),
joined as (
    select
        counted.*,
        coalesce(longest.longest_gap, 0) as longest_gap,
        coalesce(deviation.deviations, 0) as deviations,
        coalesce(deviation.waived_deviations, 0) as waived_deviations,
        coalesce(deviation.longest_days, 0) as longest_days
    from counted
    left join longest on longest.test_id = counted.test_id
    left join deviation on deviation.test_id = counted.test_id
)
select
    test_id,
    control_id,
    every,
    expected,
    performed,
    late,
    failed,
    waived,
    no_occurrence,
    not_tested,
    errors,
    missed,
    pending,
    longest_gap,
    missing_days,
    deviations,
    waived_deviations,
    longest_days,
    definitions,
    case
        when expected = 0 then 'nothing was due yet'
        else
            'tested ' || performed || ' of ' || expected || ' ' || every || 's ('
            -- Rounded down, so that it never reads 100 where one is missing.
            || (1000 * performed // expected) // 10 || '.' || (1000 * performed // expected) % 10 || ' %)'
            || case when no_occurrence > 0 then ', nothing to test in ' || no_occurrence else '' end
            || case when pending > 0 then ', ' || pending || ' not due yet' else '' end
            || case when late > 0 then ', ' || late || ' of them late' else '' end
            || case
                when len(missing_days) > 0
                    then ', missing ' || len(missing_days) || ': ' || array_to_string(missing_days, ' ')
                else ''
            end
            || '; ' || deviations || case when deviations = 1 then ' deviation' else ' deviations' end
            || case when deviations > 0 then ', the longest seen over ' || longest_days
                || case when longest_days = 1 then ' day' else ' days' end else '' end
            || case when waived_deviations > 0 then '; ' || waived_deviations || ' waived' else '' end
            || case when definitions > 1 then '; judged by ' || definitions || ' versions of the test' else '' end
    end as statement
from joined
order by test_id;
comment on macro table period_statement is 'period_statement(d1, d2): one row per test: expected, performed, late, missing, and its deviations in a period, and a sentence that says so; from d1 up to but without d2';
