-- What did Stripe hold, currency by currency, when its balance was read?
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
    ),
    held as (
        select
            currency,
            max(captured_at) as as_of,
            sum(amount_minor) as amount_minor
        from stripe_balance
        group by currency
    )
select
    'stripe' as processor,
    upper(s.currency) as currency,
    s.as_of,
    case when s.amount_minor % u.counted = 0 then (s.amount_minor // u.counted * u.made)::bigint end as total_minor,
    s.amount_minor % u.counted = 0 as amount_exact
from held as s
left join unit as u
    on u.currency = s.currency
order by currency
