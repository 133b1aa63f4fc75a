-- Which articles had stock or moved on the day, what should be left of each, and what is the least it may be sold to?
select
    sku || ' in ' || location as population_key,
    sku || ' in ' || location as subject_label,
    null::timestamptz as occurred_at,
    instance,
    case
        when list_has_any([starts_with(sku, prefix) for prefix in $untracked_skus], [true])
            then 'no stock of ours is kept'
    end as exempt_reason,
    opening,
    received,
    shipped,
    returned,
    transferred_in,
    transferred_out,
    adjusted,
    expected_closing,
    closing,
    available,
    case
        when closing is not null then least(closing, coalesce(available, closing))
    end as least
from reconciliation_stock
order by population_key
