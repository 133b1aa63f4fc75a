-- Which payouts did a processor make on the day, and does each come to the movements it consists of?
select
    payout_key as population_key,
    payout_key as subject_label,
    created_at as occurred_at,
    instance,
    case
        when not automatic then 'manual or instant: the processor does not list what is in it'
        when status in ('failed', 'canceled') then 'failed or canceled'
    end as exempt_reason,
    processor,
    currency,
    amount_minor,
    contents_count,
    contents_net_minor,
    case
        when amount_exact is false then false
        else amount_minor = contents_net_minor
    end as contents_agree
from reconciliation_payout
where made_on_day
order by population_key
