-- Which rows came after their day was closed, and which results of a day were replaced by later ones, and why?

create view rec.late_arrival as
with recorded as (
    select
        result_day as business_day,
        instance_name as instance,
        population_key as row_key,
        occurred_at,
        try_cast(json_extract_string(attributes, '$.recorded_at') as timestamptz) as recorded_at,
        try_cast(json_extract_string(attributes, '$.closed_at') as timestamptz) as closed_at,
        json_extract_string(attributes, '$.registered') = 'true' as registered
    from ctl.population
    where test_id = 'PI-09.c'
)
select
    business_day,
    instance,
    row_key,
    occurred_at,
    recorded_at,
    closed_at,
    date_diff('minute', closed_at, recorded_at) as minutes_late,
    registered
from recorded
where recorded_at > closed_at
order by business_day, row_key;
comment on view rec.late_arrival is 'One row per row of a source that was recorded after its business day had been closed';
comment on column rec.late_arrival.business_day is 'The day it belongs to, UTC';
comment on column rec.late_arrival.instance is 'The shop it comes from';
comment on column rec.late_arrival.row_key is 'The view it is in, and its key there';
comment on column rec.late_arrival.occurred_at is 'When it happened, UTC';
comment on column rec.late_arrival.recorded_at is 'When the source recorded it, UTC';
comment on column rec.late_arrival.closed_at is 'When its day was closed, UTC';
comment on column rec.late_arrival.minutes_late is 'How long after that it was recorded; unit: minutes';
comment on column rec.late_arrival.registered is 'Whether the register of late arrivals names it';

create view rec.restatement as
with evaluated as (
    select
        test_id,
        result_day as business_day,
        result_id,
        evaluated_at,
        verdict,
        exceptions_count,
        snapshot_ids,
        lead(result_id) over evaluations as superseded_by,
        lead(evaluated_at) over evaluations as superseded_at,
        lead(verdict) over evaluations as restated_verdict,
        lead(exceptions_count) over evaluations as restated_exceptions_count,
        lead(snapshot_ids) over evaluations as restated_snapshot_ids
    from ctl.test_result
    where test_id in (select test_id from rec.rule)
    window evaluations as (partition by test_id, result_day order by entry)
),
renewed as (
    select
        evaluated.result_id,
        list(distinct snapshot.dataset order by snapshot.dataset) as datasets
    from evaluated
    cross join unnest(list_filter(
        evaluated.restated_snapshot_ids, lambda one: not list_contains(evaluated.snapshot_ids, one)
    )) as fresh (snapshot_id)
    join meta.snapshot as snapshot on snapshot.snapshot_id = fresh.snapshot_id
    group by evaluated.result_id
),
late as (
    select
        business_day,
        count(*) as rows_late
    from rec.late_arrival
    group by business_day
)
select
    evaluated.test_id,
    evaluated.business_day,
    evaluated.result_id,
    evaluated.evaluated_at,
    evaluated.verdict,
    evaluated.exceptions_count,
    evaluated.superseded_by,
    evaluated.superseded_at,
    evaluated.restated_verdict,
    evaluated.restated_exceptions_count,
    coalesce(renewed.datasets, []) as read_again,
    coalesce(late.rows_late, 0) as late_arrivals
from evaluated
left join renewed on renewed.result_id = evaluated.result_id
left join late on late.business_day = evaluated.business_day
where evaluated.superseded_by is not null
order by evaluated.business_day, evaluated.test_id, evaluated.evaluated_at;
comment on view rec.restatement is 'One row per result of a reconciliation that a later one replaced: both are kept, and what was read again in between';
comment on column rec.restatement.test_id is 'The test';
comment on column rec.restatement.business_day is 'The day that was judged, UTC';
comment on column rec.restatement.result_id is 'The result that was replaced';
comment on column rec.restatement.evaluated_at is 'When it was reached, UTC';
comment on column rec.restatement.verdict is 'Its verdict';
comment on column rec.restatement.exceptions_count is 'Its exceptions without a waiver';
comment on column rec.restatement.superseded_by is 'The result that replaced it';
comment on column rec.restatement.superseded_at is 'When that was reached, UTC';
comment on column rec.restatement.restated_verdict is 'The verdict then';
comment on column rec.restatement.restated_exceptions_count is 'The exceptions without a waiver then';
comment on column rec.restatement.read_again is 'Datasets of which the later result used a file that the earlier one had not; none: the test was changed';
comment on column rec.restatement.late_arrivals is 'Rows of the day that were recorded after it had been closed';
