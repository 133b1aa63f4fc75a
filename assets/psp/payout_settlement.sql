-- Which payouts does a processor's settlement file of the day list, and what do the movements in each come to?
-- What a payout consists of is known where the movements name it; the payout's own names itself too.
with
    contents as (
        select
            payout_ref,
            count(*) as entries,
            sum(amount_minor - coalesce(fee_minor, 0))::bigint as net_minor
        from settlement_row
        where kind <> 'payout'
        group by payout_ref
    )
select
    coalesce(s.reference, s.entry_id) as id,
    s.processor,
    -s.amount_minor as amount_minor,
    s.currency,
    case when c.currency is not null then true end as amount_exact,
    s.payout_ref is not null as automatic,
    case when s.payout_ref is not null then 'completed' end as reconciliation_status,
    'paid' as status,
    s.occurred_at as created_at,
    s.occurred_at::date as arrival_date,
    coalesce(s.trace_id, s.reference, s.entry_id) as trace_id,
    case when s.payout_ref is not null then coalesce(p.entries, 0) end as contents_count,
    case when s.payout_ref is not null then coalesce(p.net_minor, 0) end as contents_net_minor
from settlement_row as s
left join contents as p
    on p.payout_ref = s.payout_ref
left join register_currency as c
    on c.currency = s.currency
where s.kind = 'payout'
order by id
