-- Which refunds did the shop or a processor make, and does each stand on the other side, as it is here?
select
    match_key as population_key,
    coalesce('order ' || order_id, 'refund ' || match_key) as subject_label,
    occurred_at,
    instance,
    case
        when match_status = 'TIMING' then 'timing'
        when not platform_found and released then 'an authorisation was released: no money moved'
        when not processor_found and processor_ref is null and list_contains($credit_reasons, reason)
            then 'store credit: no processor gives money back'
    end as exempt_reason,
    order_id,
    refund_id,
    processor,
    reason,
    platform_found,
    processor_found,
    candidates,
    platform_minor,
    processor_minor,
    difference_minor,
    case
        when not (platform_found and processor_found) then true
        when processor_amount_exact is false then false
        else difference_minor = 0
    end as amounts_agree,
    platform_currency,
    processor_currency,
    platform_status,
    processor_status,
    case
        when not (platform_found and processor_found) then 'on one side'
        when platform_status = processor_status then 'same'
        when platform_status = 'succeeded' and processor_status in ('failed', 'canceled') then 'failed there'
        when platform_status is not null and processor_status is not null then 'differs'
    end as outcome,
    match_status,
    break_type
from reconciliation_refund_match
order by population_key
