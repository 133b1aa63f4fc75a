-- Which charges did Stripe attempt on the day, and what became of each?
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
    s.charge_id as id,
    'stripe' as processor,
    s.payment_intent,
    case when s.amount_minor % u.counted = 0 then (s.amount_minor // u.counted * u.made)::bigint end as amount_minor,
    case when s.amount_captured_minor % u.counted = 0 then (s.amount_captured_minor // u.counted * u.made)::bigint end as captured_minor,
    case when s.amount_refunded_minor % u.counted = 0 then (s.amount_refunded_minor // u.counted * u.made)::bigint end as refunded_minor,
    upper(s.currency) as currency,
    coalesce(s.amount_minor, 0) % u.counted = 0 and coalesce(s.amount_captured_minor, 0) % u.counted = 0 and coalesce(s.amount_refunded_minor, 0) % u.counted = 0 as amount_exact,
    s.amount_minor as amount_counted,
    case
        when s.status in ('failed', 'pending') then s.status
        when s.captured then 'captured'
        when s.amount_refunded_minor = s.amount_minor then 'voided'
        else 'authorised'
    end as status,
    s.failure_code,
    s.created_at,
    s.livemode,
    s.order_ref,
    s.balance_transaction as balance_entry,
    true as attempts_listed
from stripe_charge as s
left join unit as u
    on u.currency = s.currency
order by s.charge_id
