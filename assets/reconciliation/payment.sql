-- R08, R10, R12, R42: was exactly what is due captured for each order, once, in its currency and in its mode?
-- The orders placed on the day, with what was paid on it and on the next; and earlier orders that something was paid
-- for on the day, with all that was paid for them before.
with
    placed as (
        select
            order_id, order_number, placed_at, is_test, status, financial_status, currency, total_minor,
            giftcard_minor, store_credit_minor, true as placed_on_day
        from shop_order
        union all
        select
            order_id, order_number, placed_at, is_test, status, financial_status, currency, total_minor,
            giftcard_minor, store_credit_minor, false as placed_on_day
        from shop_earlier_order
        where order_id in (select order_id from shop_payment)
    ),
    payment as (
        select
            payment_id, order_id, processor, processor_ref, kind, status, amount_minor, currency, livemode,
            tender_seq, idempotency_key
        from shop_payment
        union all
        select
            payment_id, order_id, processor, processor_ref, kind, status, amount_minor, currency, livemode,
            tender_seq, idempotency_key
        from shop_payment_after
        union all
        select
            payment_id, order_id, processor, processor_ref, kind, status, amount_minor, currency, livemode,
            tender_seq, idempotency_key
        from shop_earlier_payment
    ),
    capture as (
        select *
        from payment
        where kind in ('capture', 'sale') and status = 'succeeded'
    ),
    paid as (
        select
            order_id,
            count(*) as captures,
            sum(amount_minor)::bigint as captured_minor
        from capture
        group by order_id
    ),
    several as (
        select c.*
        from capture as c
        semi join paid as p
            on p.order_id = c.order_id
            and p.captures > 1
    ),
    twice as (
        select
            order_id,
            sum(beyond) as captures
        from (
            select
                order_id,
                greatest(count(*) - count(distinct coalesce(tender_seq, 0)), 0) as beyond
            from several
            group by
                order_id,
                currency,
                amount_minor
            union all
            select
                order_id,
                count(distinct processor_ref) - 1
            from several
            where idempotency_key is not null and processor_ref is not null
            group by
                order_id,
                idempotency_key
        )
        group by order_id
    ),
    checked as (
        select
            p.order_id,
            count(*) as payments,
            count_if(p.currency <> o.currency) as other_currency,
            case
                when count(c.processor_multiple) = count(*)
                    then count_if(p.amount_minor % c.processor_multiple <> 0)
            end as off_multiple,
            case
                when count(p.livemode) = count(*) then count_if(p.livemode = o.is_test)
            end as wrong_mode
        from payment as p
        join placed as o
            on o.order_id = p.order_id
        left join register_currency as c
            on c.currency = p.currency
        group by p.order_id
    )
select
    o.order_id,
    o.order_number,
    o.placed_at,
    o.placed_on_day,
    o.is_test,
    o.status as order_status,
    o.financial_status,
    o.currency,
    o.total_minor - coalesce(o.giftcard_minor, 0) - coalesce(o.store_credit_minor, 0) as due_minor,
    coalesce(p.captured_minor, 0) as captured_minor,
    coalesce(c.payments, 0) as payment_count,
    coalesce(p.captures, 0) as capture_count,
    coalesce(t.captures, 0)::bigint as duplicate_captures,
    coalesce(c.other_currency, 0)::bigint as other_currency_payments,
    case when c.order_id is null then 0 else c.off_multiple end::bigint as off_multiple_payments,
    case when c.order_id is null then 0 else c.wrong_mode end::bigint as wrong_mode_payments,
    coalesce(p.captured_minor, 0)
        - (o.total_minor - coalesce(o.giftcard_minor, 0) - coalesce(o.store_credit_minor, 0)) as difference_minor
from placed as o
left join paid as p
    on p.order_id = o.order_id
left join twice as t
    on t.order_id = o.order_id
left join checked as c
    on c.order_id = o.order_id
order by o.order_id
