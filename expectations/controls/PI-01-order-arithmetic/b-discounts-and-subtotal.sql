-- Which orders were placed on the day, and do discounts and subtotal follow from their lines?
-- The number of lines out of bounds is unknown where an order's lines are not all there.
with line as (
    select
        instance,
        order_id,
        count(*) as lines_found,
        count(
            line_discount_minor < 0
            or alloc_discount_minor < 0
            or line_discount_minor + alloc_discount_minor > ext_minor
        ) as lines_comparable,
        count_if(
            line_discount_minor < 0
            or alloc_discount_minor < 0
            or line_discount_minor + alloc_discount_minor > ext_minor
        ) as lines_out_of_bounds
    from reconciliation_order_line
    group by
        instance,
        order_id
)

select
    reconciliation_order.order_id as population_key,
    'order ' || reconciliation_order.order_number as subject_label,
    reconciliation_order.placed_at as occurred_at,
    reconciliation_order.instance,
    case
        when reconciliation_order.is_test then 'test order'
    end as exempt_reason,
    reconciliation_order.currency,
    reconciliation_order.line_count,
    coalesce(line.lines_found, 0) as lines_found,
    case
        when line.lines_out_of_bounds > 0 then line.lines_out_of_bounds::bigint
        when coalesce(line.lines_comparable, 0) = reconciliation_order.line_count then 0
    end as lines_out_of_bounds,
    reconciliation_order.discount_minor,
    reconciliation_order.expected_discount_minor,
    reconciliation_order.subtotal_minor,
    reconciliation_order.expected_subtotal_minor
from reconciliation_order
left join line
    on line.instance = reconciliation_order.instance
    and line.order_id = reconciliation_order.order_id
where reconciliation_order.is_draft is not true
order by population_key
