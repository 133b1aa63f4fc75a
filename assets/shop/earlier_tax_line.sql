select
    t.order_id,
    t.line_id,
    t.target_kind,
    t.jurisdiction,
    t.tax_category,
    t.taxable_minor,
    t.tax_minor,
    count(*) over () as listed
from evidence.order_tax_lines as t
join earlier on earlier.order_id = t.order_id
where exists (
    select 1
    from evidence.refunds as r
    where r.order_id = t.order_id and r.created_at >= $1 and r.created_at < $2
)
order by t.order_id, t.line_id, t.target_kind, t.jurisdiction, t.tax_category
