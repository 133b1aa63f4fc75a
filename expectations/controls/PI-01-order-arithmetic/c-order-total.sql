-- Which orders were placed on the day, and what is each total and expected to be?
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    currency,
    price_includes_tax,
    subtotal_minor,
    discount_minor,
    shipping_minor,
    shipping_discount_minor,
    fees_minor,
    tax_minor,
    rounding_adj_minor,
    total_minor,
    expected_total_minor
from reconciliation_order
where order_status is distinct from 'draft'
order by population_key
