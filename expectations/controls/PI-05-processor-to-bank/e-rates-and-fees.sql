-- Which payments, refunds and disputes moved a processor's balance on the day, at which rate and for which fee?
-- A rate is stated with few digits, so that what it leads to may be out by rounding; nothing else may.
select
    subject_key as population_key,
    subject_key as subject_label,
    occurred_at,
    instance,
    cast(null as varchar) as exempt_reason,
    processor,
    type,
    currency,
    amount_minor,
    presented_currency,
    presented_minor,
    converted,
    exchange_rate,
    expected_settled_minor,
    settled_difference_minor,
    case
        when settled_difference_minor is null then null
        when converted then greatest(abs(settled_difference_minor) - $fx_tolerance_minor, 0)
        else abs(settled_difference_minor)
    end as beyond_rounding_minor,
    fee_minor,
    expected_fee_minor,
    case
        when fee_difference_minor is not null then greatest(abs(fee_difference_minor) - $fee_tolerance_minor, 0)
    end as beyond_schedule_minor
from reconciliation_balance_entry
where kind = 'entry'
    and type in ('charge', 'refund', 'dispute')
order by population_key
