-- R15: how much of each refunded line or shipping has been given back by now, and how much of its tax should have been?
-- Cumulative: after a part of a line its refunded tax is that part of its tax, rounded half up, so that any number of
-- partial refunds sum to exactly the tax that was taken. The part is of the quantity; where a refund gave back a price
-- and no quantity, and of shipping, it is of the amount. A refund that failed gave nothing.
with
    placed as (
        select
            order_id,
            price_includes_tax,
            shipping_minor - shipping_discount_minor as shipping_minor,
            null as shipping_tax_minor
        from shop_order
        union all
        select
            order_id,
            price_includes_tax,
            shipping_minor - shipping_discount_minor,
            shipping_tax_minor
        from shop_earlier_order
    ),
    taxed as (
        select
            order_id,
            case
                when target_kind = 'line' then line_id
                else order_id || '/' || target_kind
            end as target,
            sum(tax_minor) as tax_minor
        from shop_order_tax_line
        group by
            order_id,
            target
    ),
    line as (
        select
            l.line_id as target,
            l.qty_e4,
            l.ext_minor - l.line_discount_minor - l.alloc_discount_minor as price_minor,
            coalesce(t.tax_minor, 0) as tax_minor,
            l.order_id
        from shop_order_line as l
        left join taxed as t
            on t.target = l.line_id
        union all
        select
            line_id,
            qty_e4,
            ext_minor - line_discount_minor - alloc_discount_minor,
            tax_minor,
            order_id
        from shop_earlier_line
        union all
        select
            p.order_id || '/shipping',
            0,
            p.shipping_minor,
            coalesce(p.shipping_tax_minor, t.tax_minor, 0),
            p.order_id
        from placed as p
        left join taxed as t
            on t.target = p.order_id || '/shipping'
    ),
    target as (
        select
            l.target,
            l.qty_e4,
            l.tax_minor,
            l.price_minor + case
                when p.price_includes_tax then 0
                else l.tax_minor
            end as amount_minor
        from line as l
        left join placed as p
            on p.order_id = l.order_id
    ),
    refund as (
        select
            refund_id,
            order_id,
            status,
            created_at,
            true as of_day
        from shop_refund
        union all
        select
            refund_id,
            order_id,
            status,
            created_at,
            false as of_day
        from shop_earlier_refund
    ),
    refund_line as (
        select
            refund_id,
            line_id,
            target_kind,
            qty_e4,
            amount_minor,
            tax_minor
        from shop_refund_line
        union all
        select
            refund_id,
            line_id,
            target_kind,
            qty_e4,
            amount_minor,
            tax_minor
        from shop_earlier_refund_line
    ),
    given as (
        select
            r.order_id,
            r.status,
            r.created_at,
            r.of_day,
            g.*,
            case
                when g.target_kind = 'line' then g.line_id
                else r.order_id || '/' || g.target_kind
            end as target,
            case
                when r.status in ('failed', 'canceled', 'cancelled') then 0
                else 1
            end as counts
        from refund_line as g
        join refund as r
            on r.refund_id = g.refund_id
    ),
    so_far as (
        select
            *,
            bool_or(qty_e4 = 0) over up_to_here as by_amount,
            sum(counts * qty_e4) over up_to_here as qty_so_far_e4,
            sum(counts * amount_minor) over up_to_here as amount_so_far_minor,
            sum(counts * tax_minor) over up_to_here as tax_so_far_minor
        from given
        window up_to_here as (
            partition by target
            order by created_at, refund_id
        )
    )
select
    s.refund_id,
    s.line_id,
    s.target_kind,
    s.order_id,
    s.status as refund_status,
    s.created_at,
    s.qty_e4,
    s.amount_minor,
    s.tax_minor,
    s.by_amount,
    case
        when s.by_amount then t.amount_minor
        else t.qty_e4
    end::bigint as whole,
    case
        when s.by_amount then s.amount_so_far_minor
        else s.qty_so_far_e4
    end::bigint as so_far,
    t.tax_minor::bigint as whole_tax_minor,
    s.tax_so_far_minor::bigint as tax_so_far_minor,
    case
        when s.by_amount and t.amount_minor > 0
            then round_div(t.tax_minor::hugeint * s.amount_so_far_minor, t.amount_minor, 'half_up')
        when not s.by_amount and t.qty_e4 > 0
            then round_div(t.tax_minor::hugeint * s.qty_so_far_e4, t.qty_e4, 'half_up')
        when t.target is not null then 0
    end::bigint as expected_tax_so_far_minor
from so_far as s
left join target as t
    on t.target = s.target
where s.of_day
order by
    s.refund_id,
    s.line_id,
    s.target_kind
