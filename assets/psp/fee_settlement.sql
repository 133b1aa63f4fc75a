-- Which fee did each movement at a processor pay, as its settlement file lists?
select
    entry_id as balance_entry,
    1::bigint as seq,
    processor,
    type_given as kind,
    fee_minor as amount_minor,
    currency
from settlement_row
where fee_minor <> 0
order by entry_id
