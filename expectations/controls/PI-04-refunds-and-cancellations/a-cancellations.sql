-- Which orders were cancelled on the day, and was what had been captured given back by then?
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    cancelled_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    currency,
    refund_due_at,
    captured_minor,
    refunded_minor
from reconciliation_cancellation
order by population_key
