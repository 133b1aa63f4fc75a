-- For how many of the expected days is there evidence of a dataset? From d1, up to but without d2.
create macro coverage(dataset, d1, d2) as table
select
    c.dataset,
    c.instance,
    count(*) as expected_days,
    count(*) filter (where c.state = 'complete') as complete_days,
    count(*) filter (where c.state = 'gap') as gap_days,
    count(*) filter (where c.state = 'pending') as pending_days,
    coalesce(list(c.day order by c.day) filter (where c.state = 'gap'), []) as missing_days
from ctl.coverage as c
where c.dataset = dataset
    and c.day >= utc_day(d1)
    and c.day < utc_day(d2)
group by
    c.dataset,
    c.instance
order by
    c.dataset,
    c.instance;
comment on macro table coverage is 'coverage(dataset, d1, d2): expected, complete, missing and pending days of each instance, from d1 up to but without d2';
