-- Which payments did payers dispute at Stripe on the day, and how do these disputes stand?
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
    s.dispute_id as id,
    'stripe' as processor,
    s.charge,
    case when s.amount_minor % u.counted = 0 then (s.amount_minor // u.counted * u.made)::bigint end as amount_minor,
    upper(s.currency) as currency,
    coalesce(s.amount_minor, 0) % u.counted = 0 as amount_exact,
    case
        when s.status like 'warning%' then 'inquiry'
        when s.status in ('won', 'lost') then s.status
        else 'open'
    end as status,
    s.created_at
from stripe_dispute as s
left join unit as u
    on u.currency = s.currency
order by s.dispute_id
