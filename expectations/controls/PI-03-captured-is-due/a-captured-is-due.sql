-- Which orders were placed or paid for on the day, and was what is due captured for each, and once?
-- Only of an order in a paid state is all of it due to have been captured. One that was cancelled before is not
-- looked at here: PI-04 compares what was captured of cancelled orders with what was given back.
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    currency,
    financial_status,
    due_minor,
    captured_minor,
    capture_count,
    duplicate_captures,
    case
        when financial_status in ('paid', 'partially_refunded', 'refunded') then difference_minor
        when financial_status is not null then 0
    end as difference_minor
from reconciliation_payment
where capture_count > 0
    or (
        order_status <> 'cancelled'
        and coalesce(financial_status, 'paid') in ('paid', 'partially_refunded', 'refunded')
    )
order by population_key
