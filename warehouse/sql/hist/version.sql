-- Which versions are there now? One that ends just before these captures and an equal one that begins with
-- the first of them are the same.
create or replace temp table version as
with bound as (
    select distinct
        instance,
        _low
    from chunk
),
meeting as (
    select v.*
    from version as v
    join bound as b on b.instance = v.instance and b._low - 1 = v._last_number
    union all by name
    select * exclude (_low)
    from island
    where _first_number = _low
)
select v.*
from version as v
anti join bound as b on b.instance = v.instance and b._low - 1 = v._last_number
union all by name
select
    instance,
    _segment,
    {columns},
    min(_first_number) as _first_number,
    max(_last_number) as _last_number
from meeting
group by all
union all by name
select * exclude (_low)
from island
where _first_number > _low
