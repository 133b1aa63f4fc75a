-- Which payments does a processor's settlement file of the day list? Only what moved money: no failed attempts.
select
    coalesce(reference, entry_id) as id,
    processor,
    null::varchar as payment_intent,
    amount_minor,
    amount_minor as captured_minor,
    0::bigint as refunded_minor,
    s.currency,
    case when c.currency is not null then true end as amount_exact,
    amount_minor as amount_counted,
    'captured' as status,
    null::varchar as failure_code,
    occurred_at as created_at,
    true as livemode,
    order_ref,
    entry_id as balance_entry,
    false as attempts_listed
from settlement_row as s
left join register_currency as c
    on c.currency = s.currency
where kind = 'charge'
order by id
