-- Which versions does the last publication hold, with their places among the captures of today?
insert into version by name
select
    h.instance,
    f._segment,
    f._number as _first_number,
    l._number as _last_number,
    {columns}
from previous.hist.{name} as h
join capture as f on f.instance = h.instance and f.entry = h.first_entry
join capture as l on l.instance = h.instance and l.entry = h.last_entry
