-- Which discounts have the orders of the day, and what does each stand on?
select
    discount_id as population_key,
    'discount on order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    order_id,
    line_id,
    currency,
    kind,
    promotion_id,
    promotion_approver,
    amount_minor,
    actor,
    approver,
    authority
from reconciliation_discount
where is_draft is not true
order by population_key
