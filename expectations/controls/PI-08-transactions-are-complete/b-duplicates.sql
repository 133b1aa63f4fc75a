-- Which orders were placed on the day, how many have the number of each, and which is the same as one just before?
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    series,
    order_number,
    case
        when order_number is not null then orders_with_number
    end as orders_with_number,
    twin_order_id
from reconciliation_sequence
where order_status is distinct from 'draft'
order by population_key
