-- What moved a processor's balance on the day, or should have, and is each movement its amount less its fees?
select
    subject_key as population_key,
    subject_key as subject_label,
    occurred_at,
    instance,
    case
        when match_status = 'TIMING' then 'timing'
    end as exempt_reason,
    processor,
    kind,
    type,
    currency,
    amount_minor,
    fee_minor,
    net_minor,
    expected_net_minor,
    fee_minor - fees_listed_minor as fees_difference_minor,
    case
        when kind <> 'entry' then true
        when amount_exact is false then false
        when fee_minor <> fees_listed_minor then false
        else net_minor = expected_net_minor
    end as balanced,
    has_entry
from reconciliation_balance_entry
order by population_key
