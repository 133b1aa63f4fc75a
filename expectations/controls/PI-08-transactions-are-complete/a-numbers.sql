-- Which numbers were used on the day, how many before each are missing, and how many may be?
-- One row per number of a gapless series, or of one that nobody declared; one row per other series, with its share.
-- An order that has no number cannot be told to be in sequence, unless it is a draft.
with
    used as (
        select *
        from reconciliation_sequence
        where order_number is not null
    )
select
    'order ' || order_id as population_key,
    'order ' || order_id as subject_label,
    placed_at as occurred_at,
    instance,
    null as exempt_reason,
    series,
    null::bigint as number_before,
    null::bigint as missing,
    0 as accepted
from reconciliation_sequence
where order_number is null and order_status is distinct from 'draft'
union all
select
    series || ' ' || order_number as population_key,
    series || ' ' || order_number as subject_label,
    min(placed_at) as occurred_at,
    instance,
    null as exempt_reason,
    series,
    min(number_before) as number_before,
    coalesce(min(missing_before), 0) as missing,
    0 as accepted
from used
where coalesce(gapless, true)
group by
    instance,
    series,
    order_number
union all
select
    series as population_key,
    'series ' || series as subject_label,
    min(placed_at) as occurred_at,
    instance,
    null as exempt_reason,
    series,
    min(number_before) as number_before,
    sum(missing_before)::bigint as missing,
    ((sum(missing_before) + count(*)) * $gaps_per_10000 // 10000)::bigint as accepted
from (
    select distinct
        instance,
        series,
        order_number,
        number_before,
        coalesce(missing_before, 0) as missing_before,
        min(placed_at) over (partition by instance, series) as placed_at
    from used
    where not gapless
) as number
group by
    instance,
    series
order by population_key
