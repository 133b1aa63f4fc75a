-- Which payouts did Stripe make on the day, and what do the movements in each come to?
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
    contents as (
        select
            payout_id,
            count(*) as entries,
            sum(net_minor) as net_minor
        from stripe_payout_transaction
        where type not in ('payout', 'payout_cancel', 'payout_failure')
        group by payout_id
    )
select
    s.payout_id as id,
    'stripe' as processor,
    case when s.amount_minor % u.counted = 0 then (s.amount_minor // u.counted * u.made)::bigint end as amount_minor,
    upper(s.currency) as currency,
    coalesce(s.amount_minor, 0) % u.counted = 0 and coalesce(c.net_minor, 0) % u.counted = 0 as amount_exact,
    s.automatic is true as automatic,
    s.reconciliation_status,
    s.status,
    s.created_at,
    s.arrival_date,
    s.trace_id,
    case
        when s.automatic and s.reconciliation_status = 'completed' then coalesce(c.entries, 0)
    end as contents_count,
    case
        when not s.automatic or s.reconciliation_status is distinct from 'completed' then null
        when coalesce(c.net_minor, 0) % u.counted = 0 then (coalesce(c.net_minor, 0) // u.counted * u.made)::bigint
    end as contents_net_minor
from stripe_payout as s
left join contents as c
    on c.payout_id = s.payout_id
left join unit as u
    on u.currency = s.currency
order by s.payout_id
