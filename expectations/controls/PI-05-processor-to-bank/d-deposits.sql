-- Of which payouts should the bank have received the money by the day, or may it still?
-- A payout is judged on the last day on which its deposit may come; until then it is open.
select
    payout_key as population_key,
    payout_key as subject_label,
    created_at as occurred_at,
    instance,
    case
        when status in ('failed', 'canceled') then 'failed or canceled'
        when match_status = 'TIMING' then 'timing'
    end as exempt_reason,
    processor,
    currency,
    amount_minor,
    trace_id,
    arrival_date,
    deposit_due,
    deposits_found,
    deposit_date,
    deposit_minor,
    difference_minor,
    age_days
from reconciliation_payout
where deposit_due = $day
    or (deposit_due > $day and match_status = 'TIMING')
order by population_key
