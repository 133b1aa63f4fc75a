-- Which refunds did Stripe make on the day? A voided authorisation is one too, and moves nothing.
-- `counted` of the units Stripe counts in make one minor unit by ISO 4217, or `made` minor units one of them. An
-- amount that is no whole number of minor units becomes null, and amount_exact false.
with
    unit as (
        select
            lower(currency) as currency,
            [1, 10, 100, 1000, 10000][1 + greatest(processor_digits - minor_digits, 0)] as counted,
            [1, 10, 100, 1000, 10000][1 + greatest(minor_digits - processor_digits, 0)] as made
        from (
            select
                currency,
                minor_digits,
                coalesce(processor_minor_digits, minor_digits) as processor_digits
            from register_currency
        )
    )
select
    s.refund_id as id,
    'stripe' as processor,
    s.charge,
    case when s.amount_minor % u.counted = 0 then (s.amount_minor // u.counted * u.made)::bigint end as amount_minor,
    upper(s.currency) as currency,
    coalesce(s.amount_minor, 0) % u.counted = 0 as amount_exact,
    s.amount_minor as amount_counted,
    s.status,
    s.balance_transaction is null and s.status is not distinct from 'succeeded' as released,
    s.created_at,
    s.order_ref,
    s.balance_transaction as balance_entry
from stripe_refund as s
left join unit as u
    on u.currency = s.currency
order by s.refund_id
