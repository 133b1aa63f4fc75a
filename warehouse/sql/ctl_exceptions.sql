-- Which rows broke a rule on which days, and which of them still do?

create table ctl.exception as
with counting as (
    -- Of a state, every failure of the day with the same definition counts, so that no later evaluation
    -- hides what an earlier one found.
    select exception.* exclude (instance, day, captured_at)
    from ev.ctl_exception as exception
    join ctl.test_result as result
        on result.entry = exception.entry and result.result_id = exception.result_id
    join ctl.test_day as counts
        on counts.test_id = result.test_id and counts.result_day = result.result_day
    where result.result_id = counts.result_id
        or (result.keeps_failure and result.definition_sha256 = counts.definition_sha256)
    qualify row_number() over (
        partition by exception.test_id, exception.result_day, exception.population_key, exception.code
        order by exception.waiver_id is not null, exception.entry desc
    ) = 1
),
-- A day on which everything was tested ends an episode of what it did not find; any other day cannot tell.
numbered as (
    select
        test_id,
        result_day,
        count(*) filter (
            where verdict not in ('NOT_TESTED', 'ERROR') and coalesce(len(missing), 0) = 0
        ) over (partition by test_id order by result_day) as tested_days
    from ctl.test_day
),
placed as (
    select
        counting.*,
        numbered.tested_days,
        coalesce(
            numbered.tested_days - lag(numbered.tested_days) over (
                partition by counting.exception_id
                order by counting.result_day
            ) > 1,
            false
        ) as begins_anew
    from counting
    join numbered on numbered.test_id = counting.test_id and numbered.result_day = counting.result_day
)
select
    * exclude (begins_anew),
    1 + sum(begins_anew::integer) over (
        partition by exception_id
        order by result_day
        rows between unbounded preceding and current row
    )::bigint as episode
from placed
order by result_day, test_id, population_key, code;

comment on table ctl.exception is 'One row per row and code that broke a rule on a day, waived ones included';
comment on column ctl.exception.entry is 'Number of the ledger entry that acknowledges the evaluation';
comment on column ctl.exception.tested_days is 'Days up to this one on which the test could look at everything';
comment on column ctl.exception.episode is 'Which time it occurs, from 1: it ends when a complete test no longer finds it';

create view ctl.open_exceptions as
with last_tested as (
    select
        test_id,
        count(*) filter (
            where verdict not in ('NOT_TESTED', 'ERROR') and coalesce(len(missing), 0) = 0
        ) as tested_days
    from ctl.test_day
    group by all
),
episodes as (
    select
        exception_id,
        episode,
        min(first_seen_at) as open_since,
        max(result_day) as last_day
    from ctl.exception
    group by all
)
select
    seen.exception_id,
    seen.control_id,
    seen.test_id,
    seen.population_key,
    seen.subject_label,
    seen.code,
    seen.severity,
    episodes.open_since,
    seen.last_seen_at,
    date_diff('day', episodes.open_since, (select published_at from meta.published)) as days_open,
    episodes.open_since + to_days(coalesce(control.remediation_days, due_days(seen.severity))::integer) as due_at,
    seen.detail,
    seen.result_day,
    judged.evidence_verifies
from ctl.exception as seen
join episodes
    on episodes.exception_id = seen.exception_id
    and episodes.episode = seen.episode
    and episodes.last_day = seen.result_day
join last_tested on last_tested.test_id = seen.test_id
join ctl.test_day as judged on judged.test_id = seen.test_id and judged.result_day = seen.result_day
left join ctl.control as control on control.control_id = seen.control_id
where seen.waiver_id is null
    and seen.cleared_at is null
    and (judged.test_kind = 'event' or seen.tested_days = last_tested.tested_days)
order by open_since, seen.test_id, seen.population_key, seen.code;

comment on view ctl.open_exceptions is 'One row per exception without waiver that was there when its test last could look at everything; of events: every one on any day';
comment on column ctl.open_exceptions.exception_id is 'Digest of test, row and code: the same on every day';
comment on column ctl.open_exceptions.control_id is 'The control, such as AC-01';
comment on column ctl.open_exceptions.test_id is 'The test, such as AC-01.a';
comment on column ctl.open_exceptions.population_key is 'The row that breaks the rule; never personal';
comment on column ctl.open_exceptions.subject_label is 'The row, as people know it; privacy: workforce';
comment on column ctl.open_exceptions.code is 'Which rule is broken';
comment on column ctl.open_exceptions.severity is 'Critical, High, Medium or Low';
comment on column ctl.open_exceptions.open_since is 'When it was first seen in this episode, UTC';
comment on column ctl.open_exceptions.last_seen_at is 'When it was last seen, UTC';
comment on column ctl.open_exceptions.days_open is 'Days between open_since and the making of this file';
comment on column ctl.open_exceptions.due_at is 'By when it is to be mended, UTC: as its control says, else by its severity';
comment on column ctl.open_exceptions.detail is 'The facts the rule judged, as JSON';
comment on column ctl.open_exceptions.result_day is 'The last evidence day it was found on';
comment on column ctl.open_exceptions.evidence_verifies is 'Whether every file behind it is still what the ledger names';
