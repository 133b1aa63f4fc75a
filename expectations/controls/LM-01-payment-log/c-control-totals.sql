-- How many attempts of each outcome does either log have of the day, by currency, and what do they come to?
-- What may still come, is no real money, or is not listed by the processor is left out on both sides.
with attempt as (
    select *
    from reconciliation_charge
    where match_status is distinct from 'TIMING'
        and not (platform_livemode is not distinct from false and not processor_found)
        and not (
            not processor_found
            and platform_captured_minor is not distinct from 0
            and attempts_listed is not distinct from false
        )
),

side as (
    select
        instance,
        processor,
        platform_currency as currency,
        platform_status as status,
        1 as platform_attempts,
        0 as processor_attempts,
        case
            when platform_status = 'captured' then platform_captured_minor
            else platform_attempted_minor
        end as platform_minor,
        0 as processor_minor
    from attempt
    where platform_found
    union all
    select
        instance,
        processor,
        processor_currency,
        processor_status,
        0,
        1,
        0,
        case
            when processor_status = 'captured' then processor_captured_minor
            else processor_attempted_minor
        end
    from attempt
    where processor_found
),

total as (
    select
        instance,
        processor,
        coalesce(currency, 'none') as currency,
        status,
        sum(platform_attempts)::bigint as platform_attempts,
        sum(processor_attempts)::bigint as processor_attempts,
        case
            when count(platform_minor) = count(*) then sum(platform_minor)::bigint
        end as platform_minor,
        case
            when count(processor_minor) = count(*) then sum(processor_minor)::bigint
        end as processor_minor
    from side
    group by
        instance,
        processor,
        coalesce(currency, 'none'),
        status
)

select
    processor || '|' || currency || '|' || status as population_key,
    processor || ' ' || currency || ' ' || status as subject_label,
    cast($day_start as timestamptz) as occurred_at,
    instance,
    cast(null as varchar) as exempt_reason,
    nullif(currency, 'none') as currency,
    platform_attempts,
    processor_attempts,
    platform_minor,
    processor_minor,
    case
        when platform_attempts <> processor_attempts then abs(platform_attempts - processor_attempts)
        else abs(platform_minor - processor_minor)
    end as largest_difference
from total
order by population_key
