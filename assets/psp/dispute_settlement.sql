-- Which payments were taken back by payers' banks, as a processor's settlement file of the day lists?
-- What comes back after a dispute is a movement of the balance and no dispute.
select
    coalesce(reference, entry_id) as id,
    processor,
    original as charge,
    -amount_minor as amount_minor,
    s.currency,
    case when c.currency is not null then true end as amount_exact,
    'open' as status,
    occurred_at as created_at
from settlement_row as s
left join register_currency as c
    on c.currency = s.currency
where kind = 'dispute' and amount_minor < 0
order by id
