-- What moved the balance at a processor on the day, as its settlement file lists?
select
    entry_id as id,
    processor,
    kind as type,
    type_given,
    coalesce(reference, entry_id) as source,
    amount_minor,
    coalesce(fee_minor, 0) as fee_minor,
    amount_minor - coalesce(fee_minor, 0) as net_minor,
    s.currency,
    case when c.currency is not null then true end as amount_exact,
    occurred_at as created_at,
    null::timestamptz as available_at,
    payout_ref as payout,
    null::varchar as exchange_rate
from settlement_row as s
left join register_currency as c
    on c.currency = s.currency
order by entry_id
