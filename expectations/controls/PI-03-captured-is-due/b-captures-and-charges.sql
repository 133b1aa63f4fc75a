-- Which captures did the shop or a processor make, and does each stand on the other side, as it is here?
select
    match_key as population_key,
    coalesce('order ' || coalesce(order_id, order_ref), match_key) as subject_label,
    occurred_at,
    instance,
    case
        when match_status = 'TIMING' then 'timing'
        when platform_livemode is false and not processor_found then 'test mode: no real money was meant'
    end as exempt_reason,
    order_id,
    order_ref,
    processor,
    platform_found,
    processor_found,
    candidates,
    platform_captured_minor,
    processor_captured_minor,
    difference_minor,
    case
        when not (platform_found and processor_found) then true
        when processor_amount_exact is false then false
        else difference_minor = 0
    end as amounts_agree,
    platform_currency,
    processor_currency,
    case
        when platform_found and processor_found then platform_livemode = processor_livemode
        else true
    end as modes_agree,
    match_status,
    break_type
from reconciliation_charge
where platform_captured_minor > 0
    or processor_captured_minor > 0
    or processor_status = 'captured'
order by population_key
