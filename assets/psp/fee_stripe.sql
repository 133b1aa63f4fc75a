-- Which fees did each movement of the balance at Stripe pay, one by one?
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
    fee as (
        select
            balance_transaction_id,
            unnest(fee_details::json[]) as detail,
            generate_subscripts(fee_details::json[], 1) as seq
        from stripe_balance_transaction
        where fee_details is not null
    ),
    read as (
        select
            balance_transaction_id,
            seq,
            detail ->> 'type' as kind,
            (detail ->> 'amount')::bigint as amount_minor,
            detail ->> 'currency' as currency
        from fee
    )
select
    s.balance_transaction_id as balance_entry,
    s.seq,
    'stripe' as processor,
    s.kind,
    case when s.amount_minor % u.counted = 0 then (s.amount_minor // u.counted * u.made)::bigint end as amount_minor,
    upper(s.currency) as currency
from read as s
left join unit as u
    on u.currency = s.currency
order by
    s.balance_transaction_id,
    s.seq
