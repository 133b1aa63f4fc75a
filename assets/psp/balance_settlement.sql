-- What did a processor hold, currency by currency, at the end of the day, as its settlement file says?
select
    processor,
    s.currency,
    $day_end - interval 1 microsecond as as_of,
    closing_minor as total_minor,
    case when c.currency is not null then true end as amount_exact
from settlement_balance as s
left join register_currency as c
    on c.currency = s.currency
order by s.currency
