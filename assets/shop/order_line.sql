-- Which lines do the orders of the day have?
select
    l.line_id,
    l.order_id,
    l.sku,
    l.qty_e4,
    l.unit_price_e4,
    l.ext_minor,
    l.line_discount_minor,
    l.alloc_discount_minor,
    l.is_gift_card,
    l.tax_category
from evidence.order_lines as l
join evidence.orders as o on o.order_id = l.order_id
where o.placed_at >= $1 and o.placed_at < $2
order by l.line_id
