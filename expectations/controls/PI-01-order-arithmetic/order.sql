-- Which orders were placed on the day, what are their total and shipping, and are their figures legal ones?
-- A total is expected of its parts, shipping of the last quote, where nobody approved that it differs.
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    currency,
    minor_digits,
    processor_multiple,
    price_includes_tax,
    subtotal_minor,
    discount_minor,
    shipping_minor,
    quoted_shipping_minor,
    shipping_override_approver,
    case
        when shipping_override_approver is not null then shipping_minor
        else coalesce(quoted_shipping_minor, 0)
    end as agreed_shipping_minor,
    shipping_discount_minor,
    fees_minor,
    tax_minor,
    rounding_adj_minor,
    total_minor,
    expected_total_minor,
    negative_lines,
    payments_in_other_currency,
    (total_minor % processor_multiple <> 0)::bigint + payments_off_multiple as amounts_off_multiple,
    (expected_subtotal_minor is null)::bigint
    + (expected_discount_minor is null)::bigint
    + (expected_total_minor is null)::bigint as sums_too_large
from reconciliation_order
where is_draft is not true
order by population_key
