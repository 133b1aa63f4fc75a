-- Which lines do they have, and with how much tax?
select
    l.line_id,
    l.order_id,
    l.sku,
    l.qty_e4,
    l.ext_minor,
    l.line_discount_minor,
    l.alloc_discount_minor,
    coalesce((
        select sum(t.tax_minor)
        from evidence.order_tax_lines as t
        where t.order_id = l.order_id and t.line_id = l.line_id
    ), 0) as tax_minor,
    l.is_gift_card,
    l.tax_category,
    count(*) over () as listed
from evidence.order_lines as l
join earlier on earlier.order_id = l.order_id
order by l.line_id
