-- When was each of them seen in captures that follow one another?
-- A row that went away and came back has more than one interval.
create or replace temp table island as
with apart as (
    select
        *,
        row_number() over () as _id
    from seen
    where bit_count(_bits) <> _last_number - _first_number + 1
),
captured as (
    select
        * exclude (_first_number, _last_number, _bits),
        unnest(range(_first_number, _last_number + 1)) as _number,
        _bits
    from apart
),
placed as (
    select
        * exclude (_bits),
        _number - row_number() over (partition by _id order by _number) as _place
    from captured
    where (_bits >> (_number - _low)::ubigint) & 1 = 1
)
select
    instance,
    _segment,
    _low,
    {columns},
    _first_number,
    _last_number
from seen
where bit_count(_bits) = _last_number - _first_number + 1
union all
select
    instance,
    _segment,
    _low,
    {columns},
    min(_number)::integer,
    max(_number)::integer
from placed
group by
    instance,
    _segment,
    _low,
    {columns},
    _id,
    _place
