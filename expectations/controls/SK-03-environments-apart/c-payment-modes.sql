-- Which orders were paid for, or were tried to be, and was each payment in the mode that its order is?
-- A test order of the platform is paid in test mode, and no other.
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    cast(null as varchar) as exempt_reason,
    is_test,
    payment_count,
    wrong_mode_payments
from reconciliation_payment
where payment_count > 0
order by population_key
