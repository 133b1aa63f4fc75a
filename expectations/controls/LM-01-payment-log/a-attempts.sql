-- Which attempts to pay does the shop or a processor know of the day, and does each stand in both logs, alike?
select
    match_key as population_key,
    coalesce('order ' || coalesce(order_id, order_ref), match_key) as subject_label,
    occurred_at,
    instance,
    case
        when match_status = 'TIMING' then 'timing'
        when platform_livemode is false and not processor_found then 'test mode: no real money was meant'
        when not processor_found and platform_captured_minor = 0 and attempts_listed is false
            then 'the processor lists only what moved money'
    end as exempt_reason,
    order_id,
    processor,
    platform_found,
    processor_found,
    platform_status,
    processor_status,
    platform_failure_code,
    case
        when platform_found and processor_found then platform_status = processor_status
        else true
    end as outcomes_agree,
    case
        when not platform_found then true
        else platform_status <> 'failed' or platform_failure_code is not null
    end as failure_explained
from reconciliation_charge
order by population_key
