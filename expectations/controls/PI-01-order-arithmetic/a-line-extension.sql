-- Which order lines were placed on the day, and what is each extended to and expected to be?
select
    line_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
        when line_mode is null and placed_at is not null then 'no rounding policy in force: PI-02.f'
    end as exempt_reason,
    order_id,
    currency,
    policy_id,
    line_mode,
    qty_e4,
    unit_price_e4,
    ext_minor,
    expected_ext_minor
from reconciliation_order_line
where is_draft is not true
order by population_key
