-- Which tax lines do the orders of the day have?
select
    l.order_id,
    l.line_id,
    l.target_kind,
    l.jurisdiction,
    l.tax_category,
    l.rate_e9,
    l.taxable_minor,
    l.tax_minor,
    l.exempt_reason
from evidence.order_tax_lines as l
join evidence.orders as o on o.order_id = l.order_id
where o.placed_at >= $1 and o.placed_at < $2
order by l.order_id, l.line_id, l.target_kind, l.jurisdiction, l.tax_category
