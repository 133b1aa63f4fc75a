-- R43: which orders of the day did an earlier read of it have, and what of them must not change was different then?
-- A day is closed when it was read the first time, after it was over. What an order is for, when it was placed and
-- all its amounts and lines stay from then on; its state of payment and delivery may go on.
with
    line as (
        select
            captured_at,
            order_id,
            sha256(
                string_agg(
                    concat_ws(
                        ' ', line_id, sku, qty_e4, unit_price_e4, ext_minor, line_discount_minor, alloc_discount_minor
                    ),
                    ','
                    order by line_id
                )
            ) as lines_sha256
        from (
            select * from shop_order_line
            union all by name
            select * from shop_order_line_earlier
        ) as every_line
        group by
            captured_at,
            order_id
    ),
    version as (
        select
            o.*,
            true as newest
        from shop_order as o
        union all by name
        select
            e.*,
            false as newest
        from shop_order_earlier as e
    ),
    stated as (
        select
            v.order_id,
            v.captured_at,
            v.newest,
            v.order_number,
            v.status,
            v.is_test,
            v.placed_at,
            unnest([
                {'field': 'series', 'value': v.series},
                {'field': 'order_number', 'value': v.order_number::varchar},
                {'field': 'placed_at', 'value': v.placed_at::varchar},
                {'field': 'currency', 'value': v.currency},
                {'field': 'customer', 'value': v.customer_hmac},
                {'field': 'price_includes_tax', 'value': v.price_includes_tax::varchar},
                {'field': 'subtotal_minor', 'value': v.subtotal_minor::varchar},
                {'field': 'discount_minor', 'value': v.discount_minor::varchar},
                {'field': 'shipping_minor', 'value': v.shipping_minor::varchar},
                {'field': 'shipping_discount_minor', 'value': v.shipping_discount_minor::varchar},
                {'field': 'fees_minor', 'value': v.fees_minor::varchar},
                {'field': 'tax_minor', 'value': v.tax_minor::varchar},
                {'field': 'rounding_adj_minor', 'value': v.rounding_adj_minor::varchar},
                {'field': 'total_minor', 'value': v.total_minor::varchar},
                {'field': 'lines', 'value': l.lines_sha256}
            ]) as stated
        from version as v
        left join line as l
            on l.captured_at = v.captured_at
            and l.order_id = v.order_id
    ),
    differing as (
        select
            e.order_id,
            list_distinct(list(e.stated.field)) as fields
        from stated as e
        join stated as n
            on n.order_id = e.order_id
            and n.stated.field = e.stated.field
            and n.newest
        where not e.newest and n.stated.value is distinct from e.stated.value
        group by e.order_id
    ),
    adjusted as (
        select
            entity_id as order_id,
            min(adj_id) as adj_id
        from (
            select
                entity,
                entity_id,
                adj_id
            from shop_manual_adjustment
            union all
            select
                entity,
                entity_id,
                adj_id
            from shop_manual_adjustment_after
        ) as noted
        where entity = 'order'
        group by entity_id
    ),
    seen as (
        select
            order_id,
            arg_max(order_number, captured_at) as order_number,
            arg_max(status, captured_at) as last_status,
            arg_max(placed_at, captured_at) as placed_at,
            arg_max(is_test, captured_at) as is_test,
            min(captured_at) as first_seen_at,
            max(captured_at) as last_seen_at,
            count(distinct captured_at) as reads,
            bool_or(newest) as still_there
        from version
        group by order_id
    )
select
    s.order_id,
    s.order_number,
    s.last_status,
    s.placed_at,
    s.is_test,
    s.reads,
    s.first_seen_at,
    s.last_seen_at,
    s.still_there,
    list_sort(coalesce(d.fields, []::varchar[])) as changed_fields,
    coalesce(len(d.fields), 0)::bigint as changes,
    a.adj_id as adjustment
from seen as s
left join differing as d
    on d.order_id = s.order_id
left join adjusted as a
    on a.order_id = s.order_id
order by s.order_id
