-- What moved on gift cards on the day?
select
    gc_id,
    seq,
    kind,
    amount_minor,
    balance_after_minor,
    currency,
    order_id,
    "at",
    expires_at
from evidence.giftcard_ledger
where "at" >= $1 and "at" < $2
order by gc_id, seq
