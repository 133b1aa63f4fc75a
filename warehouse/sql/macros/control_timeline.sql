-- From when to when did a control have which verdict? From t1, up to but without t2; a day not evaluated breaks.
create macro control_timeline(cid, t1, t2) as table
with days as (
    select
        d.control_id,
        d.result_day,
        d.verdict,
        d.result_day - row_number() over (partition by d.verdict order by d.result_day)::integer as island
    from ctl.control_day as d
    where d.control_id = cid
        and d.result_day >= utc_day(t1)
        and d.result_day < utc_day(t2)
)
select
    control_id,
    verdict,
    min(result_day) as first_day,
    max(result_day) as last_day,
    count(*) as days
from days
group by
    control_id,
    verdict,
    island
order by first_day;
comment on macro table control_timeline is 'control_timeline(control, t1, t2): runs of days with one verdict, from t1 up to but without t2';
