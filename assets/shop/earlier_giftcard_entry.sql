-- What was the last movement before the day on each gift card that moved on it?
with
    last as (
        select
            gc_id,
            max(seq) as seq
        from evidence.giftcard_ledger
        where "at" < $1
            and gc_id in (
                select gc_id
                from evidence.giftcard_ledger
                where "at" >= $1 and "at" < $2
            )
        group by gc_id
    )
select
    g.gc_id,
    g.seq,
    g.balance_after_minor,
    g.currency,
    g."at" as at,
    count(*) over () as listed
from evidence.giftcard_ledger as g
join last on last.gc_id = g.gc_id and last.seq = g.seq
order by g.gc_id
