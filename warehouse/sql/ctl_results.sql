-- What is the verdict of each test and control on each day, and does its evidence still verify?
-- Written by publish beforehand: lost_evaluation, one row per evaluation with a file missing or altered.

create table ctl.test_result as
with used as (
    select distinct
        entry,
        result_id,
        result_day,
        unnest(snapshot_ids) as snapshot_id
    from ev.ctl_result
),
on_day as (
    select
        snapshot_id,
        day,
        min(fault) as fault
    from meta.snapshot
    group by all
),
anywhere as (
    select
        snapshot_id,
        min(fault) as fault
    from meta.snapshot
    group by all
),
-- Two days may hold the same bytes, and so the same digest: the file of the result's own day is meant.
judged as (
    select
        used.entry,
        used.result_id,
        case
            when on_day.snapshot_id is not null then on_day.fault
            when anywhere.snapshot_id is not null then anywhere.fault
            else 'the ledger names no snapshot ' || used.snapshot_id
        end as fault
    from used
    left join on_day on on_day.snapshot_id = used.snapshot_id and on_day.day = used.result_day
    left join anywhere on anywhere.snapshot_id = used.snapshot_id
    union all
    select
        lost.entry,
        result.result_id,
        lost.fault
    from lost_evaluation as lost
    join ev.ctl_result as result on result.entry = lost.entry
),
faults as (
    select
        entry,
        result_id,
        string_agg(distinct fault, '; ' order by fault) as fault
    from judged
    where fault is not null
    group by all
)
select
    result.* exclude (instance, day, captured_at),
    faults.fault is null as evidence_verifies,
    faults.fault as evidence_fault
from ev.ctl_result as result
left join faults on faults.entry = result.entry and faults.result_id = result.result_id
order by result.result_day, result.test_id, result.entry;

-- An evaluation whose results cannot be read any more counts as one that ended in an error.
insert into ctl.test_result by name
select
    lost.entry,
    'lost-' || lost.entry || '-' || test.test_id as result_id,
    test.test_id,
    test.control_id,
    lost.day as result_day,
    'ERROR' as verdict,
    lost.fault as reason,
    lost.recorded_at as evaluated_at,
    coalesce(test.kind, 'state') as test_kind,
    false as keeps_failure,
    false as evidence_verifies,
    lost.fault as evidence_fault
from lost_evaluation as lost
join ctl.control_test as test on list_contains(lost.control_ids, test.control_id)
where lost.without_results
order by lost.entry, test.test_id;

comment on table ctl.test_result is 'One row per evaluation of a test on a day; later ones do not remove earlier ones';
comment on column ctl.test_result.entry is 'Number of the ledger entry that acknowledges the evaluation';
comment on column ctl.test_result.evidence_verifies is 'Whether every file the result was computed from, and the result itself, is still what the ledger names';
comment on column ctl.test_result.evidence_fault is 'What does not verify; null: all does';

-- The newest evaluation counts, except that a failure seen in a state stays: collecting or testing again until
-- it is green is impossible. Only another definition of the test, which has another digest, judges anew.
create table ctl.test_day as
with newest as (
    select *
    from ctl.test_result
    qualify row_number() over (partition by test_id, result_day order by entry desc) = 1
),
kept as (
    select failed.*
    from ctl.test_result as failed
    join newest on newest.test_id = failed.test_id and newest.result_day = failed.result_day
    where failed.verdict = 'FAIL'
        and failed.keeps_failure
        and failed.definition_sha256 = newest.definition_sha256
    qualify row_number() over (partition by failed.test_id, failed.result_day order by failed.entry desc) = 1
),
effective as (
    select * from kept
    union all by name
    select newest.*
    from newest
    anti join kept on kept.test_id = newest.test_id and kept.result_day = newest.result_day
),
counted as (
    select
        test_id,
        result_day,
        count(*) as evaluations,
        string_agg(distinct evidence_fault, '; ' order by evidence_fault)
            filter (where starts_with(result_id, 'lost-')) as lost
    from ctl.test_result
    group by all
)
select
    effective.test_id,
    effective.control_id,
    effective.result_day,
    effective.verdict,
    effective.reason,
    effective.population_count,
    effective.exempt_count,
    effective.exceptions_count,
    effective.unknown_count,
    effective.waived_count,
    effective.missing,
    effective.rounds,
    effective.evaluated_at,
    effective.final,
    effective.test_kind,
    effective.keeps_failure,
    effective.definition_sha256,
    effective.result_id,
    effective.entry,
    counted.evaluations,
    effective.evidence_verifies and counted.lost is null as evidence_verifies,
    coalesce(effective.evidence_fault, 'of an earlier evaluation ' || counted.lost) as evidence_fault
from effective
join counted on counted.test_id = effective.test_id and counted.result_day = effective.result_day;

-- A day that is over, and whose evaluation is a day late, was not tested: silence is no pass.
insert into ctl.test_day by name
with started as (
    select min(valid_from) as first_day
    from meta.dataset_schedule
),
days as (
    select unnest(generate_series(
        first_day::timestamp,
        (select (published_at at time zone 'UTC')::date - 2 from meta.published)::timestamp,
        interval 1 day
    ))::date as day
    from started
)
select
    test.test_id,
    test.control_id,
    days.day as result_day,
    'NOT_TESTED' as verdict,
    'no evaluation of this day was made' as reason,
    coalesce(test.kind, 'state') as test_kind,
    false as keeps_failure,
    0 as evaluations,
    true as evidence_verifies
from ctl.control_test as test
join ctl.control as control on control.control_id = test.control_id
cross join days
anti join ctl.test_day as done on done.test_id = test.test_id and done.result_day = days.day
where timezone('UTC', days.day + to_days(2 + (coalesce(control.lag_days, 0) + coalesce(control.cutoff_days, 0))::integer))
    <= (select published_at from meta.published);

comment on table ctl.test_day is 'One row per test and evidence day: the verdict that counts';
comment on column ctl.test_day.entry is 'Number of the ledger entry of the evaluation that counts; null: there was none';
comment on column ctl.test_day.evaluations is 'How often the day was evaluated';
comment on column ctl.test_day.evidence_verifies is 'Whether every file behind the verdict is still what the ledger names';
comment on column ctl.test_day.evidence_fault is 'What does not verify; null: all does';

create table ctl.control_day as
select
    control_id,
    result_day,
    min_by(verdict, verdict_rank(verdict)) as verdict,
    string_agg(test_id || ': ' || reason, '; ' order by test_id)
        filter (where verdict not in ('PASS', 'NO_OCCURRENCE')) as reason,
    count(*) as tests,
    count(*) filter (where verdict = 'FAIL') as failed,
    count(*) filter (where verdict = 'ERROR') as errors,
    count(*) filter (where verdict = 'NOT_TESTED') as not_tested,
    count(*) filter (where verdict = 'PASS_WAIVED') as passed_waived,
    count(*) filter (where verdict = 'PASS') as passed,
    count(*) filter (where verdict = 'NO_OCCURRENCE') as no_occurrence,
    sum(exceptions_count)::bigint as exceptions_count,
    sum(unknown_count)::bigint as unknown_count,
    sum(waived_count)::bigint as waived_count,
    bool_and(evidence_verifies) as evidence_verifies
from ctl.test_day
group by all
order by control_id, result_day;

comment on table ctl.control_day is 'One row per control and evidence day: the worst verdict of its tests, FAIL before ERROR, NOT_TESTED, PASS_WAIVED, PASS, NO_OCCURRENCE';
comment on column ctl.control_day.control_id is 'The control, such as AC-01';
comment on column ctl.control_day.result_day is 'The evidence day, UTC';
comment on column ctl.control_day.verdict is 'The worst verdict of its tests';
comment on column ctl.control_day.reason is 'The reason of every test that did not simply pass';
comment on column ctl.control_day.tests is 'Tests of the control';
comment on column ctl.control_day.failed is 'Tests with FAIL';
comment on column ctl.control_day.errors is 'Tests with ERROR';
comment on column ctl.control_day.not_tested is 'Tests with NOT_TESTED';
comment on column ctl.control_day.passed_waived is 'Tests with PASS_WAIVED';
comment on column ctl.control_day.passed is 'Tests with PASS';
comment on column ctl.control_day.no_occurrence is 'Tests with NO_OCCURRENCE';
comment on column ctl.control_day.exceptions_count is 'Exceptions without a waiver, over its tests';
comment on column ctl.control_day.unknown_count is 'Rows with a tested attribute that is unknown, over its tests';
comment on column ctl.control_day.waived_count is 'Exceptions that a waiver accepted, over its tests';
comment on column ctl.control_day.evidence_verifies is 'Whether every file behind the verdict is still what the ledger names';
