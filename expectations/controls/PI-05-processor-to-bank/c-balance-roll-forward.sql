-- What did each processor hold on the day, and does it follow from what it held before and what moved since?
select
    balance_key as population_key,
    balance_key as subject_label,
    closed_at as occurred_at,
    instance,
    case
        when opened_at is null then 'no balance was read in the three days before'
    end as exempt_reason,
    processor,
    currency,
    opened_at,
    opening_minor,
    moved_minor,
    closing_minor,
    expected_minor,
    difference_minor,
    unexplained_minor
from reconciliation_balance
order by population_key
