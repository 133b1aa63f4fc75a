-- R17: does every refund the shop made stand at the processor, and every one there in the shop?
-- Each is judged on one day: the day the processor made it, else the day the shop did. A voided authorisation is a
-- refund at some processors; the shop has a void for it and no refund. Left is the shop.
with
    given as (
        select * exclude (captured_at) from shop_refund
        union all by name
        select * exclude (captured_at) from shop_refund_before
        union all by name
        select * exclude (captured_at) from shop_refund_after
    ),
    platform as (
        select
            coalesce(processor_ref, 'refund ' || refund_id) as reference,
            min(processor_ref) as processor_ref,
            min(refund_id) as refund_id,
            min(order_id) as order_id,
            count(*) as records,
            min(day) as day,
            min(created_at) as created_at,
            min(status) as status,
            case
                when count(distinct reason) = 1 then min(reason)
            end as reason,
            sum(amount_minor)::bigint as amount_minor,
            string_agg(distinct currency, '+' order by currency) as currency
        from given
        group by coalesce(processor_ref, 'refund ' || refund_id)
    ),
    made as (
        select * exclude (captured_at) from psp_refund
        union all by name
        select * exclude (captured_at) from psp_refund_before
        union all by name
        select * exclude (captured_at) from psp_refund_after
    ),
    refund as (
        select
            id,
            count(*) as records,
            min(processor) as processor,
            min(day) as day,
            min(charge) as charge,
            min(created_at) as created_at,
            min(status) as status,
            bool_and(released) as released,
            min(amount_minor) as amount_minor,
            min(currency) as currency,
            bool_and(amount_exact) as amount_exact
        from made
        group by id
    ),
    voided as (
        select distinct processor_ref
        from (
            select processor_ref, kind, status from shop_payment
            union all
            select processor_ref, kind, status from shop_payment_before
            union all
            select processor_ref, kind, status from shop_payment_after
        )
        where kind = 'void' and status = 'succeeded'
    ),
    seen as (
        select max(captured_at) as observed_at
        from snapshot_read
        where dataset in ('shop_refund', 'psp_refund')
    ),
    side as (
        select
            coalesce(r.id, p.reference) as match_key,
            p.refund_id,
            r.processor,
            coalesce(r.id, p.processor_ref) as processor_ref,
            p.order_id,
            coalesce(r.created_at, p.created_at) as occurred_at,
            p.reference is not null as platform_found,
            r.id is not null as processor_found,
            greatest(coalesce(p.records, 0), coalesce(r.records, 0)) as candidates,
            r.released and voided.processor_ref is not null as released,
            p.reason,
            p.status as platform_status,
            r.status as processor_status,
            p.amount_minor as platform_minor,
            r.amount_minor as processor_minor,
            p.currency as platform_currency,
            r.currency as processor_currency,
            r.amount_exact as processor_amount_exact
        from refund as r
        full join platform as p
            on p.processor_ref = r.id
        left join voided
            on voided.processor_ref = r.charge
        where r.day = $day
            or (r.id is null and p.day = $day)
    ),
    compared as (
        select
            s.*,
            case
                when s.candidates > 1 then 'DUPLICATE'
                when not s.platform_found and s.released then null
                when not s.platform_found then 'MISSING_LEFT'
                when not s.processor_found then 'MISSING_RIGHT'
                when s.platform_currency is distinct from s.processor_currency then 'CURRENCY'
                when s.platform_minor is distinct from s.processor_minor then 'AMOUNT'
                when s.platform_status is distinct from s.processor_status then 'STATUS'
            end as difference,
            epoch_us(seen.observed_at) - epoch_us(s.occurred_at) as age_us
        from side as s
        cross join seen
    )
select
    match_key,
    refund_id,
    processor,
    processor_ref,
    order_id,
    occurred_at,
    platform_found,
    processor_found,
    candidates,
    released,
    reason,
    platform_status,
    processor_status,
    platform_minor,
    processor_minor,
    platform_currency,
    processor_currency,
    processor_amount_exact,
    case
        when difference is null and platform_found and processor_found then 'EXACT'
        when difference is not null and age_us < 86400000000 then 'TIMING'
    end as match_status,
    case
        when age_us >= 86400000000 or age_us is null then difference
    end as break_type,
    platform_minor - processor_minor as difference_minor
from compared
order by match_key
