-- R18: does every entry of a gift card follow from the one before, and is every redemption for an order?
with
    entry as (
        select
            gc_id,
            seq,
            kind,
            amount_minor,
            balance_after_minor,
            currency,
            order_id,
            "at" as occurred_at,
            true as of_day
        from shop_giftcard_entry
        union all
        select
            gc_id,
            seq,
            null as kind,
            null as amount_minor,
            balance_after_minor,
            currency,
            null as order_id,
            null as occurred_at,
            false as of_day
        from shop_earlier_giftcard_entry
    ),
    chained as (
        select
            *,
            lag(seq) over chain as seq_before,
            lag(balance_after_minor) over chain as balance_before_minor,
            lag(currency) over chain as currency_before
        from entry
        window chain as (partition by gc_id order by seq)
    ),
    placed as (
        select order_id
        from shop_order
        union
        select order_id
        from shop_earlier_order
        union
        select order_id
        from shop_order_before
    )
select
    c.gc_id,
    c.seq,
    c.kind,
    c.currency,
    c.occurred_at,
    c.order_id,
    c.amount_minor,
    case
        when c.seq_before = c.seq - 1 then c.balance_before_minor
        when c.seq = 1 then 0
    end as balance_before_minor,
    c.balance_after_minor,
    case
        when c.seq_before = c.seq - 1 then c.balance_before_minor + c.amount_minor
        when c.seq = 1 then c.amount_minor
    end as expected_balance_minor,
    case
        when c.seq = 1 and c.seq_before is null then 'first'
        when c.seq_before = c.seq - 1 and c.currency_before = c.currency then 'follows'
        when c.seq_before = c.seq - 1 then 'other currency'
        else 'entry missing before'
    end as chain,
    case
        when c.kind in ('issue', 'refund') then c.amount_minor >= 0
        when c.kind in ('redeem', 'expire') then c.amount_minor <= 0
        when c.kind = 'adjust' then true
        else false
    end as sign_fits,
    case
        when c.kind <> 'redeem' then 'not needed'
        when c.order_id is null then 'none'
        when p.order_id is null then 'unknown'
        else 'known'
    end as order_link
from chained as c
left join placed as p
    on p.order_id = c.order_id
where c.of_day
order by
    c.gc_id,
    c.seq
