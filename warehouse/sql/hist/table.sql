-- From when to when was each version seen, and when was it looked for next?
create table hist.{name} as
select
    v.instance,
    f.captured_at as observed_first,
    l.captured_at as observed_last,
    n.captured_at as next_observed,
    f.entry as first_entry,
    l.entry as last_entry,
    {columns}
from version as v
join capture as f on f.instance = v.instance and f._number = v._first_number
join capture as l on l.instance = v.instance and l._number = v._last_number
left join capture as n on n.instance = v.instance and n._number = v._last_number + 1
order by v.instance, {key}, f._number
