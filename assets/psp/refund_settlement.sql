-- Which refunds does a processor's settlement file of the day list?
select
    coalesce(reference, entry_id) as id,
    processor,
    original as charge,
    -amount_minor as amount_minor,
    s.currency,
    case when c.currency is not null then true end as amount_exact,
    -amount_minor as amount_counted,
    'succeeded' as status,
    false as released,
    occurred_at as created_at,
    order_ref,
    entry_id as balance_entry
from settlement_row as s
left join register_currency as c
    on c.currency = s.currency
where kind = 'refund'
order by id
