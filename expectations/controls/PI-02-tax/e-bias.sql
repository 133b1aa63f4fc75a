-- Do the tolerated differences of a day's taxes lean to one side, in any currency?
-- n unbiased roundings differ by 3·sqrt(n/12) at most, in three of their standard deviations. Squared, so that no root is
-- taken: their sum s is within that where 4·s² is at most 3·n.
with difference as (
    select
        instance,
        currency,
        count(*) as orders,
        sum(tax_minor::hugeint - expected_tax_minor) as difference_minor
    from reconciliation_order_tax
    where is_draft is not true
        and not is_test
        and tax_line_count > 0
        and abs(tax_minor::hugeint - expected_tax_minor) <= tolerance_minor
    group by
        instance,
        currency
)

select
    instance || '|' || currency as population_key,
    currency || ' of ' || $day as subject_label,
    $day_end as occurred_at,
    instance,
    null::varchar as exempt_reason,
    currency,
    orders,
    try_cast(difference_minor as bigint) as difference_minor,
    try_cast(4 * difference_minor * difference_minor as bigint) as four_times_square,
    3 * orders as three_times_orders
from difference
order by population_key
