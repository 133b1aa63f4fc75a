-- Which counts were to be done before the day or have been done, and is each done and its difference explained?
-- A difference is as large as its share of what was said to be there; where nothing was said to be, any is too large.
select
    count_id as population_key,
    sku || ' in ' || location as subject_label,
    null::timestamptz as occurred_at,
    instance,
    null as exempt_reason,
    due_on,
    counted_on,
    expected,
    counted,
    resolved_on,
    case
        when counted_on is null then false
        when expected is null or counted is null then null
        when abs(counted - expected)::hugeint * 100 <= expected::hugeint * $count_variance_percent then true
        when resolved_on is not null then true
        else $day - counted_on <= $count_open_days
    end as count_in_order
from register_cycle_count
where counted_on <= $day or due_on < $day
order by population_key
