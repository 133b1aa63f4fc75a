-- Which equal rows do the next captures show? The captures that show them are bits of one number.
create or replace temp table seen as
select
    c.instance,
    c._segment,
    c._low,
    {columns},
    min(c._number) as _first_number,
    max(c._number) as _last_number,
    bit_or(1::ubigint << (c._number - c._low)) as _bits
from ({rows}) as r
join chunk as c on c._file = r.{file}
group by all
