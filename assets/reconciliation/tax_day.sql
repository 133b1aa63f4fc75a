-- R35, its daily part: what tax did the day's orders and refunds bring each jurisdiction, by its own date?
-- A refund takes off at its own date what its line had been taxed, of each jurisdiction in proportion; what is refunded
-- beside lines is of shipping and fees. An order cancelled by the end of the day after owes nothing, and its refund
-- gives nothing back; one cancelled later gives its tax back by its refund. Test orders, drafts and what a marketplace
-- taxes are not ours.
with
    zone as (
        select
            split_part(listed, ' ', 1) as jurisdiction,
            split_part(listed, ' ', 2) as time_zone
        from (select unnest($time_zones) as listed)
    ),
    placed as (
        select
            order_id,
            currency,
            placed_at,
            cancelled_at,
            channel,
            is_test,
            status
        from shop_order
        union all
        select
            order_id,
            currency,
            placed_at,
            cancelled_at,
            channel,
            is_test,
            status
        from shop_earlier_order
    ),
    ours as (
        select
            order_id,
            currency,
            placed_at
        from placed
        where not is_test
            and status <> 'draft'
            and not list_contains($marketplace_channels, coalesce(channel, ''))
            and (cancelled_at is null or cancelled_at >= date_trunc('day', placed_at) + interval 2 day)
    ),
    taxed as (
        select
            order_id,
            line_id,
            jurisdiction,
            taxable_minor,
            tax_minor
        from shop_order_tax_line
        union all
        select
            order_id,
            line_id,
            jurisdiction,
            taxable_minor,
            tax_minor
        from shop_earlier_tax_line
    ),
    share as (
        select
            order_id,
            line_id,
            jurisdiction,
            sum(taxable_minor) as taxable_minor,
            sum(sum(tax_minor)) over (partition by order_id, line_id order by jurisdiction) as up_to_minor,
            sum(tax_minor) as tax_minor,
            sum(sum(tax_minor)) over (partition by order_id, line_id) as line_tax_minor
        from taxed
        group by
            order_id,
            line_id,
            jurisdiction
    ),
    line as (
        select
            line_id,
            qty_e4
        from shop_order_line
        union all
        select
            line_id,
            qty_e4
        from shop_earlier_line
    ),
    refund as (
        select
            r.refund_id,
            r.order_id,
            o.currency,
            r.created_at,
            r.tax_minor
        from shop_refund as r
        join ours as o
            on o.order_id = r.order_id
        where r.status not in ('failed', 'canceled', 'cancelled')
    ),
    given as (
        select
            r.refund_id,
            r.order_id,
            r.currency,
            r.created_at,
            g.line_id,
            g.qty_e4,
            l.qty_e4 as ordered_qty_e4,
            g.tax_minor
        from refund as r
        join shop_refund_line as g
            on g.refund_id = r.refund_id
        left join line as l
            on l.line_id = g.line_id
        union all
        select
            r.refund_id,
            r.order_id,
            r.currency,
            r.created_at,
            '' as line_id,
            0 as qty_e4,
            1 as ordered_qty_e4,
            r.tax_minor - coalesce(sum(g.tax_minor), 0) as tax_minor
        from refund as r
        left join shop_refund_line as g
            on g.refund_id = r.refund_id
        group by
            r.refund_id,
            r.order_id,
            r.currency,
            r.created_at,
            r.tax_minor
        having r.tax_minor <> coalesce(sum(g.tax_minor), 0)
    ),
    movement as (
        select
            t.jurisdiction,
            o.currency,
            o.placed_at as moved_at,
            o.order_id as document,
            t.taxable_minor,
            t.tax_minor,
            0 as refunded_taxable_minor,
            0 as refunded_tax_minor
        from shop_order_tax_line as t
        join ours as o
            on o.order_id = t.order_id
        union all
        select
            s.jurisdiction,
            g.currency,
            g.created_at,
            g.refund_id,
            0,
            0,
            round_div(s.taxable_minor::hugeint * g.qty_e4, nullif(g.ordered_qty_e4, 0), 'half_up'),
            case
                when s.line_tax_minor = 0 then 0
                else
                    s.up_to_minor::hugeint * g.tax_minor // s.line_tax_minor::hugeint
                    - (s.up_to_minor - s.tax_minor)::hugeint * g.tax_minor // s.line_tax_minor::hugeint
            end
        from given as g
        join share as s
            on s.order_id = g.order_id
            and s.line_id = g.line_id
    )
select
    (m.moved_at at time zone coalesce(own.time_zone, others.time_zone, 'UTC'))::date as tax_date,
    m.jurisdiction,
    m.currency,
    count(distinct m.document) as documents,
    sum(m.taxable_minor)::bigint as taxable_minor,
    sum(m.tax_minor)::bigint as tax_minor,
    sum(m.refunded_taxable_minor)::bigint as refunded_taxable_minor,
    sum(m.refunded_tax_minor)::bigint as refunded_tax_minor
from movement as m
left join zone as own
    on own.jurisdiction = m.jurisdiction
left join zone as others
    on others.jurisdiction = '*'
group by
    tax_date,
    m.jurisdiction,
    m.currency
order by
    tax_date,
    m.jurisdiction,
    m.currency
