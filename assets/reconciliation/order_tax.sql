-- R05, R06, R37, R38: which tax does each order owe, by its tax lines and the rounding policy in force?
-- Rounded once per unit, line, line and jurisdiction, rate, jurisdiction or order, as the policy's scope says. Of prices
-- that include tax, either the tax is rounded or what is left of the price. A tax on top of another says so by what it
-- is computed on: the price with the other tax, or the price without it where prices include tax; such taxes are rounded
-- each by itself. Null: no policy was in force, or the figures are larger than can be reckoned with exactly.
with
    policy as (
        select
            *,
            least(
                coalesce(valid_to, date '9999-12-31'),
                coalesce(
                    lead(valid_from) over (partition by policy_id order by valid_from) - 1,
                    date '9999-12-31'
                )
            ) as last_day
        from register_rounding_policy
    ),
    sale as (
        select
            o.order_id,
            o.order_number,
            o.currency,
            o.price_includes_tax,
            o.policy_id,
            o.shipping_minor::hugeint - o.shipping_discount_minor as shipping_minor,
            o.fees_minor,
            o.tax_minor,
            o.placed_at,
            o.is_test,
            o.status,
            p.tax_scope,
            p.mode,
            p.inclusive_target = 'net' and o.price_includes_tax as rounds_net,
            p.inclusive_target,
            p.tolerance_minor
        from shop_order as o
        left join policy as p
            on p.policy_id = o.policy_id
            and o.placed_at::date between p.valid_from and p.last_day
    ),
    taxed as not materialized (
        select
            order_id,
            line_id,
            target_kind,
            jurisdiction,
            tax_category,
            taxable_minor,
            tax_minor,
            case when exempt_reason is null then rate_e9 else 0 end as rate_e9,
            exempt_reason is null as is_taxed,
            abs(taxable_minor) < 100000000000000000 and rate_e9 between 0 and 10000000000 as is_in_range,
            abs(taxable_minor) < 200000000 and rate_e9 between 0 and 10000000000 as is_small,
            case when target_kind = 'line' then line_id end as taxed_line
        from shop_order_tax_line
    ),
    line as not materialized (
        select
            order_id,
            line_id,
            qty_e4,
            case
                when ext_minor < 0 then ext_minor::hugeint - line_discount_minor - alloc_discount_minor
                else greatest(ext_minor::hugeint - line_discount_minor - alloc_discount_minor, 0)
            end as net_minor,
            not coalesce(is_gift_card, false)
            and ext_minor::hugeint - line_discount_minor - alloc_discount_minor <> 0 as is_to_be_taxed
        from shop_order_line
    ),
    -- Every tax with the line it is on, and every line without tax; where 64 bits are enough, which is many times faster,
    -- what is rounded of it: `product` divided by `denominator`.
    laid as (
        select
            o.order_id,
            t.jurisdiction,
            t.tax_category,
            t.tax_minor,
            t.rate_e9,
            t.is_small,
            t.order_id is not null as has_tax,
            t.order_id is null and l.is_to_be_taxed as is_untaxed,
            t.is_taxed
            and t.taxable_minor is distinct from case t.target_kind
                when 'line' then l.net_minor
                when 'shipping' then o.shipping_minor
                when 'fee' then o.fees_minor
            end as is_odd,
            case when o.rounds_net then t.taxable_minor else 0 end as gross_minor,
            case
                when t.is_small then t.taxable_minor * case when o.rounds_net then -1000000000 else t.rate_e9 end
            end as product,
            case when t.is_small and o.price_includes_tax then 1000000000 + t.rate_e9 else 1000000000 end
                as denominator,
            o.tax_scope,
            o.mode
        from taxed as t
        full join line as l
            on l.line_id = t.taxed_line
            and l.order_id = t.order_id
        join sale as o
            on o.order_id = coalesce(t.order_id, l.order_id)
    ),
    recorded as (
        select
            order_id,
            count_if(has_tax) as line_count,
            sum(tax_minor) as tax_minor,
            count_if(is_untaxed) as lines_untaxed,
            count_if(is_odd) as taxes_odd,
            min(jurisdiction) = max(jurisdiction)
            and min(tax_category) = max(tax_category)
            and bool_and(coalesce(is_small, not has_tax)) as is_plain,
            min(rate_e9) = max(rate_e9) as has_one_rate,
            sum(gross_minor) as gross_minor,
            sum(product) as product,
            max(denominator) as denominator,
            sum(
                case
                    when tax_scope in ('line', 'line_jurisdiction')
                        then gross_minor + round_div(product, denominator, mode)
                end
            ) as rounded_minor
        from laid
        group by order_id
    ),
    -- Of one jurisdiction and one category no line has two taxes: each is rounded by itself, or all at one rate at once.
    reckoned as (
        select
            o.*,
            r.* exclude (order_id, tax_minor),
            r.tax_minor as tax_lines_minor,
            case
                when not r.is_plain then null
                when o.tax_scope in ('line', 'line_jurisdiction') then r.rounded_minor
                when (o.tax_scope in ('order', 'order_jurisdiction', 'order_rate') and r.has_one_rate)
                    or (o.tax_scope in ('order', 'order_jurisdiction') and not o.price_includes_tax)
                    then r.gross_minor + round_div(r.product, r.denominator, o.mode)
            end as owed_minor
        from sale as o
        left join recorded as r
            on r.order_id = o.order_id
    ),
    -- All other orders, and those with a tax that is not on the whole of its target.
    hard as (
        select
            order_id,
            price_includes_tax,
            tax_scope,
            mode,
            rounds_net,
            shipping_minor,
            fees_minor
        from reckoned
        where taxes_odd > 0
            or (owed_minor is null and tax_scope is not null and line_count > 0)
    ),
    tax as (
        select
            t.order_id,
            t.line_id,
            t.target_kind,
            t.jurisdiction,
            t.tax_category,
            t.taxable_minor,
            t.tax_minor,
            t.rate_e9,
            t.is_taxed,
            t.is_in_range,
            o.price_includes_tax,
            o.tax_scope,
            case when t.target_kind = 'line' then l.qty_e4 else 10000 end as qty_e4,
            case t.target_kind
                when 'line' then l.net_minor
                when 'shipping' then o.shipping_minor
                when 'fee' then o.fees_minor
            end as base_minor
        from taxed as t
        join hard as o
            on o.order_id = t.order_id
        left join (
            select *
            from line
            where order_id in (select order_id from hard)
        ) as l
            on l.line_id = t.taxed_line
            and l.order_id = t.order_id
    ),
    beyond as (
        select distinct order_id
        from tax
        where not is_in_range
    ),
    beside as (
        select
            order_id,
            line_id,
            target_kind,
            taxable_minor,
            sum(rate_e9)::bigint as rate_e9,
            min(jurisdiction || ' ' || tax_category) as first_of_them
        from tax
        where price_includes_tax and is_in_range
        group by
            order_id,
            line_id,
            target_kind,
            taxable_minor
        having count(*) > 1
    ),
    keyed as (
        select
            t.order_id,
            case when t.tax_scope in ('unit', 'line', 'line_jurisdiction') then t.line_id end as line_key,
            case when t.tax_scope in ('unit', 'line', 'line_jurisdiction') then t.target_kind end as kind_key,
            case when t.tax_scope in ('line_jurisdiction', 'order_jurisdiction') then t.jurisdiction end
                as jurisdiction_key,
            case when t.tax_scope = 'order_rate' then t.rate_e9 end as rate_key,
            case when t.price_includes_tax then coalesce(b.rate_e9, t.rate_e9) else 0 end as rate_beside_e9,
            t.taxable_minor::hugeint as taxable_minor,
            b.order_id is null or b.first_of_them = t.jurisdiction || ' ' || t.tax_category as counts_once,
            t.taxable_minor::hugeint * t.rate_e9 as product,
            t.qty_e4
        from tax as t
        left join beside as b
            on b.order_id = t.order_id
            and b.line_id = t.line_id
            and b.target_kind = t.target_kind
            and b.taxable_minor = t.taxable_minor
            and t.price_includes_tax
        where t.is_in_range and t.tax_scope is not null
    ),
    -- What is rounded together, as far as it has one denominator.
    summed as (
        select
            order_id,
            line_key,
            kind_key,
            jurisdiction_key,
            rate_key,
            1000000000::hugeint + rate_beside_e9 as denominator,
            sum(product) as product,
            sum(
                case
                    when counts_once or jurisdiction_key is not null or rate_key is not null then taxable_minor
                    else 0
                end
            ) as gross_minor,
            any_value(qty_e4) as qty_e4
        from keyed
        group by
            order_id,
            line_key,
            kind_key,
            jurisdiction_key,
            rate_key,
            rate_beside_e9
    ),
    -- Rates of which an order's tax is rounded in one sum have a common denominator.
    common as (
        select
            order_id,
            jurisdiction_key,
            rate_key,
            list_reduce(list(denominator), lambda a, b: lcm(a, b)) as denominator,
            list(denominator) as denominators,
            list(product) as products,
            sum(gross_minor) as gross_minor
        from summed
        where line_key is null
        group by
            order_id,
            jurisdiction_key,
            rate_key
        having count(*) > 1
    ),
    rounded_together as (
        select
            order_id,
            line_key,
            denominator,
            product,
            gross_minor,
            qty_e4
        from summed as s
        where line_key is not null
            or not exists (
                from common as c
                where c.order_id = s.order_id
                    and c.jurisdiction_key is not distinct from s.jurisdiction_key
                    and c.rate_key is not distinct from s.rate_key
            )
        union all
        select
            order_id,
            null as line_key,
            denominator,
            case
                when denominator < 100000000000000000000
                    and list_max(list_transform(products, lambda p: abs(p))) < 10000000000000000000000000
                    then list_sum(
                        list_transform(products, lambda p, i: p * (denominator // denominators[i]))
                    )
            end as product,
            gross_minor,
            null as qty_e4
        from common
    ),
    -- Rounded twice where a unit's tax is: of one unit, and of as many. Each step by itself, for a macro repeats in its
    -- text whatever it is given.
    divided as (
        select
            g.order_id,
            g.product is not null and (o.tax_scope <> 'unit' or coalesce(g.qty_e4, 0) <> 0) as is_known,
            case when o.rounds_net then g.gross_minor * g.denominator - g.product else g.product end as product,
            g.denominator,
            g.gross_minor,
            g.qty_e4,
            o.tax_scope = 'unit' as is_per_unit,
            o.rounds_net,
            o.mode
        from rounded_together as g
        join hard as o
            on o.order_id = g.order_id
    ),
    per_unit as (
        select
            *,
            case
                when is_per_unit
                    then round_div(product * sign(qty_e4) * 10000, denominator * nullif(abs(qty_e4), 0), mode)
            end as unit_minor
        from divided
    ),
    rounded as (
        select
            order_id,
            is_known,
            gross_minor,
            rounds_net,
            round_div(
                case when is_per_unit then unit_minor * qty_e4 else product end,
                case when is_per_unit then 10000 else denominator end,
                mode
            ) as rounded_minor
        from per_unit
    ),
    owed as (
        select
            order_id,
            case
                when bool_and(is_known)
                    then sum(case when rounds_net then gross_minor - rounded_minor else rounded_minor end)
            end as tax_minor
        from rounded
        group by order_id
    ),
    -- A tax line that is not on the whole of its target: another of its jurisdiction may be on the rest, or it is on top.
    odd as (
        select distinct
            order_id,
            line_id,
            target_kind
        from tax
        where base_minor is distinct from taxable_minor and is_taxed
    ),
    per_jurisdiction as (
        select
            t.order_id,
            t.line_id,
            t.target_kind,
            t.jurisdiction,
            t.price_includes_tax,
            t.base_minor,
            sum(t.taxable_minor) as taxable_minor,
            sum(t.tax_minor) as tax_minor
        from tax as t
        semi join odd
            on odd.order_id = t.order_id
            and odd.line_id = t.line_id
            and odd.target_kind = t.target_kind
        group by all
    ),
    off as (
        select
            p.order_id,
            count_if(
                p.taxable_minor is distinct from p.base_minor
                and p.taxable_minor is distinct from p.base_minor
                + case when p.price_includes_tax then -1 else 1 end * coalesce(f.tax_minor, 0)
            ) as bases_off
        from per_jurisdiction as p
        left join (
            select
                order_id,
                line_id,
                target_kind,
                sum(tax_minor) as tax_minor
            from per_jurisdiction
            where taxable_minor = base_minor
            group by all
        ) as f
            on f.order_id = p.order_id
            and f.line_id = p.line_id
            and f.target_kind = p.target_kind
        group by p.order_id
    )
select
    o.order_id,
    o.order_number,
    o.currency,
    o.price_includes_tax,
    o.policy_id,
    o.tax_scope,
    o.mode as tax_mode,
    o.inclusive_target,
    o.tolerance_minor,
    o.tax_minor,
    case
        when o.tax_scope is null then null
        when coalesce(o.line_count, 0) = 0 then 0
        when b.order_id is null then try_cast(coalesce(o.owed_minor, e.tax_minor) as bigint)
    end as expected_tax_minor,
    try_cast(coalesce(o.tax_lines_minor, 0) as bigint) as tax_lines_minor,
    coalesce(o.line_count, 0)::bigint as tax_line_count,
    coalesce(f.bases_off, 0)::bigint as bases_off,
    case when o.line_count > 0 then o.lines_untaxed else 0 end::bigint as lines_untaxed,
    o.placed_at,
    o.is_test,
    o.status = 'draft' as is_draft
from reckoned as o
left join owed as e
    on e.order_id = o.order_id
left join beyond as b
    on b.order_id = o.order_id
left join off as f
    on f.order_id = o.order_id
order by o.order_id
