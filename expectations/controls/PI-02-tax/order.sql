-- Which orders were placed on the day, by which policy, and what do their tax lines sum to?
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    currency,
    policy_id,
    tax_scope,
    tax_minor,
    tax_lines_minor,
    tax_line_count
from reconciliation_order_tax
where is_draft is not true
order by population_key
