-- On which days is evidence of a dataset missing, why, and can it still be had? From d1, up to but without d2.
create macro coverage_gaps(dataset, d1, d2) as table
select
    c.dataset,
    c.instance,
    c.day,
    c.cause,
    c.recoverable_until,
    g.entry as gap_entry,
    g.recorded_at
from ctl.coverage as c
left join ctl.coverage_gap as g on g.dataset = c.dataset and g.instance = c.instance and g.day = c.day
where c.dataset = dataset
    and c.state = 'gap'
    and c.day >= utc_day(d1)
    and c.day < utc_day(d2)
order by
    c.day,
    c.instance;
comment on macro table coverage_gaps is 'coverage_gaps(dataset, d1, d2): the missing days of each instance with their cause, from d1 up to but without d2';
