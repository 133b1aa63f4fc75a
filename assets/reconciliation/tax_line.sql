-- R07, R19, R36: which rate should each tax line have, is tax collected there, and what proves that none is due?
-- As of the UTC day the order was placed on. Where a register's later row begins, its earlier one ends.
with
    sale as (
        select
            order_id,
            order_number,
            currency,
            price_includes_tax,
            placed_at,
            placed_at::date as placed_on,
            is_test,
            status
        from shop_order
    ),
    rate as (
        select
            *,
            least(
                coalesce(valid_to, date '9999-12-31'),
                coalesce(
                    lead(valid_from) over (partition by jurisdiction, tax_category order by valid_from) - 1,
                    date '9999-12-31'
                )
            ) as last_day
        from register_tax_rate
    ),
    registration as (
        select distinct
            jurisdiction,
            o.day as placed_on
        from register_tax_registration as r
        join (select distinct placed_on as day from sale) as o
            on o.day between r.valid_from and coalesce(r.valid_to, date '9999-12-31')
    ),
    certificate as (
        select
            jurisdiction,
            reason,
            o.day as placed_on,
            min(certificate_id) as certificate_id
        from register_tax_certificate as c
        join (select distinct placed_on as day from sale) as o
            on o.day between c.valid_from and coalesce(c.valid_to, date '9999-12-31')
        group by
            jurisdiction,
            reason,
            o.day
    )
select
    t.order_id,
    t.line_id,
    t.target_kind,
    t.jurisdiction,
    t.tax_category,
    o.order_number,
    o.currency,
    t.rate_e9,
    r.rate_e9 as expected_rate_e9,
    t.taxable_minor,
    t.tax_minor,
    try_cast(
        round_div(
            t.taxable_minor::hugeint * r.rate_e9,
            1000000000 + case when o.price_includes_tax then r.rate_e9 else 0 end,
            'down'
        ) as bigint
    ) as least_tax_minor,
    t.exempt_reason,
    c.certificate_id,
    g.jurisdiction is not null as is_registered,
    coalesce(l.is_gift_card, false) as is_gift_card,
    o.placed_at,
    o.is_test,
    o.status = 'draft' as is_draft
from shop_order_tax_line as t
left join sale as o
    on o.order_id = t.order_id
left join (select line_id, order_id, is_gift_card from shop_order_line where is_gift_card) as l
    on l.line_id = t.line_id
    and l.order_id = t.order_id
left join rate as r
    on r.jurisdiction = t.jurisdiction
    and r.tax_category = t.tax_category
    and o.placed_on between r.valid_from and r.last_day
left join registration as g
    on g.jurisdiction = t.jurisdiction
    and g.placed_on = o.placed_on
left join certificate as c
    on c.jurisdiction = t.jurisdiction
    and c.reason = t.exempt_reason
    and c.placed_on = o.placed_on
order by
    t.order_id,
    t.line_id,
    t.target_kind,
    t.jurisdiction,
    t.tax_category
