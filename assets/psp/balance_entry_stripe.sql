-- What moved the balance at Stripe on the day?
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
    s.balance_transaction_id as id,
    'stripe' as processor,
    case
        when s.reporting_category in ('charge', 'refund', 'dispute', 'fee', 'payout') then s.reporting_category
        else 'other'
    end as type,
    s.reporting_category as type_given,
    s.source,
    case when s.amount_minor % u.counted = 0 then (s.amount_minor // u.counted * u.made)::bigint end as amount_minor,
    case when s.fee_minor % u.counted = 0 then (s.fee_minor // u.counted * u.made)::bigint end as fee_minor,
    case when s.net_minor % u.counted = 0 then (s.net_minor // u.counted * u.made)::bigint end as net_minor,
    upper(s.currency) as currency,
    coalesce(s.amount_minor, 0) % u.counted = 0 and coalesce(s.fee_minor, 0) % u.counted = 0 and coalesce(s.net_minor, 0) % u.counted = 0 as amount_exact,
    s.created_at,
    s.available_on as available_at,
    null::varchar as payout,
    s.exchange_rate
from stripe_balance_transaction as s
left join unit as u
    on u.currency = s.currency
order by s.balance_transaction_id
