-- R11: does every attempt to pay that the shop knows stand at the processor, and every one there in the shop?
-- Each is judged on one day: the day the processor made the charge, else the day the shop first tried, or captured
-- where the processor lists only what moved money. The sides are matched by processor and reference alone, so that no
-- order of rows changes anything. Left is the shop.
with
    -- Read again for what is mixed: that costs less than to keep every row.
    payment as not materialized (
        select * exclude (captured_at) from shop_payment
        union all by name
        select * exclude (captured_at) from shop_payment_after
        union all by name
        select * exclude (captured_at) from shop_earlier_payment
    ),
    platform as (
        select
            processor,
            coalesce(processor_ref, 'payment ' || payment_id) as processor_ref,
            min(order_id) as order_id,
            min(coalesce(order_id, '')) <> max(coalesce(order_id, '')) or min(currency) <> max(currency) as is_mixed,
            min(attempted_at) as attempted_at,
            min(attempted_at) filter (where kind in ('capture', 'sale') and status = 'succeeded') as captured_at,
            coalesce(
                max(amount_minor) filter (where kind not in ('capture', 'sale', 'void')),
                sum(amount_minor) filter (where kind in ('capture', 'sale')),
                max(amount_minor)
            )::bigint as attempted_minor,
            coalesce(
                sum(amount_minor) filter (where kind in ('capture', 'sale') and status = 'succeeded'), 0
            )::bigint as captured_minor,
            min(currency) as currency,
            case
                when bool_and(livemode) = bool_or(livemode) then bool_and(livemode)
            end as livemode,
            case
                when count_if(kind in ('capture', 'sale') and status = 'succeeded') > 0 then 'captured'
                when count_if(kind = 'void' and status = 'succeeded') > 0 then 'voided'
                when count_if(status = 'succeeded') > 0 then 'authorised'
                when count_if(status <> 'failed') > 0 then 'pending'
                else 'failed'
            end as status,
            min(failure_code) as failure_code
        from payment
        group by
            processor,
            coalesce(processor_ref, 'payment ' || payment_id)
    ),
    -- Apart, for DuckDB hashes all rows once more for each aggregate that is distinct, and few references are several's.
    mixed as (
        select
            p.processor,
            coalesce(p.processor_ref, 'payment ' || p.payment_id) as processor_ref,
            count(distinct coalesce(p.order_id, '')) as orders,
            string_agg(distinct p.currency, '+' order by p.currency) as currency
        from payment as p
        semi join platform as m
            on m.processor = p.processor
            and m.processor_ref = coalesce(p.processor_ref, 'payment ' || p.payment_id)
            and m.is_mixed
        group by
            p.processor,
            coalesce(p.processor_ref, 'payment ' || p.payment_id)
    ),
    charged as not materialized (
        select * exclude (captured_at) from psp_charge
        union all by name
        select * exclude (captured_at) from psp_charge_before
        union all by name
        select * exclude (captured_at) from psp_charge_after
    ),
    charge as (
        select
            processor,
            id,
            count(*) as records,
            min(day) as day,
            min(created_at) as created_at,
            min(order_ref) as order_ref,
            min(amount_minor) as attempted_minor,
            min(captured_minor) as captured_minor,
            min(currency) as currency,
            bool_and(amount_exact) as amount_exact,
            bool_and(livemode) as livemode,
            min(status) as status,
            min(failure_code) as failure_code
        from charged
        group by
            processor,
            id
    ),
    source as (
        select
            processor,
            bool_or(attempts_listed) as attempts_listed
        from charged
        group by processor
    ),
    dated as (
        select
            p.*,
            case
                when s.attempts_listed then p.attempted_at
                else coalesce(p.captured_at, p.attempted_at)
            end as judged_at
        from platform as p
        left join source as s
            on s.processor = p.processor
    ),
    seen as (
        select max(captured_at) as observed_at
        from snapshot_read
        where dataset in ('shop_payment', 'psp_charge')
    ),
    side as (
        select
            coalesce(c.processor, p.processor, 'none') as processor,
            coalesce(c.id, p.processor_ref) as processor_ref,
            p.order_id,
            c.order_ref,
            coalesce(c.created_at, p.judged_at) as occurred_at,
            p.judged_at is not null as platform_found,
            c.id is not null as processor_found,
            greatest(coalesce(m.orders, (p.attempted_at is not null)::bigint), coalesce(c.records, 0)) as candidates,
            p.status as platform_status,
            c.status as processor_status,
            p.attempted_minor as platform_attempted_minor,
            c.attempted_minor as processor_attempted_minor,
            p.captured_minor as platform_captured_minor,
            c.captured_minor as processor_captured_minor,
            coalesce(m.currency, p.currency) as platform_currency,
            c.currency as processor_currency,
            c.amount_exact as processor_amount_exact,
            p.livemode as platform_livemode,
            c.livemode as processor_livemode,
            p.failure_code as platform_failure_code,
            c.failure_code as processor_failure_code
        from charge as c
        full join dated as p
            on p.processor = c.processor
            and p.processor_ref = c.id
        left join mixed as m
            on m.processor = p.processor
            and m.processor_ref = p.processor_ref
        where c.day = $day
            or (c.id is null and p.judged_at >= $day_start and p.judged_at < $day_end)
    ),
    compared as (
        select
            s.*,
            source.attempts_listed,
            coalesce(o.is_test, e.is_test) as is_test,
            case
                when s.candidates > 1 then 'DUPLICATE'
                when not s.platform_found then 'MISSING_LEFT'
                when not s.processor_found and source.attempts_listed is false and s.platform_captured_minor = 0
                    then null
                when not s.processor_found then 'MISSING_RIGHT'
                when s.platform_currency is distinct from s.processor_currency then 'CURRENCY'
                when s.platform_captured_minor is distinct from s.processor_captured_minor
                    or s.platform_attempted_minor is distinct from s.processor_attempted_minor then 'AMOUNT'
                when s.platform_status is distinct from s.processor_status
                    or s.platform_livemode is distinct from s.processor_livemode then 'STATUS'
            end as difference,
            epoch_us(seen.observed_at) - epoch_us(s.occurred_at) as age_us
        from side as s
        left join source
            on source.processor = s.processor
        left join shop_order as o
            on o.order_id = s.order_id
        left join shop_earlier_order as e
            on e.order_id = s.order_id
        cross join seen
    )
select
    processor || ':' || processor_ref as match_key,
    processor,
    processor_ref,
    order_id,
    order_ref,
    occurred_at,
    platform_found,
    processor_found,
    candidates,
    attempts_listed,
    platform_status,
    processor_status,
    platform_attempted_minor,
    processor_attempted_minor,
    platform_captured_minor,
    processor_captured_minor,
    platform_currency,
    processor_currency,
    processor_amount_exact,
    platform_livemode,
    processor_livemode,
    is_test,
    platform_failure_code,
    processor_failure_code,
    case
        when difference is null and platform_found and processor_found then 'EXACT'
        when difference is not null and age_us < 86400000000 then 'TIMING'
    end as match_status,
    case
        when age_us >= 86400000000 or age_us is null then difference
    end as break_type,
    platform_captured_minor - processor_captured_minor as difference_minor
from compared
order by match_key
